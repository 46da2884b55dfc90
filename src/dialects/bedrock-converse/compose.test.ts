import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { anyChat } from '../../../test/fakes/any-chat.ts'
import { awsSchema } from '../../../test/wire/aws-schema.ts'
import type { Chat, Message, Noun, Tool } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import { faultOf } from '../sample.test-data.ts'
import { compose } from './compose.ts'
import { bedrockConverse } from './index.ts'

const sonnet = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const opus = 'global.anthropic.claude-opus-4-8'
const nova = 'us.amazon.nova-2-lite-v1:0'
const llama = 'us.meta.llama4-maverick-17b-instruct-v1:0'

const aimAt = (model: string) => ({ provider: 'bedrock', model, quirks: {}, stream: false })
const none = { dialect: 'openai-chat', fields: {} }
const hello: Message = { role: 'user', parts: [{ type: 'text', text: 'Hello' }] }

const tell = (chat: Partial<Chat>, model = sonnet) =>
  compose({ messages: [hello], tools: [], extras: none, ...chat }, aimAt(model))

const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts, at: 'messages[0]' })
const assistant = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts, at: 'messages[1]' })
const text = (words: string): Part => ({ type: 'text', text: words })
const weather: Tool = { type: 'function', name: 'weather', at: 'tools[0]', schema: { type: 'object' } }
const call: Part = {
  type: 'tool-call',
  id: 'c1',
  name: 'weather',
  input: '{"city":"Paris"}',
  at: 'messages[1].content[0]',
}
const result: Part = { type: 'tool-result', call: 'c1', parts: [text('rainy')] }
const image = (source: MediaPart['source']): MediaPart => ({
  type: 'media',
  kind: 'image',
  source,
  at: 'messages[0].content[0]',
})
const png = image({ from: 'data', mediaType: 'image/png', data: 'aGk=' })

const contentOf = ({ body }: { readonly body: JsonObject }, index = 0) =>
  (body.messages as readonly JsonObject[])[index]?.content

