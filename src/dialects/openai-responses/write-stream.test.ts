import { describe, expect, test } from 'bun:test'
import { complaintsAbout, complaintsAboutResponse } from '../../../test/wire/machines/openai-responses.ts'
import { eventsIn } from '../../lib/sse.ts'
import type { Delta, StopReason } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { type Sealed, seal } from '../../model/sealed.ts'
import { openaiResponses } from './index.ts'
import { targetOf } from './response-id.ts'
import { maker, making } from './sample.test-data.ts'
import { ownSeal } from './seals.ts'
import { understand } from './understand.ts'

type Told = { readonly type: string; readonly [field: string]: unknown }

function stream(deltas: readonly Delta[], body: JsonObject = {}) {
  const writer = openaiResponses.stream.writer(making(body))
  const text = Buffer.concat([writer.write(deltas), writer.end()]).toString()
  expect(complaintsAbout(text)).toEqual([])
  return eventsIn(Buffer.from(text)).map(({ data }) => JSON.parse(data) as Told)
}

/** The whole reply, which has to be the one that its stream ends with. */
function written(deltas: readonly Delta[], body: JsonObject = {}): JsonObject {
  const whole = openaiResponses.answer.write(fold(deltas), making(body))
  expect(complaintsAboutResponse(whole)).toEqual([])
  return whole
}

const idOf = (told: Told | undefined): string => (told?.response as { readonly id: string } | undefined)?.id ?? ''
const types = (events: readonly Told[]) => events.map(({ type }) => type.replace('response.', ''))
const outputOf = (events: readonly Told[]): JsonObject[] =>
  (events.at(-1)?.response as { readonly output: JsonObject[] } | undefined)?.output ?? []

const start: Delta = { type: 'start', id: 'msg_1', model: 'claude', created: 7 }
const stop: Delta = { type: 'stop', reason: 'end' }
const foreignSeal: Sealed = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'EqQB' }

test('a text is told from its first word to the whole response', () => {
  const events = stream([start, { type: 'text', at: 0, text: 'Hel' }, { type: 'text', at: 0, text: 'lo' }, stop])
  expect(types(events)).toEqual([
    'created',
    'in_progress',
    'output_item.added',
    'content_part.added',
    'output_text.delta',
    'output_text.delta',
    'output_text.done',
    'content_part.done',
    'output_item.done',
    'completed',
  ])
  expect(outputOf(events)).toEqual([
    {
      id: 'msg_req_0199_0',
      type: 'message',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hello', annotations: [], logprobs: [] }],
      role: 'assistant',
    },
  ])
})

describe('a reply tells when it was whole', () => {
  const said: Delta = { type: 'text', at: 0, text: 'a' }
  const when = (reason: StopReason, now: number): unknown => {
    const deltas: Delta[] = [start, said, { type: 'stop', reason }]
    const told = { ...making(), now: () => now }
    const writer = openaiResponses.stream.writer(told)
    const text = Buffer.concat([writer.write(deltas), writer.end()])
    const events = eventsIn(text).map(({ data }) => JSON.parse(data) as { readonly response?: JsonObject })
    expect(events[0]?.response?.completed_at).toBeNull()
    expect(openaiResponses.answer.write(fold(deltas), told).completed_at).toEqual(events.at(-1)?.response?.completed_at)
    return events.at(-1)?.response?.completed_at
  }

  test.each<readonly [string, StopReason, number, number | null]>([
    ['by our clock', 'end', 9, 9],
    ['not before it began by its provider’s', 'end', 3, 7],
    ['not at all if it was cut', 'length', 9, null],
    ['not at all if it failed', 'malformed', 9, null],
  ])('%s', (_, reason, now, expected) => {
    expect(when(reason, now)).toBe(expected)
  })
})

