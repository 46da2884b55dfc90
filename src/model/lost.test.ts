import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { inBounds } from './lost.ts'

test('a few names are told as they are', () => {
  const lost = ['messages[3].content[0].signature', 'seed', 'größe']
  expect(inBounds(lost)).toBe(lost)
})

test('what each turn of a long conversation loses is told once', () => {
  const lost = Array.from({ length: 400 }, (_, n) => `messages[${n}].content[${n % 3}].signature`)
  expect(inBounds([...lost, 'seed'])).toEqual(['messages[*].content[*].signature', 'seed'])
})

test('what is too much is told by its number', () => {
  const told = inBounds(Array.from({ length: 5_000 }, (_, n) => `an_unknown_field_${n}`))
  expect(told.length).toBeLessThan(110)
  expect(told.at(-1)).toBe(`and ${5_000 - (told.length - 1)} more`)
  expect(inBounds(['x'.repeat(5_000_000)])).toEqual(['x'.repeat(200)])
})

test('whatever the names are, a header that every client reads holds them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 60 }), lost => {
      const header = inBounds(lost.map(name => name.toWellFormed()))
        .map(encodeURIComponent)
        .join(', ')
      expect(header.length).toBeLessThan(8_000)
    }),
  )
})
