import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { ask } from '../fakes/ask.ts'
import { rowOf, rows, settled } from '../fakes/ledger.ts'
import { callers, type DialectId, dialects, type Six, startSix } from '../fakes/six.ts'

/**
 * What is wrong with a request that has to be told in another dialect is told to its caller: in its own dialect, with the
 * path of the fault in its own words, and nobody is asked. Each such request is in the ledger once.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

let six: Six
let asked = 0
beforeAll(async () => {
  six = await startSix()
})
afterAll(() => six?.stop())

type Caller = (typeof callers)[number]
type Fields = Readonly<Record<string, unknown>>
/** Put over a good body; what is undefined is left out. */
type Bad = readonly [name: string, fields: Fields, path: string]

const many = <T>(make: (i: number) => T): readonly T[] => Array.from({ length: 1000 }, (_, i) => make(i))
/** Base64 of words. */
const noImage = 'data:image/png;base64,aGVsbG8='
const nonsense = { type: 'nonsense' }

const user = { role: 'user', content: 'hi' }
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }
const said = (...content: readonly unknown[]) => ({ messages: [{ role: 'user', content }] })
const image = (image_url: unknown) => said({ type: 'text', text: 'x' }, { type: 'image_url', image_url })
const calls = (tool_calls: unknown) => ({ messages: [user, { role: 'assistant', tool_calls }] })
const functions = (...parameters: readonly unknown[]) => ({
  tools: parameters.map((each, i) => ({ type: 'function', function: { name: `f${i}`, parameters: each } })),
})

