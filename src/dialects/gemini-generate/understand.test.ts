import { describe, expect, test } from 'bun:test'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { seal } from '../../model/sealed.ts'
import { understand } from './understand.ts'

const hello = [{ parts: [{ text: 'hello' }] }]

/** What a request says beside its contents. */
function saysOf(more: JsonObject): Partial<Chat> {
  const { tools, extras, ...chat } = understand({ contents: hello, ...more })
  const rest = { ...chat, messages: undefined }
  const said = Object.entries(rest).filter(([, value]) => value !== undefined)
  return {
    ...Object.fromEntries(said),
    ...(tools.length > 0 ? { tools } : {}),
    ...(Object.keys(extras.fields).length > 0 ? { extras } : {}),
  }
}

const own = (fields: JsonObject) => ({ extras: { dialect: 'gemini-generate', fields } })

describe('a field has a noun:', () => {
  const fields: readonly (readonly [string, JsonObject, Partial<Chat>])[] = [
    [
      'the numbers of generationConfig',
      {
        generationConfig: {
          ...{ candidateCount: 2, maxOutputTokens: 9, temperature: 0, topP: 0.5, topK: 40, seed: 7 },
          ...{ presencePenalty: 0.1, frequencyPenalty: -0.1, stopSequences: ['a'] },
        },
      },
      {
        ...{ candidates: 2, maxTokens: 9, temperature: 0, topP: 0.5, topK: 40, seed: 7 },
        ...{ presencePenalty: 0.1, frequencyPenalty: -0.1, stop: ['a'] },
      },
    ],
    [
      'names with underscores, and numbers in quotes',
      { generation_config: { max_output_tokens: '9' } },
      { maxTokens: 9 },
    ],
    ['nulls, as some SDKs write them', { generationConfig: null, tools: null, systemInstruction: null }, {}],
    ['any JSON', { generationConfig: { responseMimeType: 'application/json' } }, { format: { type: 'json' } }],
    ['text', { generationConfig: { responseMimeType: 'text/plain' } }, { format: { type: 'text' } }],
    [
      'a schema of the OpenAPI kind',
      {
        generationConfig: {
          responseMimeType: 'application/json',
          responseSchema: {
            type: 'OBJECT',
            properties: {
              type: { type: 'STRING', nullable: true },
              list: { type: 'ARRAY', minItems: '1', items: { anyOf: [{ type: 'NUMBER' }, { type: 4 }] } },
            },
          },
        },
      },
      {
        format: {
          type: 'schema',
          schema: {
            type: 'object',
            properties: {
              type: { type: ['string', 'null'] },
              list: { type: 'array', minItems: 1, items: { anyOf: [{ type: 'number' }, { type: 'boolean' }] } },
            },
          },
        },
      },
    ],
    [
      'a JSON Schema, as it is',
      { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: { $ref: '#/$defs/a' } } },
      { format: { type: 'schema', schema: { $ref: '#/$defs/a' } } },
    ],
    [
      'a format by its newer name',
      { generationConfig: { responseFormat: { text: { mimeType: 'APPLICATION_JSON', schema: { type: 'object' } } } } },
      { format: { type: 'schema', schema: { type: 'object' } } },
    ],
    [
      'thinking',
      { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: -1 } } },
      { reasoning: { shown: true, budget: -1 } },
    ],
    [
      'a thinking level',
      { generationConfig: { thinkingConfig: { thinkingLevel: 'low' } } },
      { reasoning: { effort: 'low' } },
    ],
    ['log probabilities', { generationConfig: { responseLogprobs: true, logprobs: 3 } }, { logprobs: { top: 3 } }],
    ['modalities', { generationConfig: { responseModalities: ['TEXT', 'IMAGE'] } }, { modalities: ['text', 'image'] }],
    [
      'a voice',
      { generationConfig: { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } } } } },
      { voice: { name: 'Kore' } },
    ],
    ['the service tier', { serviceTier: 'standard', store: false }, { serviceTier: 'default', store: false }],
    ['AUTO', { toolConfig: { functionCallingConfig: { mode: 'AUTO' } } }, { toolChoice: { type: 'auto' } }],
    ['ANY', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, { toolChoice: { type: 'required' } }],
    ['NONE', { tool_config: { function_calling_config: { mode: 'NONE' } } }, { toolChoice: { type: 'none' } }],
    [
      'ANY of one',
      { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } } },
      { toolChoice: { type: 'tool', name: 'f' } },
    ],
    [
      'ANY of some',
      { toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f', 'g'] } } },
      { toolChoice: { type: 'only', names: ['f', 'g'], required: true } },
    ],
    [
      'VALIDATED of some',
      { toolConfig: { functionCallingConfig: { mode: 'VALIDATED', allowedFunctionNames: ['f'] } } },
      { toolChoice: { type: 'only', names: ['f'], required: false } },
    ],
    [
      'VALIDATED, which makes every function strict',
      {
        tools: [{ functionDeclarations: [{ name: 'f' }] }],
        toolConfig: { functionCallingConfig: { mode: 'VALIDATED' } },
      },
      {
        toolChoice: { type: 'auto' },
        tools: [
          {
            ...{ type: 'function', name: 'f', description: undefined, schema: undefined, returns: undefined },
            ...{ strict: true, at: 'tools[0].functionDeclarations[0]' },
          },
        ],
      },
    ],
  ]
  test.each([...fields])('%s', (_, more, expected) => {
    expect(saysOf(more)).toEqual(expected)
  })
})

