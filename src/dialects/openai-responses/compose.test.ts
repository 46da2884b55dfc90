import { expect, test } from 'bun:test'
import { sha256 } from '../../lib/hash.ts'
import type { Chat, HostedTool, Noun } from '../../model/chat.ts'
import type { Part } from '../../model/part.ts'
import type { Aim } from '../dialect.ts'
import { compose, takesUrls } from './compose.ts'
import { aim, foreign, maker, refusedAt } from './sample.test-data.ts'
import { ownSeal } from './seals.ts'

const composed = (more: Partial<Chat>, to: Partial<Aim> = {}) => compose(foreign(more), { ...aim, ...to })
const bodyOf = (more: Partial<Chat>, to: Partial<Aim> = {}) => composed(more, to).body
const own = (more: Partial<Chat>): Chat => foreign({ extras: { dialect: 'openai-responses', fields: {} }, ...more })
const said = (...parts: Part[]): Partial<Chat> => ({ messages: [{ role: 'assistant', parts, at: 'messages[0]' }] })
const asked = (...parts: Part[]): Partial<Chat> => ({ messages: [{ role: 'user', parts, at: 'messages[0]' }] })

test('the least that is sent: the model, the prompt, and that nothing is to be kept', () => {
  expect(composed({})).toEqual({
    body: { model: 'gpt-5', input: [{ role: 'user', content: 'Hello' }], store: false },
    lost: [],
  })
})

test('a caller of this dialect is not told to keep or not to keep: its own silence goes on', () => {
  expect(compose(own({}), aim).body).toEqual({ model: 'gpt-5', input: [{ role: 'user', content: 'Hello' }] })
  expect(compose(own({ store: true }), aim).body.store).toBe(true)
  expect(bodyOf({ store: true }).store).toBe(true)
})

test('a stream is asked for where one is wanted', () => {
  expect(bodyOf({}, { stream: true }).stream).toBe(true)
})

test('a system message stays in the input, unless the caller had it in the instructions', () => {
  const system = { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] } as const
  expect(bodyOf({ messages: [system] })).toMatchObject({ input: [{ role: 'system', content: 'Be brief.' }] })
  const body = compose(own({ messages: [{ ...system, at: 'instructions' }] }), aim).body
  expect(body).toMatchObject({ instructions: 'Be brief.', input: [] })
})

test('a developer is told as the system where the provider has none', () => {
  const messages = [{ role: 'developer', parts: [{ type: 'text', text: 'Be brief.' }] }] as const
  expect(bodyOf({ messages }, { quirks: { noDeveloper: true } }).input).toEqual([
    { role: 'system', content: 'Be brief.' },
  ])
})

test('a turn with a tool is items in a row', () => {
  const messages: Chat['messages'] = [
    {
      role: 'assistant',
      parts: [
        { type: 'text', text: 'I look.' },
        { type: 'tool-call', id: 'a', name: 'f', input: '' },
        { type: 'tool-call', id: 'b', name: 'patch', input: 'x', custom: true },
      ],
    },
    {
      role: 'user',
      parts: [
        { type: 'tool-result', call: 'a', parts: [] },
        {
          type: 'tool-result',
          call: 'b',
          parts: [
            { type: 'text', text: 'see' },
            { type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'AA' } },
          ],
        },
        { type: 'text', text: 'So?' },
      ],
    },
  ]
  expect(bodyOf({ messages }).input).toEqual([
    { role: 'assistant', content: 'I look.' },
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    { type: 'custom_tool_call', call_id: 'b', name: 'patch', input: 'x' },
    { type: 'function_call_output', call_id: 'a', output: '' },
    {
      type: 'custom_tool_call_output',
      call_id: 'b',
      output: [
        { type: 'input_text', text: 'see' },
        { type: 'input_image', image_url: 'data:image/png;base64,AA' },
      ],
    },
    { role: 'user', content: 'So?' },
  ] as never)
})

test('an id that OpenAI would refuse is shortened, alike for a call and its result', () => {
  const id = 'x'.repeat(100)
  const messages: Chat['messages'] = [
    { role: 'assistant', parts: [{ type: 'tool-call', id, name: 'f', input: '{}' }] },
    { role: 'user', parts: [{ type: 'tool-result', call: id, parts: [] }] },
  ]
  const [call, result] = bodyOf({ messages }).input as { call_id: string }[]
  expect(call?.call_id).toBe(result?.call_id ?? '')
  expect(call?.call_id.length).toBeLessThanOrEqual(64)
})

