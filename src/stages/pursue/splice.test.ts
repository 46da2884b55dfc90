import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { anchorOf, Splice } from './splice.ts'

/** What the caller sees, of a continuation that comes in these pieces. */
function spliced(said: string, pieces: readonly string[]): string | undefined {
  const splice = new Splice(said)
  let text = said
  for (const piece of pieces) {
    const more = splice.push(piece)
    if (more === undefined) return undefined
    text += more
  }
  return text + splice.end()
}

function cut(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = []
  let at = 0
  for (const size of sizes) {
    if (at >= text.length) break
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return [...pieces, text.slice(at)].filter(piece => piece !== '')
}

const word = fc.stringMatching(/^[a-zäöü😀,.]{1,9}$/u)
const prose = fc.array(word, { minLength: 12, maxLength: 80 }).map(words => words.join(' '))
const anyText = fc.oneof(
  prose,
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.constant('ha '.repeat(60)),
)
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 })
const place = fc.double({ min: 0.01, max: 1, noNaN: true })

describe('a continuation', () => {
  test('that begins with the last words, as it was asked to, is joined without a seam, whatever the text and the cuts', () => {
    fc.assert(
      fc.property(anyText, place, sizes, (text, where, pieces) => {
        const said = text.slice(0, Math.max(1, Math.floor(text.length * where)))
        if (anchorOf(said) === '') return
        expect(spliced(said, cut(anchorOf(said) + text.slice(said.length), pieces))).toBe(text)
      }),
    )
  })

  test('that begins the whole reply anew, in the same words, is joined where it goes beyond', () => {
    fc.assert(
      fc.property(prose, place, sizes, (text, where, pieces) => {
        const said = text.slice(0, Math.max(1, Math.floor(text.length * where)))
        if (said.indexOf(anchorOf(said)) === 0 && said !== anchorOf(said)) return
        expect(spliced(said, cut(text, pieces))).toBe(text)
      }),
    )
  })

  test('that repeats less than it was asked to, or more, is joined as well', () => {
    const text =
      'The quick brown fox jumps over the lazy dog, and then it sleeps until the sun goes down behind the hills.'
    const said = text.slice(0, 80)
    for (const back of [14, 20, 33, 59, 70]) expect(spliced(said, [text.slice(80 - back)])).toBe(text)
  })

  test('that goes on at once is put behind, and nothing of it is taken for a repetition by chance', () => {
    const said = 'The quick brown fox jumps over the lazy d'
    for (const rest of ['og.', 'd', 'the lazy one', 'T', 'The end'])
      expect(spliced(said, cut(rest, [1, 1]))).toBe(said + rest)
  })

  test('that has nothing to add says nothing', () => {
    const said = 'The quick brown fox jumps over the lazy dog.'
    expect([spliced(said, [anchorOf(said)]), spliced(said, [said]), spliced(said, [])]).toEqual([said, said, said])
  })

  test('that tells it anew in other words is none', () => {
    const said =
      'The quick brown fox jumps over the lazy dog, and then it sleeps until the sun goes down behind the hills.'
    expect(
      spliced(said, ['The quick brown fox jumps over the lazy ', 'cat, which did not like it at all.']),
    ).toBeUndefined()
  })
})

test('the last words begin with a whole character', () => {
  const said = '😀'.repeat(60)
  expect(anchorOf(`${said}x`).isWellFormed()).toBe(true)
  expect(anchorOf(said).isWellFormed()).toBe(true)
})
