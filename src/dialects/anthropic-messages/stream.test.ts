import { describe, expect, test } from 'bun:test'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
import { stream } from './stream.ts'

const maker = 'anthropic/claude'
const frame = (data: JsonObject | string, end = '\n'): string => {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `event: x${end}data: ${text}${end}${end}`
}
const start = {
  type: 'message_start',
  message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 5, output_tokens: 1 } },
}
const begin = (index: number, block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block: block,
})
const more = (index: number, delta: JsonObject): JsonObject => ({ type: 'content_block_delta', index, delta })
const stop = (index: number): JsonObject => ({ type: 'content_block_stop', index })
const end = { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } }
const over = { type: 'message_stop' }
const textBlock = { type: 'text', text: '' }
const say = (text: string): JsonObject => more(0, { type: 'text_delta', text })

/** What is seen of these frames, each in a read of its own. */
function glance(...frames: readonly (JsonObject | string)[]): string[] {
  const glancer = stream.glance({ hideUsage: false, array: false })
  return frames.map(each =>
    glancer
      .read(Buffer.from(frame(each)))
      .events.map(event => event.type)
      .join(' '),
  )
}

describe('a glance', () => {
  const seen: readonly (readonly [string, JsonObject | string, string])[] = [
    ['the beginning of a message', start, 'usage'],
    ['a sign of life', { type: 'ping' }, ''],
    ['the beginning of a text', begin(0, textBlock), ''],
    ['the beginning of a thought', begin(0, { type: 'thinking', thinking: '', signature: '' }), ''],
    ['a text that begins with words', begin(0, { type: 'text', text: 'Hi' }), 'content'],
    ['a call', begin(0, { type: 'tool_use', id: 'x', name: 'f', input: {} }), 'content'],
    ['a tool of the provider', begin(0, { type: 'server_tool_use', id: 'x', name: 'f', input: {} }), 'content'],
    ['a text', say('Hi'), 'content'],
    ['an empty text', say(''), ''],
    ['a thought', more(0, { type: 'thinking_delta', thinking: 'Hm' }), 'content'],
    ['a signature', more(0, { type: 'signature_delta', signature: 'x' }), ''],
    ['an argument', more(0, { type: 'input_json_delta', partial_json: '{' }), 'content'],
    ['the end of a block', stop(0), ''],
    ['the end of the message', end, 'stop usage'],
    ['the end of the stream', over, 'done'],
    ['another’s end of a stream', '[DONE]', 'done'],
    ['an error', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'fault'],
    ['no JSON', '{"type":', ''],
    ['a list', '[1]', ''],
  ]
  test.each([...seen])('sees %s', (_, event, events) => {
    expect(glance(event)).toEqual([events])
  })

  test.each([...seen].filter(([, , events]) => events !== '' && events !== 'content'))(
    'after content has begun still sees %s',
    (_, event, events) => {
      expect(glance(say('Hi'), event)).toEqual(['content', events])
    },
  )

  const owed = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'
  const lastOf = (...frames: readonly string[]): string | undefined => {
    const glancer = stream.glance({ hideUsage: false, array: false })
    for (const each of frames) glancer.read(Buffer.from(each))
    const last = glancer.end?.()
    return last && Buffer.from(last.bytes).toString()
  }

  test('gives a reply that has stopped its last event, where the provider left that out', () => {
    const said = [frame(start), frame(say('Hi')), frame(end)]
    expect(lastOf(...said)).toBe(owed)
    expect(lastOf(...said.map(each => each.replaceAll('\n', '\r\n')))).toBe(owed)
    expect(lastOf(...said.slice(0, -1), frame(end).trimEnd())).toBe(`\n\n${owed}`)
  })

  test.each([
    ['has had it', [frame(say('Hi')), frame(end), frame(over)]],
    ['has not stopped', [frame(say('Hi'))]],
    [
      'has failed',
      [frame(say('Hi')), frame(end), frame({ type: 'error', error: { type: 'api_error', message: 'x' } })],
    ],
  ])('gives none to one that %s', (_, frames) => expect(lastOf(...frames)).toBeUndefined())

  test('takes nothing that the model writes for a mark', () => {
    const words = '"message_delta" "error" "message_stop"'
    expect(glance(say('Hi'), say(words))).toEqual(['content', ''])
  })

  test('counts what the last report says, and keeps what only the first one said', () => {
    const glancer = stream.glance({ hideUsage: false, array: false })
    const first = { ...start.message.usage, cache_read_input_tokens: 100, cache_creation_input_tokens: null }
    const frames = [{ ...start, message: { usage: first } }, end].map(each => frame(each)).join('')
    const { events } = glancer.read(Buffer.from(frames))
    expect(events.findLast(event => event.type === 'usage')?.usage).toEqual({
      input: 5,
      cacheRead: 100,
      cacheWrite: 0,
      output: 9,
      reasoning: 0,
    })
  })

  test('lets no null and no zero undo a count or a tier', () => {
    const first = { input_tokens: 5, output_tokens: 1, service_tier: 'priority' }
    const last = { input_tokens: 0, output_tokens: 9, service_tier: null }
    const deltas = read({ ...start, message: { usage: first } }, { ...end, usage: last })
    expect(deltas.findLast(delta => delta.type === 'usage')).toMatchObject({
      usage: { input: 5, output: 9 },
      tier: 'priority',
    })
  })

  test('reads lines that end in CRLF and in CR', () => {
    for (const lineEnd of ['\r\n', '\r']) {
      const glancer = stream.glance({ hideUsage: false, array: false })
      const text = [start, say('Hi'), end, over].map(each => frame(each, lineEnd)).join('')
      const { bytes, events } = glancer.read(Buffer.from(text))
      expect(events.map(event => event.type)).toEqual(['usage', 'content', 'stop', 'usage', 'done'])
      expect(Buffer.from(bytes).toString()).toBe(text)
    }
  })
})

