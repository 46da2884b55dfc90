import { describe, expect, test } from 'bun:test'
import { sha256 } from '../../lib/hash.ts'
import type { Chat, Message } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import type { Quirks } from '../dialect.ts'
import { compose, takesUrls } from './compose.ts'

const nothingMore = { dialect: 'anthropic-messages', fields: {} }
const hi: Message = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] }
const chat = (more: Partial<Chat>): Chat => ({ messages: [hi], tools: [], extras: nothingMore, ...more })
const said = (...parts: readonly Part[]): Partial<Chat> => ({ messages: [{ role: 'user', parts }] })
const answered = (...parts: readonly Part[]): Partial<Chat> => ({ messages: [{ role: 'assistant', parts }] })

function composed(more: Partial<Chat>, quirks: Quirks = {}, stream = false) {
  const { body, lost } = compose(chat(more), { provider: 'p', model: 'm', quirks, stream })
  const { model: _m, messages: _s, ...fields } = body
  return { body, fields, messages: body.messages, lost }
}

test('nothing is sent that was not said', () => {
  expect(composed({})).toEqual({
    body: { model: 'm', messages: [{ role: 'user', content: 'Hi' }] },
    fields: {},
    messages: [{ role: 'user', content: 'Hi' }],
    lost: [],
  })
})

describe('a stream', () => {
  test('is asked for with its usage', () => {
    expect(composed({}, {}, true).fields).toEqual({ stream: true, stream_options: { include_usage: true } })
  })

  test('is asked for without, where that is refused', () => {
    expect(composed({}, { streamUsage: 'never' }, true).fields).toEqual({ stream: true })
  })
})

