import { describe, expect, test } from 'bun:test'
import { worded, writtenAs } from '../../../test/fakes/written.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { faultOf } from '../sample.test-data.ts'
import { request } from './request.ts'

const body = { model: 'claude', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }

/** The fault that an act ends in, and the place it names. */
describe('a request is read for', () => {
  test('the model and the stream; its usage is always wanted', () => {
    const call = { operation: 'chat', model: 'claude', stream: true, wantsUsage: true } as const
    expect(request.read({ ...body, stream: true }, { operation: 'chat' })).toEqual(call)
    expect(request.read({ ...body, stream: null }, { operation: 'chat' })).toEqual({ ...call, stream: false })
  })

  test('a count of tokens, which is no stream', () => {
    expect(request.read({ ...body, stream: true }, { operation: 'count_tokens' }).stream).toBe(false)
  })

  const refused: readonly (readonly [string, JsonObject])[] = [
    ['model', { ...body, model: '' }],
    ['model', { messages: body.messages }],
    ['stream', { ...body, stream: 'yes' }],
    ['messages', { ...body, messages: [] }],
    ['messages', { ...body, messages: 'Hi' }],
    ['messages[1]', { ...body, messages: [...body.messages, { content: 'Hi' }] }],
  ]
  test.each([...refused])('a wrong %s', (param, body) => {
    const fault = faultOf(() => request.read(body, { operation: 'chat' }))
    expect([fault.code, fault.param]).toEqual(['invalid_request', param])
  })

  test('no more: a missing max_tokens is for the provider to say', () => {
    expect(request.read({ model: 'claude', messages: body.messages }, { operation: 'chat' }).model).toBe('claude')
  })
})

describe('a request is reworded', () => {
  const text = '{ "model" : "claude-sonnet-4-5","temperature":1.0, "messages":[{"role":"user","content":"\\u0048i"}]}'
  const letter = (): Parameters<typeof request.reword>[0] => {
    const parsed = JSON.parse(text) as JsonObject
    const call = request.read(parsed, { operation: 'chat' })
    return {
      dialect: 'anthropic-messages',
      ...writtenAs(text),
      call,
      sealed: false,
      strict: false,
    }
  }

  test('by the name of the model alone', () => {
    const wording = worded(request.reword(letter(), { model: 'claude-opus-5', quirks: {} }))
    expect(wording).toEqual({
      body: text.replace('claude-sonnet-4-5', 'claude-opus-5'),
      askedUsage: false,
      lost: [],
    })
  })

  test('not at all where that is the same', () => {
    expect(worded(request.reword(letter(), { model: 'claude-sonnet-4-5', quirks: {} })).body).toBe(text)
  })
})

describe('a request in full is refused', () => {
  const user = (...content: Json[]): JsonObject => ({ messages: [{ role: 'user', content }] })
  const refused: readonly (readonly [string, JsonObject])[] = [
    ['messages', {}],
    ['messages[0]', { messages: ['Hi'] }],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'Hi' }] }],
    ['messages[0].role', { messages: [{ content: 'Hi' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 3 }] }],
    ['messages[0].content[0]', user('Hi')],
    ['messages[0].content[0].type', user({ text: 'Hi' })],
    ['messages[0].content[1].text', user({ type: 'text', text: 'Hi' }, { type: 'text' })],
    ['messages[0].content[0].source', user({ type: 'image' })],
    ['messages[0].content[0].source.type', user({ type: 'image', source: { type: 'base32' } })],
    ['messages[0].content[0].source.media_type', user({ type: 'image', source: { type: 'base64', data: 'AA==' } })],
    [
      'messages[0].content[0].source.data',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'data:image/png;base64,AA==' } }),
    ],
    [
      'messages[0].content[0].source.data',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'https://example.com/a.png' } }),
    ],
    ['messages[0].content[0]', user({ type: 'tool_use', id: 'x', name: 'f', input: {} })],
    ['messages[0].content[0].tool_use_id', user({ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Sunny' })],
    [
      'messages[0].content[0].input',
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'x', name: 'f', input: '{}' }] }] },
    ],
    [
      'messages[0].content[0].cache_control.ttl',
      user({ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral', ttl: '2h' } }),
    ],
    ['system', { ...body, system: 3 }],
    ['system[0].text', { ...body, system: [{ type: 'text' }] }],
    ['tools', { ...body, tools: {} }],
    ['tools[0].name', { ...body, tools: [{ input_schema: {} }] }],
    ['tools[0].name', { ...body, tools: [{ name: '', input_schema: {} }] }],
    [
      'tools[1].input_schema',
      {
        ...body,
        tools: [
          { name: 'f', input_schema: {} },
          { name: 'g', input_schema: 'x' },
        ],
      },
    ],
    ['tool_choice', { ...body, tool_choice: 'auto' }],
    ['tool_choice.type', { ...body, tool_choice: { type: 'required' } }],
    ['tool_choice.name', { ...body, tool_choice: { type: 'tool' } }],
    ['tool_choice.name', { ...body, tool_choice: { type: 'tool', name: '' } }],
    ['tools[0].input_schema.type', { ...body, tools: [{ name: 'f', input_schema: { type: 5 } }] }],
    ['mcp_servers[0].type', { ...body, mcp_servers: [{ name: 's', url: 'https://example.com' }] }],
    ['max_tokens', { ...body, max_tokens: '9' }],
    ['max_tokens', { ...body, max_tokens: 1.5 }],
    ['temperature', { ...body, temperature: 'hot' }],
    ['stop_sequences[1]', { ...body, stop_sequences: ['a', 1] }],
    ['thinking.type', { ...body, thinking: {} }],
    ['thinking.budget_tokens', { ...body, thinking: { type: 'enabled' } }],
    ['output_config.format.schema', { ...body, output_config: { format: { type: 'json_schema' } } }],
    ['output_format.schema', { ...body, output_format: { type: 'json_schema', schema: 'x' } }],
    ['metadata.user_id', { ...body, metadata: { user_id: 7 } }],
  ]
  test.each([...refused])('with the place %s', (param, wrong) => {
    const fault = faultOf(() => request.understand(wrong))
    expect([fault.code, fault.param]).toEqual(['invalid_request', param])
    expect(fault.message).toContain(`'${param}'`)
  })
})

