import { describe, expect, test } from 'bun:test'
import type { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { seal } from '../../model/sealed.ts'
import { faultOf } from '../sample.test-data.ts'
import { understand } from './understand.ts'

const asked = { role: 'user', content: 'Hi' }
const called = (id: string, name = 'f') => ({ id, type: 'function', function: { name, arguments: '{}' } })
const chatOf = (fields: JsonObject) => understand({ model: 'm', messages: [asked], ...fields })

/** What a chat says, without what it does not say. */
const told = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('a message is understood', () => {
  const parts: readonly (readonly [string, readonly JsonObject[], unknown])[] = [
    ['of one text', [asked], [{ type: 'text', text: 'Hi', at: 'messages[0].content' }]],
    [
      'of parts, each with its place',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'https://x.test/a.png', detail: 'low' } },
          ],
        },
      ],
      [
        { type: 'text', text: 'a', at: 'messages[0].content[0]' },
        {
          type: 'media',
          kind: 'image',
          source: { from: 'url', url: 'https://x.test/a.png' },
          detail: 'low',
          at: 'messages[0].content[1]',
        },
      ],
    ],
    [
      'with an image in the request itself',
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }] }],
      [
        {
          type: 'media',
          kind: 'image',
          source: { from: 'data', mediaType: 'image/png', data: 'iVBO' },
          at: 'messages[0].content[0]',
        },
      ],
    ],
    [
      'with sound, a film and a file',
      [
        {
          role: 'user',
          content: [
            { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } },
            { type: 'video_url', video_url: { url: 'https://x.test/a.webm' } },
            { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
            { type: 'file', file: { file_id: 'file-1' } },
            { type: 'document_url', document_url: 'https://x.test/a.pdf', document_name: 'A' },
          ],
        },
      ],
      [
        {
          type: 'media',
          kind: 'audio',
          source: { from: 'data', mediaType: 'audio/mpeg', data: 'SUQz' },
          at: 'messages[0].content[0]',
        },
        {
          type: 'media',
          kind: 'video',
          source: { from: 'url', url: 'https://x.test/a.webm' },
          at: 'messages[0].content[1]',
        },
        {
          type: 'media',
          kind: 'document',
          source: { from: 'data', mediaType: 'application/pdf', data: 'JVBE' },
          title: 'a.pdf',
          at: 'messages[0].content[2]',
        },
        {
          type: 'media',
          kind: 'document',
          source: { from: 'file', id: 'file-1', dialect: 'openai-chat' },
          at: 'messages[0].content[3]',
        },
        {
          type: 'media',
          kind: 'document',
          source: { from: 'url', url: 'https://x.test/a.pdf' },
          title: 'A',
          at: 'messages[0].content[4]',
        },
      ],
    ],
    [
      'with a mark for the cache on a part, in both ways',
      [
        {
          role: 'system',
          content: [
            { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
            { type: 'text', text: 'b', prompt_cache_breakpoint: { mode: 'explicit' } },
          ],
        },
      ],
      [
        { type: 'text', text: 'a', at: 'messages[0].content[0]', cache: { ttl: '1h' } },
        { type: 'text', text: 'b', at: 'messages[0].content[1]', cache: {} },
      ],
    ],
    [
      'with a mark on the whole, which is on its last part',
      [{ role: 'system', content: 'a', cache_control: { type: 'ephemeral' } }],
      [{ type: 'text', text: 'a', at: 'messages[0].content', cache: {} }],
    ],
    [
      'with thoughts, a refusal, a sound and calls, in this order',
      [
        {
          role: 'assistant',
          content: null,
          refusal: 'No.',
          reasoning_content: 'Hm.',
          audio: { id: 'audio_1' },
          tool_calls: [called('c1'), { id: 'c2', type: 'custom', custom: { name: 'g', input: 'x' } }],
        },
      ],
      [
        { type: 'reasoning', text: 'Hm.', at: 'messages[0].reasoning_content' },
        { type: 'refusal', text: 'No.', at: 'messages[0].refusal' },
        {
          type: 'media',
          kind: 'audio',
          source: { from: 'file', id: 'audio_1', dialect: 'openai-chat' },
          at: 'messages[0].audio',
        },
        { type: 'tool-call', id: 'c1', name: 'f', input: '{}', at: 'messages[0].tool_calls[0]' },
        { type: 'tool-call', id: 'c2', name: 'g', input: 'x', custom: true, at: 'messages[0].tool_calls[1]' },
      ],
    ],
    [
      "with Mistral's thoughts among the parts",
      [
        {
          role: 'assistant',
          content: [
            {
              type: 'thinking',
              thinking: [
                { type: 'text', text: 'Hm' },
                { type: 'text', text: '.' },
              ],
            },
            { type: 'text', text: 'a' },
          ],
        },
      ],
      [
        { type: 'reasoning', text: 'Hm.', at: 'messages[0].content[0]' },
        { type: 'text', text: 'a', at: 'messages[0].content[1]' },
      ],
    ],
    [
      'with details instead of the same thoughts as a text',
      [
        {
          role: 'assistant',
          content: 'a',
          reasoning: 'Hm.',
          reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', format: 'unknown', index: 0 }],
        },
      ],
      [
        { type: 'reasoning', text: 'Hm.', at: 'messages[0].reasoning_details[0]' },
        { type: 'text', text: 'a', at: 'messages[0].content' },
      ],
    ],
    [
      'with details beside the thoughts if there are no words in them',
      [
        {
          role: 'assistant',
          content: 'a',
          reasoning: 'Hm.',
          reasoning_details: [{ type: 'reasoning.encrypted', data: 'x' }],
        },
      ],
      [
        { type: 'reasoning', text: 'Hm.', at: 'messages[0].reasoning' },
        {
          type: 'reasoning',
          text: '',
          seal: { dialect: 'openai-chat', value: '{"type":"reasoning.encrypted","data":"x"}' },
          at: 'messages[0].reasoning_details[0]',
        },
        { type: 'text', text: 'a', at: 'messages[0].content' },
      ],
    ],
    [
      "with Gemini's signature of a text",
      [{ role: 'assistant', content: 'a', extra_content: { google: { thought_signature: 's' } } }],
      [{ type: 'text', text: 'a', seal: { dialect: 'openai-chat', value: 's' }, at: 'messages[0].content' }],
    ],
    [
      'with what was sealed here for another',
      [
        {
          role: 'assistant',
          tool_calls: [
            {
              ...called('c1'),
              extra_content: {
                google: { thought_signature: seal({ dialect: 'gemini-generate', maker: 'g/m', value: 's' }) },
              },
            },
          ],
        },
      ],
      [
        {
          type: 'tool-call',
          id: 'c1',
          name: 'f',
          input: '{}',
          seal: { dialect: 'gemini-generate', maker: 'g/m', value: 's' },
          at: 'messages[0].tool_calls[0]',
        },
      ],
    ],
  ]
  test.each([...parts])('%s', (_, messages, expected) => {
    expect(told(understand({ model: 'm', messages }).messages.at(-1)?.parts)).toEqual(expected)
  })

  test('of tools: results in a row are one message, and know the name of what was called', () => {
    const { messages } = understand({
      model: 'm',
      messages: [
        asked,
        { role: 'assistant', tool_calls: [called('c1'), called('c2', 'g')] },
        { role: 'tool', tool_call_id: 'c1', content: '1' },
        { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: '2' }] },
        { role: 'user', content: 'And?', name: 'ann' },
      ],
    })
    expect(told(messages.slice(2))).toEqual([
      {
        role: 'user',
        at: 'messages[2]',
        parts: [
          {
            type: 'tool-result',
            call: 'c1',
            name: 'f',
            parts: [{ type: 'text', text: '1', at: 'messages[2].content' }],
            at: 'messages[2]',
          },
          {
            type: 'tool-result',
            call: 'c2',
            name: 'g',
            parts: [{ type: 'text', text: '2', at: 'messages[3].content[0]' }],
            at: 'messages[3]',
          },
        ],
      },
      {
        role: 'user',
        parts: [{ type: 'text', text: 'And?', at: 'messages[4].content' }],
        name: 'ann',
        at: 'messages[4]',
      },
    ])
  })

  test('of functions, as tools were called at first: the result finds its call by name', () => {
    const { messages } = understand({
      model: 'm',
      messages: [
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
        { role: 'function', name: 'f', content: '1' },
      ],
    })
    expect(messages.flatMap(({ parts }) => parts)).toMatchObject([
      { type: 'tool-call', id: 'call_0', name: 'f', input: '{"a":1}' },
      { type: 'tool-result', call: 'call_0', name: 'f' },
    ])
  })

  test('of functions, with what only the call’s maker understands', () => {
    const sealed = { dialect: 'gemini-generate', maker: 'g/m', value: 's' }
    const extra_content = { google: { thought_signature: seal(sealed) } }
    const call = { name: 'f', arguments: '{}', extra_content }
    const [message] = chatOf({ messages: [{ role: 'assistant', content: null, function_call: call }] }).messages
    expect(message?.parts).toMatchObject([{ type: 'tool-call', seal: sealed }])
  })
})