const chat: readonly Bad[] = [
  ['no model', { model: undefined }, 'model'],
  ['a model that is a number', { model: 7 }, 'model'],
  ['no messages', { messages: undefined }, 'messages'],
  ['messages that are an object', { messages: {} }, 'messages'],
  ['an empty list of messages', { messages: [] }, 'messages'],
  ['an unknown role', { messages: [user, { role: 'nobody', content: 'x' }] }, 'messages[1].role'],
  ['a message without a role', { messages: [{ content: 'x' }] }, 'messages[0]'],
  ['content that is a number', { messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
  ['content that is missing', { messages: [{ role: 'user' }] }, 'messages[0].content'],
  ['a part that is a text', said('x'), 'messages[0].content[0]'],
  ['an unknown part', said({ type: 'nothing' }), 'messages[0].content[0].type'],
  ['a part without a type', said({ text: 'x' }), 'messages[0].content[0].type'],
  ['a text that is a number', said({ type: 'text', text: 7 }), 'messages[0].content[0].text'],
  ['a message that says nothing', said(), 'messages'],
  [
    'a result without a call',
    { messages: [user, { role: 'tool', tool_call_id: 'c', content: 'x' }] },
    'messages[1].tool_call_id',
  ],
  ['a result of no call', { messages: [user, { role: 'tool', content: 'x' }] }, 'messages[1].tool_call_id'],
  ['calls that are an object', calls({}), 'messages[1].tool_calls'],
  ['a call without an id', calls([{ ...call, id: undefined }]), 'messages[1].tool_calls[0].id'],
  ['a call of nothing', calls([{ ...call, function: undefined }]), 'messages[1].tool_calls[0].function'],
  [
    'arguments that are an object',
    calls([{ ...call, function: { name: 'f', arguments: {} } }]),
    'messages[1].tool_calls[0].function.arguments',
  ],
  ['an image without an address', image({}), 'messages[0].content[1].image_url.url'],
  ['an image at no address', image({ url: 'nonsense' }), 'messages[0].content[1].image_url.url'],
  ['an image that is no base64', image({ url: 'data:image/png;base64,!!!' }), 'messages[0].content[1].image_url.url'],
  ['an image that is a text', image({ url: 'data:text/plain;base64,aGk=' }), 'messages[0].content[1].image_url.url'],
  ['an image that is none', image({ url: noImage }), 'messages[0].content[1]'],
  [
    'a sound that is a number',
    said({ type: 'input_audio', input_audio: { data: 7, format: 'wav' } }),
    'messages[0].content[0].input_audio.data',
  ],
  ['tools that are an object', { tools: {} }, 'tools'],
  ['a tool that is a text', { tools: ['x'] }, 'tools[0]'],
  ['a tool that nobody knows', { tools: [{ type: 'nothing' }] }, 'tools[0]'],
  ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
  ['a schema that is a text', functions({}, 'x'), 'tools[1].function.parameters'],
  ['a schema that is none', functions({}, nonsense), 'tools[1]'],
  [
    'properties that are a list',
    functions({ type: 'object', properties: [] }),
    'tools[0].function.parameters.properties',
  ],
  ['1,000 tools', functions(...many(() => ({}))), 'tools'],
  ['an unknown choice', { ...functions({}), tool_choice: 'maybe' }, 'tool_choice'],
  ['an unknown format', { response_format: { type: 'nothing' } }, 'response_format.type'],
  ['a format without its schema', { response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
  [
    'a format whose schema is none',
    { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: nonsense } } },
    'response_format',
  ],
  ['a temperature in words', { temperature: 'hot' }, 'temperature'],
  ['a limit in words', { max_tokens: 'x' }, 'max_tokens'],
  ['a stop that is a number', { stop: [7] }, 'stop[0]'],
  ['a seed in words', { seed: 'x' }, 'seed'],
  ['biases in a list', { logit_bias: [] }, 'logit_bias'],
  ['an effort that is a number', { reasoning_effort: 7 }, 'reasoning_effort'],
  ['parallel calls in words', { parallel_tool_calls: 'no' }, 'parallel_tool_calls'],
]

const items = (...input: readonly unknown[]) => ({ input })
const parts = (...content: readonly unknown[]) => items({ role: 'user', content })

const responses: readonly Bad[] = [
  ['no model', { model: undefined }, 'model'],
  ['no input', { input: undefined }, 'input'],
  ['input that is a number', { input: 7 }, 'input'],
  ['an item that is a text', items('x'), 'input[0]'],
  ['an unknown role', items({ role: 'nobody', content: 'x' }), 'input[0].role'],
  ['content that is a number', items({ role: 'user', content: 7 }), 'input[0].content'],
  ['a part that is a text', parts('x'), 'input[0].content[0]'],
  ['an unknown part', parts({ type: 'nothing' }), 'input[0].content[0].type'],
  ['a text that is a number', parts({ type: 'input_text', text: 7 }), 'input[0].content[0].text'],
  ['a result without a call', items({ type: 'function_call_output', call_id: 'c', output: 'x' }), 'input[0].call_id'],
  ['a result of no call', items({ type: 'function_call_output', output: 'x' }), 'input[0].call_id'],
  ['a call without an id', items({ type: 'function_call', name: 'f', arguments: '{}' }), 'input[0].call_id'],
  ['a call of nothing', items({ type: 'function_call', call_id: 'c', arguments: '{}' }), 'input[0].name'],
  ['an image at no address', parts({ type: 'input_image', image_url: 'nonsense' }), 'input[0].content[0].image_url'],
  [
    'an image that is none',
    parts({ type: 'input_text', text: 'x' }, { type: 'input_image', image_url: noImage }),
    'input[0].content[1]',
  ],
  ['a summary that is a text', items({ type: 'reasoning', id: 'rs_1', summary: 'x' }), 'input[0].summary'],
  ['instructions that are a list', { instructions: [] }, 'instructions'],
  ['tools that are an object', { tools: {} }, 'tools'],
  ['a tool that is a text', { tools: ['x'] }, 'tools[0]'],
  ['a tool without a name', { tools: [{ type: 'function' }] }, 'tools[0].name'],
  ['a schema that is a text', { tools: [{ type: 'function', name: 'f', parameters: 'x' }] }, 'tools[0].parameters'],
  ['a schema that is none', { tools: [{ type: 'function', name: 'f', parameters: nonsense }] }, 'tools[0]'],
  ['a format without its schema', { text: { format: { type: 'json_schema', name: 'x' } } }, 'text.format.schema'],
  [
    'a format whose schema is none',
    { text: { format: { type: 'json_schema', name: 'x', schema: nonsense } } },
    'text.format',
  ],
  ['a format that is a text', { text: { format: 'json' } }, 'text.format'],
  ['thinking that is a text', { reasoning: 'much' }, 'reasoning'],
  ['an effort that is a number', { reasoning: { effort: 7 } }, 'reasoning.effort'],
  ['a limit in words', { max_output_tokens: 'x' }, 'max_output_tokens'],
  ['a temperature in words', { temperature: 'hot' }, 'temperature'],
  ['metadata in a list', { metadata: [] }, 'metadata'],
  ['stream in words', { stream: 'yes' }, 'stream'],
]

const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} }
const picture = (source: unknown) => said({ type: 'text', text: 'x' }, { type: 'image', source })
const uses = (more: Fields) => ({ messages: [user, { role: 'assistant', content: [{ ...use, ...more }] }] })
const tool = (more: Fields) => ({ tools: [{ name: 'f', input_schema: { type: 'object' }, ...more }] })