describe('messages', () => {
  test('a message is told in blocks, without any field that nobody asked for', () => {
    expect(tell({})).toEqual({ body: { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] }, lost: [] })
  })

  test('the words of system and developer stand before all others', () => {
    const messages: Message[] = [
      { role: 'system', parts: [{ type: 'text', text: 'Be kind.', cache: { ttl: '1h' } }] },
      hello,
      { role: 'developer', parts: [text('Be short.')], at: 'messages[2]' },
    ]
    const { body, lost } = tell({ messages })
    expect(body.system).toEqual([
      { text: 'Be kind.' },
      { cachePoint: { type: 'default', ttl: '1h' } },
      { text: 'Be short.' },
    ])
    expect(lost).toEqual(['messages[2]'])
  })

  test('words of the system that stood there already, or say nothing, have not moved', () => {
    const rules = (words: string, at: string): Message => ({ role: 'system', parts: [text(words)], at })
    const messages = [
      rules('Be kind.', 'messages[0]'),
      rules('Rhyme.', 'messages[1]'),
      hello,
      rules(' ', 'messages[3]'),
    ]
    expect(tell({ messages }).lost).toEqual([])
  })

  test('messages of one side become one turn, and blank texts none', () => {
    const messages = [
      user(text('a')),
      assistant(text(''), text(' \n')),
      user(text('b')),
      assistant(text('c')),
      assistant(text('d')),
    ]
    expect(tell({ messages }).body.messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
      { role: 'assistant', content: [{ text: 'c' }, { text: 'd' }] },
    ])
  })

  test.each([
    [sonnet, [text('Well, \n')], [{ text: 'Well,' }]],
    [sonnet, [text('Well'), text(' \n')], [{ text: 'Well' }]],
    [sonnet, [{ type: 'text', text: 'Well ', cache: {} }], [{ text: 'Well' }, { cachePoint: { type: 'default' } }]],
    [llama, [text('Well, \n')], [{ text: 'Well, \n' }]],
  ] as const)(
    'the beginning of a reply has no white space at its end where the model refuses that: %s',
    (model, parts, said) => {
      expect(contentOf(tell({ messages: [hello, assistant(...parts)] }, model), 1)).toEqual(said as never)
      const goesOn = tell({ messages: [hello, assistant(text('Well ')), hello] }, model)
      expect(contentOf(goesOn, 1)).toEqual([{ text: 'Well ' }])
    },
  )

  test('results of tools stand before what the user says beside them', () => {
    const messages = [user(text('Weather?')), assistant(call), user(text('And?'), result)]
    expect(contentOf(tell({ messages, tools: [weather] }), 2)).toEqual([
      { toolResult: { toolUseId: 'c1', content: [{ text: 'rainy' }] } },
      { text: 'And?' },
    ])
  })

  test('a failed tool is told as one', () => {
    const failed = { ...result, failed: true } as Part
    expect(contentOf(tell({ messages: [user(text('?')), assistant(call), user(failed)] }), 2)).toEqual([
      { toolResult: { toolUseId: 'c1', content: [{ text: 'rainy' }], status: 'error' } },
    ])
  })

  test('ids that Bedrock does not take are changed, in call and result alike, and stay apart', () => {
    const ids = ['a/b', 'a+b', 'x'.repeat(70), `${'x'.repeat(69)}y`]
    const messages = [
      user(text('?')),
      assistant(...ids.map((id): Part => ({ type: 'tool-call', id, name: 'weather', input: '' }))),
      user(...ids.map((id): Part => ({ type: 'tool-result', call: id, parts: [] }))),
    ]
    const { body } = tell({ messages, tools: [weather] })
    const told = body.messages as readonly { readonly content: readonly JsonObject[] }[]
    const calls = told[1]?.content.map(block => (block.toolUse as JsonObject).toolUseId) ?? []
    const results = told[2]?.content.map(block => (block.toolResult as JsonObject).toolUseId) ?? []
    expect(calls).toEqual(results)
    expect(new Set(calls).size).toBe(4)
    for (const id of calls) expect(id).toMatch(/^[\w.:-]{1,64}$/)
  })

  test('an id that comes again is another call’s, with its own result', () => {
    const again = [assistant(call), user(result)]
    const { body } = tell({ messages: [hello, ...again, ...again], tools: [weather] })
    const told = JSON.stringify(body.messages).match(/"toolUseId":"[^"]*"/g) ?? []
    expect(told.map(each => each.slice(13, -1))).toEqual(['c1', 'c1', 'c1_2', 'c1_2'])
  })

  test.each([
    ['{"a":1}', { a: 1 }, []],
    [' ', {}, []],
    ['null', {}, []],
    ['{"a"', { invalid_json: '{"a"' }, ['messages[1].content[0]']],
    ['[1]', { invalid_json: '[1]' }, ['messages[1].content[0]']],
  ] as const)('a call’s arguments are an object, whatever the model wrote: %s', (input, object, lost) => {
    const told = tell({ messages: [hello, assistant({ ...call, input } as Part)], tools: [weather] })
    expect(contentOf(told, 1)).toEqual([{ toolUse: { toolUseId: 'c1', name: 'weather', input: object } }] as never)
    expect(told.lost).toEqual([...lost])
  })

  test.each([
    ['nothing of the user', { messages: [{ role: 'system', parts: [text('x')] }] }, 'messages'],
    ['a beginning by the assistant', { messages: [assistant(text('Hi')), hello] }, 'messages[1]'],
    ['an image by URL', { messages: [user(image({ from: 'url', url: 'https://a/b.png' }))] }, 'messages[0].content[0]'],
    [
      'an image of an unknown type',
      { messages: [user(image({ from: 'data', mediaType: 'image/tiff', data: 'aGk=' }))] },
      'messages[0].content[0]',
    ],
    [
      'a file of another provider',
      { messages: [user(image({ from: 'file', id: 'f', dialect: 'openai-chat' }))] },
      'messages[0].content[0]',
    ],
    ['a tool that takes free text', { tools: [{ type: 'custom', name: 'x', at: 'tools[0]' }] }, 'tools[0]'],
    [
      'a hosted tool',
      { tools: [{ type: 'hosted', kind: 'computer', dialect: 'anthropic-messages', wire: {}, at: 'tools[0]' }] },
      'tools[0]',
    ],
  ] as const)('%s is refused where it stands', (_, chat, param) => {
    const fault = faultOf(() => tell(chat as Partial<Chat>))
    expect([fault.code, fault.param]).toEqual(['invalid_request', param])
  })

  test('what another’s model signed is told without the signature, and that is told too', () => {
    const seal = { dialect: 'gemini-generate', maker: 'google/gemini', value: 'c2ln' }
    const messages = [
      hello,
      assistant({ type: 'text', text: 'Hi', at: 'a', seal }, { ...call, at: 'b', seal } as Part),
      user(result, { ...png, at: 'c', seal }),
    ]
    const told = tell({ messages, tools: [weather] })
    expect([(contentOf(told, 1) as readonly unknown[]).length, told.lost]).toEqual([2, ['a', 'b', 'c']])
  })

  test('the name of one of several users has no place', () => {
    expect(tell({ messages: [{ ...hello, name: 'Ann', at: 'messages[0]' }] }).lost).toEqual(['messages[0].name'])
  })
})

