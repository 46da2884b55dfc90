import { describe, expect, test } from 'bun:test'
import type { Chat, Message, Tool } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { Aim, Composed } from '../dialect.ts'
import { request } from './request.ts'

/** How a chat of another dialect is told to Anthropic's models. */

const text = (text: string, at?: string): Part => ({ type: 'text', text, ...(at ? { at } : {}) })
const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts })
const assistant = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts })
const system = (words: string, at: string): Message => ({ role: 'developer', parts: [text(words)], at })
const call = (id: string): Part => ({ type: 'tool-call', id, name: 'f', input: '{}' })
const result = (call: string): Part => ({ type: 'tool-result', call, parts: [text('42')] })
const weather: Tool = { type: 'function', name: 'weather', schema: { type: 'object' }, at: 'tools[0]' }

const chatOf = (more: Partial<Chat>): Chat => ({
  messages: [user(text('Hi'))],
  tools: [],
  extras: { dialect: 'openai-chat', fields: {} },
  ...more,
})
const compose = (more: Partial<Chat>, model = 'claude-sonnet-4-5', aim: Partial<Aim> = {}): Composed =>
  request.compose(chatOf(more), { provider: 'anthropic', model, quirks: {}, stream: false, ...aim })
const turnsOf = ({ body }: Composed): [string, unknown[]][] =>
  (body.messages as readonly { readonly role: string; readonly content: readonly JsonObject[] }[]).map(
    ({ role, content }) => [role, content.map(({ type, text, tool_use_id: id }) => text ?? id ?? type)],
  )

