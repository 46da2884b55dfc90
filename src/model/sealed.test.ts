import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { holdsSealed, opened, seal, unseal } from './sealed.ts'

const any = fc.record({
  dialect: fc.string(),
  maker: fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
  value: fc.string({ unit: 'grapheme' }),
})

test('what is sealed is unsealed as it was, whatever it says, and shows that it is sealed', () => {
  fc.assert(
    fc.property(any, sealed => {
      const text = seal(sealed)
      expect(text).toMatch(/^[\w.-]+$/)
      expect(holdsSealed(`{"signature":"${text}"}`)).toBe(true)
      const { maker, ...rest } = sealed
      expect(unseal(text)).toEqual(maker === undefined ? rest : { ...rest, maker })
    }),
  )
})

test('a text of another making is not unsealed', () => {
  for (const text of ['', 'EqQBCgIYAhIM', 'thal1.', 'thal1.a.b', 'thal1.a.b.c.d']) expect(unseal(text)).toBeUndefined()
})

test('a seal opens for its own dialect and, where one is named, its own maker', () => {
  expect(opened({ dialect: 'a', value: 'v' }, 'a', 'p/m')).toBe('v')
  expect(opened({ dialect: 'a', maker: 'p/m', value: 'v' }, 'a', 'p/m')).toBe('v')
  expect(opened({ dialect: 'a', maker: 'p/n', value: 'v' }, 'a', 'p/m')).toBeUndefined()
  expect(opened({ dialect: 'b', value: 'v' }, 'a', 'p/m')).toBeUndefined()
  expect(opened(undefined, 'a', 'p/m')).toBeUndefined()
})