const messages: readonly Bad[] = [
  ['no model', { model: undefined }, 'model'],
  ['a limit in words', { max_tokens: 'x' }, 'max_tokens'],
  ['no messages', { messages: undefined }, 'messages'],
  ['an empty list of messages', { messages: [] }, 'messages'],
  ['an unknown role', { messages: [user, { role: 'nobody', content: 'x' }] }, 'messages[1].role'],
  ['content that is a number', { messages: [{ role: 'user', content: 7 }] }, 'messages[0].content'],
  ['content that is missing', { messages: [{ role: 'user' }] }, 'messages[0].content'],
  ['a block that is a text', said('x'), 'messages[0].content[0]'],
  ['a block without a type', said({ text: 'x' }), 'messages[0].content[0].type'],
  ['a text that is a number', said({ type: 'text', text: 7 }), 'messages[0].content[0].text'],
  [
    'a result without a call',
    said({ type: 'tool_result', tool_use_id: 'x', content: 'x' }),
    'messages[0].content[0].tool_use_id',
  ],
  ['a result of no call', said({ type: 'tool_result', content: 'x' }), 'messages[0].content[0].tool_use_id'],
  ['a call without an id', uses({ id: undefined }), 'messages[1].content[0].id'],
  ['a call of nothing', uses({ name: 7 }), 'messages[1].content[0].name'],
  ['input that is a text', uses({ input: 'x' }), 'messages[1].content[0].input'],
  ['an image from nowhere', picture(undefined), 'messages[0].content[1].source'],
  ['an image from an unknown place', picture({ type: 'nothing' }), 'messages[0].content[1].source.type'],
  [
    'an image that is no base64',
    picture({ type: 'base64', media_type: 'image/png', data: 7 }),
    'messages[0].content[1].source.data',
  ],
  [
    'an image that is none',
    picture({ type: 'base64', media_type: 'image/png', data: 'aGVsbG8=' }),
    'messages[0].content[1]',
  ],
  ['an image at no address', picture({ type: 'url', url: 'nonsense' }), 'messages[0].content[1]'],
  ['a system that is a number', { system: 7 }, 'system'],
  ['a system of odd blocks', { system: [{ type: 'text', text: 7 }] }, 'system[0].text'],
  ['tools that are an object', { tools: {} }, 'tools'],
  ['a tool that is a text', { tools: ['x'] }, 'tools[0]'],
  ['a tool without a name', tool({ name: undefined }), 'tools[0].name'],
  ['a tool without a schema', tool({ input_schema: undefined }), 'tools[0].input_schema'],
  ['a schema that is a text', tool({ input_schema: 'x' }), 'tools[0].input_schema'],
  ['a schema that is none', tool({ input_schema: { type: 'object', properties: { a: nonsense } } }), 'tools[0]'],
  ['an unknown choice', { ...tool({}), tool_choice: { type: 'maybe' } }, 'tool_choice.type'],
  ['a choice that is a text', { ...tool({}), tool_choice: 'any' }, 'tool_choice'],
  ['thinking that is a text', { thinking: 'much' }, 'thinking'],
  ['thinking without a budget', { thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
  ['a stop that is a number', { stop_sequences: [7] }, 'stop_sequences[0]'],
  ['a temperature in words', { temperature: 'hot' }, 'temperature'],
  [
    'a format whose schema is none',
    { output_config: { format: { type: 'json_schema', schema: nonsense } } },
    'output_config.format',
  ],
  ['metadata in a list', { metadata: [] }, 'metadata'],
]

const says = (...held: readonly unknown[]) => ({ contents: [{ role: 'user', parts: held }] })
const answers = (held: unknown) => ({ contents: [{ role: 'model', parts: [held] }] })
const declares = (...functionDeclarations: readonly unknown[]) => ({ tools: [{ functionDeclarations }] })
const config = (generationConfig: Fields) => ({ generationConfig })

const gemini: readonly Bad[] = [
  ['no contents', { contents: undefined }, 'contents'],
  ['an empty list of contents', { contents: [] }, 'contents'],
  ['contents that are a text', { contents: 'x' }, 'contents'],
  ['a content that is a text', { contents: ['x'] }, 'contents[0]'],
  ['an unknown role', { contents: [{ role: 'nobody', parts: [{ text: 'x' }] }] }, 'contents[0].role'],
  ['parts that are a text', { contents: [{ parts: 'x' }] }, 'contents[0].parts'],
  ['a part that is a text', says('x'), 'contents[0].parts[0]'],
  ['a text that is a number', says({ text: 7 }), 'contents[0].parts[0].text'],
  [
    'a result without a call',
    says({ functionResponse: { name: 'f', response: {} } }),
    'contents[0].parts[0].functionResponse',
  ],
  ['a call of nothing', answers({ functionCall: { args: {} } }), 'contents[0].parts[0].functionCall.name'],
  [
    'arguments that are a text',
    answers({ functionCall: { name: 'f', args: 'x' } }),
    'contents[0].parts[0].functionCall.args',
  ],
  ['an image without a type', says({ inlineData: { data: 'aGk=' } }), 'contents[0].parts[0].inlineData.mimeType'],
  ['an image without data', says({ inlineData: { mimeType: 'image/png' } }), 'contents[0].parts[0].inlineData.data'],
  [
    'an image that is none',
    says({ text: 'x' }, { inlineData: { mimeType: 'image/png', data: 'aGVsbG8=' } }),
    'contents[0].parts[1]',
  ],
  ['a file without an address', says({ fileData: { mimeType: 'image/png' } }), 'contents[0].parts[0].fileData.fileUri'],
  ['a system that is a text', { systemInstruction: 'x' }, 'systemInstruction'],
  ['tools that are a text', { tools: 'x' }, 'tools'],
  ['a tool that is a text', { tools: ['x'] }, 'tools[0]'],
  ['declarations that are a text', { tools: [{ functionDeclarations: 'x' }] }, 'tools[0].functionDeclarations'],
  ['a function without a name', declares({}), 'tools[0].functionDeclarations[0].name'],
  [
    'a schema that is a text',
    declares({ name: 'f', parametersJsonSchema: 'x' }),
    'tools[0].functionDeclarations[0].parametersJsonSchema',
  ],
  [
    'a schema that is none',
    declares({ name: 'f', parameters: { type: 'NONSENSE' } }),
    'tools[0].functionDeclarations[0]',
  ],
  [
    'an unknown mode',
    { ...declares({ name: 'f' }), toolConfig: { functionCallingConfig: { mode: 'MAYBE' } } },
    'toolConfig.functionCallingConfig.mode',
  ],
  ['a temperature in words', config({ temperature: 'hot' }), 'generationConfig.temperature'],
  ['a limit in words', config({ maxOutputTokens: 'x' }), 'generationConfig.maxOutputTokens'],
  ['stops that are a text', config({ stopSequences: 'x' }), 'generationConfig.stopSequences'],
  [
    'a format whose schema is none',
    config({ responseMimeType: 'application/json', responseJsonSchema: nonsense }),
    'generationConfig.responseMimeType',
  ],
  ['thinking that is a text', config({ thinkingConfig: 'much' }), 'generationConfig.thinkingConfig'],
  [
    'a budget in words',
    config({ thinkingConfig: { thinkingBudget: 'much' } }),
    'generationConfig.thinkingConfig.thinkingBudget',
  ],
  [
    'an unknown level',
    config({ thinkingConfig: { thinkingLevel: 'SOME' } }),
    'generationConfig.thinkingConfig.thinkingLevel',
  ],
]

/** How a caller asks, what a good body of it is, and where its refusals name the place. */
type Tongue = {
  path(model: string): string
  good(model: string): Fields
  readonly bad: readonly Bad[]
  shape(path: string): object
}

const tongues: Readonly<Record<Caller, Tongue>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    good: model => ({ model, messages: [user] }),
    bad: chat,
    shape: param => ({ error: { type: 'invalid_request_error', param, code: 'invalid_request' } }),
  },
  'openai-responses': {
    path: () => '/v1/responses',
    good: model => ({ model, input: 'hi' }),
    bad: responses,
    shape: param => ({ error: { type: 'invalid_request_error', param, code: 'invalid_request' } }),
  },
  'anthropic-messages': {
    path: () => '/v1/messages',
    good: model => ({ model, max_tokens: 100, messages: [user] }),
    bad: messages,
    shape: path => ({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(`'${path}'`) },
    }),
  },
  'gemini-generate': {
    path: model => `/v1beta/models/${model}:generateContent`,
    good: () => ({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }),
    bad: gemini,
    shape: path => ({
      error: { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining(`'${path}'`) },
    }),
  },
}