function faultOf(act: () => unknown): Fault {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

test('nothing is sent that the caller did not say, but max_tokens', () => {
  expect(compose({})).toEqual({
    body: {
      model: 'claude-sonnet-4-5',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    },
    lost: [],
  })
  expect(compose({}, 'claude-sonnet-4-5', { stream: true }).body.stream).toBe(true)
})

describe('without a limit of the caller, a reply of this model may be as long', () => {
  const lengths: readonly (readonly [string, number])[] = [
    ['claude-3-opus-20240229', 4096],
    ['claude-3-5-haiku-latest', 8192],
    ['claude-3-7-sonnet-20250219', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['claude-opus-4-1', 32_000],
    ['claude-sonnet-4-0', 64_000],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 64_000],
    ['anthropic/claude-opus-4.5', 64_000],
    ['claude-sonnet-4-6', 64_000],
    ['claude-opus-4-6', 128_000],
    ['claude-opus-4-7', 128_000],
    ['claude-opus-5-5-20260922', 128_000],
    ['claude-mythos-preview', 8192],
    ['kimi-k2-thinking', 8192],
  ]
  test.each([...lengths])('%s: %d', (model, tokens) => {
    expect(compose({}, model).body.max_tokens).toBe(tokens)
  })
})

describe('a wish to think', () => {
  type Row = readonly [string, Partial<Chat>, string, JsonObject, readonly string[]]
  const rows: readonly Row[] = [
    [
      'becomes a budget below the length',
      { reasoning: { effort: 'medium' } },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 8192 }, max_tokens: 64_000 },
      [],
    ],
    [
      'is added to a length that it would fill',
      { reasoning: { effort: 'high' }, maxTokens: 2000 },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 24_576 }, max_tokens: 26_576 },
      [],
    ],
    [
      'leaves a quarter of what the model can say',
      { reasoning: { effort: 'max' }, maxTokens: 32_000 },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 48_000 }, max_tokens: 64_000 },
      [],
    ],
    [
      'is raised to the least budget',
      { reasoning: { budget: 100 }, maxTokens: 5000 },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 5000 },
      [],
    ],
    [
      'as much as the model likes is a middling budget',
      { reasoning: { budget: -1 } },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 8192 } },
      [],
    ],
    [
      'becomes an effort',
      { reasoning: { effort: 'xhigh' } },
      'claude-opus-4-7',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
      [],
    ],
    [
      'with a summary shows the thoughts',
      { reasoning: { effort: 'low', summary: 'auto' } },
      'claude-opus-5',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      [],
    ],
    [
      'of a budget becomes an effort where there are no budgets',
      { reasoning: { budget: 10_000 } },
      'claude-opus-5',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      [],
    ],
    [
      'of a budget stays one where both are known',
      { reasoning: { budget: 10_000 } },
      'claude-opus-4-6',
      { thinking: { type: 'enabled', budget_tokens: 10_000 } },
      [],
    ],
    [
      'takes the next lower effort, and tells it',
      { reasoning: { effort: 'xhigh' } },
      'claude-opus-4-6',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      ['reasoning'],
    ],
    [
      'at the least is a low one',
      { reasoning: { effort: 'minimal' } },
      'claude-opus-5',
      { output_config: { effort: 'low' } },
      [],
    ],
    [
      'to do it not at all is said',
      { reasoning: { effort: 'none' } },
      'claude-opus-5',
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'not at all to a model that always does is a low effort, and told',
      { reasoning: { budget: 0 } },
      'claude-opus-5-5',
      { output_config: { effort: 'low' } },
      ['reasoning'],
    ],
  ]
  test.each([...rows])('%s', (_, chat, model, fields, lost) => {
    const composed = compose(chat, model)
    expect(composed.body).toMatchObject(fields as never)
    expect(composed.lost).toEqual(lost)
  })

  const hindered: readonly (readonly [string, Partial<Chat>, string])[] = [
    ['a tool is forced', { tools: [weather], toolChoice: { type: 'required' } }, 'claude-sonnet-4-5'],
    ['the reply is begun', { messages: [user(text('Hi')), assistant(text('Well'))] }, 'claude-opus-4-6'],
    [
      'another model has thought at the beginning of the turn',
      { messages: [user(text('Hi')), assistant(call('a')), user(result('a'))] },
      'claude-sonnet-4-5',
    ],
    ['the model cannot', {}, 'claude-3-5-sonnet-20241022'],
  ]
  test.each([...hindered])('is left out and told where %s', (_, more, model) => {
    const { body, lost } = compose({ reasoning: { effort: 'high' }, ...more }, model)
    expect([body.thinking, body.output_config, lost]).toEqual([undefined, undefined, ['reasoning']])
  })

  test('is kept in the middle of a turn that began with a thought of its own', () => {
    const seal = { dialect: 'anthropic-messages', maker: 'anthropic/claude-sonnet-4-5', value: 'sig' }
    const thought: Part = { type: 'reasoning', text: 'Hm', seal }
    const messages = [user(text('Hi')), assistant(thought, call('a')), user(result('a'))]
    const { body, lost } = compose({ reasoning: { effort: 'low' }, messages })
    expect([body.thinking, lost]).toEqual([{ type: 'enabled', budget_tokens: 1024 }, []])
  })

  test('of a caller of this dialect is left out in the middle of a turn that began with another’s thought', () => {
    const extras = { dialect: 'anthropic-messages', fields: {} }
    const foreign: Part = { type: 'reasoning', text: 'Hm', seal: { dialect: 'openai-responses', value: 'x' } }
    const messages = [user(text('Hi')), assistant(foreign, call('a')), user(result('a'))]
    const composed = compose({ extras, messages, reasoning: { budget: 2048, effort: 'low' }, maxTokens: 5000 })
    expect(composed.body).toMatchObject({ max_tokens: 5000, output_config: { effort: 'low' } })
    expect([composed.body.thinking, composed.lost]).toEqual([undefined, ['reasoning', 'reasoning']])
  })

  test('of a caller of this dialect is sent as it was said', () => {
    const extras = { dialect: 'anthropic-messages', fields: {} }
    const own = (chat: Partial<Chat>, model: string): JsonObject => compose({ extras, ...chat }, model).body
    expect(own({ reasoning: { effort: 'max' } }, 'claude-sonnet-4-5')).toMatchObject({
      output_config: { effort: 'max' },
    })
    expect(own({ reasoning: { effort: 'max' } }, 'claude-opus-5').thinking).toBeUndefined()
    const budget = own({ reasoning: { budget: 5000 }, maxTokens: 10, temperature: 0.5 }, 'claude-opus-5')
    expect(budget).toMatchObject({ thinking: { budget_tokens: 5000 }, max_tokens: 10, temperature: 0.5 })
  })
})