test('each delta leaves at once', () => {
  const writer = openaiResponses.stream.writer(making())
  const lengths = [
    start,
    { type: 'text', at: 0, text: 'Hel' } as const,
    { type: 'text', at: 0, text: 'lo' } as const,
  ].map(delta => writer.write([delta]).length)
  expect(lengths.every(length => length > 0)).toBe(true)
})

test('the response repeats the request, and fills in what the request left out', () => {
  const tools = [{ type: 'function', name: 'f' }]
  const [created] = stream([start, stop], {
    tools,
    temperature: 0.2,
    instructions: 'Be brief.',
    reasoning: { effort: 'low' },
  })
  expect(created?.response).toMatchObject({
    created_at: 7,
    model: 'claude',
    instructions: 'Be brief.',
    temperature: 0.2,
    top_p: 1,
    reasoning: { effort: 'low', summary: null },
    text: { format: { type: 'text' } },
    tools: [{ type: 'function', name: 'f', description: null, parameters: null, strict: null }],
    usage: null,
  })
  expect(targetOf(idOf(created))).toBe(maker)
})

test('an output’s schema is repeated with all its fields', () => {
  const format = { type: 'json_schema', name: 'n', schema: {} }
  expect(written([stop], { text: { format, verbosity: 'low' } }).text).toEqual({
    format: { ...format, description: null, strict: false },
    verbosity: 'low',
  })
})

test('a model that the provider does not name is the target’s', () => {
  expect(written([stop]).model).toBe('gpt-5')
})

test('usage is told with the end, whenever it came', () => {
  const usage = {
    type: 'usage',
    usage: { input: 1, cacheRead: 2, cacheWrite: 3, output: 4, reasoning: 5 },
    tier: 'flex',
  } as const
  const expected = {
    service_tier: 'flex',
    usage: {
      input_tokens: 6,
      input_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 },
      output_tokens: 9,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 15,
    },
  }
  for (const deltas of [
    [start, usage, stop],
    [start, stop, usage],
  ]) {
    expect(stream(deltas).at(-1)?.response).toMatchObject(expected)
  }
})

test('what is told again with less in it does not take back what was known', () => {
  const usage = { input: 1, cacheRead: 0, cacheWrite: 0, output: 1, reasoning: 0 }
  const events = stream([
    start,
    { type: 'start', id: 'msg_1' },
    { type: 'usage', usage, tier: 'flex' },
    { type: 'usage', usage: { ...usage, output: 5 } },
    stop,
  ])
  expect(events.at(-1)?.response).toMatchObject({ model: 'claude', service_tier: 'flex', usage: { output_tokens: 5 } })
})

test('thoughts in summary and in full are told by their own events', () => {
  const summary = stream([{ type: 'reasoning', at: 0, text: 'Hm', summary: true }, stop])
  expect(types(summary).slice(2, -1)).toEqual([
    'output_item.added',
    'reasoning_summary_part.added',
    'reasoning_summary_text.delta',
    'reasoning_summary_text.done',
    'reasoning_summary_part.done',
    'output_item.done',
  ])
  const full = stream([{ type: 'reasoning', at: 0, text: 'Hm' }, stop])
  expect(types(full).slice(2, -1)).toEqual([
    'output_item.added',
    'content_part.added',
    'reasoning_text.delta',
    'reasoning_text.done',
    'content_part.done',
    'output_item.done',
  ])
  expect(outputOf(full)).toMatchObject([{ summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] }])
})

const native = ownSeal({ id: 'rs_1', encrypted_content: 'gAAA' }, maker)
const wishes: readonly [string, JsonObject, JsonObject | undefined][] = [
  ['left out unasked', {}, undefined],
  ['there when included', { include: ['reasoning.encrypted_content'] }, { encrypted_content: 'gAAA' }],
  ['there when nothing is stored', { store: false }, { encrypted_content: 'gAAA' }],
]