test('a user of a longer name than OpenAI takes is told by its hash', () => {
  const user = 'u'.repeat(65)
  expect([bodyOf({ user: 'ann' }).user, bodyOf({ user }).user]).toEqual(['ann', sha256(user)])
  expect(compose(own({ user }), aim).body.user).toBe(user)
})

test('a function of another dialect is not made strict, which its caller never asked for', () => {
  const tools = [{ type: 'function', name: 'f', schema: { type: 'object' } }] as const
  expect(bodyOf({ tools }).tools).toEqual([
    { type: 'function', name: 'f', parameters: { type: 'object' }, strict: false },
  ])
  expect(compose(own({ tools }), aim).body.tools).toEqual([
    { type: 'function', name: 'f', parameters: { type: 'object' } },
  ])
})

test('a function is strict where OpenAI would follow its schema; elsewhere it is not, and that is told', () => {
  const closed = { type: 'object', properties: {}, additionalProperties: false }
  const tools = [closed, { type: 'object', properties: {} }, undefined].map(
    (schema, n) => ({ type: 'function', name: 'f', schema, strict: true, at: `tools[${n}]` }) as const,
  )
  const { body, lost } = composed({ tools })
  expect(body.tools).toMatchObject([{ strict: true }, { strict: false }, { strict: false }])
  expect(lost).toEqual(['tools[1].strict'])
  const kept = compose(own({ tools }), aim)
  expect(kept).toMatchObject({ body: { tools: [{ strict: true }, { strict: true }, { strict: true }] }, lost: [] })
})

test('a tool is told by a name that is taken, wherever it stands, and the names lead back', () => {
  const name = 'ns.look'
  const more: Partial<Chat> = {
    tools: [
      { type: 'function', name },
      { type: 'custom', name: 'x'.repeat(65) },
    ],
    toolChoice: { type: 'only', names: [name], required: true },
    messages: [
      { role: 'assistant', parts: [{ type: 'tool-call', id: 'a', name, input: '{}' }] },
      { role: 'user', parts: [{ type: 'tool-result', call: 'a', name, parts: [] }] },
    ],
  }
  const { body, lost, names } = composed(more)
  expect(JSON.stringify(body).match(/ns.look/g)).toEqual(['ns_look', 'ns_look', 'ns_look'])
  expect([lost, [...(names ?? [])]]).toEqual([
    [],
    [
      ['ns_look', name],
      ['x'.repeat(64), 'x'.repeat(65)],
    ],
  ])
  const kept = compose(own(more), aim)
  expect(JSON.stringify(kept.body).match(/ns.look/g)).toEqual(['ns.look', 'ns.look', 'ns.look'])
  expect(kept.names).toBeUndefined()
})

const hosted = (kind: HostedTool['kind'], more: Partial<HostedTool> = {}): HostedTool => ({
  type: 'hosted',
  kind,
  dialect: 'anthropic-messages',
  wire: { type: 'x', name: 'search' },
  at: 'tools[0]',
  ...more,
})

test("another provider's search is OpenAI's, as far as it goes", () => {
  const tool = hosted('web-search', { search: { allowedDomains: ['x.org'], maxUses: 3, location: { city: 'Bern' } } })
  const toolChoice = { type: 'tool', name: 'search' } as const
  const { body, lost } = composed({ tools: [tool], toolChoice })
  expect(body.tools).toEqual([
    {
      type: 'web_search',
      filters: { allowed_domains: ['x.org'] },
      user_location: { city: 'Bern', type: 'approximate' },
    },
  ])
  expect(body.tool_choice).toEqual({ type: 'web_search' })
  expect(lost).toEqual(['tools[0].max_uses'])
})

test('a tool that only its provider has is refused, with its place', () => {
  expect(refusedAt(() => composed({ tools: [hosted('computer')] }))).toBe('tools[0]')
})

test('the wish of the chat API for a search is a tool here', () => {
  const webSearch = {
    search_context_size: 'low',
    user_location: { type: 'approximate', approximate: { city: 'Bern' } },
  }
  expect(bodyOf({ webSearch }).tools).toEqual([
    { type: 'web_search', search_context_size: 'low', user_location: { city: 'Bern', type: 'approximate' } },
  ])
})

