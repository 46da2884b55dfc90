import { describe, expect, test } from 'bun:test'
import { googleSchema } from '../../../test/wire/google-schema.ts'
import type { Chat, Message, Reasoning } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { compose } from './compose.ts'
import { aimAt } from './sample.test-data.ts'

const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts, at: 'messages[0]' })
const model = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts, at: 'messages[1]' })
const hello = user({ type: 'text', text: 'hello' })

/** A chat of a caller of another dialect. */
const chat = (more: Partial<Chat>): Chat => ({
  messages: [hello],
  tools: [],
  extras: { dialect: 'openai-chat', fields: {} },
  ...more,
})

const composed = (more: Partial<Chat>, name = 'gemini-2.5-pro') => compose(chat(more), aimAt(name))
const contents = [{ role: 'user', parts: [{ text: 'hello' }] }]

describe('a noun is told as', () => {
  const nouns: readonly (readonly [string, Partial<Chat>, JsonObject, readonly string[]])[] = [
    ['nothing that the caller did not say', {}, {}, []],
    [
      'the system, in one content',
      {
        messages: [
          { role: 'system', parts: [{ type: 'text', text: 'a' }] },
          { role: 'developer', parts: [{ type: 'text', text: 'b' }] },
          hello,
        ],
      },
      { systemInstruction: { parts: [{ text: 'a' }, { text: 'b' }] } },
      [],
    ],
    [
      'the system at the beginning, wherever it spoke, and its place is lost',
      { messages: [hello, { role: 'system', parts: [{ type: 'text', text: 'a' }], at: 'messages[1]' }] },
      { systemInstruction: { parts: [{ text: 'a' }] } },
      ['messages[1]'],
    ],
    [
      'a JSON Schema',
      { format: { type: 'schema', name: 'n', strict: true, schema: { type: 'object', additionalProperties: false } } },
      {
        generationConfig: {
          responseMimeType: 'application/json',
          responseJsonSchema: { type: 'object', additionalProperties: false },
        },
      },
      [],
    ],
    [
      'a budget, before the third generation',
      { reasoning: { effort: 'medium' } },
      { generationConfig: { thinkingConfig: { thinkingBudget: 8192 } } },
      [],
    ],
    [
      'shown thoughts',
      { reasoning: { summary: 'auto' } },
      { generationConfig: { thinkingConfig: { includeThoughts: true } } },
      [],
    ],
    ['a search', { webSearch: {} }, { tools: [{ googleSearch: {} }] }, []],
    [
      'a search without its limits',
      { webSearch: { search_context_size: 'low' } },
      { tools: [{ googleSearch: {} }] },
      ['webSearch'],
    ],
    ['a tier', { serviceTier: 'default' }, { serviceTier: 'standard' }, []],
    ['a tier that is lost', { serviceTier: 'scale' }, {}, ['serviceTier']],
    [
      'speech',
      { voice: { name: 'Kore', format: 'wav' } },
      { generationConfig: { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } } } },
      ['voice'],
    ],
    [
      'strict functions',
      { tools: [{ type: 'function', name: 'f', strict: true, schema: { type: 'object' } }] },
      {
        tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: { type: 'object' } }] }],
        toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } },
      },
      [],
    ],
    [
      'functions beside a tool of Google’s',
      {
        tools: [
          { type: 'function', name: 'f' },
          { type: 'hosted', kind: 'web-search', dialect: 'anthropic-messages', wire: {}, search: {} },
        ],
      },
      {
        tools: [{ googleSearch: {} }, { functionDeclarations: [{ name: 'f' }] }],
        toolConfig: { includeServerSideToolInvocations: true },
      },
      [],
    ],
    [
      'what is lost: everything without a place',
      {
        ...{
          minP: 0.1,
          repetitionPenalty: 1,
          logitBias: {},
          verbosity: 'low',
          prediction: [],
          metadata: {},
          user: 'u',
        },
        ...{ cacheKey: 'k', cacheRetention: '24h', parallelTools: false },
        tools: [{ type: 'custom', name: 'c', at: 'tools[0]' }],
        extras: { dialect: 'openai-chat', fields: { moderation: true } },
      },
      {},
      [
        'tools[0]',
        ...['minP', 'repetitionPenalty', 'logitBias', 'verbosity', 'prediction', 'metadata', 'user', 'cacheKey'],
        ...['cacheRetention', 'parallelTools', 'moderation'],
      ],
    ],
  ]
  test.each([...nouns])('%s', (_, more, expected, lost) => {
    const said = composed(more)
    expect(said).toEqual({ body: { contents, ...expected }, lost })
    expect(googleSchema()?.('GenerateContentRequest', said.body) ?? []).toEqual([])
  })
})

