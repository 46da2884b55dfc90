import { describe, expect, test } from 'bun:test'
import { createParser } from 'eventsource-parser'
import fc from 'fast-check'
import { FrameCutter } from '../../lib/sse.ts'
import type { Event } from '../../model/event.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { stream } from './stream.ts'

const event = (data: object | string, end = '\n'): string =>
  `data: ${typeof data === 'string' ? data : JSON.stringify(data)}${end}${end}`
const says = (delta: object, more: object = {}) => ({
  id: 'c',
  choices: [{ index: 0, delta, finish_reason: null }],
  ...more,
})

/** What a reader makes of these batches. */
function read(batches: readonly (string | Uint8Array)[], hideUsage = false) {
  const reader = stream.glance({ hideUsage, array: false })
  const read = batches.map(batch => reader.read(Buffer.from(batch)))
  return {
    text: Buffer.concat(read.map(batch => batch.bytes)).toString(),
    events: read.flatMap(batch => batch.events),
    kinds: read.map(batch => batch.events.map(each => each.type).join(' ')),
  }
}

const kindsOf = (...batches: readonly string[]): string[] => read(batches).kinds

describe('content begins with', () => {
  const beginnings: readonly (readonly [string, object, boolean])[] = [
    ['a text', says({ content: 'Hi' }), true],
    ['white space', says({ content: ' ' }), true],
    ['parts, as Mistral sends them', says({ content: [{ type: 'text', text: 'Hi' }] }), true],
    ['a thought under reasoning_content', says({ content: null, reasoning_content: 'Hm' }), true],
    ['a thought under reasoning', says({ reasoning: 'Hm' }), true],
    ['a tool call', says({ content: null, tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] }), true],
    ['a function call', says({ function_call: { name: 'f' } }), true],
    ['a refusal', says({ refusal: 'No' }), true],
    ['sound', says({ audio: { data: 'AA==' } }), true],
    ['the text of a completion', { choices: [{ text: 'Hi', index: 0 }] }, true],
    ['a message beside the delta', { choices: [{ message: { content: 'Hi' } }] }, true],
    ['the second choice', { choices: [{ delta: {} }, { delta: { content: 'Hi' } }] }, true],
    ['a role alone', says({ role: 'assistant', content: '' }), false],
    ['nulls', says({ role: 'assistant', content: null, refusal: null, tool_calls: null }), false],
    ['no tool calls', says({ content: '', tool_calls: [] }), false],
    ["Azure's filter results", { choices: [], prompt_filter_results: [{ prompt_index: 0 }] }, false],
    ['no choices at all', { id: 'x' }, false],
    ['choices that are none', { choices: [null, 'x', { delta: 'Hi' }] }, false],
  ]
  test.each([...beginnings])('%s', (_, chunk, begins) => {
    expect(kindsOf(event(chunk))).toEqual([begins ? 'content' : ''])
  })

  test('a field that says data: without a space, and with CRLF or CR at its end', () => {
    const chunk = JSON.stringify(says({ content: 'Hi' }))
    for (const end of ['\n', '\r\n', '\r']) {
      expect(kindsOf(`: comment${end}${end}event: x${end}data:${chunk}${end}${end}`)).toEqual(['content'])
    }
  })

  test('no comment, no name and no line that is no JSON', () => {
    expect(
      kindsOf(`: {"choices":[{"text":"x"}]}\n\nevent: {"choices":[]}\n\ndata: {"choices":[{"text":"x"}\n\n`),
    ).toEqual([''])
  })
})