describe('a provider of its own ways is told', () => {
  const effort = { reasoning: { effort: 'high' as const } }
  const budget = { reasoning: { budget: 2000 } }
  const schema = { format: { type: 'schema' as const, schema: { a: 1 } } }
  const only = { type: 'only' as const, names: ['f'], required: true }
  const tools = ['f', 'g'].map(name => ({ type: 'function' as const, name }))
  const f = { type: 'function', function: { name: 'f' } }
  const g = { type: 'function', function: { name: 'g' } }
  const letters = ['a', 'b', 'c', 'd', 'e']
  const shut = { type: 'object', additionalProperties: false }
  const search = {
    tools: [
      {
        type: 'hosted' as const,
        kind: 'web-search' as const,
        dialect: 'anthropic-messages',
        wire: { type: 'web_search_20250305' },
        search: { maxUses: 2, allowedDomains: ['a.test'], location: { type: 'approximate', city: 'Rom' } },
        at: 'tools[0]',
      },
    ],
  }
  const ways: readonly (readonly [string, Partial<Chat>, Quirks, JsonObject, readonly string[]])[] = [
    ['the length', { maxTokens: 5 }, {}, { max_completion_tokens: 5 }, []],
    ['the length by its old name', { maxTokens: 5 }, { maxTokensField: 'max_tokens' }, { max_tokens: 5 }, []],
    ['the seed by its own name', { seed: 5 }, { seedField: 'random_seed' }, { random_seed: 5 }, []],
    ['four stop sequences of five', { stop: letters }, {}, { stop: letters.slice(0, 4) }, ['stop']],
    ['all of them, where they are taken', { stop: letters }, { stops: 16 }, { stop: letters }, []],
    [
      'all of them, as its caller says in this very dialect',
      { stop: letters, extras: { dialect: 'openai-chat', fields: {} } },
      {},
      { stop: letters },
      [],
    ],
    ['the user', { user: 'u'.repeat(64) }, {}, { user: 'u'.repeat(64) }, []],
    ['a user of a longer name by its hash', { user: 'u'.repeat(65) }, {}, { user: sha256('u'.repeat(65)) }, []],
    [
      'a longer name as its caller wrote it in this very dialect',
      { user: 'u'.repeat(65), extras: { dialect: 'openai-chat', fields: {} } },
      {},
      { user: 'u'.repeat(65) },
      [],
    ],
    ['an effort', effort, {}, { reasoning_effort: 'high' }, []],
    ['a budget as an effort', budget, {}, { reasoning_effort: 'low' }, []],
    ['no effort for as much as it likes', { reasoning: { budget: -1 } }, {}, {}, ['reasoning.budget']],
    [
      'an effort without what is shown of it',
      { reasoning: { effort: 'low', summary: 'auto', shown: true } },
      {},
      { reasoning_effort: 'low' },
      ['reasoning.summary', 'reasoning.shown'],
    ],
    ['an effort in an object', effort, { reasoningIn: 'reasoning' }, { reasoning: { effort: 'high' } }, []],
    [
      'a budget in an object',
      { reasoning: { budget: 2000, shown: false } },
      { reasoningIn: 'reasoning' },
      { reasoning: { max_tokens: 2000, exclude: true } },
      [],
    ],
    [
      'an effort with a switch',
      effort,
      { reasoningIn: 'thinking' },
      { thinking: { type: 'enabled' }, reasoning_effort: 'high' },
      [],
    ],
    [
      'no thinking by a switch',
      { reasoning: { effort: 'none' } },
      { reasoningIn: 'thinking' },
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'a budget with a switch of its own',
      budget,
      { reasoningIn: 'enable_thinking' },
      { enable_thinking: true, thinking_budget: 2000 },
      [],
    ],
    [
      'an effort as a switch',
      effort,
      { reasoningIn: 'enable_thinking' },
      { enable_thinking: true },
      ['reasoning.effort'],
    ],
    [
      'no thinking',
      { reasoning: { effort: 'none' } },
      { reasoningIn: 'enable_thinking' },
      { enable_thinking: false },
      [],
    ],
    [
      'a schema, with a name',
      schema,
      {},
      { response_format: { type: 'json_schema', json_schema: { name: 'response', schema: { a: 1 } } } },
      [],
    ],
    ['any JSON for a schema', schema, { noSchemas: true }, { response_format: { type: 'json_object' } }, ['format']],
    ['nothing that it refuses', { topK: 5, seed: 1 }, { refuses: ['top_k', 'min_p'] }, { seed: 1 }, ['topK']],
    [
      'some of the tools',
      { tools, toolChoice: only },
      { allowsTools: true },
      { tools: [f, g], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [f] } } },
      [],
    ],
    ['a shorter list of tools', { tools, toolChoice: only }, {}, { tools: [f], tool_choice: 'required' }, []],
    ['no choice where there are no tools', { toolChoice: { type: 'auto' }, parallelTools: true }, {}, {}, []],
    [
      'to be strict where it would follow the schema',
      {
        tools: [shut, { type: 'object' }, undefined].map((schema, n) => ({
          type: 'function' as const,
          name: 'f',
          strict: true,
          at: `tools[${n}]`,
          ...(schema && { schema }),
        })),
      },
      {},
      {
        tools: [
          { type: 'function', function: { name: 'f', parameters: shut, strict: true } },
          { type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: false } },
          { type: 'function', function: { name: 'f', strict: false } },
        ],
      },
      ['tools[1].strict'],
    ],
    [
      'to be strict as its caller says in this very dialect',
      {
        tools: [{ type: 'function', name: 'f', schema: { type: 'object' }, strict: true }],
        extras: { dialect: 'openai-chat', fields: {} },
      },
      {},
      { tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, strict: true } }] },
      [],
    ],
    ['the tier by its own name', { serviceTier: 'standard_only' }, {}, { service_tier: 'default' }, []],
    [
      'a search as an option',
      search,
      { searchesBy: 'web_search_options' },
      { web_search_options: { user_location: { type: 'approximate', approximate: { city: 'Rom' } } } },
      ['tools[0].max_uses', 'tools[0].allowed_domains'],
    ],
    [
      'a search as its own tool',
      search,
      { searchesBy: 'openrouter:web_search' },
      { tools: [{ type: 'openrouter:web_search', parameters: { max_uses: 2, allowed_domains: ['a.test'] } }] },
      ['tools[0].user_location'],
    ],
    [
      'none of the fields of another dialect',
      { extras: { dialect: 'gemini-generate', fields: { safetySettings: [] } } },
      {},
      {},
      ['safetySettings'],
    ],
    [
      'the fields of its own',
      { extras: { dialect: 'openai-chat', fields: { moderation: {} } } },
      {},
      { moderation: {} },
      [],
    ],
    ['no wishes for a router', { extras: { dialect: 'openai-chat', fields: { models: ['a'] } } }, {}, {}, ['models']],
    [
      'wishes, if it is a router',
      { extras: { dialect: 'openai-chat', fields: { models: ['a'] } } },
      { routesItself: true },
      { models: ['a'] },
      [],
    ],
    [
      'no half of a field that is not there',
      { extras: { dialect: 'openai-chat', fields: { 'stream_options.x': 1 } } },
      {},
      {},
      ['stream_options.x'],
    ],
  ]
  test.each([...ways])('%s', (_, more, quirks, fields, lost) => {
    const result = composed(more, quirks)
    expect<unknown>([result.fields, result.lost]).toEqual([fields, lost])
  })

  test('an effort that the model knows, unless the wish was made in this very dialect', () => {
    const aim = { provider: 'openai', model: 'gpt-5', quirks: {}, stream: false }
    const wish = chat({ reasoning: { effort: 'none' } })
    const { body, lost } = compose(wish, aim)
    expect([body.reasoning_effort, lost]).toEqual(['minimal', ['reasoning']])
    const own = compose({ ...wish, extras: { dialect: 'openai-chat', fields: {} } }, aim)
    expect([own.body.reasoning_effort, own.lost]).toEqual(['none', []])
    const routed = compose(wish, { ...aim, quirks: { reasoningIn: 'reasoning' } })
    expect([routed.body.reasoning, routed.lost]).toEqual([{ effort: 'none' }, []])
  })

  test('half of a field where it belongs', () => {
    const { fields } = composed({ extras: { dialect: 'openai-chat', fields: { 'stream_options.x': 1 } } }, {}, true)
    expect(fields.stream_options).toEqual({ include_usage: true, x: 1 })
  })
})