describe('a request is understood', () => {
  test('with the place of every part and the name of every tool that is answered', () => {
    const { messages } = request.understand({
      system: 'Be brief.',
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'Sunny', is_error: true }] },
      ],
    })
    expect(messages).toEqual([
      { role: 'system', at: 'system', parts: [{ type: 'text', text: 'Be brief.', at: 'system' }] },
      {
        role: 'user',
        at: 'messages[0]',
        parts: [{ type: 'text', text: 'Weather?', at: 'messages[0].content' }],
      },
      {
        role: 'assistant',
        at: 'messages[1]',
        parts: [
          {
            type: 'tool-call',
            id: 'toolu_1',
            name: 'weather',
            input: '{"city":"Bern"}',
            at: 'messages[1].content[0]',
          },
        ],
      },
      {
        role: 'user',
        at: 'messages[2]',
        parts: [
          {
            type: 'tool-result',
            call: 'toolu_1',
            name: 'weather',
            parts: [{ type: 'text', text: 'Sunny', at: 'messages[2].content[0].content' }],
            failed: true,
            at: 'messages[2].content[0]',
          },
        ],
      },
    ])
  })

  const wishes: readonly (readonly [string, JsonObject, object | undefined])[] = [
    ['a budget', { thinking: { type: 'enabled', budget_tokens: 2048 } }, { budget: 2048 }],
    ['as much as the model likes', { thinking: { type: 'adaptive' } }, { budget: -1 }],
    ['an effort', { output_config: { effort: 'max' } }, { effort: 'max' }],
    [
      'an effort within what the model likes',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      { effort: 'low', budget: -1, shown: true },
    ],
    ['none', { thinking: { type: 'disabled' } }, { effort: 'none' }],
    [
      'none, with an effort for the answer',
      { thinking: { type: 'disabled' }, output_config: { effort: 'high' } },
      { effort: 'none' },
    ],
    ['nothing', {}, undefined],
  ]
  test.each([...wishes])('to think by %s', (_, fields, reasoning) => {
    expect(request.understand({ ...body, ...fields }).reasoning as object).toEqual(reasoning as object)
  })

  test('with the effort of the answer as a field of its own, where there are no thoughts', () => {
    const { extras } = request.understand({
      ...body,
      thinking: { type: 'disabled' },
      output_config: { effort: 'high' },
    })
    expect(extras.fields).toEqual({ 'output_config.effort': 'high' })
  })

  test('with what has no noun under its path', () => {
    const { extras } = request.understand({
      ...body,
      container: 'c1',
      thinking: { type: 'between_tools' },
      output_config: { effort: 'unheard', task_budget: { total: 5 } },
      metadata: { user_id: 'u', tenant: 't' },
      inference_geo: null,
      tools: [{ name: 'f', input_schema: {}, defer_loading: true }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', mood: 'glad' }], output_config: {} }],
    })
    expect(extras).toEqual({
      dialect: 'anthropic-messages',
      fields: {
        container: 'c1',
        thinking: { type: 'between_tools' },
        'output_config.effort': 'unheard',
        'output_config.task_budget': { total: 5 },
        'metadata.tenant': 't',
        'tools[0].defer_loading': true,
        'messages[0].output_config': {},
        'messages[0].content[0].mood': 'glad',
      },
    })
  })

  const kinds: readonly (readonly [string, string])[] = [
    ['web_search_20260318', 'web-search'],
    ['web_fetch_20250910', 'web-fetch'],
    ['code_execution_20260120', 'code-execution'],
    ['bash_20250124', 'shell'],
    ['text_editor_20250728', 'text-editor'],
    ['computer_20251124', 'computer'],
    ['memory_20250818', 'memory'],
    ['mcp_toolset', 'mcp'],
    ['advisor_20260301', 'other'],
  ]
  test.each([...kinds])('with the tool %s as one for %s', (type, kind) => {
    const wire = { type, name: 'x', cache_control: { type: 'ephemeral', ttl: '1h' } }
    const [tool] = request.understand({ ...body, tools: [wire] }).tools
    expect(tool).toMatchObject({ type: 'hosted', kind, wire, at: 'tools[0]', cache: { ttl: '1h' } })
  })

  test('with servers of tools as tools, after the others', () => {
    const server = { type: 'url', url: 'https://mcp.example.com', name: 'wiki' }
    const { tools } = request.understand({ ...body, mcp_servers: [server], tools: [{ name: 'f', input_schema: {} }] })
    expect(tools.map(tool => [tool.type, tool.at])).toEqual([
      ['function', 'tools[0]'],
      ['hosted', 'mcp_servers[0]'],
    ])
  })

  test('with a document of blocks as its words, and one with images as a block that only this dialect reads', () => {
    const write = (...content: Json[]): Json => ({ type: 'document', title: 'T', source: { type: 'content', content } })
    const text = { type: 'text', text: 'Words' }
    const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }
    const { messages } = request.understand({
      messages: [{ role: 'user', content: [write(text, text), write(text, image)] }],
    })
    expect(messages[0]?.parts).toMatchObject([
      { type: 'media', kind: 'document', title: 'T', source: { from: 'text', text: 'Words\nWords' } },
      { type: 'opaque', label: 'document' },
    ])
  })
})
