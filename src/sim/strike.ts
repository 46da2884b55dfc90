/** Where in an answer a fault strikes: after so many tokens, or at a place that every dialect has. */

import type { Kind } from './steps.ts'

/**
 * `headers`: before the first byte of the body. `start`: after what opens the answer. `call`: in the middle of a tool
 * call's arguments. `usage`: before the usage. `end`: before the last event.
 */
export const places = ['headers', 'start', 'call', 'usage', 'end'] as const

export type Place = (typeof places)[number]
export type Where = number | Place

/** What happens there, to what would come next, and how the row goes on. */
export type Blow<T> = {
  readonly put: (next: T | undefined) => Iterable<T>
  readonly after: 'go on' | 'end' | 'instead'
}

/** Strikes once; where the row has no such place, at its finish or else at its end. */
export function* strike<T>(
  row: Iterable<T>,
  kindOf: (each: T) => Kind | undefined,
  where: Where,
  { put, after }: Blow<T>,
): Generator<T> {
  const reached = finder(where)
  let struck = false
  for (const { each, last } of marked(row)) {
    const here = !struck && reached(kindOf(each), last)
    if (here) {
      struck = true
      yield* put(each)
      if (after === 'end') return
    }
    if (!(here && after === 'instead')) yield each
  }
  if (!struck) yield* put(undefined)
}

/** Looks one ahead, to know the last. */
function* marked<T>(row: Iterable<T>): Generator<{ readonly each: T; readonly last: boolean }> {
  let held: { readonly each: T } | undefined
  for (const each of row) {
    if (held !== undefined) yield { ...held, last: false }
    held = { each }
  }
  if (held !== undefined) yield { ...held, last: true }
}

type Reached = (kind: Kind | undefined, last: boolean) => boolean

function finder(where: Where): Reached {
  if (typeof where === 'number') return afterTokens(where)
  switch (where) {
    case 'headers':
      return kind => kind !== undefined
    case 'start':
      return afterOpening()
    case 'call':
      return inACall()
    case 'usage':
      return kind => kind === 'usage' || kind === 'done'
    case 'end':
      return (_, last) => last
  }
}

export const isToken = (kind: Kind | undefined): boolean => kind === 'token' || kind === 'argument'

/** A token, or what comes after the last of them. */
const isEdge = (kind: Kind | undefined): boolean => kind !== undefined && kind !== 'open' && kind !== 'noise'

function afterTokens(tokens: number): Reached {
  let passed = 0
  return kind => isEdge(kind) && (passed++ === tokens || !isToken(kind))
}

function afterOpening(): Reached {
  let opened = false
  return kind => {
    if (opened || isEdge(kind)) return true
    opened = kind === 'open'
    return false
  }
}

/** After the first piece of the arguments. */
function inACall(): Reached {
  let begun = false
  return kind => {
    if (begun && kind !== undefined) return true
    begun = kind === 'argument'
    return isEdge(kind) && !isToken(kind)
  }
}