test('a tool is told by a name that is taken, wherever it stands, and the names lead back', () => {
  const name = 'ns.look'
  const asked = chat({
    tools: [{ type: 'function', name }],
    toolChoice: { type: 'tool', name },
    messages: [
      hi,
      { role: 'assistant', parts: [{ type: 'tool-call', id: 'a', name, input: '{}' }] },
      { role: 'user', parts: [{ type: 'tool-result', call: 'a', name, parts: [] }] },
    ],
  })
  const aim = { provider: 'p', model: 'm', quirks: {}, stream: false }
  const { body, lost, names } = compose(asked, aim)
  expect(JSON.stringify(body).match(/ns.look/g)).toEqual(['ns_look', 'ns_look', 'ns_look'])
  expect([lost, [...(names ?? [])]]).toEqual([[], [['ns_look', name]]])
  const long = 'x'.repeat(100)
  expect([...(compose(chat({ tools: [{ type: 'function', name: long }] }), aim).names ?? [])]).toEqual([
    ['x'.repeat(64), long],
  ])
  const own = compose({ ...asked, extras: { dialect: 'openai-chat', fields: {} } }, aim)
  expect(JSON.stringify(own.body).match(/ns.look/g)).toEqual(['ns.look', 'ns.look', 'ns.look'])
  expect(own.names).toBeUndefined()
})

