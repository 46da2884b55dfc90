import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { count, first, lorem, loremBytes, tokens } from './words.ts'

describe('tokens', () => {
  test.each([
    ['', []],
    ['Hello there, world!', ['Hello', ' there', ',', ' world', '!']],
    ['unbelievable', ['unbeli', 'evable']],
    ['in 2025, 12345', ['in', ' 202', '5', ',', ' 123', '45']],
    ['a  b\n\n', ['a', '  ', 'b', '\n\n']],
    ['naïve 東京 👍🏽', ['naïve', ' 東京', ' 👍🏽']],
  ])('of %j are %j', (text, pieces) => {
    expect([...tokens(text)]).toEqual(pieces)
  })

  test('put together again are the text, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' })), text => {
        expect([...tokens(text)].join('')).toBe(text)
      }),
    )
  })

  test('are as many as are counted, also when they are counted between', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const found: string[] = []
        for (const token of tokens(text)) {
          found.push(token)
          count('some other text')
        }
        expect(count(text)).toBe(found.length)
      }),
    )
  })

  test('come to about four characters each in English', () => {
    const text = 'The quick brown fox jumps over the lazy dog, while understanding nothing of international relations. '
    const size = text.length / count(text)
    expect(size).toBeGreaterThan(3.5)
    expect(size).toBeLessThan(5.5)
  })
})

test('the first tokens of a text are its beginning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, limit) => {
      expect([...tokens(first(text, limit))]).toEqual([...tokens(text)].slice(0, limit))
    }),
  )
})

test('lorem ipsum has exactly the tokens asked for and is the same for the same seed', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.nat(), (size, seed) => {
      expect(count(lorem(size, seed))).toBe(size)
      expect(lorem(size, seed)).toBe(lorem(size, seed))
    }),
  )
  expect(lorem(30, 1)).not.toBe(lorem(30, 2))
})

test('lorem ipsum has exactly the bytes asked for', () => {
  for (const size of [0, 1, 500, 100_000]) expect(Buffer.byteLength(loremBytes(size))).toBe(size)
})