test.each(wishes)("OpenAI's own encrypted content keeps its id, and is %s", (_, body, expected) => {
  const [item] = outputOf(stream([{ type: 'seal', at: 0, seal: native }, stop], body))
  expect(item).toEqual({ id: 'rs_1', type: 'reasoning', status: 'completed', summary: [], ...expected })
})

test("in a whole reply OpenAI's thoughts keep their id and their encrypted content, whatever their words", () => {
  const deltas: Delta[] = [
    { type: 'reasoning', at: 0, text: 'Hm', summary: true },
    { type: 'seal', at: 0, seal: native },
  ]
  expect(written(deltas, { store: false }).output).toMatchObject([
    { id: 'rs_1', encrypted_content: 'gAAA', summary: [{ type: 'summary_text', text: 'Hm' }] },
  ])
})

describe("another provider's seal", () => {
  test('is always there', () => {
    expect(outputOf(stream([{ type: 'seal', at: 0, seal: foreignSeal }, stop]))).toMatchObject([
      { encrypted_content: seal(foreignSeal) },
    ])
  })

  test('holds the words that it is of: clients hand back no more than it and the summary', () => {
    const deltas: Delta[] = [{ type: 'reasoning', at: 0, text: 'Hm' }, { type: 'seal', at: 0, seal: foreignSeal }, stop]
    const [item] = outputOf(stream(deltas)) as { readonly encrypted_content: string }[]
    const input = [{ type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: item?.encrypted_content ?? '' }]
    expect(understand({ input }).messages).toEqual([
      {
        role: 'assistant',
        parts: [{ type: 'reasoning', text: 'Hm', seal: foreignSeal, at: 'input[0]' }],
        at: 'input[0]',
      },
    ])
  })
})

test('calls are told in pieces, side by side, and one is done when it is whole', () => {
  const events = stream([
    { type: 'tool', at: 0, id: 'a', name: 'f' },
    { type: 'input', at: 0, text: '{"x":' },
    { type: 'tool', at: 1, id: 'b', name: 'g' },
    { type: 'input', at: 1, text: '{}' },
    { type: 'input', at: 0, text: '1}' },
    { type: 'tool', at: 2, id: 'c', name: 'patch', custom: true },
    { type: 'input', at: 2, text: '{}' },
    { type: 'reasoning', at: 3, text: 'Hm' },
    { type: 'stop', reason: 'tools' },
  ])
  const doneItems = events.filter(({ type }) => type === 'response.output_item.done').map(event => event.output_index)
  expect(doneItems).toEqual([0, 1, 3, 2])
  expect(outputOf(events)).toMatchObject([
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{"x":1}', status: 'completed' },
    { type: 'function_call', call_id: 'b', name: 'g', arguments: '{}' },
    { type: 'custom_tool_call', call_id: 'c', name: 'patch', input: '{}' },
    { type: 'reasoning' },
  ])
})

test('a call without an id gets one of ours', () => {
  expect(outputOf(stream([{ type: 'tool', at: 0, id: '', name: 'f' }, stop]))).toMatchObject([
    { call_id: 'call_req_0199_0' },
  ])
})

test('texts in a row are one message, and a text after something else is another', () => {
  const output = outputOf(
    stream([
      { type: 'text', at: 0, text: 'a' },
      { type: 'text', at: 1, text: 'b' },
      { type: 'refusal', at: 2, text: 'No.' },
      { type: 'reasoning', at: 3, text: 'Hm' },
      { type: 'text', at: 4, text: 'c' },
      { type: 'text', at: 0, text: 'late' },
      stop,
    ]),
  )
  expect(
    output.map(item => (item.content as JsonObject[] | undefined)?.map(part => part.text ?? part.refusal)),
  ).toEqual([['a', 'b', 'No.'], ['Hm'], ['c', 'late']])
})