describe('thoughts', () => {
  const thought = (seal?: { dialect: string; maker?: string; value: string }): Part => ({
    type: 'reasoning',
    text: 'Hm.',
    at: 'messages[1].content[0]',
    ...(seal && { seal }),
  })
  const told = (part: Part) => tell({ messages: [hello, assistant(part, text('Hi')), hello] })

  test('go back with their signature to the model that had them', () => {
    const { body, lost } = told(thought({ dialect: 'bedrock-converse', maker: `bedrock/${sonnet}`, value: 'c2ln' }))
    expect(contentOf({ body }, 1)).toEqual([
      { reasoningContent: { reasoningText: { text: 'Hm.', signature: 'c2ln' } } },
      { text: 'Hi' },
    ])
    expect(lost).toEqual([])
  })

  test('that were redacted go back as they came', () => {
    const { body } = told(thought({ dialect: 'bedrock-converse', value: 'redacted:ZGF0YQ==' }))
    expect(contentOf({ body }, 1)).toEqual([{ reasoningContent: { redactedContent: 'ZGF0YQ==' } }, { text: 'Hi' }])
  })

  test.each([
    ['of another model', { dialect: 'bedrock-converse', maker: `bedrock/${opus}`, value: 'c2ln' }],
    ['of another dialect', { dialect: 'anthropic-messages', value: 'c2ln' }],
    ['without a signature', undefined],
  ])('%s do not', (_, seal) => {
    const { body, lost } = told(thought(seal))
    expect(contentOf({ body }, 1)).toEqual([{ text: 'Hi' }])
    expect(lost).toEqual(['messages[1].content[0]'])
  })

  test('of a tool of the provider’s own go back as its blocks', () => {
    const block = { toolUse: { toolUseId: 't', name: 'nova_code_interpreter', input: {}, type: 'server_tool_use' } }
    const seal = { dialect: 'bedrock-converse', value: JSON.stringify(block) }
    expect(contentOf(told({ type: 'opaque', label: 'toolUse', seal }), 1)).toEqual([block, { text: 'Hi' }])
  })
})

