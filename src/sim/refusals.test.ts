import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Tongue, tongues } from '../../test/fakes/tongues.ts'
import { type Sim, startSim } from './sim.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

/** A body, and what the error's sentence or its `param` says. */
type Row = readonly [what: string, body: object, says: string]

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const text = Buffer.from('this is no image at all').toString('base64')
const many = <T>(size: number, make: (nth: number) => T): readonly T[] =>
  Array.from({ length: size }, (_, i) => make(i))

function chat(): readonly Row[] {
  const base = { model: 'echo', messages: [{ role: 'user', content: 'x' }] }
  const saying = (...messages: readonly object[]) => ({ ...base, messages: [...base.messages, ...messages] })
  const tool = (parameters: unknown, name = 'a') => ({ type: 'function', function: { name, parameters } })
  const image = (url: string) => saying({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })
  return [
    ['an unknown role', saying({ role: 'boss', content: 'x' }), 'messages[1].role'],
    ['a content that is a number', saying({ role: 'user', content: 5 }), 'messages[1].content'],
    ['a part that is a number', saying({ role: 'user', content: [5] }), 'messages[1].content[0]'],
    ['a result without a call', saying({ role: 'tool', tool_call_id: 'a', content: 'x' }), 'messages[1].role'],
    [
      'a call without a name',
      saying({ role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: {} }] }),
      'messages[1].tool_calls[0].function.name',
    ],
    ['an image that is none', image(`data:image/png;base64,${text}`), 'messages[1].content[0].image_url.url'],
    ['a schema that is none', { ...base, tools: [tool({ type: 'objekt' })] }, 'tools[0].function.parameters.type'],
    ['a schema that is a list', { ...base, tools: [tool([])] }, 'tools[0].function.parameters'],
    [
      'a schema that is none deep down',
      { ...base, tools: [tool({ properties: { a: { items: 5 } } })] },
      'tools[0].function.parameters.properties.a.items',
    ],
    [
      'a format whose schema is none',
      { ...base, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { required: [5] } } } },
      'response_format.json_schema.schema.required[0]',
    ],
    ['129 tools', { ...base, tools: many(129, i => tool({}, `a${i}`)) }, 'maximum length 128'],
    [
      'a tool that is not there',
      { ...base, tools: [tool({})], tool_choice: { type: 'function', function: { name: 'b' } } },
      "'b' not found",
    ],
  ]
}

function responses(): readonly Row[] {
  const base = { model: 'echo', input: 'x' }
  const saying = (...input: readonly unknown[]) => ({ ...base, input })
  const tool = (parameters: unknown, name = 'a') => ({ type: 'function', name, parameters, strict: false })
  const call = { type: 'function_call', call_id: 'a', name: 'a', arguments: '{}' }
  const output = { type: 'function_call_output', call_id: 'a', output: 'x' }
  const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAnot' }
  const answer = { role: 'assistant', content: 'x' }
  const part = (each: object, role = 'user') => saying({ role, content: [each] })
  return [
    ['no input', { model: 'echo' }, "Missing required parameter: 'input'."],
    ['an unknown field', { ...base, messages: [] }, "Unknown parameter: 'messages'."],
    ['an unknown role', saying({ role: 'tool', content: 'x' }), 'input[0].role'],
    ['an unknown item', saying({ type: 'thing' }), 'input[0].type'],
    ['a content that is a number', saying({ role: 'user', content: 5 }), 'input[0].content'],
    ['a part of the wrong side', part({ type: 'input_text', text: 'x' }, 'assistant'), 'input[0].content[0].type'],
    [
      'an image that is none',
      part({ type: 'input_image', image_url: `data:image/png;base64,${text}` }),
      'input[0].content[0].image_url',
    ],
    ['an output without a call', saying(output), 'No tool call found for function call output with call_id a.'],
    ['a call without an output', saying(call), 'No tool output found for function call a.'],
    [
      'an identifier of another kind',
      saying({ ...call, id: 'call_1' }, output),
      "Expected an ID that begins with 'fc'",
    ],
    ['thinking that it did not do', saying(reasoning, answer), 'could not be verified'],
    [
      'thinking that it does not keep',
      saying({ ...reasoning, encrypted_content: undefined }, answer),
      "Item with id 'rs_1' not found",
    ],
    ['a chat tool', { ...base, tools: [{ type: 'function', function: { name: 'a' } }] }, 'tools[0].name'],
    ['a schema that is none', { ...base, tools: [tool({ type: 'objekt' })] }, 'tools[0].parameters.type'],
    ['129 tools', { ...base, tools: many(129, i => tool({}, `a${i}`)) }, 'maximum length 128'],
    ['a limit that is too small', { ...base, max_output_tokens: 15 }, 'max_output_tokens'],
    ['an answer that was not kept', { ...base, previous_response_id: 'resp_1' }, "'resp_1' not found"],
    [
      'a format without a schema',
      { ...base, text: { format: { type: 'json_schema', name: 'x' } } },
      'text.format.schema',
    ],
  ]
}

