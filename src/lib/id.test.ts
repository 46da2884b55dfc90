import { expect, test } from 'bun:test'
import { requestId, token } from './id.ts'

test('request ids are 128 bits that sort by the time at which they were made', () => {
  const ids = Array.from({ length: 2000 }, requestId)
  expect(new Set(ids).size).toBe(2000)
  expect(ids).toEqual(ids.toSorted())
  for (const id of ids) expect(id).toMatch(/^req_[\da-f]{12}7[\da-f]{3}[89ab][\da-f]{15}$/)
})

test('a token is its prefix and as many characters of base 62 as were asked for', () => {
  for (const length of [0, 1, 8, 43, 200])
    expect(token('thal_', length)).toMatch(new RegExp(`^thal_[\\dA-Za-z]{${length}}$`))
  expect(token('thal_')).toHaveLength('thal_'.length + 43)
})

test('no two tokens are the same, and no character is likelier than another', () => {
  const count = 62 * 2000
  const counts = new Map<string, number>()
  for (const character of token('', count)) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(62)
  // Chi-squared with 61 degrees of freedom stays below 130 but for one time in a million.
  const surprise = [...counts.values()].reduce((sum, seen) => sum + (seen - 2000) ** 2 / 2000, 0)
  expect(surprise).toBeLessThan(130)
  expect(token('a')).not.toBe(token('a'))
})