describe('after the beginning', () => {
  const begun = event(says({ content: 'Hi' }))
  const usage = { prompt_tokens: 3, completion_tokens: 2 }

  test('stop, usage, a fault and the end are noticed, in the order in which they come', () => {
    expect(
      kindsOf(
        begun,
        event(says({ content: 'more' })),
        event({ choices: [{ delta: {}, finish_reason: 'stop' }], usage }),
        event({ choices: [], usage }) + event('[DONE]'),
        event({ error: { message: 'x' } }),
      ),
    ).toEqual(['content', '', 'stop usage', 'usage done', 'fault'])
  })

  test.each<[string, object]>([
    ['an error in a choice', { delta: {}, finish_reason: 'error', error: { message: 'x' } }],
    ['an error beside a stop', { delta: {}, finish_reason: 'stop', error: { message: 'x' } }],
    ['an error that is the reason to stop', { delta: { content: '' }, finish_reason: 'error' }],
    ['a network that is', { delta: {}, finish_reason: 'network_error' }],
  ])('%s is a fault, and no stop', (_, choice) => {
    expect(kindsOf(begun, event({ choices: [choice] }))).toEqual(['content', 'fault'])
    expect(kindsOf(event({ choices: [choice] }))).toEqual(['fault'])
  })

  test('they are noticed in every spelling of JSON', () => {
    expect(
      kindsOf(begun, 'data: {"choices" : [ {"finish_reason" :\t"stop"} ],\t"usage" : {"prompt_tokens":1}}\n\n'),
    ).toEqual(['content', 'stop usage'])
  })

  test('the usage is that of the last report', () => {
    const report = (completion: number) =>
      event(says({ content: 'x' }, { usage: { prompt_tokens: 3, completion_tokens: completion } }))
    const reports = read([report(1) + report(2), report(9)]).events.filter(each => each.type === 'usage')
    expect(reports.map(each => each.usage.output)).toEqual([1, 2, 9])
  })

  const words = [
    '"usage":{"prompt_tokens":1}',
    '"error":{"message":"x"}',
    '"finish_reason":"stop"',
    '[DONE]',
    'data: [DONE]\n\n',
    '\\"usage\\":{',
  ]
  test.each(words)('a model that talks about %s is not taken at its word', word => {
    const spoken = event(says({ content: `${word} ${JSON.stringify({ word })}` }))
    expect(kindsOf(begun, spoken).at(1)).toMatch(/^(?:content)?$/)
    expect(kindsOf(spoken)).toEqual(['content'])
  })

  test('nor is one that talks about them in an object, where a provider sends content as JSON', () => {
    expect(
      kindsOf(begun, event(says({ content: { usage: { prompt_tokens: 1 }, error: 'x', finish_reason: 'stop' } }))).at(
        1,
      ),
    ).toMatch(/^(?:content)?$/)
  })
})

test('where several choices were asked for, each begins and stops for itself', () => {
  const glancer = stream.glance({ hideUsage: false, array: false, several: true })
  const eventsOf = (...choices: object[]) => glancer.read(Buffer.from(event({ choices, usage: null }))).events
  const choice = (index: number, more: object) => ({ index, finish_reason: null, ...more })
  expect([
    eventsOf(choice(0, { delta: { content: 'a' } }), choice(1, { text: 'b' })),
    eventsOf(choice(1, { delta: {}, finish_reason: 'length' })),
    eventsOf(choice(0, { delta: { content: 'c' } })),
    eventsOf({ delta: {}, finish_reason: 'stop' }),
    eventsOf(),
    glancer.read(Buffer.from(event({ error: { message: 'x' }, choices: [choice(0, { text: 'x' })] }))).events,
    glancer.read(Buffer.from(event('[DONE]'))).events,
  ]).toEqual([
    [
      { type: 'content', choice: 0 },
      { type: 'content', choice: 1 },
    ],
    [{ type: 'stop', reason: 'length', choice: 1 }],
    [{ type: 'content', choice: 0 }],
    [{ type: 'stop', reason: 'stop', choice: 0 }],
    [],
    [{ type: 'fault', fault: expect.anything() }],
    [{ type: 'done' }],
  ] as never)
})

/** The same events, each with its JSON broken at white space into lines of data, as `JSON.stringify(…, 1)` breaks it. */
const broken = (data: object | string, end = '\n'): string =>
  `${(typeof data === 'string' ? data : JSON.stringify(data, null, 1))
    .split('\n')
    .map(line => `data: ${line}${end}`)
    .join('')}${end}`