describe('media', () => {
  test('stand in base64 under their format', () => {
    expect(contentOf(tell({ messages: [user(png, text('What is it?'))] }))).toEqual([
      { image: { format: 'png', source: { bytes: 'aGk=' } } },
      { text: 'What is it?' },
    ])
  })

  test.each([
    [
      { kind: 'image', source: { from: 'url', url: 's3://bucket/a.jpg' } },
      { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.jpg' } } } },
    ],
    [
      { kind: 'video', source: { from: 'data', mediaType: 'video/quicktime', data: 'aGk=' } },
      { video: { format: 'mov', source: { bytes: 'aGk=' } } },
    ],
    [
      { kind: 'audio', source: { from: 'data', mediaType: 'audio/mpeg', data: 'aGk=' } },
      { audio: { format: 'mp3', source: { bytes: 'aGk=' } } },
    ],
    [
      {
        kind: 'document',
        title: 'Résumé_2026 (v1).pdf',
        context: 'c',
        cite: true,
        source: { from: 'data', mediaType: 'application/pdf', data: 'aGk=' },
      },
      {
        document: {
          format: 'pdf',
          name: 'Resume 2026 (v1) pdf',
          source: { bytes: 'aGk=' },
          context: 'c',
          citations: { enabled: true },
        },
      },
    ],
    [
      { kind: 'document', source: { from: 'text', text: 'hi' } },
      { document: { format: 'txt', name: 'Document 1', source: { bytes: 'aGk=' } } },
    ],
    [
      { kind: 'document', title: '履歴書', source: { from: 'data', mediaType: 'text/x-python', data: 'aGk=' } },
      { document: { format: 'txt', name: 'Document 1', source: { bytes: 'aGk=' } } },
    ],
  ] as const)('%j', (part, block) => {
    const medium = { type: 'media', ...part } as Part
    expect(contentOf(tell({ messages: [user(medium, text('x'))] }))).toEqual([block, { text: 'x' }])
  })

  test('documents of one name get several, and words beside them if there are none', () => {
    const document: Part = { type: 'media', kind: 'document', title: 'a b', source: { from: 'text', text: 'hi' } }
    const content = contentOf(tell({ messages: [user(document, document)] })) as readonly JsonObject[]
    expect(content.map(block => (block.document as JsonObject | undefined)?.name ?? block.text)).toEqual([
      'a b',
      'a b 2',
      'a b, a b 2',
    ])
  })

  test('in a tool’s result go along; audio there does not', () => {
    const heard: Part = {
      type: 'media',
      kind: 'audio',
      at: 'here',
      source: { from: 'data', mediaType: 'audio/wav', data: 'aGk=' },
    }
    const told = tell({
      messages: [hello, assistant(call), user({ type: 'tool-result', call: 'c1', parts: [png, heard] })],
      tools: [weather],
    })
    expect(contentOf(told, 2)).toEqual([
      { toolResult: { toolUseId: 'c1', content: [{ image: { format: 'png', source: { bytes: 'aGk=' } } }] } },
    ])
    expect(told.lost).toEqual(['here'])
  })

  test('of the assistant’s have no place', () => {
    expect(tell({ messages: [hello, assistant(png, text('There.'))] }).lost).toEqual(['messages[0].content[0]'])
  })
})

describe('cache marks', () => {
  const marked = user({ type: 'text', text: 'long', cache: { ttl: '5m' }, at: 'messages[0].content[0]' })

  test('stand behind what they mark, also behind a tool and a whole result', () => {
    const inside = { ...result, parts: [{ type: 'text', text: 'rainy', cache: {} }] } as Part
    const { body } = tell({
      messages: [marked, assistant(call), user(inside)],
      tools: [{ ...weather, cache: {} } as Tool],
    })
    const point = { cachePoint: { type: 'default' } }
    expect(contentOf({ body })).toEqual([{ text: 'long' }, point])
    expect((contentOf({ body }, 2) as readonly unknown[])[1]).toEqual(point)
    expect((body.toolConfig as JsonObject).tools).toEqual([
      { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } },
      point,
    ])
  })

  test('are left out for models that keep no prompts, and it is told', () => {
    const told = tell({ messages: [marked] }, llama)
    expect(contentOf(told)).toEqual([{ text: 'long' }])
    expect(told.lost).toEqual(['messages[0].content[0].cache_control'])
  })
})