describe('how words are chosen', () => {
  const rows: readonly (readonly [string, Partial<Chat>, string, JsonObject, readonly string[]])[] = [
    ['is passed on', { temperature: 0.3, topK: 5 }, 'claude-3-haiku-20240307', { temperature: 0.3, top_k: 5 }, []],
    ['ends at 1', { temperature: 1.7 }, 'claude-sonnet-4-0', { temperature: 1 }, ['temperature']],
    [
      'is either by temperature or by top_p',
      { temperature: 0.3, topP: 0.9 },
      'claude-sonnet-4-5',
      { temperature: 0.3 },
      ['topP'],
    ],
    [
      'is the model’s own affair',
      { temperature: 0.3, topP: 0.9, topK: 5 },
      'claude-opus-5',
      {},
      ['temperature', 'topP', 'topK'],
    ],
    [
      'may be said where it changes nothing',
      { temperature: 1, topP: 0.99 },
      'claude-opus-5',
      { temperature: 1, top_p: 0.99 },
      [],
    ],
    [
      'is fixed while the model thinks',
      { temperature: 0.3, topK: 5, topP: 0.95, reasoning: { effort: 'low' } },
      'claude-sonnet-4-5',
      { top_p: 0.95 },
      ['temperature', 'topK'],
    ],
  ]
  test.each([...rows])('%s', (_, chat, model, fields, lost) => {
    const { body, lost: told } = compose(chat, model)
    const { temperature, top_p, top_k } = body
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(fields)
    expect(told).toEqual(lost)
  })
})

describe('words of the system', () => {
  const conversation = (...more: readonly Message[]): readonly Message[] => [
    system('Be brief.', 'messages[0]'),
    user(text('Hi')),
    ...more,
  ]

  test('before the conversation stand before it', () => {
    const composed = compose({ messages: conversation() })
    expect([composed.body.system, composed.lost]).toEqual([[{ type: 'text', text: 'Be brief.' }], []])
  })

  test('within it join those before it where the model takes none, and their place is told', () => {
    const composed = compose({
      messages: conversation(assistant(text('Hello')), system('Rhyme.', 'messages[3]'), user(text('Go'))),
    })
    expect((composed.body.system as readonly unknown[]).length).toBe(2)
    expect(turnsOf(composed).map(([role]) => role)).toEqual(['user', 'assistant', 'user'])
    expect(composed.lost).toEqual(['messages[3]'])
  })

  test('behind the user’s turn keep their place', () => {
    const messages = conversation(system('Rhyme.', 'messages[2]'), assistant(text('Hello')), user(text('Go')))
    const composed = compose({ messages }, 'claude-opus-4-8')
    expect(turnsOf(composed).map(([role]) => role)).toEqual(['user', 'system', 'assistant', 'user'])
    expect(composed.lost).toEqual([])
  })

  test('before or within the user’s turn go behind it, several as one, and are told', () => {
    const messages = conversation(
      assistant(text('Hello')),
      system('Rhyme.', 'messages[3]'),
      user(text('Go')),
      system('Shout.', 'messages[5]'),
    )
    const composed = compose({ messages }, 'claude-opus-4-8')
    expect(turnsOf(composed).at(-1)).toEqual(['system', ['Rhyme.', 'Shout.']])
    expect(composed.lost).toEqual(['messages[3]'])
  })

  test('behind the assistant’s turn join those before the conversation', () => {
    const messages = conversation(assistant(text('Hello')), system('Rhyme.', 'messages[3]'))
    const composed = compose({ messages }, 'claude-opus-4-8')
    expect([(composed.body.system as readonly unknown[]).length, composed.lost]).toEqual([2, ['messages[3]']])
  })

  test('alone are told as the user’s', () => {
    const composed = compose({ messages: [system('Say hi.', 'messages[0]')] })
    expect([turnsOf(composed), composed.body.system, composed.lost]).toEqual([
      [['user', ['Say hi.']]],
      undefined,
      ['messages[0].role'],
    ])
  })
})

describe('turns', () => {
  test('of one side are one, and the results of tools come first', () => {
    const composed = compose({
      messages: [
        user(text('Hi')),
        assistant(call('a'), call('b')),
        user(text('Wait'), result('a')),
        user(result('b')),
        user(text('Go')),
      ],
    })
    expect(turnsOf(composed).at(-1)).toEqual(['user', ['a', 'b', 'Wait', 'Go']])
  })

  test('have no empty texts, and there is none of nothing', () => {
    const messages = [user(text('Hi'), text('')), assistant(text('')), user(text('Go'))]
    expect(turnsOf(compose({ messages }))).toEqual([['user', ['Hi', 'Go']]])
  })

  test('may end in the beginning of the reply, without its last white space', () => {
    expect(turnsOf(compose({ messages: [user(text('Hi')), assistant(text('Well, \n'))] })).at(-1)).toEqual([
      'assistant',
      ['Well,'],
    ])
  })

  test('of nothing are refused', () => {
    expect(faultOf(() => compose({ messages: [user(text(''))] })).param).toBe('messages')
  })

  test('name nobody', () => {
    const messages = [{ ...user(text('Hi')), name: 'Ann', at: 'messages[0]' }]
    expect(compose({ messages }).lost).toEqual(['messages[0].name'])
  })
})