describe('a wish to think is told as the model takes it:', () => {
  const rows: readonly (readonly [string, Reasoning, JsonObject | undefined, readonly string[]])[] = [
    ['gemini-2.5-flash', { effort: 'none' }, { thinkingBudget: 0 }, []],
    ['gemini-2.5-flash', { effort: 'none', summary: 'auto' }, { thinkingBudget: 0 }, []],
    ['gemini-2.5-flash', { effort: 'high' }, { thinkingBudget: 24_576 }, []],
    ['gemini-2.5-flash', { effort: 'xhigh' }, { thinkingBudget: 24_576 }, ['reasoning']],
    [
      'gemini-2.5-flash',
      { budget: 40_000, shown: true },
      { thinkingBudget: 24_576, includeThoughts: true },
      ['reasoning'],
    ],
    ['gemini-2.5-flash', { budget: -1 }, { thinkingBudget: -1 }, []],
    ['gemini-2.5-flash', { budget: 77 }, { thinkingBudget: 77 }, []],
    ['gemini-2.5-flash-lite', { effort: 'max' }, { thinkingBudget: 24_576 }, ['reasoning']],
    ['gemini-2.5-flash-lite-preview-09-2025', { budget: 300 }, { thinkingBudget: 512 }, ['reasoning']],
    ['gemini-2.5-flash-lite', { effort: 'none' }, { thinkingBudget: 0 }, []],
    ['gemini-2.5-pro', { effort: 'none' }, { thinkingBudget: 128 }, ['reasoning']],
    ['gemini-2.5-pro', { effort: 'xhigh' }, { thinkingBudget: 32_768 }, []],
    ['gemini-2.5-pro', { budget: 0 }, { thinkingBudget: 128 }, ['reasoning']],
    ['models/gemini-2.5-pro-preview-06-05', { budget: 52_428 }, { thinkingBudget: 32_768 }, ['reasoning']],
    ['gemini-2.0-flash', { effort: 'low' }, undefined, ['reasoning']],
    ['gemini-2.0-flash-lite-001', { shown: true }, undefined, ['reasoning']],
    ['gemini-2.0-flash', { effort: 'none' }, undefined, []],
    ['gemini-1.5-pro', { budget: 2000 }, undefined, ['reasoning']],
    ['gemini-2.5-flash-image', { effort: 'low' }, undefined, ['reasoning']],
    ['gemini-2.5-pro-preview-tts', { effort: 'low' }, undefined, ['reasoning']],
    ['gemini-3.1-flash-tts-preview', { effort: 'low' }, undefined, ['reasoning']],
    ['gemini-3-pro-preview', { effort: 'low' }, { thinkingLevel: 'LOW' }, []],
    ['gemini-3-pro-preview', { effort: 'minimal' }, { thinkingLevel: 'LOW' }, ['reasoning']],
    ['gemini-3-pro-preview', { effort: 'medium' }, { thinkingLevel: 'HIGH' }, ['reasoning']],
    ['gemini-3-pro-preview', { effort: 'none' }, { thinkingLevel: 'LOW' }, ['reasoning']],
    ['gemini-3-pro-preview', { budget: 0 }, { thinkingLevel: 'LOW' }, ['reasoning']],
    ['gemini-3-pro-image-preview', { effort: 'low', shown: true }, { includeThoughts: true }, ['reasoning']],
    ['gemini-3.1-pro-preview', { effort: 'medium' }, { thinkingLevel: 'MEDIUM' }, []],
    ['gemini-3.1-pro-preview', { effort: 'minimal' }, { thinkingLevel: 'LOW' }, ['reasoning']],
    ['gemini-3.1-flash-image', { effort: 'low' }, { thinkingLevel: 'HIGH' }, ['reasoning']],
    ['gemini-3.1-flash-lite', { effort: 'minimal' }, { thinkingLevel: 'MINIMAL' }, []],
    ['gemini-3.5-flash', { effort: 'medium' }, { thinkingLevel: 'MEDIUM' }, []],
    ['gemini-3.7-flash', { effort: 'minimal' }, { thinkingLevel: 'LOW' }, ['reasoning']],
    ['gemini-3.8-flash', { effort: 'high', budget: -1 }, { thinkingLevel: 'HIGH' }, []],
    ['gemini-3.8-flash', { budget: -1 }, { thinkingBudget: -1 }, []],
    ['gemini-4-carbon', { effort: 'minimal' }, { thinkingLevel: 'MINIMAL' }, []],
    ['gemini-flash-latest', { effort: 'xhigh' }, { thinkingBudget: 32_768 }, []],
    ['my-own', { budget: 0 }, { thinkingBudget: 0 }, []],
  ]
  test.each([...rows])('%s, asked for %p', (name, reasoning, thinkingConfig, lost) => {
    expect(composed({ reasoning }, name)).toEqual({
      body: { contents, ...(thinkingConfig && { generationConfig: { thinkingConfig } }) },
      lost: [...lost],
    })
  })

  test('and as its own caller has said it, whatever the model takes', () => {
    const own = (reasoning: Reasoning) =>
      compose(chat({ reasoning, extras: { dialect: 'gemini-generate', fields: {} } }), aimAt('gemini-2.5-pro'))
    expect(own({ budget: 0, shown: false })).toEqual({
      body: { contents, generationConfig: { thinkingConfig: { thinkingBudget: 0, includeThoughts: false } } },
      lost: [],
    })
    expect(own({ effort: 'low' }).body.generationConfig).toEqual({ thinkingConfig: { thinkingLevel: 'LOW' } })
  })

  test('beside the length, which counts the thoughts and is as the caller said', () => {
    expect(composed({ reasoning: { effort: 'high' }, maxTokens: 500 }).body.generationConfig).toEqual({
      maxOutputTokens: 500,
      thinkingConfig: { thinkingBudget: 24_576 },
    })
  })
})