describe('tools', () => {
  const other: Tool = { type: 'function', name: 'time' }
  const configOf = (chat: Partial<Chat>, model = sonnet) =>
    tell({ tools: [weather, other], ...chat }, model).body.toolConfig
  const both = [
    { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } },
    { toolSpec: { name: 'time', inputSchema: { json: { type: 'object', properties: {} } } } },
  ]

  test.each([
    [undefined, { tools: both }],
    [{ type: 'auto' }, { tools: both, toolChoice: { auto: {} } }],
    [{ type: 'required' }, { tools: both, toolChoice: { any: {} } }],
    [
      { type: 'tool', name: 'time' },
      { tools: both, toolChoice: { tool: { name: 'time' } } },
    ],
    [
      { type: 'only', names: ['time'], required: true },
      { tools: both.slice(1), toolChoice: { any: {} } },
    ],
    [
      { type: 'only', names: ['time'], required: false },
      { tools: both.slice(1), toolChoice: { auto: {} } },
    ],
    [{ type: 'none' }, undefined],
  ] as const)('a choice %j', (toolChoice, config) => {
    expect(configOf({ toolChoice })).toEqual(config as never)
  })

  test('stay although none may be used where the conversation has calls, and it is told', () => {
    const told = tell({
      messages: [hello, assistant(call), user(result)],
      tools: [weather],
      toolChoice: { type: 'none' },
    })
    expect(told.body.toolConfig).toEqual({ tools: both.slice(0, 1) })
    expect(told.lost).toEqual(['toolChoice'])
  })

  test('that were called and are offered no more are shown as such', () => {
    const config = tell({ messages: [hello, assistant(call), user(result)] }).body.toolConfig as { tools: JsonObject[] }
    expect(config.tools.map(tool => (tool.toolSpec as JsonObject).name)).toEqual(['weather'])
  })

  test('of the model’s own are translated where it has one', () => {
    const tools: Tool[] = [{ type: 'hosted', kind: 'code-execution', dialect: 'gemini-generate', wire: {} }]
    expect(configOf({ tools }, nova)).toEqual({ tools: [{ systemTool: { name: 'nova_code_interpreter' } }] })
  })

  test('of another name than Bedrock takes have one that it takes, which leads back', () => {
    const name = 'ns.'.repeat(30)
    const tools: Tool[] = [{ type: 'function', name }]
    const calls: Part = { ...call, name } as Part
    const told = tell({ messages: [hello, assistant(calls), user(result)], tools, toolChoice: { type: 'tool', name } })
    const wire = 'ns_'.repeat(30).slice(0, 64)
    expect(told.body).toMatchObject({
      messages: [{}, { content: [{ toolUse: { name: wire } }] }, {}],
      toolConfig: { tools: [{ toolSpec: { name: wire } }], toolChoice: { tool: { name: wire } } },
    })
    expect([told.lost, told.names]).toEqual([[], new Map([[wire, name]])])
  })

  test.each([{}, { description: 'Anything.' }, { type: ['object', 'null'] }])(
    'take an object, also by the schema %j',
    schema => {
      const config = configOf({ tools: [{ ...weather, schema } as Tool] })
      expect(config).toMatchObject({ tools: [{ toolSpec: { inputSchema: { json: { type: 'object' } } } }] })
    },
  )

  test('that are strict are closed, and what cannot be enforced is told', () => {
    const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] }
    const strict = { ...weather, schema, strict: true } as Tool
    const told = tell({ tools: [strict, { ...weather, name: 'free', schema } as Tool] })
    const closed = {
      type: 'object',
      properties: { n: { type: 'integer' } },
      required: ['n'],
      additionalProperties: false,
    }
    expect(told.body.toolConfig).toEqual({
      tools: [
        { toolSpec: { name: 'weather', inputSchema: { json: closed }, strict: true } },
        { toolSpec: { name: 'free', inputSchema: { json: schema } } },
      ],
    })
    expect(told.lost).toEqual(['tools[0].schema'])
  })

  test('carry description and strictness', () => {
    const tools: Tool[] = [{ ...weather, description: 'Tells it.', strict: true, returns: {} } as Tool]
    const told = tell({ tools })
    expect(told.body.toolConfig).toEqual({
      tools: [
        {
          toolSpec: {
            name: 'weather',
            description: 'Tells it.',
            inputSchema: { json: { type: 'object', additionalProperties: false } },
            strict: true,
          },
        },
      ],
    })
    expect(told.lost).toEqual(['tools[0].response'])
  })
})