describe('a field is understood:', () => {
  const fields: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ['max_tokens', { max_tokens: 5 }, { maxTokens: 5 }],
    ['max_completion_tokens before max_tokens', { max_tokens: 5, max_completion_tokens: 6 }, { maxTokens: 6 }],
    ['stop as one text', { stop: 'x' }, { stop: ['x'] }],
    ['logprobs', { logprobs: true, top_logprobs: 3 }, { logprobs: { top: 3 } }],
    ['no logprobs', { logprobs: false }, {}],
    ['safety_identifier as the user', { safety_identifier: 'u' }, { user: 'u' }],
    ['a null as nothing', { temperature: null, tools: null, stop: null, reasoning: null }, {}],
    ['the effort', { reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
    [
      "OpenRouter's object",
      { reasoning: { max_tokens: 9, exclude: true } },
      { reasoning: { budget: 9, shown: false } },
    ],
    ["OpenRouter's switch", { reasoning: { enabled: true } }, { reasoning: { budget: -1 } }],
    ["DeepSeek's switch", { thinking: { type: 'disabled' } }, { reasoning: { budget: 0 } }],
    [
      "DeepSeek's switch beside an effort",
      { thinking: { type: 'enabled' }, reasoning_effort: 'low' },
      { reasoning: { effort: 'low' } },
    ],
    ['a budget for thinking', { thinking: { type: 'enabled', budget_tokens: 7 } }, { reasoning: { budget: 7 } }],
    ["DashScope's switch and budget", { enable_thinking: true, thinking_budget: 8 }, { reasoning: { budget: 8 } }],
    ['the voice', { audio: { voice: 'ash', format: 'wav' } }, { voice: { name: 'ash', format: 'wav' } }],
    [
      'the schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { a: 1 } } } },
      { format: { type: 'schema', name: 'n', schema: { a: 1 } } },
    ],
    ['any', { tool_choice: 'any' }, { toolChoice: { type: 'required' } }],
    [
      'one tool',
      { tool_choice: { type: 'function', function: { name: 'f' } } },
      { toolChoice: { type: 'tool', name: 'f' } },
    ],
    [
      "one tool in xAI's way",
      { tool_choice: { type: 'tool', name: 'f' } },
      { toolChoice: { type: 'tool', name: 'f' } },
    ],
    [
      'one custom tool',
      { tool_choice: { type: 'custom', custom: { name: 'f' } } },
      { toolChoice: { type: 'tool', name: 'f' } },
    ],
    ['one function', { function_call: { name: 'f' } }, { toolChoice: { type: 'tool', name: 'f' } }],
    [
      'some tools',
      {
        tool_choice: {
          type: 'allowed_tools',
          allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'f' } }] },
        },
      },
      { toolChoice: { type: 'only', names: ['f'], required: true } },
    ],
    [
      'a function of before tools, which is called alone',
      { functions: [{ name: 'f', parameters: { type: 'object' } }] },
      {
        tools: [{ type: 'function', name: 'f', schema: { type: 'object' }, at: 'functions[0]' }],
        parallelTools: false,
      },
    ],
    [
      'a custom tool',
      {
        tools: [
          {
            type: 'custom',
            custom: { name: 'f', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
          },
        ],
      },
      { tools: [{ type: 'custom', name: 'f', grammar: { syntax: 'lark', definition: 'x' }, at: 'tools[0]' }] },
    ],
    [
      'a tool that the provider runs',
      { tools: [{ type: 'browser_search' }] },
      {
        tools: [
          {
            type: 'hosted',
            kind: 'web-search',
            dialect: 'openai-chat',
            wire: { type: 'browser_search' },
            at: 'tools[0]',
          },
        ],
      },
    ],
  ]
  test.each([...fields])('%s', (_, body, expected) => {
    const { messages: _m, extras: _e, ...rest } = chatOf(body)
    expect(told(rest)).toEqual({ tools: [], ...expected })
  })
})