const read = (...frames: readonly (JsonObject | string)[]): readonly Delta[] =>
  stream.reader(maker).read(Buffer.from(frames.map(each => frame(each)).join('')))
const partsOf = (...frames: readonly (JsonObject | string)[]) => fold(read(...frames)).choices[0]?.parts

describe('a stream is understood', () => {
  test('with a call whose arguments came whole at its beginning', () => {
    const parts = partsOf(begin(0, { type: 'tool_use', id: 'x', name: 'f', input: { a: 1 } }), stop(0))
    expect(parts).toMatchObject([{ type: 'tool-call', input: '{"a":1}' }])
  })

  test('with a call that has no arguments, whether or not its block ended', () => {
    const call = begin(0, { type: 'tool_use', id: 'x', name: 'f', input: {} })
    const empty = more(0, { type: 'input_json_delta', partial_json: '' })
    expect(partsOf(call, empty, stop(0))).toMatchObject([{ input: '{}' }])
    expect(partsOf(call, empty, end)).toMatchObject([{ input: '{}' }])
  })

  test('with the blocks of a provider’s tools whole', () => {
    const parts = partsOf(
      begin(0, { type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      more(0, { type: 'input_json_delta', partial_json: '{"query":' }),
      more(0, { type: 'input_json_delta', partial_json: '"x"}' }),
      stop(0),
      begin(1, { type: 'compaction', content: null }),
      more(1, { type: 'compaction_delta', content: 'In ' }),
      more(1, { type: 'compaction_delta', content: 'short' }),
      stop(1),
    )
    const values = parts?.map(part => (part.type === 'opaque' ? JSON.parse(part.seal.value) : part))
    expect(values).toEqual([
      { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
      { type: 'compaction', content: 'In short' },
    ])
  })

  test('with the beginning told twice, gaps in the indices, and none at all', () => {
    const parts = partsOf(
      start,
      start,
      begin(3, textBlock),
      begin(3, textBlock),
      more(3, { type: 'text_delta', text: 'a' }),
      stop(3),
      { type: 'content_block_start', content_block: textBlock },
      { type: 'content_block_delta', delta: { type: 'text_delta', text: 'b' } },
      more(9, { type: 'thinking_delta', thinking: 'c' }),
    )
    expect(parts).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'reasoning', text: 'c' },
    ])
    expect(read(start, start).filter(delta => delta.type === 'start')).toHaveLength(1)
    const call = begin(0, { type: 'tool_use', id: 'x', name: 'f', input: {} })
    expect(partsOf(call, call, stop(0))).toHaveLength(1)
  })

  test('with what is new passed over', () => {
    const deltas = read(
      { type: 'session_note', note: 1 },
      begin(0, textBlock),
      more(0, { type: 'mood_delta', mood: 1 }),
      over,
    )
    expect(deltas.map(delta => delta.type)).toEqual(['text', 'done'])
  })

  const broken: readonly (readonly [string, JsonObject | string])[] = [
    ['no JSON', '{"type":'],
    ['no object', '3'],
    ['a block that is none', { type: 'content_block_start', index: 0, content_block: 'text' }],
    ['a block without a type', begin(0, {})],
    ['a call without a name', begin(0, { type: 'tool_use', id: 'x' })],
    ['words that are none', more(0, { type: 'text_delta', text: 7 })],
    ['arguments of no call', more(5, { type: 'input_json_delta', partial_json: '{}' })],
    ['a message that is none', { type: 'message_start', message: 'x' }],
  ]
  test.each([...broken])('up to %s, which is a fault', (_, event) => {
    const deltas = read(start, begin(0, textBlock), event, over)
    expect(deltas.at(-1)).toMatchObject({ type: 'fault', fault: { code: 'upstream_failed' } })
    expect(deltas.map(delta => delta.type)).not.toContain('done')
  })

  test('up to bytes that are no UTF-8, which are a fault', () => {
    const [delta] = stream.reader(maker).read(Buffer.from([100, 97, 116, 97, 58, 32, 0xff, 10, 10]))
    expect(delta).toMatchObject({ type: 'fault' })
  })

  test('up to an error, which keeps its kind and its words', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const last = read(start, error).at(-1)
    expect(last?.type === 'fault' && last.fault).toMatchObject({
      code: 'overloaded',
      status: 529,
      said: { dialect: 'anthropic-messages', body: JSON.stringify(error) },
    })
  })
})

