/** Of a few, each is told with its place; of more, what they are. */
const fewPlaces = 20
const longestName = 200

/**
 * So long are all names together in a header: Node's clients refuse a reply whose headers are longer than 16 KiB, and a letter
 * beyond ASCII is nine characters there.
 */
const longest = 2_000
const asWritten = (name: string): number => (/^[\x20-\x7e]*$/.test(name) ? 1 : 9) * name.length

/**
 * What was lost of a request, as far as it can be told: its caller chooses how many fields there are and how they are
 * called. A long conversation loses the same of each of its turns; what is too much is told by its number.
 */
export function inBounds(lost: readonly string[]): readonly string[] {
  return lost.length === 0 || (lost.length <= fewPlaces && lost.every(isShort)) ? lost : shortened(lost)
}

const isShort = (name: string): boolean => name.length * fewPlaces <= longest

function shortened(lost: readonly string[]): readonly string[] {
  const named = new Set(lost.length > fewPlaces ? lost.map(withoutPlace) : lost)
  const names: string[] = []
  let left = longest
  for (const name of named) {
    const short = name.slice(0, longestName)
    left -= asWritten(short)
    if (left < 0) return [...names, `and ${named.size - names.length} more`]
    names.push(short)
  }
  return names
}

const withoutPlace = (name: string): string => name.replace(/\[\d+\]/g, '[*]')