describe('what an event says is all its lines of data (html.spec.whatwg.org, 9.2.6)', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2 }
  const chunks = [
    says({ role: 'assistant', content: '' }),
    says({ content: 'Hi' }),
    says({ content: 'you' }, { usage: null }),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
    { choices: [], usage },
    '[DONE]',
  ]
  const due = ['content', 'stop', 'usage', 'done']
  const seen = (batches: readonly string[]) => {
    const said = read(batches).events.map((each): string => each.type)
    return said.filter((type, n) => type !== said[n - 1])
  }
  const ends = { LF: '\n', CRLF: '\r\n', CR: '\r' }

  test.each(Object.entries(ends))('in one batch and in many, with %s', (_, end) => {
    const frames = chunks.map(chunk => broken(chunk, end))
    expect([seen(frames), seen([frames.join('')])]).toEqual([due, due])
  })

  test('where only some events have several', () => {
    for (const odd of chunks.keys()) {
      const frames = chunks.map((chunk, n) => (n === odd ? broken(chunk) : event(chunk)))
      expect([seen(frames), seen([frames.join('')])]).toEqual([due, due])
    }
  })

  test('wherever their JSON is broken, and whatever stands between them', () => {
    const wire = [
      event(says({ content: 'Hi' })),
      'data: {"choices":[\ndata: {"delta":{},"finish_reason"\ndata: :\ndata:  "stop"}\n: between\nid: 7\ndata: ]}\n\n',
      'data: {"choices":[],"usage"\r\ndata: :{"prompt_tokens":1}}\r\nevent: usage\r\n\r\n',
    ]
    expect([seen(wire), seen([wire.join('')])]).toEqual([due.slice(0, 3), due.slice(0, 3)])
  })

  test('and an error in several lines is kept as they say it together', () => {
    const [fault] = read([event(says({ content: 'Hi' })) + broken({ error: { message: 'No.' } })]).events.slice(1)
    expect(fault?.type === 'fault' && fault.fault.said?.body).toBe(
      JSON.stringify({ error: { message: 'No.' } }, null, 1),
    )
  })

  test('but each line of what together is no JSON', () => {
    const lines = [says({ content: 'Hi' }), { choices: [{ delta: {}, finish_reason: 'stop' }] }, { choices: [], usage }]
    const wire = `${lines.map(line => `data: ${JSON.stringify(line)}\n`).join('')}data: [DONE]\n\n`
    expect([seen([wire]), seen([event(says({ content: 'Hi' })), wire])]).toEqual([due, due])
  })
})

test('lines are told apart by whatever ends them, also where that changes in the middle', () => {
  const lines = [
    event(says({ content: 'Hi' }), '\r'),
    event(says({ content: 'you' }), '\n'),
    event({ choices: [{ delta: {}, finish_reason: 'stop' }] }, '\r'),
    event({ choices: [], usage: { prompt_tokens: 3 } }, '\r'),
    event('[DONE]', '\r'),
  ]
  const orders = [
    lines,
    [...lines, ': end\n\n'],
    [': x\r\r', ...lines, ': end\r\n\r\n'],
    [`event: a\r${lines[0]}`, ...lines.slice(1), '\n'],
  ]
  for (const order of orders) {
    const { events, text } = read([order.join('')])
    expect(events.filter(({ type }) => type !== 'content').map(({ type }) => type)).toEqual(['stop', 'usage', 'done'])
    expect(events[0]?.type).toBe('content')
    expect(text).toBe(order.join(''))
    const hidden = order.filter(line => !line.includes('prompt_tokens')).join('')
    expect(read([order.join('')], true).text).toBe(hidden)
  }
})