describe('a call of a tool', () => {
  const wireOf = (part: Part): JsonObject => {
    const { body } = compose({ messages: [user(text('Hi')), assistant(part), user(result('x'))] })
    return (body.messages as readonly { readonly content: readonly JsonObject[] }[])[1]?.content[0] ?? {}
  }

  test('has an id that the wire can carry, the same in its result', () => {
    const odd = 'functions.f:0'
    const { body } = compose({ messages: [user(text('Hi')), assistant(call(odd)), user(result(odd))] })
    const turns = body.messages as readonly { readonly content: readonly JsonObject[] }[]
    const id = turns[1]?.content[0]?.id
    expect(id).toMatch(/^[\w-]+$/)
    expect(turns[2]?.content[0]?.tool_use_id).toBe(id as string)
    const { messages } = request.understand(body)
    expect(messages[2]?.parts[0]).toMatchObject({ type: 'tool-result', call: odd })
  })

  test('has an object for its input, whatever the model wrote', () => {
    const input = (input: string, custom?: boolean): unknown =>
      wireOf({ type: 'tool-call', id: 'x', name: 'f', input, ...(custom ? { custom } : {}) }).input
    expect(input('{"a":1}')).toEqual({ a: 1 })
    expect(input(' ')).toEqual({})
    expect(input('{"a":')).toEqual({ invalid_json: '{"a":' })
    expect(input('SELECT 1', true)).toEqual({ input: 'SELECT 1' })
  })
})

test('citations of others are left out of what the assistant said, and told', () => {
  const citations = [{ url: 'https://a.b' }]
  const said: Part = { type: 'text', text: 'Hi', citations, at: 'messages[1].content' }
  const { body, lost } = compose({ messages: [user(text('Hi')), assistant(said), user(text('Go'))] })
  expect([JSON.stringify(body).includes('a.b'), lost]).toEqual([false, ['messages[1].content.citations']])
})

describe('thoughts', () => {
  const thought = (maker: string | undefined, dialect = 'anthropic-messages'): Part => ({
    type: 'reasoning',
    text: 'Hm',
    at: 'messages[1].content[0]',
    seal: { dialect, ...(maker ? { maker } : {}), value: 'sig' },
  })
  const told = (part: Part): readonly unknown[] => {
    const composed = compose({ messages: [user(text('Hi')), assistant(part, text('Well')), user(text('Go'))] })
    return [turnsOf(composed)[1]?.[1], composed.lost]
  }

  test('go back to the model that had them, and to whoever the caller had them from', () => {
    expect(told(thought('anthropic/claude-sonnet-4-5'))).toEqual([['thinking', 'Well'], []])
    expect(told(thought(undefined))).toEqual([['thinking', 'Well'], []])
  })

  test('of another model, of another dialect or without a signature are left out and told', () => {
    const lost = [['Well'], ['messages[1].content[0]']]
    expect(told(thought('anthropic/claude-opus-5'))).toEqual(lost)
    expect(told(thought(undefined, 'openai-responses'))).toEqual(lost)
    expect(told({ type: 'reasoning', text: 'Hm', at: 'messages[1].content[0]' })).toEqual(lost)
  })
})

