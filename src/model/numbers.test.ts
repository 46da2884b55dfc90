import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { JsonObject } from './json.ts'
import { exactly, jsonOf, noteNumbers } from './numbers.ts'

const parsed = (text: string): JsonObject => {
  const value = JSON.parse(text) as JsonObject
  noteNumbers(value, text)
  return value
}

test.each(['1234567890123456789', '-9007199254740993', '0.12345678901234567891', '1e400', '123456789012345678e3'])(
  '%s is written again as it was',
  number => {
    const text = `{"a":[{"id":${number}}],"b":1.5}`
    expect(JSON.stringify(exactly(text))).toBe(number === '1e400' ? '{"a":[{"id":null}],"b":1.5}' : text)
    const [inner] = parsed(text).a as readonly JsonObject[]
    if (number !== '1e400') expect(jsonOf(inner as JsonObject)).toBe(`{"id":${number}}`)
  },
)

test('what is parsed has numbers all the same', () => {
  expect(parsed('{"seed":12345678901234567890}').seed).toBe(Number('12345678901234567890'))
})

test('a number that is held, and digits in a text, are as ever', () => {
  for (const text of ['{"a":9007199254740991,"b":"1234567890123456789"}', '{"a":0.1,"b":[null,true]}'])
    expect([JSON.stringify(exactly(text)), jsonOf(parsed(text))]).toEqual([text, text])
})

test('whatever was parsed is written again as JSON.stringify does, where its numbers are held', () => {
  fc.assert(
    fc.property(fc.json(), text => {
      const value = JSON.parse(text) as JsonObject
      noteNumbers(value, text)
      expect(JSON.parse(jsonOf(value))).toEqual(JSON.parse(text))
    }),
  )
})
