import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { anchorOf, type Manner, Splice } from './splice.ts'

/** What the caller sees, of a continuation that comes in these pieces. */
function spliced(said: string, pieces: readonly string[], manner: Manner = 'asked'): string | undefined {
  const splice = new Splice(said, manner)
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

const word = fc.string({
  unit: fc.constantFrom('a', 'z', 'ä', 'ö', '😀', '👩‍💻', 'e\u0301', ',', '.'),
  minLength: 1,
  maxLength: 9,
})
const prose = fc.array(word, { minLength: 12, maxLength: 80 }).map(words => words.join(' '))
const anyText = fc.oneof(
  prose,
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.constant('ha '.repeat(60)),
)
/** As it was shown to the other: without half a character at its end. */
const shown = (said: string): string => said.replace(/[\uD800-\uDBFF]$/, '')
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 })
const place = fc.double({ min: 0.01, max: 1, noNaN: true })

describe('a continuation', () => {
  test('that begins with the last words, as it was asked to, is joined without a seam, whatever the text and the cuts', () => {
    fc.assert(
      fc.property(anyText, place, sizes, (text, where, pieces) => {
        const said = text.slice(0, Math.max(1, Math.floor(text.length * where)))
        if (anchorOf(said) === '') return
        expect(spliced(said, cut(anchorOf(said) + text.slice(shown(said).length), pieces))).toBe(text)
      }),
    )
  })

  test('that begins the whole reply anew, in the same words, is joined where it goes beyond', () => {
    fc.assert(
      fc.property(prose, place, sizes, (text, where, pieces) => {
        const said = text.slice(0, Math.max(1, Math.floor(text.length * where)))
        const anchor = anchorOf(said).replace(/\s/g, '')
        if (said.replace(/\s/g, '').startsWith(anchor) && shown(said) !== anchorOf(said)) return
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

  const fox =
    'The quick brown fox jumps over the “lazy” dog, and then it sleeps until the sun goes down behind the hills.'

  test('in which white space and quotes are not as they were is joined all the same', () => {
    const said = fox.slice(0, 60)
    const careless = fox.slice(0, 60).replaceAll(' ', '\n').replace(/[“”]/g, '"')
    for (const before of ['', '\n', '  \n\n'])
      expect(spliced(said, cut(before + careless + fox.slice(60), [3, 1, 7]))).toBe(fox)
  })

  test('in which letters and accents are composed otherwise is joined all the same, whatever the cuts', () => {
    fc.assert(
      fc.property(prose, place, sizes, fc.constantFrom('NFC', 'NFD'), (text, where, pieces, form) => {
        const other = text.normalize(form === 'NFC' ? 'NFD' : 'NFC')
        const words = text.normalize(form).split(' ')
        const at = Math.max(1, Math.floor(words.length * where))
        const said = words.slice(0, at).join(' ')
        const rest = other.split(' ').slice(at)
        const again = anchorOf(said).normalize(form === 'NFC' ? 'NFD' : 'NFC')
        const joined = [said, ...rest].join(' ')
        expect(spliced(said, cut([again, ...rest].join(' '), pieces))).toBe(joined)
      }),
    )
    expect(spliced('Gr\u00fc\u00dfe 👩‍👩‍👧 an d', ['Gru\u0308\u00dfe 👩‍👩‍👧 an d', 'ie Welt'])).toBe(
      'Gr\u00fc\u00dfe 👩‍👩‍👧 an die Welt',
    )
    expect(spliced('Ein schoenes Gru', ['Ein schoenes Gr\u00fc\u00dfen'])).toBe('Ein schoenes Gru\u0308\u00dfen')
  })

  test('that says the white space at the seam once more does not double it, and what is new of it stays', () => {
    const said = 'A list of all that there is:\n\n- one\n'
    expect(spliced(said, [`${said.trimEnd()}\n- two`])).toBe(`${said}- two`)
    expect(spliced(said, [`${said.trimEnd()}\n\n- two`])).toBe(`${said}\n- two`)
    expect(spliced('So it is over.', ['So it is over.', '\n', '\nBut'])).toBe('So it is over.\n\nBut')
  })

  test('that has a remark before the last words, or the marks around them, loses both', () => {
    const said = fox.slice(0, 60)
    const anchor = anchorOf(said)
    const rest = fox.slice(60)
    for (const more of [`Here it goes on: ${anchor}${rest}`, `<<<${anchor}>>>${rest}`, `OK. <<<${anchor}>>>${rest}`])
      expect(spliced(said, cut(more, [2, 5, 1]))).toBe(fox)
  })

  test('that was cut off while it repeated adds nothing', () => {
    expect(spliced(fox.slice(0, 60), [anchorOf(fox.slice(0, 60)).slice(0, 30)])).toBe(fox.slice(0, 60))
  })

  test('of a model that goes on by itself is taken at once, whatever it looks like', () => {
    const splice = new Splice(fox.slice(0, 60), 'prefilled')
    expect(splice.push(fox.slice(60, 70))).toBe(fox.slice(60, 70))
    expect(spliced('No. ', [' Yes'], 'prefilled')).toBe('No. Yes')
  })

  test('that repeats ten thousand characters takes no time', () => {
    const long = Array.from({ length: 1_500 }, (_, n) => `word${n}`).join(' ')
    const began = performance.now()
    expect(spliced(long.slice(0, 10_000), cut(long, Array(4_000).fill(4)))).toBe(long)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

test('the last words begin with a whole character, and with a whole word where there is one', () => {
  const said = '😀'.repeat(60)
  expect(anchorOf(`${said}x`).isWellFormed()).toBe(true)
  expect(anchorOf(said).isWellFormed()).toBe(true)
  expect(anchorOf(`${'a'.repeat(50)} ${'b'.repeat(50)}`)).toBe('b'.repeat(50))
  expect(anchorOf(`${'x'.repeat(60)}e\u0301${'y'.repeat(59)}`)).toBe('y'.repeat(59))
  expect(anchorOf(`half \ud83d`)).toBe('half ')
})