describe('tools', () => {
  test('of another name than the wire can carry are refused', () => {
    const tools: readonly Tool[] = [{ ...weather, name: 'get.weather' }]
    expect(faultOf(() => compose({ tools })).param).toBe('tools[0]')
  })

  test('that nobody here has are refused, and those that Anthropic has as well are its own', () => {
    const hosted = (kind: 'web-search' | 'file-search', search?: object): Tool =>
      ({
        type: 'hosted',
        kind,
        dialect: 'openai-responses',
        wire: {},
        at: 'tools[0]',
        ...(search ? { search } : {}),
      }) as Tool
    expect(faultOf(() => compose({ tools: [hosted('file-search')] })).param).toBe('tools[0]')
    const location = { type: 'approximate', city: 'Bern' }
    const search = { maxUses: 2, allowedDomains: ['a.ch'], location }
    expect(compose({ tools: [hosted('web-search', search)] }).body.tools).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 2,
        allowed_domains: ['a.ch'],
        user_location: location,
      },
    ])
  })

  test('of free text are left out and told', () => {
    const tools: readonly Tool[] = [weather, { type: 'custom', name: 'sql', at: 'tools[1]' }]
    const { body, lost } = compose({ tools })
    expect([(body.tools as readonly unknown[]).length, ...lost]).toEqual([1, 'tools[1]'])
  })

  test('that are strict are closed, and what cannot be enforced is told', () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } } }
    const { body, lost } = compose({ tools: [{ ...weather, strict: true, schema } as Tool] })
    expect(body.tools).toEqual([
      {
        name: 'weather',
        strict: true,
        input_schema: {
          type: 'object',
          properties: { age: { type: 'integer' } },
          additionalProperties: false,
        },
      },
    ])
    expect(lost).toEqual(['tools[0].schema'])
    expect(compose({ tools: [{ ...weather, strict: true } as Tool] }, 'claude-sonnet-4-0').lost).toEqual([
      'tools[0].strict',
    ])
  })

  const choices: readonly (readonly [string, Partial<Chat>, JsonObject])[] = [
    ['any', { toolChoice: { type: 'required' } }, { type: 'any' }],
    ['a name', { toolChoice: { type: 'tool', name: 'weather' } }, { type: 'tool', name: 'weather' }],
    ['none, one at a time or not', { toolChoice: { type: 'none' }, parallelTools: false }, { type: 'none' }],
    ['one at a time', { parallelTools: false }, { type: 'auto', disable_parallel_tool_use: true }],
    ['several at a time', { parallelTools: true }, { type: 'auto', disable_parallel_tool_use: false }],
    ['some of them', { toolChoice: { type: 'only', names: ['weather'], required: true } }, { type: 'any' }],
  ]
  test.each([...choices])('may be chosen: %s', (_, chat, choice) => {
    const tools: readonly Tool[] = [weather, { ...weather, name: 'traffic' }]
    const { body, lost } = compose({ tools, ...chat })
    expect([body.tool_choice, lost]).toEqual([choice, []])
    const shown = (body.tools as readonly { readonly name: string }[]).map(({ name }) => name)
    expect(shown).toEqual(chat.toolChoice?.type === 'only' ? ['weather'] : ['weather', 'traffic'])
  })

  test('cannot be forced upon the newest models', () => {
    const { body, lost } = compose({ tools: [weather], toolChoice: { type: 'required' } }, 'claude-opus-5-5')
    expect([body.tool_choice, lost]).toEqual([{ type: 'auto' }, ['toolChoice']])
  })

  test('that are not there cannot be chosen', () => {
    expect(compose({ toolChoice: { type: 'auto' }, parallelTools: true })).toMatchObject({ lost: [] })
    const { body, lost } = compose({ toolChoice: { type: 'required' } })
    expect([body.tool_choice, lost]).toEqual([undefined, ['toolChoice']])
  })

  test('for a search that OpenAI has as a wish', () => {
    const webSearch = {
      user_location: { type: 'approximate', approximate: { city: 'Bern' } },
      search_context_size: 'low',
    }
    const { body, lost } = compose({ webSearch })
    const location = { type: 'approximate', city: 'Bern' }
    expect(body.tools).toEqual([{ type: 'web_search_20250305', name: 'web_search', user_location: location }])
    expect(lost).toEqual(['webSearch'])
  })
})