describe('what has no noun is kept under its path:', () => {
  const fields: readonly (readonly [string, JsonObject, JsonObject])[] = [
    [
      'at the top',
      { safetySettings: [{}], cachedContent: 'c', labels: { a: 'b' } },
      { safetySettings: [{}], cachedContent: 'c', labels: { a: 'b' } },
    ],
    [
      'in generationConfig',
      { generationConfig: { mediaResolution: 'x', topP: 1 } },
      { 'generationConfig.mediaResolution': 'x' },
    ],
    [
      'deeper',
      { generationConfig: { speechConfig: { languageCode: 'de-DE' } }, toolConfig: { retrievalConfig: { a: 1 } } },
      { 'generationConfig.speechConfig.languageCode': 'de-DE', 'toolConfig.retrievalConfig': { a: 1 } },
    ],
    [
      'a choice among words',
      { generationConfig: { responseMimeType: 'text/x.enum', responseSchema: { enum: ['a'] } } },
      { 'generationConfig.responseMimeType': 'text/x.enum', 'generationConfig.responseSchema': { enum: ['a'] } },
    ],
    [
      'in a part',
      { contents: [{ parts: [{ fileData: { fileUri: 'https://youtu.be/x' }, videoMetadata: { fps: 1 } }] }] },
      { 'contents[0].parts[0].videoMetadata': { fps: 1 } },
    ],
    [
      'in a function',
      { tools: [{ functionDeclarations: [{ name: 'f', behavior: 'BLOCKING' }] }] },
      { 'tools[0].functionDeclarations[0].behavior': 'BLOCKING' },
    ],
  ]
  test.each([...fields])('%s', (_, more, expected) => {
    expect(understand({ contents: hello, ...more }).extras).toEqual(own(expected).extras)
  })
})

const partOf = (part: Json): Part | undefined =>
  understand({ contents: [{ role: 'model', parts: [part] }] }).messages[0]?.parts[0]
const at = 'contents[0].parts[0]'
const signed = { seal: { dialect: 'gemini-generate', value: 'c2ln' } }

