/** A longer text is looked for each time. */
const longest = 200

/**
 * Remembers what was found for a text. When so many are remembered it begins anew, so that texts which strangers choose
 * take no more room than that. What is thrown is not remembered.
 */
export function remembered<Value>(find: (text: string) => Value, most: number): (text: string) => Value {
  const found = new Map<string, Value>()
  return text => {
    const known = found.get(text)
    if (known !== undefined || text.length > longest) return known ?? find(text)
    const value = find(text)
    if (found.size >= most) found.clear()
    found.set(text, value)
    return value
  }
}