describe('the third generation', () => {
  const levels = [
    ['minimal', 'MINIMAL', []],
    ['low', 'LOW', []],
    ['high', 'HIGH', []],
    ['none', 'MINIMAL', ['reasoning']],
    ['xhigh', 'HIGH', ['reasoning']],
  ] as const
  test.each([...levels])('is asked for %s by its level', (effort, thinkingLevel, lost) => {
    const said = composed({ reasoning: { effort } }, 'gemini-3-flash-preview')
    expect(said).toEqual({ body: { contents, generationConfig: { thinkingConfig: { thinkingLevel } } }, lost } as never)
  })

  test('takes a budget too', () => {
    expect(composed({ reasoning: { effort: 'low', budget: 77 } }, 'models/gemini-3-pro').body.generationConfig).toEqual(
      {
        thinkingConfig: { thinkingBudget: 77 },
      },
    )
  })

  const loop: readonly Message[] = [
    hello,
    model({
      type: 'tool-call',
      id: 'a',
      name: 'f',
      input: '{}',
      seal: { dialect: 'anthropic-messages', value: 'x' },
      at: 'a',
    }),
    user({ type: 'tool-result', call: 'a', parts: [{ type: 'text', text: 'ok' }] }),
  ]
  const signatures = (messages: readonly Message[], name: string) =>
    (composed({ messages }, name).body.contents as unknown as readonly { readonly parts: readonly JsonObject[] }[]).map(
      ({ parts }) => parts.map(part => part.thoughtSignature ?? null),
    )

  test('is told that the first call of a step has no signature, in the present turn and in those before it', () => {
    const unsigned = 'skip_thought_signature_validator'
    const call = (id: string): Part => ({ type: 'tool-call', id, name: 'f', input: '{}' })
    const result = (id: string): Part => ({ type: 'tool-result', call: id, parts: [] })
    expect(signatures(loop, 'gemini-3-pro')).toEqual([[null], [unsigned], [null]])
    expect(signatures(loop, 'gemini-2.5-pro')).toEqual([[null], [null], [null]])
    const turns = [
      ...loop,
      model({ type: 'text', text: 'x' }),
      hello,
      model(call('b'), call('c')),
      user(result('b'), result('c')),
    ]
    expect(signatures(turns, 'gemini-3-pro')).toEqual([
      [null],
      [unsigned],
      [null],
      [null],
      [null],
      [unsigned, null],
      [null, null],
    ])
  })

  test('keeps a signature of its own', () => {
    const own = { dialect: 'gemini-generate', maker: 'google/gemini-3-pro', value: 'c2ln' }
    const messages = [hello, model({ type: 'tool-call', id: 'a', name: 'f', input: '{}', seal: own })]
    expect(signatures(messages, 'gemini-3-pro')).toEqual([[null], ['c2ln']])
  })

  test('holds the media of a result inside it', () => {
    const media: Part = { type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'aa' } }
    const messages = [
      hello,
      model({ type: 'tool-call', id: 'a', name: 'f', input: '' }),
      user({ type: 'tool-result', call: 'a', parts: [media] }),
    ]
    const inlineData = { mimeType: 'image/png', data: 'aa' }
    const last = (name: string) =>
      (composed({ messages }, name).body.contents as unknown as readonly JsonObject[])[2]?.parts
    const functionResponse = { id: 'a', name: 'f', response: {} }
    expect(last('gemini-3-pro')).toEqual([{ functionResponse: { ...functionResponse, parts: [{ inlineData }] } }])
    expect(last('gemini-2.5-pro')).toEqual([{ functionResponse }, { inlineData }])
  })
})

