import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Chat, Effort, HostedTool, Message, Tool, ToolChoice } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Citation, MediaPart, Part } from '../../model/part.ts'
import { openaiResponses } from './index.ts'
import { aim } from './sample.test-data.ts'
import { ownSeal } from './seals.ts'

/** A value with some of its fields left out. */
const some = <T extends object>(shape: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>

const words = fc.string({ unit: 'grapheme', maxLength: 12 })
const filled = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const base64 = fc.base64String({ minLength: 4, maxLength: 16 })
const schema = fc.constantFrom<JsonObject>(
  { type: 'object' },
  { type: 'object', properties: { a: { type: 'string' } } },
)
const dialect = 'openai-responses'
const cached = fc.constantFrom({}, { cache: {} })

const source = (mediaType: string): fc.Arbitrary<MediaPart['source']> =>
  fc.oneof(
    base64.map(data => ({ from: 'data', mediaType, data }) as const),
    fc.webUrl().map(url => ({ from: 'url', url }) as const),
    filled.map(id => ({ from: 'file', id, dialect }) as const),
  )

const shown: fc.Arbitrary<Part> = fc.oneof(
  fc
    .tuple(source('image/png'), some({ detail: fc.constantFrom('low', 'high') }))
    .map(([source, more]) => ({ type: 'media', kind: 'image', source, ...more }) as const),
  fc
    .tuple(source('application/pdf'), filled)
    .map(([source, title]) => ({ type: 'media', kind: 'document', source, title }) as const),
  base64.map(
    data => ({ type: 'media', kind: 'audio', source: { from: 'data', mediaType: 'audio/wav', data } }) as const,
  ),
)

const text = words.map(text => ({ type: 'text', text }) as const)
const asked: fc.Arbitrary<Part> = fc.tuple(fc.oneof(text, shown), cached).map(([part, mark]) => ({ ...part, ...mark }))

const citation: fc.Arbitrary<Citation> = fc.record({
  url: fc.webUrl(),
  title: filled,
  start: fc.nat(5),
  end: fc.integer({ min: 5, max: 9 }),
})

const thought: fc.Arbitrary<Part> = fc
  .record({ text: words, summary: fc.boolean(), id: filled, encrypted: fc.option(filled) })
  .map(({ text, summary, id, encrypted }) => ({
    type: 'reasoning',
    text,
    ...(summary && text !== '' ? { summary } : {}),
    seal: ownSeal({ id, ...(encrypted === null ? {} : { encrypted_content: encrypted }) }),
  }))

const said: fc.Arbitrary<Part> = fc.oneof(
  fc
    .tuple(text, fc.array(citation, { maxLength: 2 }))
    .map(([part, citations]) => (citations.length > 0 ? { ...part, citations } : part)),
  words.map(text => ({ type: 'refusal', text }) as const),
  thought,
  filled.map(
    id => ({ type: 'opaque', label: 'web_search_call', seal: ownSeal({ id, type: 'web_search_call' }) }) as const,
  ),
)

/** A turn of the model's that calls tools, and the results. */
const turn: fc.Arbitrary<readonly Message[]> = fc
  .tuple(
    fc.array(said, { minLength: 1, maxLength: 3 }),
    fc.uniqueArray(
      fc.record({
        id: filled,
        name: filled,
        custom: fc.boolean(),
        result: fc.array(fc.oneof(text, shown), { maxLength: 2 }),
      }),
      {
        selector: call => call.id,
        maxLength: 3,
      },
    ),
  )
  .map(([parts, calls]) => {
    const kind = (custom: boolean) => (custom ? { custom } : {})
    const made = calls.map(
      ({ id, name, custom }): Part => ({ type: 'tool-call', id, name, input: '{"a":1}', ...kind(custom) }),
    )
    const results = calls.map(
      ({ id, name, custom, result }): Part => ({
        type: 'tool-result',
        call: id,
        name,
        parts: textOrParts(result),
        ...kind(custom),
      }),
    )
    const spoken: Message = { role: 'assistant', parts: [...parts, ...made] }
    return results.length > 0 ? [spoken, { role: 'user', parts: results }] : [spoken]
  })

/** A result without parts is told as an empty text. */
const textOrParts = (parts: readonly Part[]): readonly Part[] =>
  parts.length > 0 ? parts : [{ type: 'text', text: '' }]

const question: fc.Arbitrary<readonly Message[]> = fc
  .tuple(fc.constantFrom('user', 'system', 'developer'), fc.array(asked, { minLength: 1, maxLength: 3 }))
  .map(([role, parts]) => [{ role, parts }])

/** Two turns of the model's in a row are one. */
const messages = fc
  .array(fc.tuple(question, fc.oneof(turn, fc.constant([]))), { minLength: 1, maxLength: 4 })
  .map(pairs => pairs.flatMap(([one, other]) => [...one, ...other]))
  .filter(all => new Set(callIds(all)).size === callIds(all).length)

const callIds = (all: readonly Message[]): readonly string[] =>
  all.flatMap(({ parts }) => parts.flatMap(part => (part.type === 'tool-call' ? [part.id] : [])))

const hosted: fc.Arbitrary<HostedTool> = fc.constantFrom(
  { type: 'hosted', kind: 'mcp', dialect, wire: { type: 'mcp', server_label: 's' } },
  { type: 'hosted', kind: 'web-search', dialect, wire: { type: 'web_search' }, search: {} },
)

const tool: fc.Arbitrary<Tool> = fc.oneof(
  some({ description: words, schema, strict: fc.boolean(), returns: schema }).chain(more =>
    filled.map(name => ({ type: 'function', name, ...more }) as const),
  ),
  some({ description: words, grammar: fc.constant({ syntax: 'lark', definition: 'x' }) }).chain(more =>
    filled.map(name => ({ type: 'custom', name, ...more }) as const),
  ),
  hosted,
)

const choice: fc.Arbitrary<ToolChoice> = fc.oneof(
  fc.constantFrom<ToolChoice>({ type: 'auto' }, { type: 'none' }, { type: 'required' }),
  filled.map(name => ({ type: 'tool', name }) as const),
  fc.record({ type: fc.constant('only' as const), names: fc.array(filled, { maxLength: 2 }), required: fc.boolean() }),
)

const settings = some<Omit<Chat, 'messages' | 'tools' | 'extras'>>({
  toolChoice: choice,
  parallelTools: fc.boolean(),
  format: fc.oneof(
    fc.constantFrom({ type: 'text' } as const, { type: 'json' } as const),
    fc
      .tuple(schema, filled, some({ description: words, strict: fc.boolean() }))
      .map(([schema, name, more]) => ({ type: 'schema', schema, name, ...more }) as const),
  ),
  reasoning: fc.record({
    effort: fc.constantFrom<Effort>('none', 'low', 'xhigh'),
    summary: fc.constantFrom('auto', 'detailed'),
  }),
  maxTokens: fc.nat(),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }),
  topP: fc.double({ min: 0, max: 1, noNaN: true }),
  presencePenalty: fc.double({ min: -2, max: 2, noNaN: true }),
  frequencyPenalty: fc.double({ min: -2, max: 2, noNaN: true }),
  logprobs: fc.record({ top: fc.nat(20) }),
  verbosity: fc.constantFrom('low', 'high'),
  serviceTier: filled,
  metadata: fc.constant({ a: 'b' }),
  user: words,
  store: fc.boolean(),
  cacheKey: words,
  cacheRetention: fc.constantFrom('24h'),
})

