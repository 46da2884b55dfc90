/** A number from 0 (in) to 1 (out), for a name: by chance, or for ever the same. */
export type Chance = (name: string) => number

/**
 * Chance for one request. A session's is told by its name and the candidate's, so that its requests lead to one place,
 * and to another one only when that place is gone (rendezvous hashing); the others of the session's do not move.
 */
export const chanceFor = (session: string | undefined, random: () => number): Chance =>
  session === undefined ? random : chanceOf(session)

const chanceOf =
  (session: string): Chance =>
  name =>
    hashed(`${session}\n${name}`)

/** Orders by weighted chance: the share in which an item comes first is its weight's share. Weights are above 0. */
export function drawn<Item>(
  items: readonly Item[],
  of: (item: Item) => { name: string; weight: number },
  chance: Chance,
) {
  return items.length < 2 ? items : byDraw(items, of, chance)
}

function byDraw<Item>(items: readonly Item[], of: (item: Item) => { name: string; weight: number }, chance: Chance) {
  const drawnOf = (item: Item) => {
    const { name, weight } = of(item)
    return { item, at: -Math.log(1 - chance(name)) / weight }
  }
  return items
    .map(drawnOf)
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

/** FNV-1a, with the last mixing of MurmurHash3 so that names that are alike do not lie side by side. */
function hashed(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
