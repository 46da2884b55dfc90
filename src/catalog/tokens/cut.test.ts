import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { cut } from './cut.ts'

test('the pieces are the text, and no run without a break is longer than a tokenizer bears', () => {
  const any = fc.array(
    fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.string({ minLength: 200, maxLength: 900, unit: fc.constantFrom('世', 'a') }),
    ),
  )
  fc.assert(
    fc.property(any, words => {
      const text = words.join(' ')
      const pieces = [...cut(text)]
      expect(pieces.join('')).toBe(text)
      for (const piece of pieces) for (const run of piece.split(/[\0- ]+/)) expect(run.length).toBeLessThanOrEqual(256)
    }),
  )
})

test('usual prose stays whole', () => {
  expect([...cut('To be, or not to be.\n'.repeat(100))]).toHaveLength(1)
})