const fields = fc.constantFrom<JsonObject>(
  {},
  { truncation: 'auto', max_tool_calls: 3 },
  {
    previous_response_id: 'resp_1',
    include: ['web_search_call.results'],
    'reasoning.context': 'auto',
    'text.new': [1],
  },
)
const form = fc.constantFrom(undefined, { include: ['reasoning.encrypted_content'] }, { stream_options: { x: true } })

const chats: fc.Arbitrary<Chat> = fc
  .record({ messages, tools: fc.array(tool, { maxLength: 3 }), settings, fields, form })
  .map(({ messages, tools, settings, fields, form }) => ({
    messages,
    tools,
    ...settings,
    extras: { dialect, fields, ...(form ? { form } : {}) },
  }))

/** The meaning alone: places are the wire's. */
const meaning = (chat: Chat): unknown =>
  JSON.parse(JSON.stringify(chat, (key, value) => (key === 'at' ? undefined : value)))

test('a chat that this dialect can carry is understood as it was composed', () => {
  fc.assert(
    fc.property(chats, chat => {
      const { body, lost } = openaiResponses.request.compose(chat, aim)
      expect(lost).toEqual([])
      expect(meaning(openaiResponses.request.understand(body))).toEqual(meaning(chat))
    }),
    { numRuns: 300 },
  )
})
