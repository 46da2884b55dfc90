import { expect, test } from 'bun:test'
import { canonical, conceal, isSigned, reveal, sign } from './seal.ts'

test('a signature is good for its text in its dialect, and for nothing else', () => {
  const signature = sign('one', 'text')
  expect(isSigned('one', 'text', signature)).toBe(true)
  expect(isSigned('one', 'other', signature)).toBe(false)
  expect(isSigned('two', 'text', signature)).toBe(false)
})

test('what was concealed is revealed in its dialect, whole and unchanged', () => {
  const concealed = conceal('one', 'thinking é')
  expect(reveal('one', concealed)).toBe('thinking é')
  expect(reveal('two', concealed)).toBeUndefined()
  expect(reveal('one', `${concealed.slice(0, -4)}AAAA`)).toBeUndefined()
  expect(reveal('one', '')).toBeUndefined()
})

test('the same JSON is the same text, in whatever order it came', () => {
  expect(canonical({ b: [{ d: 1, c: null }], a: 'x' })).toBe(canonical({ a: 'x', b: [{ c: null, d: 1 }] }))
  expect(canonical({ a: [1, 2] })).not.toBe(canonical({ a: [2, 1] }))
})