describe('a part is', () => {
  const foreign = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'sig' }
  const parts: readonly (readonly [string, JsonObject, Part | undefined])[] = [
    ['a text', { text: 'x' }, { type: 'text', text: 'x', at }],
    ['a signed text', { text: 'x', thoughtSignature: 'c2ln' }, { type: 'text', text: 'x', ...signed, at }],
    [
      'a thought',
      { text: 'x', thought: true, thought_signature: 'c2ln' },
      { type: 'reasoning', text: 'x', ...signed, at },
    ],
    ['a signature alone', { text: '', thoughtSignature: 'c2ln' }, { type: 'reasoning', text: '', ...signed, at }],
    [
      'a signature that was sealed here, in base64',
      { text: '', thoughtSignature: Buffer.from(seal(foreign)).toString('base64') },
      { type: 'reasoning', text: '', seal: foreign, at },
    ],
    [
      'a picture in base64 of either alphabet',
      { inline_data: { mime_type: 'image/png', data: 'a-_b' } },
      { type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'a+/b' }, at },
    ],
    [
      'an uploaded file',
      { fileData: { fileUri: 'gs://bucket/a.wav', mimeType: 'audio/wav' } },
      {
        type: 'media',
        kind: 'audio',
        source: { from: 'file', id: 'gs://bucket/a.wav', dialect: 'gemini-generate', mediaType: 'audio/wav' },
        at,
      },
    ],
    [
      'a video where it is',
      { fileData: { fileUri: 'https://youtu.be/x' } },
      { type: 'media', kind: 'video', source: { from: 'url', url: 'https://youtu.be/x' }, at },
    ],
    [
      'a picture whose address tells what it is',
      { fileData: { fileUri: 'https://a.test/b.PNG?c=d' } },
      { type: 'media', kind: 'image', source: { from: 'url', url: 'https://a.test/b.PNG?c=d' }, at },
    ],
    [
      'a call',
      { functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' },
      { type: 'tool-call', id: 'call_0', name: 'f', input: '{"a":1}', ...signed, at },
    ],
    [
      'a block of Google’s own',
      { executableCode: { code: 'x' }, thoughtSignature: 'c2ln' },
      {
        type: 'opaque',
        label: 'executableCode',
        seal: { dialect: 'gemini-generate', value: '{"executableCode":{"code":"x"},"thoughtSignature":"c2ln"}' },
        at,
      },
    ],
    ['nothing', {}, undefined],
  ]
  test.each([...parts])('%s', (_, part, expected) => {
    expect(partOf(part)).toEqual(expected as Part)
  })
})

describe('a response answers', () => {
  const calls = (responses: readonly JsonObject[], made: readonly JsonObject[]) => {
    const body = {
      contents: [
        { role: 'model', parts: made.map(functionCall => ({ functionCall })) },
        { role: 'user', parts: responses.map(functionResponse => ({ functionResponse })) },
      ],
    }
    return understand(body).messages[1]?.parts.map(part => (part.type === 'tool-result' ? [part.call, part.name] : []))
  }

  test('the call whose id it has', () => {
    const made = [
      { id: 'a', name: 'f' },
      { id: 'b', name: 'f' },
    ]
    expect(
      calls(
        [
          { id: 'b', name: 'f' },
          { id: 'a', name: 'f' },
        ],
        made,
      ),
    ).toEqual([
      ['b', 'f'],
      ['a', 'f'],
    ])
  })

  test('without ids the calls of its name in their order', () => {
    const made = [{ name: 'f' }, { name: 'g' }, { name: 'f' }]
    expect(calls([{ name: 'f' }, { name: 'f' }, { name: 'g' }], made)).toEqual([
      ['call_0', 'f'],
      ['call_2', 'f'],
      ['call_1', 'g'],
    ])
  })

  test('by its name, where the caller gave an id to the response alone', () => {
    expect(calls([{ id: 'x', name: 'f' }], [{ name: 'f' }])).toEqual([['call_0', 'f']])
  })

  test('with an id that is not one of the caller’s own', () => {
    expect(calls([{ name: 'f' }], [{ name: 'f' }, { id: 'call_0', name: 'g' }])).toEqual([['call_1', 'f']])
  })

  test('with what it says: the output, the error, or all of it', () => {
    const outcome = (response: JsonObject) => {
      const part = understand({
        contents: [
          { role: 'model', parts: [{ functionCall: { name: 'f' } }] },
          { parts: [{ functionResponse: { name: 'f', response } }] },
        ],
      }).messages[1]?.parts[0]
      if (part?.type !== 'tool-result') throw new Error('It is no result.')
      return [part.failed ?? false, part.parts.map(each => (each.type === 'text' ? each.text : each.type))]
    }
    expect(outcome({ output: 'x' })).toEqual([false, ['x']])
    expect(outcome({ error: 'x' })).toEqual([true, ['x']])
    expect(outcome({ error: { code: 1 } })).toEqual([true, ['{"code":1}']])
    expect(outcome({ result: 421, output: 'x' })).toEqual([false, ['{"result":421,"output":"x"}']])
    expect(outcome({})).toEqual([false, []])
  })
})

