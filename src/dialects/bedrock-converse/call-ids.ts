/**
 * Ids of calls as Bedrock takes them: up to 64 letters, digits, dots, colons, dashes and underscores. Others are changed,
 * the same one always in the same way and no two into one.
 */
export function callIds(): (id: string) => string {
  const given = new Map<string, string>()
  const taken = new Set<string>()
  return id => {
    const known = given.get(id)
    if (known !== undefined) return known
    const plain = id.replaceAll(/[^\w.:-]/g, '_').slice(0, 64) || 'call'
    let free = plain
    for (let n = 2; taken.has(free); n++) free = `${plain.slice(0, 56)}_${n}`
    given.set(id, free)
    taken.add(free)
    return free
  }
}