describe('media', () => {
  type Source = Extract<Part, { readonly type: 'media' }>['source']
  const media = (kind: 'image' | 'document' | 'audio', source: Source, more: object = {}): Partial<Chat> => ({
    messages: [user({ type: 'media', kind, source, at: 'messages[0].content[0]', ...more })],
  })
  const blockOf = ({ body }: Composed): unknown =>
    (body.messages as readonly { readonly content: readonly JsonObject[] }[])[0]?.content[0]
  const data = (mediaType: string): Source => ({ from: 'data', mediaType, data: 'SGk=' })

  test('are sent as they are, by their registered name', () => {
    expect(blockOf(compose(media('image', data('image/jpg'))))).toEqual({
      type: 'image',
      source: { type: 'base64', media_type: 'image/jpeg', data: 'SGk=' },
    })
    expect(blockOf(compose(media('image', { from: 'url', url: 'https://a.b/c' })))).toEqual({
      type: 'image',
      source: { type: 'url', url: 'https://a.b/c' },
    })
  })

  test('that are text are read', () => {
    expect(blockOf(compose(media('document', data('text/markdown'), { title: 'T', cite: true })))).toEqual({
      type: 'document',
      title: 'T',
      citations: { enabled: true },
      source: { type: 'text', media_type: 'text/plain', data: 'Hi' },
    })
  })

  const refused: readonly (readonly [string, Partial<Chat>])[] = [
    ['sound', media('audio', data('audio/wav'))],
    ['a document of another kind', media('document', data('application/msword'))],
    ['a file that is elsewhere', media('image', { from: 'file', id: 'file-1', dialect: 'openai-chat' })],
  ]
  test.each([...refused])('are refused by their place: %s', (_, chat) => {
    const fault = faultOf(() => compose(chat))
    expect([fault.code, fault.param]).toEqual(['invalid_request', 'messages[0].content[0]'])
  })

  test('that were heard are told by their words', () => {
    const composed = compose(media('audio', data('audio/wav'), { transcript: 'Hello' }))
    expect([blockOf(composed), composed.lost]).toEqual([{ type: 'text', text: 'Hello' }, ['messages[0].content[0]']])
  })
})

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { n: { type: 'object', properties: {} } } }

  test('is a closed schema', () => {
    const { body, lost } = compose({ format: { type: 'schema', schema, name: 'x', description: 'A number' } })
    expect([body.output_config, lost]).toEqual([
      {
        format: {
          type: 'json_schema',
          schema: {
            description: 'A number',
            type: 'object',
            properties: { n: { type: 'object', properties: {}, additionalProperties: false } },
            additionalProperties: false,
          },
        },
      },
      [],
    ])
  })

  test('is told where it has no place: any JSON, an older model, a server that knows no schemas', () => {
    const format = { type: 'schema', schema } as const
    expect(compose({ format: { type: 'json' } }).lost).toEqual(['format'])
    expect(compose({ format }, 'claude-3-5-sonnet-latest').lost).toEqual(['format'])
    expect(compose({ format }, 'k2', { quirks: { noSchemas: true } }).lost).toEqual(['format'])
  })
})

describe('what has no word here', () => {
  test('is told by its noun', () => {
    const nouns = {
      minP: 0.1,
      presencePenalty: 1,
      frequencyPenalty: 1,
      repetitionPenalty: 1.1,
      logitBias: { a: 1 },
      seed: 1,
      candidates: 2,
      logprobs: { top: 1 },
      verbosity: 'low',
      voice: { name: 'x' },
      prediction: [text('x')],
      metadata: { a: 'b' },
      store: true,
      cacheKey: 'k',
      cacheRetention: '24h',
      modalities: ['text', 'audio'],
      serviceTier: 'flex',
      stop: [' \n', 'END'],
    } satisfies Partial<Chat>
    const { body, lost } = compose(nouns)
    expect([...lost].sort()).toEqual(Object.keys(nouns).sort() as string[])
    expect(body.stop_sequences).toEqual(['END'])
  })

  test('is not told where it changes nothing', () => {
    const neutral = { presencePenalty: 0, repetitionPenalty: 1, candidates: 1, store: false, modalities: ['text'] }
    expect(compose(neutral).lost).toEqual([])
  })

  test('of another dialect is told by its field, and of this one put back', () => {
    const fields = {
      container: 'c',
      'tools[0].defer_loading': true,
      'output_config.task_budget': 1,
      'messages[0].x': 1,
    }
    const foreign = compose({ tools: [weather], extras: { dialect: 'openai-chat', fields } })
    expect(foreign.lost).toEqual(Object.keys(fields))
    const own = compose({ tools: [weather], extras: { dialect: 'anthropic-messages', fields } })
    expect(own.lost).toEqual(['messages[0].x'])
    expect(own.body).toMatchObject({
      container: 'c',
      tools: [{ defer_loading: true }],
      output_config: { task_budget: 1 },
    })
  })

  test('is left out where the provider refuses it', () => {
    const { body, lost } = compose({ user: 'u' }, 'k2', { quirks: { refuses: ['metadata', 'top_k'] } })
    expect([body.metadata, lost]).toEqual([undefined, ['metadata']])
  })
})

test('marks for the cache keep their place', () => {
  const cache = { ttl: '1h' } as const
  const mark = { type: 'ephemeral', ttl: '1h' }
  const { body } = compose({
    messages: [
      { role: 'system', parts: [{ type: 'text', text: 'S', cache }] },
      user({ type: 'text', text: 'Hi', cache: {} }),
    ],
    tools: [{ ...weather, cache } as Tool],
  })
  expect(body).toMatchObject({
    system: [{ cache_control: mark }],
    tools: [{ cache_control: mark }],
    messages: [{ content: [{ cache_control: { type: 'ephemeral' } }] }],
  })
})