/** Each fault is told whoever it was for; so the providers take turns. */
const turn = (caller: Caller, i: number): DialectId => {
  const others = dialects.filter(id => id !== caller)
  return others[i % others.length] ?? 'cohere-chat'
}

const cases = (caller: Caller) =>
  tongues[caller].bad.map(([name, fields, path], i) => ({ name, fields, path, provider: turn(caller, i) }))

describe.each(callers)('a caller of %s', caller => {
  const { path, good, shape } = tongues[caller]

  test.each(cases(caller))('that sends $name to $provider is told where', async ({ fields, path: place, provider }) => {
    const model = `${provider}/echo`
    asked++
    const answered = await ask(six.house, JSON.stringify({ ...good(model), ...fields }), { path: path(model) })
    const sent = (await six.heard()).length
    expect([answered.status, sent, answered.text]).toEqual([400, 0, expect.stringContaining(place)])
    expect(answered.json()).toMatchObject(shape(place))
    expect(answered.json()).toMatchObject({ thalamus: { code: 'invalid_request', request_id: answered.id } })
    expect(await rowOf(six.house, answered.id)).toMatchObject({ status: 400, code: 'invalid_request', dialect: caller })
  })

  test('that sends nothing odd is answered by every provider', async () => {
    for (const provider of dialects) {
      asked++
      const model = `${provider}/echo`
      const answered = await ask(six.house, JSON.stringify(good(model)), { path: path(model) })
      expect([provider, answered.status]).toEqual([provider, 200])
    }
    await six.heard()
  })
})