test('the words of an error are read as UTF-8, and its JSON is kept as it came', () => {
  const data = '{"error":{"message":"Später — 🚢","code":429}}'
  const [fault] = read([`event: error\ndata: ${data}\n\n`]).events
  expect(fault?.type === 'fault' && [fault.fault.message, fault.fault.status, fault.fault.said?.body]).toEqual([
    'The provider failed inside its reply: Später — 🚢',
    429,
    data,
  ])
})

test.each(['data:[DONE]\r\n\r\n', 'data: [DONE]\n\n', 'data:  [DONE] \n\n'])('%p closes a stream', closing => {
  expect(kindsOf(event(says({ content: 'Hi' })) + closing)).toEqual(['content done'])
})

test('an error behind any line end is kept without it', () => {
  const data = '{"error":{"message":"No."}}'
  for (const line of [`data:${data}\r\n\r\n`, `data: ${data}\n\n`, `data: ${data}\r\r`]) {
    const [fault] = read([line]).events
    expect(fault?.type === 'fault' && fault.fault.said?.body).toBe(data)
  }
})

test('what is not hidden is handed on as it is, without a copy', () => {
  const bytes = Buffer.from(event({ choices: [], usage: { prompt_tokens: 1 } }) + event({ usage: null }))
  expect(stream.glance({ hideUsage: false, array: false }).read(bytes).bytes).toBe(bytes)
  const plain = Buffer.from(event(says({ content: 'Hi' })))
  expect(stream.glance({ hideUsage: true, array: false }).read(plain).bytes).toBe(plain)
})

