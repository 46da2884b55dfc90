import { describe, expect, test } from 'bun:test'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import fc from 'fast-check'
import { FrameCutter, isHalfEvent, sseFrame } from './sse.ts'

const lineEnds = { LF: ['\n'], CRLF: ['\r\n'], CR: ['\r'], 'mixed line ends': ['\n', '\r\n', '\r'] }

/** Streams of frames: data, names, ids and comments, and now and then a blank line too many or a last frame without one. */
function streamOf(ends: readonly string[]): fc.Arbitrary<Buffer> {
  const end = fc.constantFrom(...ends)
  const word = fc.constantFrom('', ' ', '{"a":1}', 'é—🚢', '[DONE]', 'a:b', 'x'.repeat(40))
  const line = fc
    .tuple(fc.constantFrom('data:', 'data: ', 'event: ', 'id:', ': ', ''), word)
    .map(([field, text]) => (field + text === '' || field === '' ? 'data:-' : field + text))
  const frame = fc
    .tuple(fc.array(fc.tuple(line, end), { minLength: 1, maxLength: 3 }), fc.array(end, { minLength: 1, maxLength: 2 }))
    .map(([lines, blanks]) => lines.flat().join('') + blanks.join(''))
  const rest = fc.constantFrom('', 'data: cut', 'data: cut\r', 'data: cut\n')
  return fc.tuple(fc.array(frame, { maxLength: 6 }), rest).map(([frames, last]) => Buffer.from(frames.join('') + last))
}

const cuts = fc.array(fc.nat(400), { maxLength: 12 })

function readsOf(bytes: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...at.filter(cut => cut <= bytes.length), bytes.length].sort((a, b) => a - b)
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end))
}

/** What the cutter gives for these reads, and at the end. */
function cut(reads: readonly Uint8Array[]): { readonly pushed: Buffer[]; readonly rest: Buffer } {
  const cutter = new FrameCutter()
  const pushed = reads.map(read => Buffer.from(cutter.push(read)))
  return { pushed, rest: Buffer.from(cutter.end()) }
}

function eventsIn(bytes: Uint8Array): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: event => events.push(event) }).feed(Buffer.from(bytes).toString())
  return events
}

/** A blank line at the end: a line's end that comes straight after another. */
const endsFrame = /(?:\n|\r(?!\n))(?:\r\n|\n|\r)$/

describe.each(Object.entries(lineEnds))('a stream with %s', (_, ends) => {
  const stream = streamOf(ends)

  test('comes out byte for byte, however it was cut', () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        const { pushed, rest } = cut(readsOf(bytes, at))
        expect(Buffer.concat([...pushed, rest]).equals(bytes)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  test('comes out byte for byte when every byte comes alone', () => {
    fc.assert(
      fc.property(stream, bytes => {
        const { pushed, rest } = cut(Array.from(bytes, byte => Uint8Array.of(byte)))
        expect(Buffer.concat([...pushed, rest]).equals(bytes)).toBe(true)
      }),
    )
  })

  test('is never handed on in the middle of a frame', () => {
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        const { pushed } = cut(readsOf(bytes, at))
        for (const [i, batch] of pushed.entries()) {
          if (batch.length > 0) expect(Buffer.concat(pushed.slice(0, i + 1)).toString()).toMatch(endsFrame)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('says the same to a parser when a frame of ours goes between any two batches', () => {
    const ours = sseFrame('ours')
    fc.assert(
      fc.property(stream, cuts, (bytes, at) => {
        const { pushed, rest } = cut(readsOf(bytes, at))
        const batches = pushed.filter(batch => batch.length > 0).flatMap(batch => [batch, ours])
        const told = eventsIn(Buffer.concat([...batches, rest])).filter(event => event.data !== 'ours')
        expect(told.map(withoutId)).toEqual(eventsIn(bytes).map(withoutId))
      }),
      { numRuns: 2000 },
    )
  })
})

/** An event's id stands until there is another, so a frame of ours repeats it without harm. */
const withoutId = ({ event, data }: EventSourceMessage) => ({ event, data })

describe.each(Object.entries({ LF: '\n', CRLF: '\r\n', CR: '\r' }))('a frame with %s', (_, end) => {
  const frame = `data: 1${end}${end}`

  test('is handed on with the read that completes it', () => {
    for (let at = 1; at < frame.length; at++) {
      const { pushed } = cut([Buffer.from(frame.slice(0, at)), Buffer.from(frame.slice(at))])
      expect(pushed.map(String)).toEqual(['', frame])
    }
  })

  test('waits for nothing that comes after it', () => {
    const { pushed, rest } = cut([Buffer.from(`${frame}data: 2`), Buffer.from(`${end}${end}${frame}da`)])
    expect(pushed.map(String)).toEqual([frame, `data: 2${end}${end}${frame}`])
    expect(String(rest)).toBe('da')
  })
})

test('a CRLF whose halves come in two reads is not taken for a blank line', () => {
  expect(cut([Buffer.from('event: a\r'), Buffer.from('\ndata: 1\r\n')]).pushed.map(String)).toEqual(['', ''])
})

test('a read of whole frames is handed on as it is, without a copy', () => {
  const read = Buffer.from('data: 1\n\ndata: 2\n\n')
  expect(new FrameCutter().push(read)).toBe(read)
})

test('a frame of more than 64 MiB is refused instead of being held', () => {
  const cutter = new FrameCutter()
  const read = Buffer.alloc(16 * 1024 * 1024, 'x')
  for (let i = 0; i < 4; i++) cutter.push(read)
  expect(() => cutter.push(Buffer.from('x'))).toThrow(RangeError)
})

test('a frame of ours is one event with its data', () => {
  expect(eventsIn(sseFrame('{"é":1}')).map(({ data }) => data)).toEqual(['{"é":1}'])
})

describe('what no blank line ends', () => {
  const whole = ['data: {"a":1}', 'data: [DONE]', 'event: x\ndata: {"a":1}\n', ': comment', '', '\n', ': é'.slice(0, 2)]
  const half = ['data: {"a":', 'data: [DON', 'event: x', 'da', 'event: x\ndata:', 'id: 7']
  test.each(whole)('%j is an event, or says nothing', rest => expect(isHalfEvent(Buffer.from(rest))).toBeFalse())
  test.each(half)('%j is half an event', rest => expect(isHalfEvent(Buffer.from(rest))).toBeTrue())
  test('half a character is half an event', () => {
    expect(isHalfEvent(Buffer.from('data: "é').subarray(0, -1))).toBeTrue()
  })
})