describe('1,000 tools', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } } }
  const allowed: readonly (readonly [Caller, Fields])[] = [
    ['openai-responses', { tools: many(i => ({ type: 'function', name: `f${i}`, parameters: schema })) }],
    ['anthropic-messages', { tools: many(i => ({ name: `f${i}`, input_schema: schema })) }],
    ['gemini-generate', declares(...many(i => ({ name: `f${i}`, parametersJsonSchema: schema })))],
  ]
  const taken: readonly (readonly [DialectId, number])[] = [
    ['bedrock-converse', 200],
    ['gemini-generate', 400],
  ]

  test.each([...allowed])(
    'of a caller of %s, whose dialect knows no limit, reach whoever takes so many',
    async (caller, fields) => {
      const { path, good } = tongues[caller]
      for (const [provider, status] of taken.filter(([id]) => id !== caller)) {
        const model = `${provider}/echo`
        asked++
        const answered = await ask(six.house, JSON.stringify({ ...good(model), ...fields }), { path: path(model) })
        const [sent] = await six.heard()
        expect([provider, answered.status, sent?.body.match(/"f\d+"/g)?.length]).toEqual([provider, status, 1000])
        if (status === 400) expect(answered.text).toContain('at most 128')
      }
    },
  )
})

test('each of these requests is in the ledger once, and nothing was a failure of ours', async () => {
  await settled(six.house)
  const all = await rows(six.house)
  expect(all).toHaveLength(asked)
  expect(new Set(all.map(({ id }) => id)).size).toBe(asked)
  expect(six.house.logLines().filter(line => line.level === 'error')).toEqual([])
})