describe('a hidden usage report', () => {
  const report = { id: 'c', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }
  const text = event(says({ content: 'Hi' }))

  test('is noticed, and its frame is taken out', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const others = [event(says({ content: 'Hi' }), end), event('[DONE]', end)]
      const told = read([others.join(event(report, end))], true)
      expect(told.text).toBe(others.join(''))
      expect(told.events.map(each => each.type)).toEqual(['content', 'usage', 'done'])
    }
  })

  test('is taken out with all lines of its frame', () => {
    for (const end of ['\n', '\r\n', '\r'])
      expect(read([event(says({ content: 'Hi' }), end) + broken(report, end) + event('[DONE]', end)], true).text).toBe(
        event(says({ content: 'Hi' }), end) + event('[DONE]', end),
      )
  })

  test('is taken out with the name and the id of its event, and the comments in it', () => {
    for (const end of ['\n', '\r\n', '\r']) {
      const named = (id: number, data: object | string): string =>
        `: ${id}${end}event: chunk${end}id: ${id}${end}data: ${JSON.stringify(data)}${end}retry: 10${end}${end}`
      const others = [named(1, says({ content: 'Hi' })), named(3, '[DONE]')]
      expect(read([others.join(named(2, report))], true).text).toBe(others.join(''))
      expect(read([named(2, report)], true).text).toBe('')
    }
  })

  test('stays where a line of its frame says something else', () => {
    for (const lines of [
      [says({ content: 'you' }), report],
      [report, says({ content: 'you' })],
    ]) {
      const batch = `${text}${lines.map(line => `data: ${JSON.stringify(line)}\n`).join('')}\n${event('[DONE]')}`
      expect(read([batch], true).text).toBe(batch)
    }
  })

  test('stays where there are choices beside it', () => {
    const last = event({ choices: [{ delta: {}, finish_reason: 'stop' }], usage: report.usage })
    expect(read([text + last], true).text).toBe(text + last)
  })

  const nulls: readonly (readonly [string, string, string])[] = [
    ['last', '{"id":"c","choices":[],"usage":null}', '{"id":"c","choices":[]}'],
    ['first', '{"usage":null,"id":"c"}', '{"id":"c"}'],
    ['in the middle', '{"id":"c","usage":null,"n":1.0,"o":"x"}', '{"id":"c","n":1.0,"o":"x"}'],
    ['before an object', '{"id":"c","usage":null,"x":{"y":1}}', '{"id":"c","x":{"y":1}}'],
    ['spelled with spaces', '{"id": "c", "usage" : null , "n": 1}', '{"id": "c" , "n": 1}'],
    ['alone', '{"usage":null}', '{}'],
    ['at two depths', '{"x":{"a":1,"usage":null},"usage":null}', '{"x":{"a":1,"usage":null}}'],
  ]
  test.each([...nulls])('that is null is cut out %s, where its JSON stands in several lines', (_, data, left) => {
    for (const end of ['\n', '\r\n', '\r']) {
      const frame = broken(JSON.parse(data) as object, end).replace(end, `${end}: between${end}`)
      const told = read([event(says({ content: 'Hi' }), end) + frame + event('[DONE]', end)], true).text
      const [hi, cut, done] = dataIn(told)
      expect([JSON.parse(cut ?? ''), done]).toEqual([JSON.parse(left), '[DONE]'])
      expect(JSON.parse(hi ?? '')).toEqual(says({ content: 'Hi' }))
      // All other lines stay.
      for (const line of told.split(end))
        expect(`${frame}${event(says({ content: 'Hi' }))}data: [DONE]`).toContain(line.slice(0, 8))
    }
  })

  test.each([...nulls])('that is null is cut out %s', (_, data, left) => {
    const told = read([text + event(data) + event('[DONE]')], true).text
    expect(JSON.parse(told.split('\n\n')[1]?.slice(6) ?? '')).toEqual(JSON.parse(left) as object)
    expect(told).toBe(
      text + event(left.includes(' ') ? (told.split('\n\n')[1]?.slice(6) ?? '') : left) + event('[DONE]'),
    )
  })

  const uneditable = [
    ['a name that stands twice', '{"usage":null,"d":1,"d":2,"choices":[]}'],
    ['the report twice', '{"usage":null,"usage":null,"id":"c"}'],
    ['more levels than are edited', `{"usage":null,"deep":${'['.repeat(300)}${']'.repeat(300)}}`],
  ] as const
  test.each(uneditable)('that is null stays where it stands beside %s', (_, data) => {
    const others = event({ usage: null, id: 'd' })
    const told = read([text + event(data) + others + event('[DONE]')], true)
    expect(told.text).toBe(text + event(data) + event({ id: 'd' }) + event('[DONE]'))
    const lines = event(data.replace(',', ',\ndata: '))
    expect(read([text + lines + others], true).text).toBe(text + lines + event({ id: 'd' }))
  })

  const kept = [
    '{"choices":[{"delta":{"content":"say ,\\"usage\\":null}"}}]}',
    '{"choices":[{"delta":{"content":{"a":1,"usage":null}}}]}',
    '{"x":{"a":1,"usage":null},"id":"c"}',
    '{"x":[{"a":1,"usage":null}]}',
    '{"x":{"choices":[],"usage":{"prompt_tokens":1}}}',
    '{"choices":[{"delta":{"content":"\\\\","usage":null}}]}',
    '{"usage":null',
    '"usage":null}',
  ]
  test.each(kept)('leaves alone what only looks like one: %s', data => {
    const batch = text + event(data) + event('[DONE]')
    expect(read([batch], true).text).toBe(batch)
  })
})