const making: Making = {
  id: 'req_1',
  created: 1,
  maker: 'deepseek/deepseek-chat',
  call: { operation: 'chat', model: 'x', stream: true, wantsUsage: true },
  body: {},
}

/** The events that a writer makes of each batch, and of the end. */
function write(...batches: readonly (readonly Delta[])[]): JsonObject[][] {
  const writer = stream.writer(making)
  const eventsIn = (bytes: Uint8Array): JsonObject[] =>
    Buffer.from(bytes)
      .toString()
      .split('\n')
      .flatMap(line => (line.startsWith('data: ') ? [JSON.parse(line.slice(6)) as JsonObject] : []))
  return [...batches.map(batch => eventsIn(writer.write(batch))), eventsIn(writer.end())]
}
const typesOf = (events: readonly JsonObject[] | undefined): string =>
  (events ?? []).map(({ type, delta }) => (delta as { type?: string } | undefined)?.type ?? (type as string)).join(' ')

describe('a stream is written', () => {
  test('with a message of its own making, when nothing is known of it', () => {
    const [, [event] = []] = write([{ type: 'start', id: 'chatcmpl-1' }])
    expect(event?.message).toMatchObject({ id: 'msg_req_1', model: 'deepseek-chat', content: [], stop_reason: null })
  })

  test('with each word as it comes', () => {
    const batches = write(
      [{ type: 'start' }],
      [{ type: 'text', at: 0, text: 'a' }],
      [{ type: 'text', at: 0, text: 'b' }],
    )
    expect(batches.map(typesOf)).toEqual([
      '',
      'message_start content_block_start text_delta',
      'text_delta',
      'content_block_stop message_delta message_stop',
    ])
  })

  test("with the model's name, where only a second chunk tells it (Azure)", () => {
    const [, [event] = []] = write(
      [{ type: 'start' }],
      [
        { type: 'start', model: 'gpt-5' },
        { type: 'text', at: 0, text: 'a' },
      ],
    )
    expect(event?.message).toMatchObject({ model: 'gpt-5' })
  })

  test('with a call as it comes, and the next one as soon as the arguments are whole', () => {
    const batches = write(
      [{ type: 'tool', at: 0, id: 'a', name: 'f' }],
      [{ type: 'input', at: 0, text: '{"a":"}"' }],
      [{ type: 'tool', at: 1, id: 'b', name: 'g' }],
      [{ type: 'input', at: 1, text: '{}' }],
      [{ type: 'input', at: 0, text: '}' }],
      [{ type: 'input', at: 0, text: '\n' }],
      [{ type: 'text', at: 2, text: 'Done' }],
    )
    expect(batches.map(typesOf)).toEqual([
      'message_start content_block_start input_json_delta',
      'input_json_delta',
      '',
      '',
      'input_json_delta content_block_stop content_block_start input_json_delta input_json_delta',
      '',
      'content_block_stop content_block_start text_delta',
      'content_block_stop message_delta message_stop',
    ])
  })

  test('with free text as the string of an object', () => {
    const batches = write(
      [{ type: 'tool', at: 0, id: 'a', name: 'sql', custom: true }],
      [{ type: 'input', at: 0, text: 'a "b"\n' }],
    )
    const pieces = batches
      .flat()
      .map(({ delta }) => (delta as { partial_json?: string } | undefined)?.partial_json ?? '')
    expect(JSON.parse(pieces.join(''))).toEqual({ input: 'a "b"\n' })
  })

  test('with an object for arguments that are null', () => {
    const [events] = write([
      { type: 'tool', at: 0, id: 'a', name: 'f' },
      { type: 'input', at: 0, text: 'null' },
    ])
    expect(events?.at(-1)?.delta).toEqual({ type: 'input_json_delta', partial_json: '{}' })
  })

  test('with usage that came after the stop', () => {
    const usage = { input: 1, cacheRead: 2, cacheWrite: 3, output: 4, reasoning: 5 }
    const text: Delta = { type: 'text', at: 0, text: 'a' }
    const stop: Delta = { type: 'stop', reason: 'length' }
    const last = write([text, stop], [{ type: 'usage', usage, tier: 'priority' }]).at(-1)
    expect(last?.[0]).toEqual({
      type: 'message_delta',
      delta: { stop_reason: 'max_tokens', stop_sequence: null, stop_details: null, container: null },
      usage: {
        server_tool_use: null,
        input_tokens: 1,
        cache_creation_input_tokens: 3,
        cache_read_input_tokens: 2,
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 5 },
        service_tier: 'priority',
      },
    })
  })

  test('with citations that come after a signature which belongs to nothing (Gemini)', () => {
    const seal = { dialect: 'gemini-generate', maker: 'g/m', value: 'c2ln' }
    const batches = write(
      [{ type: 'text', at: 0, text: 'Warm.' }],
      [{ type: 'seal', at: 1, seal }],
      [{ type: 'citation', at: 0, citation: { url: 'https://x' } }],
      [{ type: 'text', at: 2, text: 'Dry.' }],
    )
    expect(batches.map(typesOf)).toEqual([
      'message_start content_block_start text_delta',
      '',
      'citations_delta',
      'content_block_stop content_block_start content_block_stop content_block_start text_delta',
      'content_block_stop message_delta message_stop',
    ])
  })

  test('with one reply, where there are several', () => {
    const batches = write([
      { type: 'text', at: 0, text: 'a' },
      { type: 'text', at: 0, text: 'b', choice: 1 },
      { type: 'stop', reason: 'length', choice: 1 },
    ])
    const text = JSON.stringify(batches)
    expect([text.includes('"b"'), text.includes('max_tokens')]).toEqual([false, false])
  })

  test('with ids that are new in every reply, where the provider gave none', () => {
    const [events] = write([{ type: 'tool', at: 2, id: 'call_0', name: 'f' }])
    expect(events?.[1]?.content_block).toMatchObject({ id: 'toolu_req_1_2', caller: { type: 'direct' } })
  })

  test('with the program that made a call', () => {
    const caller = { type: 'code_execution_20260120', tool_id: 's' }
    const deltas = read(begin(0, { type: 'tool_use', id: 'x', name: 'f', input: {}, caller }), stop(0))
    expect(write(deltas)[0]?.[1]?.content_block).toMatchObject({ caller })
  })

  test('with what was sealed to a text or a call behind it, early or late', () => {
    const seal = { dialect: 'gemini-generate', value: 'sig' }
    const dataIn = (events: readonly JsonObject[]): unknown[] =>
      events.flatMap(
        ({ content_block: block }) => ((block as JsonObject | undefined)?.data as string | undefined) ?? [],
      )
    const call: Delta = { type: 'tool', at: 0, id: 'a', name: 'f' }
    const sealing: Delta = { type: 'seal', at: 0, seal }
    const stopped: Delta = { type: 'stop', reason: 'tools' }
    const early = dataIn(write([call, sealing], [stopped]).flat())
    const late = dataIn(write([call], [stopped], [sealing]).flat())
    expect(early).toEqual([expect.stringMatching(/^previous:thal1\./)])
    expect(late).toEqual(early)
    const other: Delta = { type: 'text', at: 1, text: 'x' }
    expect(dataIn(write([call, other], [stopped], [sealing]).flat())).toEqual([expect.stringMatching(/^thal1\./)])
  })

  test('as a failure again, if the first was not sent', () => {
    const writer = stream.writer(making)
    writer.write([{ type: 'text', at: 0, text: 'a' }])
    writer.fail(new Fault('overloaded', 'One'), 'req_1')
    const second = Buffer.from(writer.fail(new Fault('internal', 'Two'), 'req_1')).toString()
    expect(second).toStartWith('event: error\n')
    expect(second).toContain('"message":"Two"')
  })
})