describe('an object where a list is meant', () => {
  // Google's own samples of its REST API write it so.
  const single = {
    system_instruction: { parts: { text: 'a' } },
    contents: { role: 'model', parts: { functionCall: { name: 'f' } } },
    tools: { function_declarations: { name: 'f' } },
  }
  const listed = {
    system_instruction: { parts: [{ text: 'a' }] },
    contents: [{ role: 'model', parts: [{ functionCall: { name: 'f' } }] }],
    tools: [{ function_declarations: [{ name: 'f' }] }],
  }
  const spelled = (chat: Chat): unknown =>
    JSON.parse(JSON.stringify(chat), (key, value) => (key === 'at' ? value.replaceAll(/\[0\]/g, '') : value))

  test('is a list of one, and stands where it is written', () => {
    expect(understand(single)).toEqual(spelled(understand(listed)) as Chat)
    const { messages, tools } = understand(single)
    expect([messages[1]?.at, messages[1]?.parts[0]?.at]).toEqual(['contents', 'contents.parts'])
    expect(tools[0]?.at).toBe('tools.function_declarations')
  })

  test('is answered as calls in lists are', () => {
    const response = { functionResponse: { name: 'f', parts: { text: 'x' } } }
    expect(understand({ contents: [single.contents, { parts: response }] }).messages[1]?.parts).toEqual([
      {
        type: 'tool-result',
        call: 'call_0',
        name: 'f',
        parts: [{ type: 'text', text: 'x', at: 'contents[1].parts.functionResponse.parts' }],
        at: 'contents[1].parts',
      },
    ])
  })
})

describe('a request is refused, with the place of the fault, for', () => {
  const content = (part: Json) => ({ contents: [{ parts: [part] }] })
  const refusals: readonly (readonly [string, JsonObject, string])[] = [
    ['no contents', {}, 'contents'],
    ['a role that is none', { contents: [{ role: 'assistant', parts: [] }] }, 'contents[0].role'],
    ['parts that are a text', { contents: [{ parts: 'x' }] }, 'contents[0].parts'],
    ['a part that is a text', content('x'), 'contents[0].parts[0]'],
    ['a single part that is odd', { contents: { parts: { text: 5 } } }, 'contents.parts.text'],
    ['a text that is a number', content({ text: 5 }), 'contents[0].parts[0].text'],
    ['a call without a name', content({ functionCall: {} }), 'contents[0].parts[0].functionCall.name'],
    [
      'arguments that are a text',
      content({ functionCall: { name: 'f', args: '{}' } }),
      'contents[0].parts[0].functionCall.args',
    ],
    [
      'a response without its call',
      content({ functionResponse: { name: 'f', response: {} } }),
      'contents[0].parts[0].functionResponse',
    ],
    [
      'a call of nothing',
      { contents: [{ role: 'model', parts: [{ functionCall: { name: '' } }] }] },
      'contents[0].parts[0].functionCall.name',
    ],
    ['a call by somebody else', content({ functionCall: { name: 'f' } }), 'contents[0].role'],
    [
      'a picture that is no base64',
      content({ inlineData: { mimeType: 'image/png', data: '{' } }),
      'contents[0].parts[0].inlineData.data',
    ],
    [
      'half a token',
      { contents: hello, generationConfig: { maxOutputTokens: 1.5 } },
      'generationConfig.maxOutputTokens',
    ],
    ['a picture without a type', content({ inlineData: { data: '' } }), 'contents[0].parts[0].inlineData.mimeType'],
    ['a file without an address', content({ fileData: {} }), 'contents[0].parts[0].fileData.fileUri'],
    ['a system that is a text', { contents: hello, systemInstruction: 'x' }, 'systemInstruction'],
    ['tools that are a text', { contents: hello, tools: 'x' }, 'tools'],
    [
      'a function without a name',
      { contents: hello, tools: [{ functionDeclarations: [{}] }] },
      'tools[0].functionDeclarations[0].name',
    ],
    [
      'a schema that is none',
      { contents: hello, tools: [{ functionDeclarations: [{ name: 'f', parametersJsonSchema: 'x' }] }] },
      'tools[0].functionDeclarations[0].parametersJsonSchema',
    ],
    [
      'a mode that is none',
      { contents: hello, toolConfig: { functionCallingConfig: { mode: 'SOME' } } },
      'toolConfig.functionCallingConfig.mode',
    ],
    [
      'a temperature that is a word',
      { contents: hello, generationConfig: { temperature: 'hot' } },
      'generationConfig.temperature',
    ],
    [
      'a stop that is a number',
      { contents: hello, generationConfig: { stopSequences: ['a', 5] } },
      'generationConfig.stopSequences[1]',
    ],
    [
      'a level that is none',
      { contents: hello, generationConfig: { thinkingConfig: { thinkingLevel: 'DEEP' } } },
      'generationConfig.thinkingConfig.thinkingLevel',
    ],
    [
      'a media type that is none',
      { contents: hello, generationConfig: { responseMimeType: 'x/y' } },
      'generationConfig.responseMimeType',
    ],
    ['a search that is a number', { contents: hello, tools: [{ googleSearch: 7 }] }, 'tools[0].googleSearch'],
    [
      'a field in the other spelling',
      { contents: hello, generation_config: { thinking_config: { thinking_budget: 'x' } } },
      'generation_config.thinking_config.thinking_budget',
    ],
    [
      'what stands in a field in the other spelling',
      {
        contents: hello,
        tools: [{ function_declarations: [{ name: 'f', parameters: { type: 'object', required: 7 } }] }],
      },
      'tools[0].function_declarations[0].parameters.required',
    ],
    [
      'what is missing in an object in the other spelling',
      { contents: [{ parts: [{ inline_data: { data: 'aGk=' } }] }] },
      'contents[0].parts[0].inline_data.mimeType',
    ],
  ]
  test.each([...refusals])('%s', (_, body, param) => {
    try {
      understand(body)
    } catch (error) {
      expect(error instanceof Fault && [error.code, error.param]).toEqual(['invalid_request', param])
      return
    }
    throw new Error('It was understood.')
  })
})