const word = fc.constantFrom(
  ',"usage":null',
  '"usage":null}',
  ',"usage":null}\n',
  '"choices":[],"usage":{}',
  '{',
  '}',
  '"',
  '\\',
  'é',
  '🚢',
  '\u2028',
  'data: ',
  '\n\n',
  '[DONE]',
)
const speech = fc.array(word, { maxLength: 6 }).map(words => words.join(''))
const content = fc.oneof(
  speech,
  fc.record({ usage: fc.constant(null), text: speech }),
  fc.array(fc.record({ text: speech, usage: fc.constant(null) }), { maxLength: 2 }),
)
const chunk = fc
  .tuple(
    content,
    fc.constantFrom<JsonObject>({}, { usage: null }, { usage: { prompt_tokens: 1 } }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([spoken, usage, first, empty]): JsonObject => {
    const rest: JsonObject = { id: 'é', choices: empty ? [] : [{ index: 0, delta: { content: spoken as Json } }] }
    return first ? { ...usage, ...rest } : { ...rest, ...usage }
  })

const dueOf = (chunks: readonly JsonObject[]): JsonObject[] =>
  chunks
    .filter(({ usage, choices }) => !(usage && Array.isArray(choices) && choices.length === 0))
    .map(({ usage, ...rest }) => (usage ? { ...rest, usage } : rest))

function dataIn(text: string): string[] {
  const all: string[] = []
  createParser({ onEvent: ({ data }) => all.push(data) }).feed(text)
  return all
}

test('with the report hidden a client reads the same chunks, but for nulls of usage and chunks that report alone', () => {
  const end = fc.constantFrom('\n', '\r\n')
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 6 }), end, (chunks, end) => {
      const told = read([chunks.map(each => event(each, end)).join('')], true).text
      expect(dataIn(told).map(data => JSON.parse(data) as JsonObject)).toEqual(dueOf(chunks))
    }),
    { numRuns: 3000 },
  )
})

/** An event as any server may frame it: broken into lines, beside other fields, with line ends that change. */
const framed = fc
  .tuple(
    chunk,
    fc.constantFrom(0, 1),
    fc.constantFrom('', ': x', 'id: 1', 'event: e'),
    fc.constantFrom('', ': y', 'retry: 1'),
    fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 5 }),
  )
  .map(([said, indent, before, after, ends]) => {
    const data = JSON.stringify(said, null, indent).split('\n')
    const lines = [before, ...data.map(line => `data: ${line}`), after].filter(line => line !== '')
    const text = lines.map((line, n) => line + (ends[n % ends.length] ?? '')).join('')
    // An LF behind a CR would be the same line's end.
    return { said, text: text + (text.endsWith('\r') ? '\r' : '\n') }
  })

test('and so it does however its events are framed, and wherever the stream is cut', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(framed, { maxLength: 6 }), sizes, (frames, sizes) => {
      const wire = Buffer.from(frames.map(({ text }) => text).join(''))
      const cutter = new FrameCutter()
      const ends = sizes.map((_, n) => sizes.slice(0, n + 1).reduce((a, b) => a + b, 0))
      const reads = [...ends, wire.length].map((end, n) => Uint8Array.from(wire.subarray(ends[n - 1] ?? 0, end)))
      const batches = [...reads.map(part => cutter.push(part)), cutter.end()].filter(batch => batch.length > 0)
      const { text, events } = read(batches, true)
      const usages = frames.filter(({ said }) => said.usage).length
      expect(events.filter(({ type }) => type === 'usage').length).toBe(usages)
      expect(dataIn(text).map(data => JSON.parse(data) as JsonObject)).toEqual(dueOf(frames.map(({ said }) => said)))
      expect(Buffer.concat(batches.map(batch => Buffer.from(batch))).length).toBe(wire.length)
    }),
    { numRuns: 3000 },
  )
})

test('no bytes at all make it throw, and none are lost while nothing is hidden', () => {
  const pieces = fc.constantFrom(
    'data:',
    '{"usage":',
    'null',
    '"error":',
    '{"choices":[',
    ']}',
    '\n\n',
    '\r\r',
    '[DONE]',
    '\u0000',
    '"finish_reason":"',
  )
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map(each => Buffer.from(each)),
    fc.array(pieces, { maxLength: 12 }).map(each => Buffer.from(each.join(''))),
  )
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 4 }), batches => {
      const told = Buffer.concat(
        batches.map(batch => Buffer.from(stream.glance({ hideUsage: false, array: false }).read(batch).bytes)),
      )
      expect(told.equals(Buffer.concat(batches))).toBe(true)
      const hiding = stream.glance({ hideUsage: true, array: false })
      const events: readonly Event[] = batches.flatMap(batch => hiding.read(batch).events)
      expect(events).toBeArray()
    }),
    { numRuns: 5000 },
  )
})
