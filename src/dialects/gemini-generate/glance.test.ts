import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { ElementCutter, elementsIn } from './elements.ts'
import { cutter, glance, glanceAnswer } from './glance.ts'
import { text } from './sample.test-data.ts'

const says = (parts: readonly JsonObject[], more: JsonObject = {}, rest: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
  ...rest,
})
const counts = (candidatesTokenCount: number) => ({ usageMetadata: { promptTokenCount: 5, candidatesTokenCount } })
const usage = (output: number) => ({
  type: 'usage' as const,
  usage: { input: 5, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 },
})
const content: Event = { type: 'content' }
const stop: Event = { type: 'stop', reason: 'STOP' }

const sse = (chunk: JsonObject): string => `data: ${JSON.stringify(chunk)}\r\n\r\n`
/** As Google prints an array: over many lines, with commas on lines of their own. */
const pretty = (chunks: readonly JsonObject[]): string =>
  `[${chunks.map(chunk => JSON.stringify(chunk, null, 2)).join('\n,\r\n')}\n]\n`

const chunks: readonly JsonObject[] = [
  says([{ text: '', thoughtSignature: 'x' }], {}, counts(0)),
  says([{ text: 'a "finishReason":"STOP" \\" ]}{[' }], {}, counts(1)),
  says(
    [{ functionCall: { name: 'f', args: { finishReason: 'x', error: { code: 1 }, usageMetadata: {} } } }],
    {},
    counts(2),
  ),
  says([{ text: '' }], { finishReason: 'STOP' }, counts(3)),
]

describe('a stream that is handed on', () => {
  test('says that it has begun, what it cost so far, and why it stopped; never that it is done', () => {
    const glancer = glance({ array: false })
    expect(chunks.map(chunk => glancer.read(Buffer.from(sse(chunk))).events)).toEqual([
      [usage(0)],
      [content, usage(1)],
      [content, usage(2)],
      [stop, usage(3)],
    ])
  })

  test('says the same however it is cut, and as an array', () => {
    const wires: readonly (readonly [string, boolean])[] = [
      [chunks.map(sse).join(''), false],
      [pretty(chunks), true],
    ]
    for (const [wire, array] of wires) {
      fc.assert(
        fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 20 }), sizes => {
          const { events, bytes } = heard(wire, array, sizes)
          expect(bytes).toBe(wire)
          expect(events[0]?.type).not.toBe('stop')
          expect(events.filter(each => each.type === 'stop')).toEqual([stop])
          expect(events.findLast(each => each.type === 'usage')).toEqual(usage(3))
          expect(events.some(each => each.type === 'content')).toBe(true)
        }),
      )
    }
  })

  test('and was asked for several candidates says of each when it begins and stops', () => {
    const glancer = glance({ array: false, several: true })
    const said = (...candidates: JsonObject[]) => glancer.read(Buffer.from(sse({ candidates }))).events
    const parts = { content: { parts: [{ text: 'a' }] } }
    expect([
      said({ ...parts, index: 0 }, { ...parts, index: 1 }),
      said({ index: 1, finishReason: 'STOP' }),
      said(parts),
      said({ ...parts, finishReason: 'MAX_TOKENS' }),
    ]).toEqual([
      [
        { ...content, choice: 0 },
        { ...content, choice: 1 },
      ],
      [{ ...stop, choice: 1 }],
      [{ ...content, choice: 0 }],
      [
        { ...content, choice: 0 },
        { type: 'stop', reason: 'MAX_TOKENS', choice: 0 },
      ],
    ] as never)
    expect(glancer.read(Buffer.from(sse({ promptFeedback: { blockReason: 'OTHER' } }))).events).toEqual([
      { type: 'stop', reason: 'OTHER' },
    ])
  })

  test('says what all the lines of data of an event say', () => {
    for (const end of ['\r\n', '\n', '\r']) {
      const wire = chunks
        .map(chunk => JSON.stringify(chunk, null, 1).split('\n'))
        .map(lines => `: x${end}${lines.map(line => `data: ${line}${end}`).join('')}${end}`)
      const { events, bytes } = heard(wire.join(''), false)
      expect(bytes).toBe(wire.join(''))
      expect(events.filter(each => each.type !== 'usage').map(({ type }) => type)).toEqual([
        'content',
        'content',
        'stop',
      ])
      expect(events.findLast(each => each.type === 'usage')).toEqual(usage(3))
    }
  })

  test('that is blocked has stopped without a word', () => {
    const { events } = heard(sse({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }), false)
    expect(events).toEqual([{ type: 'stop', reason: 'PROHIBITED_CONTENT' }])
  })

  const errors: readonly (readonly [string, string, boolean])[] = [
    ['in an event', sse({ error: { code: 503, message: 'm', status: 'UNAVAILABLE' } }), false],
    ['bare', '{\n  "error": {\n    "code": 503,\n    "message": "m"\n  }\n}\n', false],
    ['in the array', pretty([says([{ text: 'a' }]), { error: { code: 503, message: 'm' } }]), true],
  ]
  test.each([...errors])('has failed where it says so %s', (_, wire, array) => {
    const fault = heard(wire, array).events.find(each => each.type === 'fault')?.fault
    expect([fault?.code, fault?.status]).toEqual(['overloaded', 503])
  })

  test('is passed on where nobody can read it', () => {
    const wire = ': comment\r\n\r\ndata: {"candidates":\r\n\r\n'
    expect(heard(wire, false)).toEqual({ bytes: wire, events: [] })
  })

  test('is told to have failed in its own form', () => {
    const fault = new Fault('upstream_failed', 'It broke.')
    const fails = (array: boolean, before: string): string => {
      const glancer = glance({ array })
      const sent = before === '' ? '' : text(glancer.read(Buffer.from(before)).bytes)
      return sent + text(glancer.fail?.(fault, 'req-1') ?? new Uint8Array())
    }
    expect(fails(false, '')).toMatch(/^data: \{"error":\{"code":502,.*\}\r\n\r\n$/)
    expect(JSON.parse(fails(true, ''))).toMatchObject([{ error: { code: 502 } }])
    for (const before of ['[{"a":1}', '[{"a":1}]', '[{"a":1}\n]\n'])
      expect(JSON.parse(fails(true, before))).toMatchObject([{ a: 1 }, { error: { code: 502 } }])
  })

  test('is closed where it is an array, as it was or, where its provider left that out, by us', () => {
    for (const [sent, closed] of [
      ['[{"a":1}\n]\n', '[{"a":1}\n]\n'],
      ['[{"a":1}', '[{"a":1}\n]'],
      ['[]', '[]'],
    ] as const)
      expect(heard(sent, true)).toMatchObject({ bytes: closed, events: [{ type: 'done' }] })
    expect(heard('', true)).toEqual({ bytes: '', events: [] })
  })

  test('is closed with the error that it ends with', () => {
    const glancer = glance({ array: true })
    const sent = '[{"a":1},\n{"error":{"code":503,"message":"m"}}'
    expect(text(glancer.read(Buffer.from(sent)).bytes)).toBe(`${sent}\n]`)
    expect(glancer.end?.()).toBeUndefined()
    const more = `,\n{"candidates":[{"finishReason":"STOP"}]}]`
    expect(text(glance({ array: true }).read(Buffer.from(sent + more)).bytes)).toBe(`${sent}]`)
  })
})