test('citations with a place leave at once; one of the whole text when it is whole', () => {
  const events = stream([
    { type: 'text', at: 0, text: 'Hel' },
    { type: 'citation', at: 0, citation: { url: 'https://a' } },
    { type: 'citation', at: 0, citation: { url: 'https://b', title: 'B', start: 0, end: 3 } },
    { type: 'citation', at: 0, citation: { quoted: 'of a document, which has no address here' } },
    { type: 'text', at: 0, text: 'lo' },
    stop,
  ])
  const [item] = outputOf(events) as unknown as [{ content: [{ annotations: JsonObject[] }] }]
  expect(item.content[0].annotations).toEqual([
    { type: 'url_citation', url: 'https://b', title: 'B', start_index: 0, end_index: 3 },
    { type: 'url_citation', url: 'https://a', title: 'https://a', start_index: 0, end_index: 5 },
  ])
})

const page = { url: 'https://x', title: 'X' }
const oddCitations: readonly [string, readonly Delta[]][] = [
  [
    'before the text, and with a seal of its maker (Anthropic)',
    [
      { type: 'text', at: 0, text: '' },
      { type: 'citation', at: 0, citation: { ...page, seal: foreignSeal } },
      { type: 'text', at: 0, text: 'It is warm.' },
    ],
  ],
  [
    'after a signature that belongs to nothing (Gemini)',
    [
      { type: 'text', at: 0, text: 'It is warm.' },
      { type: 'seal', at: 1, seal: foreignSeal },
      { type: 'citation', at: 0, citation: { ...page, start: 0, end: 11 } },
    ],
  ],
]

test.each(oddCitations)('a citation that comes %s is told, of the whole text', (_, deltas) => {
  const annotation = { type: 'url_citation', url: 'https://x', title: 'X', start_index: 0, end_index: 11 }
  const output = outputOf(stream([start, ...deltas, stop]))
  expect(output[0]).toMatchObject({ content: [{ text: 'It is warm.', annotations: [annotation] }] })
  expect(output.slice(1).map(({ type }) => type)).toEqual(
    deltas.some(({ type }) => type === 'seal') ? ['reasoning'] : [],
  )
})

test('a thought without words after a text is told before the next', () => {
  const output = outputOf(
    stream([
      start,
      { type: 'text', at: 0, text: 'One.' },
      { type: 'seal', at: 1, seal: { ...foreignSeal, value: 'Eq' } },
      { type: 'seal', at: 1, seal: { ...foreignSeal, value: 'QB' } },
      { type: 'text', at: 2, text: 'Two.' },
      stop,
    ]),
  )
  expect(output.map(({ type }) => type)).toEqual(['message', 'reasoning', 'message'])
  expect(output[1]).toMatchObject({ encrypted_content: seal(foreignSeal) })
})

test('an annotation of another maker of this dialect is told with all fields that the schema requires', () => {
  const annotation = { type: 'url_citation', url: 'https://x', site: 'X' }
  const citation = { url: 'https://x', seal: ownSeal(annotation, maker) }
  const events = stream([{ type: 'text', at: 0, text: 'Hi' }, { type: 'citation', at: 0, citation }, stop])
  expect(outputOf(events)).toMatchObject([
    { content: [{ annotations: [{ ...annotation, title: 'https://x', start_index: 0, end_index: 2 }] }] },
  ])
})

test('log probabilities are told with their text and again in the whole', () => {
  const tokens = [{ token: 'é', logprob: -1, bytes: null, top: [{ token: 'e', logprob: -2, bytes: [101] }] }]
  const logprobs = [
    { token: 'é', logprob: -1, bytes: [195, 169], top_logprobs: [{ token: 'e', logprob: -2, bytes: [101] }] },
  ]
  const events = stream([{ type: 'text', at: 0, text: 'é' }, { type: 'logprobs', tokens }, stop])
  expect(
    events.filter(({ type }) => type === 'response.output_text.delta').map(event => [event.delta, event.logprobs]),
  ).toEqual([
    ['é', []],
    ['', logprobs],
  ])
  expect(outputOf(events)).toMatchObject([{ content: [{ logprobs }] }])
})