const own1 = ownSeal({ id: 'rs_1', encrypted_content: 'gAAA' }, maker)

test('thoughts go back to whom they came from, and to nobody else', () => {
  const thought = { type: 'reasoning', text: 'Hm.', summary: true, seal: own1, at: 'messages[0].content[0]' } as const
  const item = {
    type: 'reasoning',
    id: 'rs_1',
    summary: [{ type: 'summary_text', text: 'Hm.' }],
    encrypted_content: 'gAAA',
  }
  expect(bodyOf(said(thought))).toMatchObject({ input: [item], include: ['reasoning.encrypted_content'] })
  const elsewhere = composed(said(thought), { model: 'gpt-4o' })
  expect(elsewhere).toEqual({
    body: { model: 'gpt-4o', input: [], store: false },
    lost: ['messages[0].content[0]'],
  })
})

test('sealed thoughts are asked for where the caller wants thinking', () => {
  expect(bodyOf({ reasoning: { effort: 'low' } })).toMatchObject({
    reasoning: { effort: 'low' },
    include: ['reasoning.encrypted_content'],
  })
  expect(bodyOf({ reasoning: { effort: 'none' } }).include).toBeUndefined()
  expect(compose(own({ reasoning: { effort: 'low' } }), aim).body.include).toBeUndefined()
})

test('a budget is an effort, and thoughts that are to be shown are summaries', () => {
  expect(bodyOf({ reasoning: { budget: 8192, shown: true } }).reasoning).toEqual({ effort: 'medium', summary: 'auto' })
  expect(bodyOf({ reasoning: { budget: 0 } }, { model: 'gpt-5.1' }).reasoning).toEqual({ effort: 'none' })
})

test('a model is wished an effort that it knows, and what is wished otherwise is told', () => {
  const wished = composed({ reasoning: { effort: 'none' } })
  expect([wished.body.reasoning, wished.lost]).toEqual([{ effort: 'minimal' }, ['reasoning']])
  expect(compose(own({ reasoning: { effort: 'none' } }), aim)).toMatchObject({
    body: { reasoning: { effort: 'none' } },
    lost: [],
  })
})

test('a model that does not think is not asked for thoughts, nor for their sum or their sealed form', () => {
  const { body, lost } = composed({ reasoning: { budget: 2000, shown: true } }, { model: 'gpt-4o' })
  expect([body.reasoning, body.include]).toEqual([undefined, undefined])
  expect(lost).toEqual(['reasoning.budget', 'reasoning.shown'])
})

test('a text that was said in another phase is a message of its own', () => {
  const text = (text: string, phase?: string): Part => ({
    type: 'text',
    text,
    ...(phase && { seal: ownSeal({ phase }) }),
  })
  expect(bodyOf(said(text('a', 'commentary'), text('b'), text('c', 'commentary'))).input).toEqual([
    {
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'a' },
        { type: 'output_text', text: 'b' },
      ],
      phase: 'commentary',
    },
    { role: 'assistant', content: 'c', phase: 'commentary' },
  ])
})

const placeless: readonly [string, Partial<Chat>, readonly string[]][] = [
  ['nouns without a field', { seed: 1, stop: ['x'], topK: 3, logitBias: {} }, ['topK', 'logitBias', 'seed', 'stop']],
  ['penalties', { presencePenalty: 1, frequencyPenalty: 1 }, ['presencePenalty', 'frequencyPenalty']],
  ['more than one reply', { candidates: 2 }, ['candidates']],
  ['a spoken reply', { modalities: ['text', 'audio'] }, ['modalities']],
  ["another dialect's tier", { serviceTier: 'standard_only' }, ['serviceTier']],
  ["another dialect's fields", { extras: { dialect: 'x', fields: { a: 1, 'b.c': 2 } } }, ['a', 'b.c']],
  [
    'who of several speaks',
    { messages: [{ role: 'user', name: 'Ann', parts: [], at: 'messages[0]' }] },
    ['messages[0].name'],
  ],
  ['a tool that failed', asked({ type: 'tool-result', call: 'a', parts: [], failed: true, at: 'm' }), ['m.is_error']],
  ['a mark of a cache', asked({ type: 'text', text: 'x', cache: {}, at: 'm' }), ['m.cache_control']],
  ['a block of another’s', said({ type: 'opaque', label: 'x', seal: { dialect: 'y', value: '' }, at: 'm' }), ['m']],
  [
    'a sound that the model made',
    said({ type: 'media', kind: 'audio', source: { from: 'url', url: 'u' }, at: 'm' }),
    ['m'],
  ],
  ['a citation of nothing', said({ type: 'text', text: 'x', citations: [{ quoted: 'q' }], at: 'm' }), ['m.citations']],
]