function anthropic(): readonly Row[] {
  const base = { model: 'echo', max_tokens: 4096, messages: [{ role: 'user', content: 'x' }] }
  const saying = (...messages: readonly object[]) => ({ ...base, messages })
  const user = (...content: readonly unknown[]) => ({ role: 'user', content })
  const assistant = (...content: readonly unknown[]) => ({ role: 'assistant', content })
  const use = { type: 'tool_use', id: 'a', name: 'a', input: {} }
  const result = { type: 'tool_result', tool_use_id: 'a', content: 'x' }
  const image = (media_type: string, data: string) =>
    user({ type: 'image', source: { type: 'base64', media_type, data } })
  const tool = (input_schema: unknown, name = 'a') => ({ name, input_schema })
  const tools = [tool({ type: 'object' })]
  const thinking = { type: 'enabled', budget_tokens: 1024 }
  const hi = { type: 'text', text: 'x' }
  return [
    ['no limit', { ...base, max_tokens: undefined }, 'max_tokens: Field required'],
    ['a limit that is a string', { ...base, max_tokens: '5' }, 'max_tokens: Input should be a valid integer'],
    ['an unknown field', { ...base, seed: 5 }, 'seed: Extra inputs are not permitted'],
    ['a system role', saying({ role: 'system', content: 'x' }), 'Unexpected role "system"'],
    [
      'an unknown role',
      saying({ role: 'boss', content: 'x' }),
      "messages.0.role: Input should be 'user' or 'assistant'",
    ],
    ['an assistant at first', saying(assistant(hi)), 'first message must use the "user" role'],
    ['no messages', saying(), 'messages: at least one message is required'],
    [
      'a content that is a number',
      saying({ role: 'user', content: 5 }),
      'messages.0.content: Input should be a valid string or list',
    ],
    [
      'an empty message',
      saying(user(), assistant(hi), user(hi)),
      'messages.0: all messages must have non-empty content',
    ],
    [
      'an empty text',
      saying(user({ type: 'text', text: '' })),
      'messages.0.content.0.text: text content blocks must be non-empty',
    ],
    [
      'an unknown block',
      saying(user({ type: 'input_text', text: 'x' })),
      "messages.0.content.0: Input tag 'input_text' found",
    ],
    [
      'an unknown field in a block',
      saying(user({ ...hi, index: 0 })),
      'messages.0.content.0.index: Extra inputs are not permitted',
    ],
    ['a temperature above one', { ...base, temperature: 1.5 }, 'temperature: Input should be less than or equal to 1'],
    [
      'an image that is none',
      saying(image('image/png', text)),
      'messages.0.content.0.source.data: Could not process image',
    ],
    ['an image of another kind', saying(image('image/jpeg', png)), 'does not match the provided media type image/jpeg'],
    ['an image of no known kind', saying(image('image/tiff', png)), 'messages.0.content.0.source.media_type'],
    [
      'a result without a call',
      saying(user(result)),
      'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a',
    ],
    [
      'a call without a result',
      saying(user(hi), assistant(use), user(hi)),
      'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: a',
    ],
    [
      'a result that is not first',
      saying(user(hi), assistant(use), user(hi, result)),
      'messages.1: `tool_use` ids were found',
    ],
    [
      'two results of one call',
      saying(user(hi), assistant(use), user(result, result)),
      'each tool_use must have a single result',
    ],
    ['two calls of one name', saying(user(hi), assistant(use, use), user(result)), '`tool_use` ids must be unique'],
    ['a call by the user', saying(user(use)), '`tool_use` blocks can not be in `user` messages'],
    [
      'blanks at the end',
      saying(user(hi), assistant({ type: 'text', text: 'x ' })),
      'cannot end with trailing whitespace',
    ],
    [
      'thinking that it did not do',
      saying(user(hi), assistant({ type: 'thinking', thinking: 'x', signature: 'y' }, hi), user(hi)),
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'a secret that is not its own',
      saying(user(hi), assistant({ type: 'redacted_thinking', data: 'eA==' }, hi), user(hi)),
      'messages.1.content.0: Invalid `data` in `redacted_thinking` block',
    ],
    [
      'a call without its thinking',
      { ...saying(user(hi), assistant(use), user(result)), tools, thinking },
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`',
    ],
    [
      'thinking beyond the limit',
      { ...base, max_tokens: 1024, thinking },
      '`max_tokens` must be greater than `thinking.budget_tokens`',
    ],
    [
      'too little thinking',
      { ...base, thinking: { ...thinking, budget_tokens: 1000 } },
      'thinking.budget_tokens: Input should be greater than or equal to 1024',
    ],
    ['thinking and a temperature', { ...base, temperature: 0.5, thinking }, '`temperature` may only be set to 1'],
    [
      'thinking and a forced tool',
      { ...base, tools, tool_choice: { type: 'any' }, thinking },
      'Thinking may not be enabled when tool_choice forces tool use',
    ],
    [
      'a choice without tools',
      { ...base, tool_choice: { type: 'any' } },
      'tool_choice may only be specified while providing tools',
    ],
    [
      'a schema that is none',
      { ...base, tools: [tool({ type: 'object', properties: { a: { type: 'str' } } })] },
      'tools.0.input_schema.properties.a.type',
    ],
    [
      'a schema of no object',
      { ...base, tools: [tool({ type: 'string' })] },
      "tools.0.input_schema.type: Input should be 'object'",
    ],
    ['two tools of one name', { ...base, tools: [...tools, ...tools] }, 'Tool names must be unique'],
    ['1001 tools', { ...base, tools: many(1001, i => tool({ type: 'object' }, `a${i}`)) }, 'at most 1000 items'],
  ]
}

function gemini(): readonly Row[] {
  const saying = (...contents: readonly object[]) => ({ contents })
  const user = (...parts: readonly unknown[]) => ({ role: 'user', parts })
  const model = (...parts: readonly unknown[]) => ({ role: 'model', parts })
  const base = saying(user({ text: 'x' }))
  const config = (generationConfig: object) => ({ ...base, generationConfig })
  const declared = (...functionDeclarations: readonly object[]) => ({ ...base, tools: [{ functionDeclarations }] })
  const call = { functionCall: { name: 'a', args: {} } }
  const response = { functionResponse: { name: 'a', response: {} } }
  const hi = { text: 'x' }
  return [
    ['no contents', {}, 'contents'],
    ['an unknown field', { ...base, messages: [] }, 'Unknown name "messages": Cannot find field.'],
    [
      'an unknown field in a part',
      saying(user({ text: 'x', type: 'text' })),
      `Unknown name "type" at 'contents[0].parts[0]'`,
    ],
    ['an unknown role', saying({ role: 'assistant', parts: [hi] }), 'Please use a valid role: user, model.'],
    ['no parts', saying(user()), 'contents[0].parts: contents.parts must not be empty'],
    [
      'an empty part',
      saying(user({})),
      "contents[0].parts[0].data: required oneof field 'data' must have one initialized field",
    ],
    [
      'a text that is a number',
      saying(user({ text: 5 })),
      "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5",
    ],
    [
      'an image that is none',
      saying(user({ inlineData: { mimeType: 'image/png', data: text } })),
      "'contents[0].parts[0].inlineData.data'",
    ],
    [
      'bytes that are no base64',
      saying(user({ inlineData: { mimeType: 'audio/wav', data: '%%' } })),
      "'contents[0].parts[0].inlineData.data'",
    ],
    [
      'a response without a call',
      saying(user(response)),
      'function response turn comes immediately after a function call turn',
    ],
    [
      'fewer responses than calls',
      saying(user(hi), model(call, call), user(response)),
      'number of function response parts is equal to the number of function call parts',
    ],
    [
      'a response to another call',
      saying(user(hi), model(call), user({ functionResponse: { name: 'b', response: {} } })),
      "Function response 'b' at 'contents[2].parts[0].functionResponse' answers no function call",
    ],
    [
      'a signature that is not its own',
      saying(user(hi), model({ ...call, thoughtSignature: 'eA==' }), user(response)),
      "Thought signature is not valid: 'contents[1].parts[0].thoughtSignature'",
    ],
    [
      'a schema with words it does not know',
      declared({ name: 'a', parameters: { type: 'OBJECT', additionalProperties: false } }),
      `Unknown name "additionalProperties" at 'tools[0].functionDeclarations[0].parameters'`,
    ],
    [
      'a schema that is none',
      declared({ name: 'a', parameters: { type: 'objekt' } }),
      "'tools[0].functionDeclarations[0].parameters.type'",
    ],
    [
      'a JSON schema that is none',
      declared({ name: 'a', parametersJsonSchema: { type: 'objekt' } }),
      "'tools[0].functionDeclarations[0].parametersJsonSchema.type'",
    ],
    ['a name that is none', declared({ name: '1a' }), 'Invalid function name'],
    ['129 functions', declared(...many(129, i => ({ name: `a${i}` }))), 'at most 128'],
    [
      'a function that is not there',
      {
        ...declared({ name: 'a' }),
        toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['b'] } },
      },
      "'b' is not a declared function",
    ],
    ['a temperature above two', config({ temperature: 3 }), 'generationConfig.temperature'],
    ['an unknown setting', config({ max_tokens: 5 }), `Unknown name "maxTokens" at 'generationConfig'`],
    ['six stops', config({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] }), 'generationConfig.stopSequences'],
    ['a schema without its type', config({ responseSchema: { type: 'OBJECT' } }), 'responseMimeType'],
    [
      'two ways to think',
      config({ thinkingConfig: { thinkingBudget: 5, thinkingLevel: 'LOW' } }),
      'only set only one of',
    ],
  ]
}

function bedrock(): readonly Row[] {
  const saying = (...messages: readonly object[]) => ({ messages })
  const user = (...content: readonly unknown[]) => ({ role: 'user', content })
  const assistant = (...content: readonly unknown[]) => ({ role: 'assistant', content })
  const hi = { text: 'x' }
  const base = saying(user(hi))
  const use = { toolUse: { toolUseId: 'a', name: 'a', input: {} } }
  const result = { toolResult: { toolUseId: 'a', content: [hi] } }
  const tool = (json: unknown, name = 'a') => ({ toolSpec: { name, inputSchema: { json } } })
  const tools = (...all: readonly object[]) => ({ toolConfig: { tools: all } })
  const some = tools(tool({ type: 'object' }))
  const image = (format: string, bytes: string) => saying(user({ image: { format, source: { bytes } } }))
  return [
    ['no messages', {}, "at 'messages' failed to satisfy constraint: Member must not be null"],
    [
      'an unknown role',
      saying({ role: 'system', content: [hi] }),
      "Value 'system' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]",
    ],
    ['an assistant at first', saying(assistant(hi)), 'A conversation must start with a user message'],
    ['two users in a row', saying(user(hi), user(hi)), 'must alternate between user and assistant roles'],
    [
      'a content that is a string',
      saying({ role: 'user', content: 'x' }),
      "Expected an array at 'messages.1.member.content'",
    ],
    ['no content', saying(user()), 'Message object at messages.0 is empty'],
    ['a blank text', saying(user({ text: ' ' })), 'ContentBlock object at messages.0.content.0 is blank'],
    ['an unknown block', saying(user({ type: 'text' })), 'messages.1.member.content.1.member'],
    ['an image that is none', image('png', text), 'messages.1.member.content.1.member.image.source.bytes'],
    ['an image of another kind', image('jpeg', png), 'it is png, not jpeg'],
    [
      'a result without a call',
      { ...saying(user(result)), ...some },
      'toolResult blocks at messages.0.content exceeds',
    ],
    [
      'a call without a result',
      { ...saying(user(hi), assistant(use), user(hi)), ...some },
      'Expected toolResult blocks at messages.2.content for the following Ids: a',
    ],
    ['calls without tools', saying(user(hi), assistant(use), user(result)), 'The toolConfig field must be defined'],
    ['no tools', { ...base, ...tools() }, 'toolConfig.tools'],
    [
      'a schema that is none',
      { ...base, ...tools(tool({ type: 'object', required: 5 })) },
      'toolConfig.tools.1.member.toolSpec.inputSchema.json.required',
    ],
    [
      'a schema of no object',
      { ...base, ...tools(tool({ type: 'string' })) },
      'toolConfig.tools.1.member.toolSpec.inputSchema.json.type',
    ],
    [
      '1001 tools',
      { ...base, ...tools(...many(1001, i => tool({ type: 'object' }, `a${i}`))) },
      'length less than or equal to 1000',
    ],
    [
      'thinking that it did not do',
      saying(user(hi), assistant({ reasoningContent: { reasoningText: { text: 'x', signature: 'y' } } }, hi), user(hi)),
      "Invalid `signature` in `thinking` block (at 'messages.1.content.0.reasoningContent')",
    ],
    [
      'a temperature above one',
      { ...base, inferenceConfig: { temperature: 2 } },
      "Value '2' at 'inferenceConfig.temperature'",
    ],
    [
      'a document alone',
      saying(user({ document: { format: 'txt', name: 'a', source: { bytes: 'eA==' } } })),
      'A text block is required',
    ],
    [
      'a schema that is no JSON',
      { ...base, outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } } },
      'not valid JSON',
    ],
  ]
}

function cohere(): readonly Row[] {
  const base = { model: 'echo', messages: [{ role: 'user', content: 'x' }] }
  const saying = (...messages: readonly object[]) => ({ ...base, messages })
  const tool = (parameters: unknown, name = 'a') => ({ type: 'function', function: { name, parameters } })
  const image = (url: string) => saying({ role: 'user', content: [{ type: 'image_url', image_url: { url } }] })
  return [
    ['no messages', { model: 'echo' }, "required field 'messages' is missing"],
    ['an unknown field', { ...base, top_p: 1 }, "parameter 'top_p' is not a valid field"],
    ['an unknown role', saying({ role: 'developer', content: 'x' }), 'messages[0].role'],
    [
      'a content that is a number',
      saying({ role: 'user', content: 5 }),
      'parameter messages[0].content is of type an integer',
    ],
    ['a message without content', saying({ role: 'user' }), 'messages[0].content'],
    ['an unknown part', saying({ role: 'user', content: [{ type: 'input_text' }] }), 'messages[0].content[0].type'],
    ['an image that is none', image(`data:image/png;base64,${text}`), 'messages[0].content[0].image_url.url'],
    ['a result without a call', saying({ role: 'tool', tool_call_id: 'a', content: 'x' }), 'messages[0].tool_call_id'],
    ['a schema that is none', { ...base, tools: [tool({ type: 'objekt' })] }, 'tools[0].function.parameters.type'],
    ['a choice without tools', { ...base, tool_choice: 'REQUIRED' }, 'tool_choice'],
    ['a choice by name', { ...base, tools: [tool({})], tool_choice: 'a' }, 'tool_choice'],
    ['1001 tools', { ...base, tools: many(1001, i => tool({}, `a${i}`)) }, 'at most 1000'],
    ['a temperature above one', { ...base, temperature: 2 }, 'temperature'],
  ]
}

const tables: Readonly<Record<string, readonly Row[]>> = {
  'openai-chat': chat(),
  'openai-responses': responses(),
  'anthropic-messages': anthropic(),
  'gemini-generate': gemini(),
  'bedrock-converse': bedrock(),
  'cohere-chat': cohere(),
}

const send = (tongue: Tongue, body: object, stream = false): Promise<Response> =>
  fetch(sim.origin + tongue.path('echo', stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...tongue.headers },
    body: JSON.stringify(body),
  })

describe.each(tongues.map(tongue => [tongue.id, tongue] as const))('%s refuses', (id, tongue) => {
  test.each([...(tables[id] ?? [])])('%s', async (_, body, says) => {
    const response = await send(tongue, body)
    const answer = await response.json()
    const { param = '' } = (answer as { error?: { param?: string } }).error ?? {}
    expect(`${param} ${tongue.fault(answer)}`).toContain(says)
    expect(response.status).toBe(says.startsWith('Item with id') ? 404 : 400)
    expect(
      (await send(tongue, { ...body, ...(id.startsWith('gemini') || tongue.binary ? {} : { stream: true }) }, true))
        .status,
    ).toBe(response.status)
  })

  test('nothing of a request as it should be', async () => {
    expect((await send(tongue, tongue.body('echo', false, {}))).status).toBe(200)
  })
})

describe('the form of a refusal', () => {
  test('is Anthropic’s, with its identifier in the header too', async () => {
    const tongue = tongues[2] as Tongue
    const response = await send(tongue, {})
    expect(await response.json()).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'model: Field required' },
      request_id: response.headers.get('request-id'),
    })
    expect(response.headers.get('x-should-retry')).toBe('false')
    const { 'anthropic-version': _, ...headers } = tongue.headers
    const unversioned = await fetch(`${sim.origin}/v1/messages`, { method: 'POST', headers, body: '{}' })
    expect(await unversioned.text()).toContain('anthropic-version: header is required')
  })

  test('is Google’s: with its code, and in a list where a list was asked for', async () => {
    const path = `${sim.origin}/v1beta/models/echo:streamGenerateContent`
    const ask = (url: string) => fetch(url, { method: 'POST', body: '{}' })
    const error = { code: 400, status: 'INVALID_ARGUMENT', message: expect.stringContaining('contents') }
    expect(await (await ask(path)).json()).toEqual([{ error: expect.objectContaining(error) }])
    const events = await ask(`${path}?alt=sse`)
    expect(events.headers.get('content-type')).toBe('text/event-stream')
    expect(await events.json()).toEqual({ error: expect.objectContaining(error) })
  })

  test('is Amazon’s: a message, and the name in a header', async () => {
    const response = await send(tongues[4] as Tongue, {})
    expect(response.headers.get('x-amzn-errortype')).toStartWith('ValidationException:')
    expect(Object.keys((await response.json()) as object)).toEqual(['message'])
    const limited = await fetch(`${sim.origin}/model/echo%2B429/converse`, { method: 'POST', body: '{}' })
    expect(limited.headers.get('x-amzn-errortype')).toStartWith('ThrottlingException:')
  })
})