/** What a caller hands back, understood again. */
const handedBack = (deltas: readonly Delta[], body: JsonObject = {}) =>
  openaiResponses.request
    .understand({ model: 'm', input: outputOf(stream([...deltas, stop], body)) })
    .messages.flatMap(({ parts }) => parts.map(part => ({ ...part, at: undefined })))

const sealed: readonly [string, Delta[], unknown][] = [
  [
    'thoughts of another',
    [
      { type: 'reasoning', at: 0, text: 'Hm' },
      { type: 'seal', at: 0, seal: foreignSeal },
    ],
    [{ type: 'reasoning', text: 'Hm', seal: foreignSeal }],
  ],
  [
    'a redacted thought',
    [{ type: 'seal', at: 0, seal: foreignSeal }],
    [{ type: 'reasoning', text: '', seal: foreignSeal }],
  ],
  ['thoughts that nobody sealed', [{ type: 'reasoning', at: 0, text: 'Hm' }], [{ type: 'reasoning', text: 'Hm' }]],
  [
    'OpenAI’s thoughts, whose id came too late',
    [
      { type: 'reasoning', at: 0, text: 'Hm', summary: true },
      { type: 'seal', at: 0, seal: native },
    ],
    [{ type: 'reasoning', text: 'Hm', summary: true, seal: native }],
  ],
  [
    'a call',
    [
      { type: 'tool', at: 0, id: 'a', name: 'f' },
      { type: 'input', at: 0, text: '{}' },
      { type: 'seal', at: 0, seal: foreignSeal },
    ],
    [{ type: 'tool-call', id: 'a', name: 'f', input: '{}', seal: foreignSeal }],
  ],
  [
    'a text',
    [
      { type: 'text', at: 0, text: 'Hi' },
      { type: 'seal', at: 0, seal: foreignSeal },
    ],
    [{ type: 'text', text: 'Hi', seal: foreignSeal }],
  ],
  [
    'a block of a tool of another’s',
    [{ type: 'opaque', at: 0, label: 'server_tool_use', seal: foreignSeal }],
    [{ type: 'opaque', label: 'server_tool_use', seal: foreignSeal }],
  ],
  [
    'a picture',
    [
      { type: 'media', at: 0, kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'AA' } },
      { type: 'seal', at: 0, seal: foreignSeal },
    ],
    [{ type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'AA' }, seal: foreignSeal }],
  ],
  [
    'a commentary',
    [
      { type: 'text', at: 0, text: 'Hi' },
      { type: 'seal', at: 0, seal: ownSeal({ phase: 'commentary' }, maker) },
    ],
    [{ type: 'text', text: 'Hi', seal: ownSeal({ phase: 'commentary' }) }],
  ],
]

test.each(sealed)('%s: sealed, sent, handed back and known again', (_, deltas, expected) => {
  expect(handedBack(deltas) as unknown).toEqual(expected)
})

test('an item that OpenAI made stays as it was', () => {
  const item = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } }
  const deltas: Delta[] = [{ type: 'opaque', at: 0, label: 'web_search_call', seal: ownSeal(item, maker) }, stop]
  expect(outputOf(stream(deltas))).toEqual([item])
})

const ends: readonly [Delta[], string, string | undefined][] = [
  [[stop], 'completed', undefined],
  [[{ type: 'stop', reason: 'tools' }], 'completed', undefined],
  [[{ type: 'stop', reason: 'sequence' }], 'completed', undefined],
  [[{ type: 'stop', reason: 'length' }], 'incomplete', 'max_output_tokens'],
  [[{ type: 'stop', reason: 'context' }], 'incomplete', 'max_output_tokens'],
  [[{ type: 'stop', reason: 'paused' }], 'incomplete', 'max_output_tokens'],
  [[{ type: 'stop', reason: 'filtered' }], 'incomplete', 'content_filter'],
  [[{ type: 'stop', reason: 'refused' }], 'incomplete', 'content_filter'],
  [
    [
      { type: 'refusal', at: 0, text: 'No.' },
      { type: 'stop', reason: 'refused' },
    ],
    'completed',
    undefined,
  ],
  [[{ type: 'stop', reason: 'malformed' }], 'failed', undefined],
  [[], 'completed', undefined],
]