describe('a thought that was streamed in pieces', () => {
  const foreign = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'sig' }
  const thoughtSignature = Buffer.from(seal(foreign)).toString('base64')
  const thought = (text: string, more: object = {}) => ({ text, thought: true, ...more })
  const call = { functionCall: { id: 'a', name: 'f', args: {} } }
  const model = (...parts: readonly object[]) => ({ role: 'model', parts: parts as readonly JsonObject[] })
  const partsFor = (...contents: readonly object[]) =>
    understand({ contents: contents as readonly JsonObject[] }).messages.map(({ parts }) =>
      parts.map(part => (part.type === 'reasoning' ? [part.text, part.seal?.value] : part.type)),
    )

  test('is whole again, whether its pieces stand in one content or in one each', () => {
    const pieces = [thought('I '), thought('see'), thought('.', { thoughtSignature }), call]
    expect(partsFor(model(...pieces))).toEqual([[['I see.', 'sig'], 'tool-call']])
    expect(partsFor(...pieces.map(piece => model(piece)))).toEqual([[['I see.', 'sig']], ['tool-call']])
  })

  test('takes nothing from a thought before it, from words, or from the user', () => {
    const last = thought('c', { thoughtSignature })
    const signed = thought('a', { thoughtSignature })
    expect(partsFor(model(signed, thought('b'), last))).toEqual([
      [
        ['a', 'sig'],
        ['bc', 'sig'],
      ],
    ])
    expect(partsFor(model(thought('a'), { text: 'x' }, last))).toEqual([[['a', undefined], 'text', ['c', 'sig']]])
    const user = { role: 'user', parts: [{ text: 'x' }] }
    expect(partsFor(model(thought('a')), user, model(last))).toEqual([[['a', undefined]], ['text'], [['c', 'sig']]])
  })

  test('stays in pieces where it is Gemini’s own, whose signatures are of what they stand in', () => {
    const own = thought('b', { thoughtSignature: 'c2ln' })
    expect(partsFor(model(thought('a'), own))).toEqual([
      [
        ['a', undefined],
        ['b', 'c2ln'],
      ],
    ])
  })
})
