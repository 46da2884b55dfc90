/** The ids of the calls in one request, as the target's wire knows them. */
export type CallIds = {
  readonly called: (id: string) => string
  readonly answered: (id: string) => string
}

/**
 * For wires on which no two calls of a conversation may have one id (Anthropic: "`tool_use` ids must be unique"). There are
 * servers that number their calls anew in each reply (`call_0`), and ids that differ become the same where a wire takes
 * fewer letters. The first call has what `fit` makes of its id, a later one that with a number; a result belongs to the
 * first call of its id that has none yet.
 */
export function callIds(fit: (id: string, n: number) => string): CallIds {
  const taken = new Set<string>()
  const known = new Map<string, { readonly wires: string[]; answered: number }>()
  const callsOf = (id: string) => {
    const calls = known.get(id) ?? { wires: [], answered: 0 }
    known.set(id, calls)
    return calls
  }
  const called = (id: string): string => {
    const { wires } = callsOf(id)
    let n = wires.length + 1
    while (taken.has(fit(id, n))) n++
    const wire = fit(id, n)
    taken.add(wire)
    wires.push(wire)
    return wire
  }
  const answered = (id: string): string => {
    const calls = callsOf(id)
    return calls.wires[calls.answered++] ?? calls.wires.at(-1) ?? called(id)
  }
  return { called, answered }
}
