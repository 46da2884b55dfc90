/**
 * The names closest to what was written, best first: at most `most`, and none further than a third of its length. Names that
 * have no letter in common are not near, and one of a letter or two is not near for being a part of the other.
 */
export function nearest(written: string, names: Iterable<string>, most = 3): string[] {
  const asked = written.toLowerCase()
  const far = Math.max(2, Math.floor(asked.length / 3))
  const scored: { name: string; distance: number }[] = []
  for (const name of names) {
    const lower = name.toLowerCase()
    const shorter = Math.min(asked.length, lower.length)
    const within = shorter > 2 && (lower.includes(asked) || asked.includes(lower))
    const distance = within ? 0.5 : editDistance(asked, lower, far)
    if (distance <= far && distance < shorter) scored.push({ name, distance })
  }
  return scored
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, most)
    .map(each => each.name)
}

/** Levenshtein's distance, given up (as Infinity) once it must exceed `far`. */
function editDistance(a: string, b: string, far: number): number {
  if (Math.abs(a.length - b.length) > far) return Infinity
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    if (Math.min(...next) > far) return Infinity
    row = next
  }
  return row[b.length] ?? Infinity
}
