/** What a provider does, by chance: mostly its work. */

type Mood = { readonly weight: number; readonly does: (chance: () => number) => string }

const after = (what: string, most: number) => (chance: () => number) => `${what}=${Math.floor(chance() * most)},pace=2`
const plainly = (what: string) => () => what

const moods: readonly Mood[] = [
  { weight: 620, does: plainly('') },
  { weight: 80, does: plainly('pace=4') },
  { weight: 40, does: chance => `delay=${Math.floor(chance() * 200)}` },
  { weight: 20, does: plainly('500') },
  { weight: 20, does: plainly('503') },
  { weight: 10, does: plainly('status=529') },
  { weight: 10, does: plainly('status=408') },
  { weight: 10, does: plainly('429=1') },
  { weight: 10, does: plainly('429-bare') },
  { weight: 20, does: plainly('reset') },
  { weight: 10, does: plainly('html') },
  { weight: 10, does: plainly('empty') },
  { weight: 10, does: plainly('error200') },
  { weight: 5, does: plainly('silent') },
  { weight: 30, does: after('cut', 40) },
  { weight: 20, does: after('drop', 40) },
  { weight: 20, does: after('close', 40) },
  { weight: 15, does: after('half-frame', 40) },
  { weight: 15, does: after('error-after', 40) },
  { weight: 8, does: after('stall', 40) },
  { weight: 10, does: plainly('no-done') },
]

const total = moods.reduce((sum, { weight }) => sum + weight, 0)

/** Asked each time anew. */
export const moodOf =
  (chance: () => number): (() => string) =>
  () => {
    let left = chance() * total
    for (const { weight, does } of moods) {
      left -= weight
      if (left < 0) return does(chance)
    }
    return ''
  }