describe('a message is told', () => {
  const image: MediaPart = {
    type: 'media',
    kind: 'image',
    source: { from: 'data', mediaType: 'image/png', data: 'iVBO' },
  }
  const imagePart = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }
  const text: MediaPart = {
    type: 'media',
    kind: 'document',
    source: { from: 'text', text: 'a' },
    title: 't',
    context: 'c',
    cite: true,
    at: 'x',
  }
  const result: Part = {
    type: 'tool-result',
    call: 'toolu_1',
    parts: [{ type: 'text', text: '1' }, image],
    failed: true,
    at: 'r',
  }
  const thought: Part = { type: 'reasoning', text: 'Hm.', at: 't' }
  const own: Part = {
    ...thought,
    seal: { dialect: 'openai-chat', maker: 'p/m', value: '{"type":"reasoning.text","signature":"s","index":0}' },
  }
  const messages: readonly (readonly [string, Partial<Chat>, Quirks, readonly unknown[], readonly string[]])[] = [
    [
      'by the developer',
      { messages: [{ role: 'developer', parts: hi.parts }] },
      {},
      [{ role: 'developer', content: 'Hi' }],
      [],
    ],
    [
      'by the system for the developer',
      { messages: [{ role: 'developer', parts: hi.parts }] },
      { noDeveloper: true },
      [{ role: 'system', content: 'Hi' }],
      [],
    ],
    [
      'with several texts',
      said({ type: 'text', text: 'a' }, { type: 'text', text: 'b' }),
      {},
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
      [],
    ],
    [
      'with a mark',
      said({ type: 'text', text: 'a', cache: { ttl: '1h' }, at: 'x' }),
      { cacheMarks: 'cache_control' },
      [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
      [],
    ],
    [
      "with OpenAI's mark, which has no time",
      said({ type: 'text', text: 'a', cache: { ttl: '1h' }, at: 'x' }),
      { cacheMarks: 'prompt_cache_breakpoint' },
      [{ role: 'user', content: [{ type: 'text', text: 'a', prompt_cache_breakpoint: { mode: 'explicit' } }] }],
      ['x.cache_control.ttl'],
    ],
    [
      'without a mark',
      said({ type: 'text', text: 'a', cache: {}, at: 'x' }),
      {},
      [{ role: 'user', content: 'a' }],
      ['x.cache_control'],
    ],
    [
      'with a document of text as a text',
      said(text),
      {},
      [{ role: 'user', content: 'a' }],
      ['x.context', 'x.citations', 'x.title'],
    ],
    [
      'with a document as a file, which has to have a name',
      said({ type: 'media', kind: 'document', source: { from: 'data', mediaType: 'application/pdf', data: 'JVBE' } }),
      {},
      [
        {
          role: 'user',
          content: [
            { type: 'file', file: { filename: 'document.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
          ],
        },
      ],
      [],
    ],
    [
      'with a document as a part of its own',
      said({ type: 'media', kind: 'document', source: { from: 'url', url: 'https://x.test/a.pdf' }, title: 'A' }),
      { documentsIn: 'document_url' },
      [{ role: 'user', content: [{ type: 'document_url', document_url: 'https://x.test/a.pdf', document_name: 'A' }] }],
      [],
    ],
    [
      'with results first, and their images in the words that follow',
      { messages: [{ role: 'user', parts: [{ type: 'text', text: 'And?' }, result] }] },
      {},
      [
        { role: 'tool', tool_call_id: 'toolu_1', content: '1' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Result of the tool call toolu_1:' },
            imagePart,
            { type: 'text', text: 'And?' },
          ],
        },
      ],
      ['r.is_error'],
    ],
    [
      'with ids as short as they have to be, the same for the call and its result',
      {
        messages: [
          { role: 'assistant', parts: [{ type: 'tool-call', id: 'toolu_1', name: 'f', input: '' }] },
          { role: 'user', parts: [{ type: 'tool-result', call: 'toolu_1', parts: [] }] },
        ],
      },
      { shortToolIds: true },
      [
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            {
              id: expect.stringMatching(/^[A-Za-z\d]{9}$/),
              type: 'function',
              function: { name: 'f', arguments: '{}' },
            },
          ],
        },
        { role: 'tool', tool_call_id: expect.stringMatching(/^[A-Za-z\d]{9}$/), content: '' },
      ],
      [],
    ],
    ['without thoughts, and not at all if there is nothing else', answered(thought), {}, [], ['t']],
    [
      'with thoughts as DeepSeek wants them',
      answered(thought, ...hi.parts),
      { thoughtsIn: 'reasoning_content' },
      [{ role: 'assistant', content: 'Hi', reasoning_content: 'Hm.' }],
      [],
    ],
    [
      'with thoughts as Mistral wants them',
      answered(thought, ...hi.parts),
      { thoughtsIn: 'thinking' },
      [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
            { type: 'text', text: 'Hi' },
          ],
        },
      ],
      [],
    ],
    [
      'with its own thoughts as it told them',
      answered(own, ...hi.parts),
      {},
      [
        {
          role: 'assistant',
          content: 'Hi',
          reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', signature: 's', index: 0 }],
        },
      ],
      [],
    ],
    [
      'without a block of another provider’s tool',
      answered(
        { type: 'opaque', label: 'server_tool_use', seal: { dialect: 'anthropic-messages', value: '{}' }, at: 'x' },
        ...hi.parts,
      ),
      {},
      [{ role: 'assistant', content: 'Hi' }],
      ['x'],
    ],
    [
      'with a sound by the id that this provider gave it',
      answered({
        type: 'media',
        kind: 'audio',
        source: { from: 'data', mediaType: 'audio/wav', data: 'AAAA' },
        seal: { dialect: 'openai-chat', maker: 'p/m', value: '{"id":"audio_1"}' },
      }),
      {},
      [{ role: 'assistant', content: null, audio: { id: 'audio_1' } }],
      [],
    ],
    [
      'with the words of a sound that it does not have',
      answered({
        type: 'media',
        kind: 'audio',
        source: { from: 'data', mediaType: 'audio/wav', data: 'AAAA' },
        transcript: 'La',
        at: 'x',
      }),
      {},
      [{ role: 'assistant', content: 'La' }],
      ['x'],
    ],
  ]
  test.each([...messages])('%s', (_, more, quirks, expected, lost) => {
    const composition = composed(more, quirks)
    expect<unknown>([composition.messages, composition.lost]).toEqual([expected, lost])
  })

  test('with the same short id for a call and its result', () => {
    const parts: readonly Message[] = [
      {
        role: 'assistant',
        parts: [
          { type: 'tool-call', id: 'toolu_1', name: 'f', input: '' },
          { type: 'tool-call', id: 'D681PevKs', name: 'f', input: '' },
        ],
      },
      { role: 'user', parts: [{ type: 'tool-result', call: 'toolu_1', parts: [] }] },
    ]
    const [turn, answer] = composed({ messages: parts }, { shortToolIds: true }).messages as unknown as [
      { tool_calls: readonly { id: string }[] },
      { tool_call_id: string },
    ]
    expect(turn.tool_calls.map(({ id }) => id)).toEqual([answer.tool_call_id, 'D681PevKs'])
  })
})