describe('nouns', () => {
  const fields = (chat: Partial<Chat>, model = sonnet): JsonObject => {
    const { body, lost } = tell(chat, model)
    const { messages: _, ...rest } = body
    return { ...rest, ...(lost.length === 0 ? {} : { lost }) }
  }

  test.each([
    [
      { maxTokens: 5, temperature: 0.5, stop: ['|', ''] },
      { inferenceConfig: { maxTokens: 5, temperature: 0.5, stopSequences: ['|'] } },
    ],
    [{ temperature: 1.5 }, { inferenceConfig: { temperature: 1 }, lost: ['temperature'] }],
    [
      { temperature: 0.5, topP: 0.9 },
      { inferenceConfig: { temperature: 0.5 }, lost: ['topP'] },
    ],
    [{ temperature: 0.5, topP: 1 }, { inferenceConfig: { temperature: 0.5 } }],
    [{ topK: 5 }, { additionalModelRequestFields: { top_k: 5 } }],
    [{ serviceTier: 'flex' }, { serviceTier: { type: 'flex' } }],
    [{ serviceTier: 'auto' }, {}],
    [{ serviceTier: 'scale' }, { lost: ['serviceTier'] }],
    [{ metadata: { team: 'a b' } }, { requestMetadata: { team: 'a b' } }],
    [{ metadata: { team: 'ä' } }, { lost: ['metadata'] }],
    [{ metadata: {} }, {}],
    [{ store: false, candidates: 1, modalities: ['text'], parallelTools: false, format: { type: 'text' } }, {}],
    [
      { store: true, candidates: 2, modalities: ['audio'], format: { type: 'json' } },
      { lost: ['candidates', 'modalities', 'store', 'format'] },
    ],
    [{ seed: 1, user: 'u', presencePenalty: 1 }, { lost: ['presencePenalty', 'seed', 'user'] }],
    [
      { format: { type: 'schema', schema: { type: 'object' }, name: 'r', strict: true } },
      {
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: { jsonSchema: { schema: '{"type":"object","additionalProperties":false}', name: 'r' } },
          },
        },
      },
    ],
    [
      { format: { type: 'schema', schema: { type: 'array', items: { type: 'string' }, maxItems: 3 } } },
      {
        outputConfig: {
          textFormat: {
            type: 'json_schema',
            structure: { jsonSchema: { schema: '{"type":"array","items":{"type":"string"}}' } },
          },
        },
        lost: ['format'],
      },
    ],
    [{ extras: { dialect: 'gemini-generate', fields: { safetySettings: [] } } }, { lost: ['safetySettings'] }],
    [
      {
        topK: 3,
        extras: {
          dialect: 'bedrock-converse',
          fields: { guardrailConfig: { guardrailIdentifier: 'g' }, additionalModelRequestFields: { a: 1 } },
        },
      },
      { guardrailConfig: { guardrailIdentifier: 'g' }, additionalModelRequestFields: { a: 1, top_k: 3 } },
    ],
  ] as const)('%j', (chat, expected) => {
    expect(fields(chat as Partial<Chat>)).toEqual(expected as never)
  })

  test.each([
    [nova, { topK: 3 }, { additionalModelRequestFields: { inferenceConfig: { topK: 3 } } }],
    [llama, { topK: 3 }, { lost: ['topK'] }],
    [llama, { temperature: 0.5, topP: 0.9 }, { inferenceConfig: { temperature: 0.5, topP: 0.9 } }],
    [
      'anthropic.claude-3-haiku-20240307-v1:0',
      { temperature: 0.5, topP: 0.9 },
      { inferenceConfig: { temperature: 0.5, topP: 0.9 } },
    ],
    [opus, { temperature: 0.5, topP: 1, topK: 4 }, { inferenceConfig: { topP: 1 }, lost: ['temperature', 'topK'] }],
    [opus, { temperature: 1 }, { inferenceConfig: { temperature: 1 } }],
    [
      'arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0',
      { topK: 3 },
      { additionalModelRequestFields: { top_k: 3 } },
    ],
    ['arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/abc', { topK: 3 }, { lost: ['topK'] }],
  ] as const)('of %s: %j', (model, chat, expected) => {
    expect(fields(chat as Partial<Chat>, model)).toEqual(expected as never)
  })
})

describe('a reply longer than the model gives is cut to what it gives, and told', () => {
  test.each([
    [sonnet, 64_000, ['maxTokens']],
    ['anthropic.claude-3-haiku-20240307-v1:0', 4096, ['maxTokens']],
    ['us.anthropic.claude-3-5-haiku-20241022-v1:0', 8192, ['maxTokens']],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 32_000, ['maxTokens']],
    ['us.anthropic.claude-3-7-sonnet-20250219-v1:0', 100_000, []],
    ['us.anthropic.claude-sonnet-4-6', 100_000, []],
    [llama, 100_000, []],
    ['anthropic.claude-v2:1', 100_000, []],
  ] as const)('%s: %d', (model, tokens, told) => {
    const { body, lost } = tell({ maxTokens: 100_000 }, model)
    expect([body.inferenceConfig, lost]).toEqual([{ maxTokens: tokens }, [...told]])
  })
})