describe('why a reply stopped', () => {
  const words: readonly (readonly [Extract<Delta, { readonly type: 'stop' }>['reason'], string | undefined, string])[] =
    [
      ['end', undefined, 'end_turn'],
      ['sequence', undefined, 'stop_sequence'],
      ['length', 'length', 'max_tokens'],
      ['context', undefined, 'model_context_window_exceeded'],
      ['tools', 'tool_calls', 'tool_use'],
      ['refused', undefined, 'refusal'],
      ['filtered', 'content_filter', 'refusal'],
      ['paused', undefined, 'pause_turn'],
      ['paused', 'compaction', 'compaction'],
      ['malformed', 'MALFORMED_FUNCTION_CALL', 'end_turn'],
      ['other', undefined, 'end_turn'],
      ['end', 'refusal', 'end_turn'],
    ]
  test.each([...words])('%s, said as %s, is %s', (reason, raw, word) => {
    const last = write([
      { type: 'text', at: 0, text: 'a' },
      { type: 'stop', reason, ...(raw ? { raw } : {}) },
    ]).at(-1)
    expect(last?.[0]?.delta).toMatchObject({ stop_reason: word })
  })

  test('is the call of a tool, where a provider only says that it ended', () => {
    const last = write([
      { type: 'tool', at: 0, id: 'a', name: 'f' },
      { type: 'stop', reason: 'end' },
    ]).at(-1)
    expect(last?.[0]?.delta).toMatchObject({ stop_reason: 'tool_use' })
  })
})

describe('in a damaged stream', () => {
  const begin = (index: number, content_block: JsonObject) => ({ type: 'content_block_start', index, content_block })
  const more = (index: number, delta: JsonObject) => ({ type: 'content_block_delta', index, delta })

  test('a block that is told whole at its end takes its place then, so that none is left out', () => {
    const deltas = read(begin(0, { type: 'server_tool_use' }), begin(1, { type: 'text', text: 'Hi' }), over)
    expect(deltas.map(delta => ('at' in delta ? [delta.type, delta.at] : delta.type))).toEqual([
      ['text', 0],
      ['opaque', 1],
      'done',
    ])
  })

  test('words do not belong in a call', () => {
    const call = begin(0, { type: 'tool_use', id: 'a', name: 'f', input: {} })
    expect(read(call, more(0, { type: 'text_delta', text: 'Hi' })).map(({ type }) => type)).toEqual(['tool', 'fault'])
  })

  test('a call without a name is none', () => {
    expect(read(begin(0, { type: 'tool_use', id: 'a', name: '', input: {} })).map(({ type }) => type)).toEqual([
      'fault',
    ])
  })
})