describe('a part is told as', () => {
  const at = 'messages[1].content[0]'
  const foreign = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'x' }
  const own = { dialect: 'gemini-generate', maker: 'google/gemini-2.5-pro', value: 'c2ln' }
  const parts: readonly (readonly [string, Part, readonly JsonObject[], readonly string[]])[] = [
    ['a text', { type: 'text', text: 'x', at }, [{ text: 'x' }], []],
    [
      'a text without the marks that have no place',
      { type: 'text', text: 'x', cache: {}, citations: [{}], at },
      [{ text: 'x' }],
      [`${at}.cache_control`, `${at}.citations`],
    ],
    ['a thought without a seal', { type: 'reasoning', text: 'x', at }, [{ text: 'x', thought: true }], []],
    [
      'a thought of its own',
      { type: 'reasoning', text: 'x', seal: own, at },
      [{ text: 'x', thought: true, thoughtSignature: 'c2ln' }],
      [],
    ],
    [
      'a signature alone, as it came',
      { type: 'reasoning', text: '', seal: own, at },
      [{ text: '', thoughtSignature: 'c2ln' }],
      [],
    ],
    ['nothing, for a thought of another', { type: 'reasoning', text: 'x', seal: foreign, at }, [], [at]],
    [
      'a text without what another dialect has sealed to it',
      { type: 'text', text: 'x', seal: foreign, at },
      [{ text: 'x' }],
      [at],
    ],
    [
      'a text without the signature of another model',
      { type: 'text', text: 'x', seal: { ...own, maker: 'google/gemini-3-pro' }, at },
      [{ text: 'x' }],
      [`${at}.signature`],
    ],
    ['nothing, for a block of another', { type: 'opaque', label: 'l', seal: foreign, at }, [], [at]],
    [
      'its own block',
      { type: 'opaque', label: 'l', seal: { ...own, value: '{"toolCall":{}}' }, at },
      [{ toolCall: {} }],
      [],
    ],
    [
      'nothing, for a block that is damaged',
      { type: 'opaque', label: 'l', seal: { ...own, value: '{' }, at },
      [],
      [at],
    ],
    [
      'a document of text',
      { type: 'media', kind: 'document', title: 't', source: { from: 'text', text: 'é' }, at },
      [{ inlineData: { mimeType: 'text/plain', data: 'w6k=' } }],
      [`${at}.title`],
    ],
    [
      'a video where it is',
      { type: 'media', kind: 'video', source: { from: 'url', url: 'https://youtu.be/x' }, at },
      [{ fileData: { fileUri: 'https://youtu.be/x' } }],
      [],
    ],
    [
      'a call whose input is no object, which is told',
      { type: 'tool-call', id: 'a', name: 'f', input: '{"a":', at },
      [{ functionCall: { id: 'a', name: 'f', args: { input: '{"a":' } } }],
      [at],
    ],
    [
      'a call without arguments, as some write it',
      { type: 'tool-call', id: 'a', name: 'f', input: 'null', at },
      [{ functionCall: { id: 'a', name: 'f', args: {} } }],
      [],
    ],
    [
      'a call of free text',
      { type: 'tool-call', id: 'a', name: 'f', input: '{"a":1}', custom: true, at },
      [{ functionCall: { id: 'a', name: 'f', args: { input: '{"a":1}' } } }],
      [],
    ],
  ]
  test.each([...parts])('%s', (_, part, expected, lost) => {
    const said = composed({ messages: [hello, model(part)] })
    expect(said.body.contents).toEqual([
      ...contents,
      ...(expected.length > 0 ? [{ role: 'model', parts: expected }] : []),
    ] as never)
    expect(said.lost).toEqual(lost)
  })
})

