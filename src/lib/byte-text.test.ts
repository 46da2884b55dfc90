import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { asciiJson, bytesOf, byteText, isAscii, plainText } from './byte-text.ts'

describe('bytes as a text', () => {
  test('have one character each, and come out as they went in', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        const text = byteText(bytes)
        expect(text).toHaveLength(bytes.length)
        expect(bytesOf(text)).toEqual(Buffer.from(bytes))
      }),
    )
  })

  test('are found where they stand, in a part of a larger memory too', () => {
    const part = new TextEncoder().encode('xx{"ß":"🚢"}').subarray(2)
    expect(byteText(part).indexOf('🚢'.charAt(0))).toBe(-1)
    expect(byteText(part).indexOf(':')).toBe(part.indexOf(0x3a))
    expect(plainText(byteText(part))).toBe('{"ß":"🚢"}')
  })

  test('say whether they are ASCII', () => {
    expect([isAscii(''), isAscii('a\0\x7f'), isAscii('\x80'), isAscii('é')]).toEqual([true, true, false, false])
  })
})

describe('JSON for a byte text', () => {
  test('is ASCII, whatever it says, and says the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), value => {
        const json = asciiJson(value)
        expect(isAscii(json)).toBe(true)
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })
})
