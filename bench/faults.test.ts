import { describe, expect, test } from 'bun:test'
import { stampNow, textOf, WORDS } from './content.ts'
import { ASKED, SPOKEN } from './dialects/all.ts'
import type { Asked, Frames } from './dialects/dialect.ts'
import { openaiChat } from './dialects/openai-chat.ts'
import { faultOfStream, faultOfWhole } from './faults.ts'

/** Each dialect that callers speak, as the upstream speaks it. */
const both = ASKED.map(asked => [asked.id, { ...asked, ...SPOKEN.find(({ id }) => id === asked.id) } as Both] as const)
type Both = Asked & (typeof SPOKEN)[number]

const joined = ({ opening, words, closing }: Frames): string => [...opening, ...words, ...closing].join('')

describe.each(both)('%s', (_, dialect) => {
  const text = textOf('')
  const whole = JSON.stringify(dialect.whole(text))
  const frames = dialect.frames(WORDS, { usage: false })

  test('a whole reply that was printed anew, with fields of its own, still says the same', () => {
    const again = JSON.stringify({ provider: 'x', ...JSON.parse(whole) }, null, 2)
    expect(faultOfWhole(dialect, again, text)).toBeUndefined()
  })

  test('a whole reply that lost a letter is found out, and one that is none', () => {
    expect(faultOfWhole(dialect, whole.replace('relay', 'elay'), text)).toContain('another content')
    expect(faultOfWhole(dialect, '{"error":{}}', text)).toContain('another content')
  })

  test('a stream has a frame for each word, and is whole with a stamp and without', () => {
    expect(frames.words).toHaveLength(WORDS.length)
    expect(faultOfStream(dialect, joined(frames))).toBeUndefined()
    const stamped = WORDS.map((word, place) => (place === 0 ? stampNow() + word : word))
    expect(faultOfStream(dialect, joined(dialect.frames(stamped, { usage: true })))).toBeUndefined()
  })

  test.each([...WORDS.keys()])('a stream that lost word %d is found out', place => {
    const fault = faultOfStream(dialect, joined({ ...frames, words: frames.words.toSpliced(place, 1) }))
    expect(fault).toContain('other words')
  })

  test('a stream that says a word twice is found out', () => {
    const words = frames.words.flatMap((word, place) => (place === 3 ? [word, word] : [word]))
    expect(faultOfStream(dialect, joined({ ...frames, words }))).toContain('other words')
  })

  test('a stream without its end is found out', () => {
    expect(faultOfStream(dialect, joined({ ...frames, closing: frames.closing.slice(0, -1) }))).toContain('no end')
  })
})

test('in OpenAI’s chat the replies have 0.9, 10 and 100 KB', () => {
  const sizes = ['gpt-bench', 'gpt-bench-10k', 'gpt-bench-100k'].map(model =>
    Buffer.byteLength(JSON.stringify(openaiChat.whole(textOf(model)))),
  )
  expect(sizes).toEqual([900, 10_000, 100_000])
})

test('a stream has twenty events and its end, and one more when usage is asked for', () => {
  const count = (usage: boolean) => {
    const { opening, words, closing } = openaiChat.frames(WORDS, { usage })
    return [...opening, ...words, ...closing].length
  }
  expect([count(false), count(true)]).toEqual([21, 22])
})