describe('a result is told', () => {
  const results = (...parts: readonly Part[]) =>
    composed({
      messages: [
        hello,
        model(
          { type: 'tool-call', id: 'a', name: 'f', input: '{}' },
          { type: 'tool-call', id: 'b', name: 'g', input: '{}' },
        ),
        ...parts.map(part => user(part)),
      ],
    }).body.contents as unknown as readonly JsonObject[]
  const result = (call: string, text: string, failed?: boolean): Part => ({
    type: 'tool-result',
    call,
    parts: [{ type: 'text', text }],
    failed,
  })

  test('with the name of its call, together with the others of its step', () => {
    expect(results(result('b', 'x'), result('a', '{"n":1}'))[2]).toEqual({
      role: 'user',
      parts: [
        { functionResponse: { id: 'b', name: 'g', response: { output: 'x' } } },
        { functionResponse: { id: 'a', name: 'f', response: { n: 1 } } },
      ],
    })
  })

  test('as an error, or as text where its numbers would not survive', () => {
    const said = results(result('a', '{"n":1}', true), result('b', '{"id":12345678901234567890}'))[2]?.parts
    const [one, other] = Array.isArray(said) ? said : []
    expect(one).toMatchObject({ functionResponse: { response: { error: '{"n":1}' } } })
    expect(other).toMatchObject({ functionResponse: { response: { output: '{"id":12345678901234567890}' } } })
  })

  test('never without a call', () => {
    expect(() => results({ type: 'tool-result', call: 'x', parts: [], at: 'messages[2]' })).toThrow(Fault)
  })
})

describe('what the model cannot do without is refused:', () => {
  const refusals: readonly (readonly [string, Partial<Chat>, string])[] = [
    [
      'a tool that Google has none like',
      { tools: [{ type: 'hosted', kind: 'shell', dialect: 'anthropic-messages', wire: {}, at: 'tools[0]' }] },
      'tools[0]',
    ],
    [
      'a file at another provider',
      {
        messages: [
          user({
            type: 'media',
            kind: 'image',
            source: { from: 'file', id: 'file-1', dialect: 'openai-chat' },
            at: 'messages[0].content[0]',
          }),
        ],
      },
      'messages[0].content[0]',
    ],
    ['nothing to answer', { messages: [] }, 'messages'],
  ]
  test.each([...refusals])('%s', (_, more, param) => {
    expect(() => composed(more)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })
})

test('where the system alone has spoken, its word is the content', () => {
  expect(composed({ messages: [{ role: 'system', parts: [{ type: 'text', text: 'a' }] }] }).body).toEqual({
    contents: [{ role: 'user', parts: [{ text: 'a' }] }],
  })
})

test('what a provider refuses is left out, and told', () => {
  const aim = { ...aimAt('gemma-3'), quirks: { refuses: ['generationConfig.seed', 'store', 'absent'] } }
  expect(compose(chat({ seed: 1, topK: 2, store: true }), aim)).toEqual({
    body: { contents, generationConfig: { topK: 2 } },
    lost: ['generationConfig.seed', 'store'],
  })
})