test('what has no noun is kept under its own name, and what is ours is not', () => {
  const { extras } = chatOf({
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
    moderation: { model: 'x' },
    models: ['a/b'],
    reasoning_effort: 'default',
    reasoning: { depth: 3 },
    user: 'u',
    safety_identifier: 's',
    audio: { voice: { id: 'v' }, format: 'wav' },
    nothing: null,
  })
  expect(extras).toEqual({
    dialect: 'openai-chat',
    fields: {
      moderation: { model: 'x' },
      models: ['a/b'],
      reasoning_effort: 'default',
      'reasoning.depth': 3,
      safety_identifier: 's',
      'audio.voice': { id: 'v' },
      'stream_options.include_obfuscation': false,
    },
  })
})

describe('a request is refused, with the place of the fault, for', () => {
  const message = (content: unknown): JsonObject => ({ messages: [{ role: 'user', content: [content] }] as never })
  const refusals: readonly (readonly [string, JsonObject, string])[] = [
    ['fewer than no log probabilities', { logprobs: true, top_logprobs: -1 }, 'top_logprobs'],
    ['messages that are none', { messages: 'x' }, 'messages'],
    ['a message that is none', { messages: [asked, 5] }, 'messages[1]'],
    ['an unknown role', { messages: [{ role: 'narrator', content: 'x' }] }, 'messages[0].role'],
    [
      'a role that is a word of the language',
      { messages: [{ role: 'constructor', content: 'x' }] },
      'messages[0].role',
    ],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content'],
    ['an assistant that says nothing', { messages: [{ role: 'assistant' }] }, 'messages[0].content'],
    ['content that is a number', { messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
    ['a part that is none', message('x'), 'messages[0].content[0]'],
    ['an unknown part', message({ type: 'smell' }), 'messages[0].content[0].type'],
    ['a text that is none', message({ type: 'text', text: 5 }), 'messages[0].content[0].text'],
    [
      'an image that is no URL',
      message({ type: 'image_url', image_url: { url: 'cat.png' } }),
      'messages[0].content[0].image_url.url',
    ],
    [
      'an image that is no image',
      message({ type: 'image_url', image_url: { url: 'data:text/plain;base64,aGk=' } }),
      'messages[0].content[0].image_url.url',
    ],
    [
      'an image that is no base64',
      message({ type: 'image_url', image_url: { url: 'data:image/png;base64,<svg>' } }),
      'messages[0].content[0].image_url.url',
    ],
    [
      'sound without a format',
      message({ type: 'input_audio', input_audio: { data: 'AAAA' } }),
      'messages[0].content[0].input_audio.format',
    ],
    ['a file of nothing', message({ type: 'file', file: {} }), 'messages[0].content[0].file.file_data'],
    [
      'an image in the instructions',
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: 'https://x.test' }] }] },
      'messages[0].content[0]',
    ],
    [
      'a mark that is none',
      message({ type: 'text', text: 'x', cache_control: 'yes' }),
      'messages[0].content[0].cache_control',
    ],
    [
      'a result without its call',
      { messages: [asked, { role: 'tool', tool_call_id: 'c9', content: 'x' }] },
      'messages[1].tool_call_id',
    ],
    [
      'a result of no function',
      { messages: [asked, { role: 'function', name: 'f', content: 'x' }] },
      'messages[1].name',
    ],
    [
      'a call without an id',
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f' } }] }] },
      'messages[0].tool_calls[0].id',
    ],
    [
      'a call of nothing',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'c' }] }] },
      'messages[0].tool_calls[0].function',
    ],
    [
      'arguments that are no text',
      { messages: [{ role: 'assistant', tool_calls: [{ id: 'c', function: { name: 'f', arguments: {} } }] }] },
      'messages[0].tool_calls[0].function.arguments',
    ],
    ['tools that are none', { tools: 'x' }, 'tools'],
    ['a tool without a type', { tools: [{ name: 'f' }] }, 'tools[0].type'],
    ['a tool without a name', { tools: [{ type: 'function', function: {} }] }, 'tools[0].function.name'],
    [
      'a schema that is none',
      { tools: [{ type: 'function', function: { name: 'f', parameters: 'x' } }] },
      'tools[0].function.parameters',
    ],
    [
      'properties that are none',
      { tools: [{ type: 'function', function: { name: 'f', parameters: { properties: [] } } }] },
      'tools[0].function.parameters.properties',
    ],
    [
      'a thousand tools',
      { tools: Array.from({ length: 1000 }, (_, n) => ({ type: 'function', function: { name: `f${n}` } })) },
      'tools',
    ],
    ['a choice that is none', { tool_choice: 'maybe' }, 'tool_choice'],
    ['a choice of nothing', { tool_choice: { type: 'function', function: {} } }, 'tool_choice.function.name'],
    ['an unknown format', { response_format: { type: 'xml' } }, 'response_format.type'],
    ['a format without its schema', { response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
    ['a temperature in words', { temperature: 'hot' }, 'temperature'],
    ['a limit that is no whole number', { max_tokens: 1.5 }, 'max_tokens'],
    ['stops that are no texts', { stop: ['a', 5] }, 'stop[1]'],
    ['metadata that is a list', { metadata: [] }, 'metadata'],
    ['a flag that is a word', { parallel_tool_calls: 'yes' }, 'parallel_tool_calls'],
    ['thinking that is a word', { thinking: 'yes' }, 'thinking'],
    ['a prediction of nothing', { prediction: 'x' }, 'prediction'],
  ]
  test.each([...refusals])('%s', (_, fields, param) => {
    const fault = refusalOf(fields)
    expect([fault.code, fault.status, fault.param]).toEqual(['invalid_request', 400, param])
    expect(fault.message).toContain(`'${param}'`)
  })
})

const refusalOf = (fields: JsonObject): Fault => faultOf(() => chatOf(fields))
