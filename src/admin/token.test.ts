import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { sha256 } from '../lib/hash.ts'
import { bearerToken, tokenCheck } from './token.ts'

test('only the whole token is the token', () => {
  const is = tokenCheck(sha256('thal_admin_0123'))
  expect(is('thal_admin_0123')).toBe(true)
  fc.assert(
    fc.property(fc.string(), text => {
      expect(is(text)).toBe(text === 'thal_admin_0123')
    }),
    { examples: [[''], ['thal_admin_012'], ['thal_admin_01234'], ['THAL_ADMIN_0123'], ['thal_admin_0124']] },
  )
})

test.each([
  ['Bearer abc', 'abc'],
  ['bearer  abc ', 'abc'],
  ['BEARER abc', 'abc'],
  ['Bearer', undefined],
  ['Bearer ', undefined],
  ['Bearer a b', undefined],
  ['Basic abc', undefined],
  ['abc', undefined],
  ['', undefined],
  [undefined, undefined],
])('the header %p holds the token %p', (header, token) => {
  expect(bearerToken(header)).toBe(token)
})