describe('a wish to think', () => {
  const think = (reasoning: Chat['reasoning'], model: string, more: Partial<Chat> = {}): JsonObject => {
    const { body, lost } = tell({ reasoning, ...more }, model)
    return {
      ...(body.additionalModelRequestFields as JsonObject | undefined),
      ...(body.outputConfig as JsonObject | undefined),
      lost,
    }
  }

  test.each([
    [sonnet, { budget: 2000 }, { thinking: { type: 'enabled', budget_tokens: 2000 }, lost: [] }],
    [sonnet, { budget: 10 }, { thinking: { type: 'enabled', budget_tokens: 1024 }, lost: [] }],
    [sonnet, { effort: 'medium' }, { thinking: { type: 'enabled', budget_tokens: 8192 }, lost: [] }],
    [sonnet, { budget: -1 }, { thinking: { type: 'enabled', budget_tokens: 24_576 }, lost: [] }],
    [sonnet, { effort: 'none' }, { lost: [] }],
    [sonnet, { summary: 'auto' }, { lost: [] }],
    [opus, { effort: 'xhigh' }, { thinking: { type: 'adaptive' }, effort: 'xhigh', lost: [] }],
    [opus, { budget: -1, shown: true }, { thinking: { type: 'adaptive', display: 'summarized' }, lost: [] }],
    [
      opus,
      { effort: 'minimal', shown: false },
      { thinking: { type: 'adaptive', display: 'omitted' }, effort: 'low', lost: [] },
    ],
    [opus, { effort: 'none' }, { thinking: { type: 'disabled' }, lost: [] }],
    [
      'us.anthropic.claude-sonnet-4-6',
      { effort: 'xhigh' },
      { thinking: { type: 'adaptive' }, effort: 'high', lost: [] },
    ],
    [
      'anthropic.claude-sonnet-4-20250514-v1:0',
      { budget: 3000 },
      { thinking: { type: 'enabled', budget_tokens: 3000 }, lost: [] },
    ],
    [
      'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
      { budget: 3000 },
      { thinking: { type: 'enabled', budget_tokens: 3000 }, lost: [] },
    ],
    ['anthropic.claude-fable-5', { effort: 'high' }, { thinking: { type: 'adaptive' }, effort: 'high', lost: [] }],
    [nova, { effort: 'xhigh' }, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' }, lost: [] }],
    [nova, { effort: 'none' }, { reasoningConfig: { type: 'disabled' }, lost: [] }],
    ['openai.gpt-oss-120b-1:0', { effort: 'low' }, { reasoning_effort: 'low', lost: [] }],
    ['openai.gpt-oss-120b-1:0', { effort: 'none' }, { lost: ['reasoning'] }],
    [llama, { effort: 'low' }, { lost: ['reasoning'] }],
  ] as const)('of %s: %j', (model, reasoning, expected) => {
    expect(think(reasoning, model)).toEqual(expected as never)
  })

  test('leaves room for the reply, or is not heard', () => {
    const budget = (budget_tokens: number) => ({ type: 'enabled', budget_tokens })
    expect(think({ budget: 2900 }, sonnet, { maxTokens: 3000 })).toEqual({ thinking: budget(2900), lost: [] })
    expect(think({ effort: 'high' }, sonnet, { maxTokens: 4000 })).toEqual({ thinking: budget(3000), lost: [] })
    const lost = ['reasoning.budget']
    expect(think({ budget: 5000 }, sonnet, { maxTokens: 4000 })).toEqual({ thinking: budget(3000), lost })
    expect(think({ budget: 90_000 }, sonnet)).toEqual({ thinking: budget(48_000), lost })
    expect(think({ budget: 5000 }, sonnet, { maxTokens: 1000 })).toEqual({ lost: ['reasoning'] })
  })

  test('gives way to a tool that must be called', () => {
    const forced: Partial<Chat> = { tools: [weather], toolChoice: { type: 'required' } }
    expect(think({ budget: 5000 }, sonnet, forced).lost).toEqual(['reasoning'])
    expect(think({ effort: 'high' }, opus, forced).lost).toEqual(['reasoning'])
  })

  test('goes before sampling', () => {
    const { body, lost } = tell({ reasoning: { budget: 2000 }, temperature: 0.2, topP: 0.5, topK: 3, maxTokens: 9000 })
    expect(body.inferenceConfig).toEqual({ maxTokens: 9000 })
    expect(lost).toEqual(['temperature', 'topP', 'topK'])
  })

  test('cannot begin within a turn that called a tool without thoughts', () => {
    const midway = (...parts: readonly Part[]): Partial<Chat> => ({
      messages: [hello, assistant(...parts, call), user(result)],
      tools: [weather],
    })
    const own: Part = {
      type: 'reasoning',
      text: 'Hm.',
      seal: { dialect: 'bedrock-converse', maker: `bedrock/${sonnet}`, value: 'c2ln' },
    }
    const foreign: Part = {
      type: 'reasoning',
      text: 'Hm.',
      at: 'there',
      seal: { dialect: 'anthropic-messages', value: 'c2ln' },
    }
    expect(think({ budget: 2000 }, sonnet, midway(own)).lost).toEqual([])
    expect(think({ budget: 2000 }, sonnet, midway()).lost).toEqual(['reasoning'])
    expect(think({ budget: 2000 }, sonnet, midway(foreign)).lost).toEqual(['reasoning', 'there'])
  })
})

const models = [sonnet, opus, nova, llama, 'anthropic.claude-3-haiku-20240307-v1:0', 'openai.gpt-oss-120b-1:0']

/** What a request becomes; undefined if it is refused, as it may be. */
function toldOrRefused(chat: Chat, model: string) {
  try {
    return compose(chat, aimAt(model))
  } catch (error) {
    if (error instanceof Fault && error.code === 'invalid_request') return undefined
    throw error
  }
}

describe('whatever is asked', () => {
  const chats = fc
    .constantFrom(...models)
    .chain(model => anyChat('bedrock-converse', `bedrock/${model}`).map(chat => ({ chat, model })))
  const complaints = awsSchema()

  test.skipIf(complaints === undefined)('is told as AWS’s service model describes it', () => {
    fc.assert(
      fc.property(chats, ({ chat, model }) => {
        const told = toldOrRefused(chat, model)
        if (told) expect(complaints?.('ConverseRequest', told.body)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  test('begins with the user and alternates', () => {
    fc.assert(
      fc.property(chats, ({ chat, model }) => {
        const turns = (toldOrRefused(chat, model)?.body.messages ?? []) as readonly { readonly role: string }[]
        for (const [index, { role }] of turns.entries()) expect(role).toBe(index % 2 === 0 ? 'user' : 'assistant')
      }),
    )
  })

  test('no wish gets lost in silence: without it the request is another, or it is named', () => {
    fc.assert(
      fc.property(chats, ({ chat, model }) => {
        const told = toldOrRefused(chat, model)
        const wishes = Object.keys(chat).filter(key => !['messages', 'tools', 'extras'].includes(key)) as Noun[]
        for (const noun of told ? wishes : []) {
          if ((noun === 'parallelTools' || noun === 'toolChoice') && chat.tools.length === 0) continue
          const { [noun]: _, ...without } = chat
          const same = Bun.deepEquals(toldOrRefused(without as Chat, model)?.body, told?.body)
          if (same) expect([...(told?.lost ?? [])]).toContain(noun)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('every word is told', () => {
    fc.assert(
      fc.property(chats, ({ chat, model }) => {
        const told = toldOrRefused(chat, model)
        const body = JSON.stringify(told?.body)
        const parts = told ? chat.messages.flatMap(message => message.parts) : []
        for (const part of parts) {
          if (part.type === 'text' && part.text.trim() !== '') expect(body).toContain(JSON.stringify(part.text))
          if (part.type === 'reasoning' && !body.includes(JSON.stringify(part.text)))
            expect(told?.lost).toContain(part.at ?? '')
        }
      }),
    )
  })
})

test.each(['.', '..', '\ud800'])('%j is no name of a model: its path would lead elsewhere, or nowhere', model => {
  expect(() => bedrockConverse.path({ operation: 'chat', stream: false, model })).toThrow('cannot be the name')
})