describe('a request is refused, with its place, for', () => {
  const computer = {
    type: 'hosted' as const,
    kind: 'computer' as const,
    dialect: 'anthropic-messages',
    wire: {},
    at: 'tools[0]',
  }
  const refusals: readonly (readonly [string, Partial<Chat>, string])[] = [
    ['a tool that the provider does not run', { tools: [computer] }, 'tools[0]'],
    ['a search that it does not know', { tools: [{ ...computer, kind: 'web-search' }] }, 'tools[0]'],
    [
      'a file that lies elsewhere',
      said({
        type: 'media',
        kind: 'document',
        source: { from: 'file', id: 'f', dialect: 'anthropic-messages' },
        at: 'x',
      }),
      'x',
    ],
    [
      'sound behind a URL',
      said({ type: 'media', kind: 'audio', source: { from: 'url', url: 'https://x.test' }, at: 'x' }),
      'x',
    ],
  ]
  test.each([...refusals])('%s', (_, more, param) => {
    expect(() => composed(more)).toThrow(Fault)
    try {
      composed(more)
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_request', param })
    }
  })
})

test('a URL may stand for what the provider fetches itself', () => {
  const kinds = ['image', 'document', 'audio', 'video'] as const
  expect(kinds.filter(kind => takesUrls(kind, {}))).toEqual(['image', 'video'])
  expect(kinds.filter(kind => takesUrls(kind, { fetches: ['document'] }))).toEqual(['document'])
})