test.each(ends)('%j ends a reply that is %s', (deltas, status, reason) => {
  const last = stream(deltas).at(-1)
  expect(last?.type).toBe(`response.${status}`)
  expect(last?.response).toMatchObject({ status, incomplete_details: reason === undefined ? null : { reason } })
  expect(written(deltas).status).toBe(status)
})

test('what was being said when the tokens ran out is incomplete', () => {
  const deltas: Delta[] = [
    { type: 'tool', at: 0, id: 'a', name: 'f' },
    { type: 'input', at: 0, text: '{"x' },
    { type: 'stop', reason: 'length' },
  ]
  expect(outputOf(stream(deltas))).toMatchObject([{ status: 'incomplete', arguments: '{"x' }])
})

test('only the first of several replies is told: this API has one', () => {
  const deltas: Delta[] = [
    { type: 'text', at: 0, text: 'one' },
    { type: 'text', at: 0, choice: 1, text: 'two' },
    { type: 'stop', choice: 1, reason: 'length' },
    { type: 'stop', choice: 0, reason: 'end' },
  ]
  expect(outputOf(stream(deltas))).toMatchObject([{ content: [{ text: 'one' }] }])
})

test('facts of this dialect’s own provider are told again', () => {
  const fields = { moderation: { flagged: false } }
  expect(stream([start, { type: 'extras', dialect: 'openai-responses', fields }, stop]).at(-1)?.response).toMatchObject(
    fields,
  )
  expect(written([start, { type: 'extras', dialect: 'x', fields }, stop])).not.toHaveProperty('moderation')
})

test('a failure says so in two events, and can be asked for again', () => {
  const writer = openaiResponses.stream.writer(making())
  const before = writer.write([start, { type: 'text', at: 0, text: 'Hel' }])
  writer.fail(new Fault('upstream_failed', 'Oops.'), 'req_0199')
  const failure = writer.fail(new Fault('rate_limited', 'Slow.'), 'req_0199')
  const text = Buffer.concat([before, failure]).toString()
  expect(complaintsAbout(text)).toEqual([])
  const [error, failed] = eventsIn(failure).map(({ data }) => JSON.parse(data) as JsonObject)
  expect(error).toMatchObject({ type: 'error', sequence_number: 5, code: 'rate_limit_exceeded', message: 'Slow.' })
  expect(failed).toMatchObject({
    type: 'response.failed',
    sequence_number: 6,
    response: { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow.' } },
  })
})

test('a response that failed has one of the few codes that there are, whatever the error event says', () => {
  const codes = (['invalid_request', 'upstream_failed'] as const).map(code =>
    eventsIn(openaiResponses.stream.writer(making()).fail(new Fault(code, 'No.'), 'req_0199'))
      .map(({ data }) => JSON.parse(data) as { code?: string; response?: { error: { code: string } } })
      .map(event => event.code ?? event.response?.error.code),
  )
  expect(codes).toEqual([
    ['invalid_request', 'invalid_prompt'],
    ['upstream_failed', 'server_error'],
  ])
})

test('a whole reply is what its stream ends with', () => {
  const deltas: Delta[] = [
    start,
    { type: 'seal', at: 0, seal: foreignSeal },
    { type: 'text', at: 1, text: 'Hello' },
    { type: 'tool', at: 2, id: 'a', name: 'f' },
    { type: 'input', at: 2, text: '{}' },
    { type: 'stop', reason: 'tools' },
  ]
  expect(stream(deltas).at(-1)?.response).toEqual(written(deltas))
})