/** What is heard of a stream that comes in reads of these sizes, and the rest in one. */
function heard(wire: string, array: boolean, sizes: readonly number[] = []) {
  const bytes = Buffer.from(wire)
  const glancer = glance({ array })
  const cuts = cutter(array)
  const frames: Uint8Array[] = []
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    frames.push(cuts.push(bytes.subarray(at, at + size)))
    at += size
  }
  frames.push(cuts.end())
  const read = frames.filter(frame => frame.length > 0).map(frame => glancer.read(frame))
  const closing = glancer.end?.()
  const batches = closing ? [...read, closing] : read
  return {
    events: batches.flatMap(batch => batch.events),
    bytes: text(Buffer.concat(batches.map(batch => batch.bytes))),
  }
}

describe('an array is cut at the ends of its elements', () => {
  const json = fc.array(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 3 }), {
    maxLength: 4,
  })

  test('whatever they hold and wherever the reads end', () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 40 }), fc.boolean(), (value, size, spaced) => {
        const bytes = Buffer.from(JSON.stringify(value, null, spaced ? 2 : 0))
        const cut = new ElementCutter()
        const frames: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) frames.push(cut.push(bytes.subarray(at, at + size)))
        frames.push(cut.end())
        expect(Buffer.concat(frames)).toEqual(bytes)
        // Each frame holds whole elements, so that they can be read one frame at a time.
        expect(
          frames.flatMap(frame => elementsIn(Buffer.from(frame)).map(each => JSON.parse(each.toString()))),
        ).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  test('at once, when the last byte of an element has come', () => {
    const cut = new ElementCutter()
    const pushed = ['[{"a":"}', '\\', '"]"}', ', {', '}]', '\n'].map(read => text(cut.push(Buffer.from(read))))
    expect([...pushed, text(cut.end())]).toEqual(['', '', '[{"a":"}\\"]"}', '', ', {}]', '', '\n'])
  })

  test('and an object that stands alone is one', () => {
    const cut = new ElementCutter()
    expect(['{"error":{}', '}'].map(read => text(cut.push(Buffer.from(read))))).toEqual(['', '{"error":{}}'])
  })

  test('but is not waited for without end', () => {
    const cut = new ElementCutter()
    const mebibytes = Buffer.alloc(33 * 1024 * 1024, 97)
    cut.push(Buffer.from('[{"a":"'))
    cut.push(mebibytes)
    expect(() => cut.push(mebibytes)).toThrow(RangeError)
  })
})

describe('a whole reply says', () => {
  const read = (body: JsonObject, operation: 'chat' | 'count_tokens' = 'chat') =>
    glanceAnswer(body, JSON.stringify(body), operation)

  test('that it is content, why it stopped and what it cost', () => {
    expect(read(says([{ text: 'a' }], { finishReason: 'STOP' }, counts(3)))).toEqual([content, stop, usage(3)])
  })

  test('that it stopped without a word', () => {
    expect(read({ candidates: [{ finishReason: 'NO_IMAGE' }] })).toEqual([{ type: 'stop', reason: 'NO_IMAGE' }])
  })

  test('that it is a count', () => {
    expect(read({ totalTokens: 5 }, 'count_tokens')).toEqual([content])
  })

  test('that it failed, in its own words', () => {
    const wire = ' {"error":{"code":429,"message":"é","status":"RESOURCE_EXHAUSTED"}} '
    const [event] = glanceAnswer(JSON.parse(wire) as JsonObject, wire, 'chat')
    expect(event?.type === 'fault' && [event.fault.code, event.fault.status, event.fault.said?.body]).toEqual([
      'rate_limited',
      429,
      wire,
    ])
  })
})