test.each(placeless)('%s: lost, and told', (_, chat, lost) => {
  expect(composed(chat).lost).toEqual(lost)
})

test('one reply of text is no loss', () => {
  expect(composed({ candidates: 1, modalities: ['text'] }).lost).toEqual([])
})

test('a reply shorter than OpenAI allows is asked for as the shortest, and told', () => {
  const { body, lost } = composed({ maxTokens: 1 })
  expect([body.max_output_tokens, lost]).toEqual([16, ['maxTokens']])
})

const unseen: readonly [string, Part][] = [
  [
    'a file of another provider’s',
    { type: 'media', kind: 'image', source: { from: 'file', id: 'x', dialect: 'gemini-generate' }, at: 'm' },
  ],
  ['a sound by its address', { type: 'media', kind: 'audio', source: { from: 'url', url: 'https://x' }, at: 'm' }],
]

test.each(unseen)('%s cannot be sent, so the request is refused', (_, part) => {
  expect(refusedAt(() => composed(asked(part)))).toBe('m')
})

test('documents are files: with a name, as OpenAI wants it', () => {
  const parts: Part[] = [
    { type: 'media', kind: 'document', source: { from: 'text', text: 'é' } },
    {
      type: 'media',
      kind: 'document',
      title: 'a.pdf',
      source: { from: 'data', mediaType: 'application/pdf', data: 'JV' },
    },
    { type: 'media', kind: 'document', source: { from: 'url', url: 'https://x/a.pdf' } },
  ]
  expect(bodyOf(asked(...parts)).input).toEqual([
    {
      role: 'user',
      content: [
        { type: 'input_file', filename: 'document.txt', file_data: 'data:text/plain;base64,w6k=' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JV' },
        { type: 'input_file', file_url: 'https://x/a.pdf' },
      ],
    },
  ])
})

test("the caller's own fields return to their places, and routing wishes only to who routes", () => {
  const chat = own({
    tools: [{ type: 'function', name: 'f' }],
    reasoning: { effort: 'low' },
    extras: {
      dialect: 'openai-responses',
      fields: {
        truncation: 'auto',
        'tools[0].defer_loading': true,
        'reasoning.context': 'x',
        'text.a': 1,
        provider: {},
        'a.b': 2,
      },
      form: { include: ['reasoning.encrypted_content'] },
    },
  })
  const { body, lost } = compose(chat, aim)
  expect(body).toMatchObject({
    truncation: 'auto',
    tools: [{ type: 'function', name: 'f', defer_loading: true }],
    reasoning: { effort: 'low', context: 'x' },
    text: { a: 1 },
    include: ['reasoning.encrypted_content'],
    'a.b': 2,
  })
  expect(lost).toEqual(['provider'])
  expect(compose(chat, { ...aim, quirks: { routesItself: true } }).body.provider).toEqual({})
})

test('what a provider refuses stays out, and is told by its noun', () => {
  const quirks = { refuses: ['parallel_tool_calls', 'store'] }
  const { body, lost } = composed({ parallelTools: true }, { quirks })
  expect(body).toEqual({ model: 'gpt-5', input: [{ role: 'user', content: 'Hello' }] })
  expect(lost).toEqual(['parallelTools' satisfies Noun, 'store'])
})

test('a schema is any JSON where the provider knows none', () => {
  const format = { type: 'schema', schema: { type: 'object' } } as const
  expect(bodyOf({ format }).text).toEqual({
    format: { type: 'json_schema', name: 'reply', schema: { type: 'object' } },
  })
  const { body, lost } = composed({ format }, { quirks: { noSchemas: true } })
  expect([body.text, lost]).toEqual([{ format: { type: 'json_object' } }, ['format']])
})

test('only a sound has to be fetched before it is sent', () => {
  const kinds = ['image', 'document', 'audio', 'video'] as const
  expect(kinds.filter(kind => takesUrls(kind, {}))).toEqual(['image', 'document', 'video'])
  expect(takesUrls('image', { fetches: [] })).toBe(false)
})
