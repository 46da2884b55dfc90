import { expect, test } from 'bun:test'
import type { Chat } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { seal } from '../../model/sealed.ts'
import { openaiResponses } from './index.ts'
import { refusedAt } from './sample.test-data.ts'
import { closed } from './seals.ts'

const understand = (body: JsonObject): Chat => openaiResponses.request.understand({ model: 'gpt-5', ...body })
const partsOf = (input: Json) => understand({ input }).messages.flatMap(({ parts }) => parts)
const native = (fields: JsonObject) => ({ dialect: 'openai-responses', value: JSON.stringify(fields) })

test('instructions stand before the input, and keep their place', () => {
  expect(understand({ instructions: 'Be brief.', input: 'Hello' }).messages).toEqual([
    { role: 'system', at: 'instructions', parts: [{ type: 'text', text: 'Be brief.', at: 'instructions' }] },
    { role: 'user', at: 'input', parts: [{ type: 'text', text: 'Hello', at: 'input' }] },
  ])
})

test('what the model said in a row is one message, and so are results in a row', () => {
  const { messages } = understand({
    input: [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
      { type: 'reasoning', id: 'rs_1', summary: [] },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Hm.' }] },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { type: 'function_call', call_id: 'b', name: 'g', arguments: '{"x":1}' },
      { type: 'function_call_output', call_id: 'a', output: 'one' },
      { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'two' }] },
      { role: 'user', content: 'And?' },
    ],
  })
  expect(messages.map(({ role, at, parts }) => [role, at, parts.map(part => `${part.type} ${part.at}`)])).toEqual([
    ['developer', 'input[0]', ['text input[0].content']],
    ['user', 'input[1]', ['text input[1].content[0]']],
    [
      'assistant',
      'input[2]',
      ['reasoning input[2]', 'text input[3].content[0]', 'tool-call input[4]', 'tool-call input[5]'],
    ],
    ['user', 'input[6]', ['tool-result input[6]', 'tool-result input[7]']],
    ['user', 'input[8]', ['text input[8].content']],
  ])
  expect(messages[3]?.parts[1]).toEqual({
    type: 'tool-result',
    call: 'b',
    name: 'g',
    parts: [{ type: 'text', text: 'two', at: 'input[7].output[0]' }],
    at: 'input[7]',
  })
})

const contents: readonly [string, JsonObject, unknown][] = [
  [
    'an image by URL',
    { type: 'input_image', image_url: 'https://x/y.png', detail: 'low' },
    { kind: 'image', source: { from: 'url', url: 'https://x/y.png' }, detail: 'low' },
  ],
  [
    'an image in base64',
    { type: 'input_image', image_url: 'data:image/png;base64,AAAA' },
    { kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'AAAA' } },
  ],
  [
    'an image by file id',
    { type: 'input_image', file_id: 'file-1' },
    { kind: 'image', source: { from: 'file', id: 'file-1', dialect: 'openai-responses' } },
  ],
  [
    'a file in base64',
    { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' },
    { kind: 'document', source: { from: 'data', mediaType: 'application/pdf', data: 'JVBE' }, title: 'a.pdf' },
  ],
  [
    'a file by URL',
    { type: 'input_file', file_url: 'https://x/a.pdf' },
    { kind: 'document', source: { from: 'url', url: 'https://x/a.pdf' } },
  ],
  [
    'a sound',
    { type: 'input_audio', input_audio: { data: 'UklG', format: 'mp3' } },
    { kind: 'audio', source: { from: 'data', mediaType: 'audio/mpeg', data: 'UklG' } },
  ],
  [
    'a film',
    { type: 'input_video', video_url: 'https://x/a.mp4' },
    { kind: 'video', source: { from: 'url', url: 'https://x/a.mp4' } },
  ],
]

test.each(contents)('%s is a medium', (_, part, expected) => {
  const [found] = partsOf([{ role: 'user', content: [part] }])
  expect(found).toEqual({ type: 'media', ...(expected as object), at: 'input[0].content[0]' } as never)
})

test('a refusal and citations of an earlier reply are kept', () => {
  const citation = { type: 'url_citation', url: 'https://x', title: 'X', start_index: 0, end_index: 2 }
  const file = { type: 'file_citation', file_id: 'file-1', filename: 'a.txt', index: 2 }
  const content = [
    { type: 'output_text', text: 'Hm', annotations: [citation, file] },
    { type: 'refusal', refusal: 'No.' },
  ]
  expect(partsOf([{ role: 'assistant', content }])).toEqual([
    {
      type: 'text',
      text: 'Hm',
      citations: [
        { url: 'https://x', title: 'X', start: 0, end: 2 },
        { title: 'a.txt', fileId: 'file-1', start: 2, end: 2, seal: native(file) },
      ],
      at: 'input[0].content[0]',
    },
    { type: 'refusal', text: 'No.', at: 'input[0].content[1]' },
  ])
})

test('a commentary is known as one again, and a final answer needs no word for it', () => {
  const [first, second] = partsOf([
    { role: 'assistant', phase: 'commentary', content: 'Looking.' },
    { role: 'assistant', phase: 'final_answer', content: 'Found.' },
  ])
  expect(first).toMatchObject({ text: 'Looking.', seal: native({ phase: 'commentary' }) })
  expect(second).toEqual({ type: 'text', text: 'Found.', at: 'input[1].content' })
})

test('thoughts keep what they are sealed with: the id, the encrypted content, the other telling', () => {
  const texts = (type: string, ...all: string[]) => all.map(text => ({ type, text }))
  const items = [
    { type: 'reasoning', id: 'rs_1', summary: texts('summary_text', 'a', 'b'), encrypted_content: 'gAAA' },
    { type: 'reasoning', id: 'rs_2', summary: [], content: texts('reasoning_text', 'c') },
    { type: 'reasoning', summary: texts('summary_text', 's'), content: texts('reasoning_text', 'd') },
    { type: 'reasoning', id: 'rs_4', summary: [] },
  ]
  expect(partsOf(items)).toEqual([
    {
      type: 'reasoning',
      text: 'a\n\nb',
      summary: true,
      seal: native({ id: 'rs_1', encrypted_content: 'gAAA' }),
      at: 'input[0]',
    },
    { type: 'reasoning', text: 'c', seal: native({ id: 'rs_2' }), at: 'input[1]' },
    { type: 'reasoning', text: 'd', seal: native({ summary: ['s'] }), at: 'input[2]' },
    { type: 'reasoning', text: '', seal: native({ id: 'rs_4' }), at: 'input[3]' },
  ])
})

const signature = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'EqQB' }

test("another provider's seals come back to what they belong to", () => {
  const reasoning = (encrypted_content: string, summary: JsonObject[] = []) => ({
    type: 'reasoning',
    id: 'rs_x',
    summary,
    encrypted_content,
  })
  const found = partsOf([
    reasoning(seal(signature), [{ type: 'summary_text', text: 'Hm.' }]),
    reasoning(closed({ of: 'reasoning' })),
    { role: 'assistant', content: 'Well.' },
    reasoning(closed({ of: 'text', seal: signature })),
    reasoning(closed({ of: 'opaque', label: 'server_tool_use', seal: signature })),
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    reasoning(closed({ of: 'tool-call', id: 'a', seal: signature })),
    { type: 'image_generation_call', id: 'ig_1', result: 'AAAA' },
    reasoning(closed({ of: 'media', id: 'ig_1', seal: signature })),
  ])
  expect(found.map(part => ({ ...part, at: undefined })) as unknown).toEqual([
    { type: 'reasoning', text: 'Hm.', summary: true, seal: signature },
    { type: 'text', text: 'Well.', seal: signature },
    { type: 'opaque', label: 'server_tool_use', seal: signature },
    { type: 'tool-call', id: 'a', name: 'f', input: '{}', seal: signature },
    { type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'AAAA' }, seal: signature },
  ])
})

test('an envelope that says nothing sensible is a thought of nobody’s, and no fault', () => {
  const encrypted_content = seal({ dialect: 'openai-responses', value: '{"of":"everything"}' })
  expect(partsOf([{ type: 'reasoning', summary: [], encrypted_content }])).toEqual([])
})

const without = [
  'web_search_call', 'file_search_call', 'computer_call', 'code_interpreter_call', 'mcp_call', 'mcp_list_tools',
  'mcp_approval_request', 'local_shell_call', 'shell_call', 'apply_patch_call', 'tool_search_call', 'compaction',
  'item_reference', 'program', 'something_new',
] // biome-ignore format: a list of names

test.each(without)('%s has no noun and is kept whole, as the model’s', type => {
  const item = { type, id: 'x_1', status: 'completed', more: { than: 'we know' } }
  expect(understand({ input: [item] }).messages).toEqual([
    { role: 'assistant', at: 'input[0]', parts: [{ type: 'opaque', label: type, seal: native(item), at: 'input[0]' }] },
  ])
})

test.each(['computer_call_output', 'local_shell_call_output', 'mcp_approval_response'])(
  '%s has no noun and is kept whole, as the caller’s',
  type => {
    expect(understand({ input: [{ type, call_id: 'x' }] }).messages[0]?.role).toBe('user')
  },
)

test('a call that a program made belongs to the program, with its result', () => {
  const caller = { type: 'program', caller_id: 'p' }
  const items = [
    { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', caller },
    { type: 'function_call_output', call_id: 'a', output: '1', caller },
  ]
  expect(partsOf(items).map(part => part.type)).toEqual(['opaque', 'opaque'])
})

test('custom tools, their calls and results are told from functions', () => {
  const format = { type: 'grammar', syntax: 'lark', definition: 'start: "a"' }
  const chat = understand({
    tools: [
      { type: 'custom', name: 'patch', description: 'Patches.', format },
      { type: 'custom', name: 'note', format: { type: 'text' } },
    ],
    input: [
      { type: 'custom_tool_call', call_id: 'a', name: 'patch', input: '*** Begin' },
      { type: 'custom_tool_call_output', call_id: 'a', output: 'ok' },
    ],
  })
  expect(chat.tools).toEqual([
    {
      type: 'custom',
      name: 'patch',
      description: 'Patches.',
      grammar: { syntax: 'lark', definition: 'start: "a"' },
      at: 'tools[0]',
    },
    { type: 'custom', name: 'note', at: 'tools[1]' },
  ])
  expect(chat.messages.flatMap(({ parts }) => parts)).toMatchObject([
    { type: 'tool-call', custom: true, input: '*** Begin' },
    { type: 'tool-result', custom: true, name: 'patch' },
  ])
})

test('every setting has its noun, and what has none is an extra under its own name', () => {
  const chat = understand({
    input: 'Hello',
    instructions: '',
    tools: [
      {
        type: 'function',
        name: 'f',
        description: 'F',
        parameters: { type: 'object' },
        strict: true,
        defer_loading: true,
      },
      {
        type: 'web_search',
        filters: { allowed_domains: ['x.org'] },
        user_location: { type: 'approximate', city: 'Bern' },
      },
      { type: 'mcp', server_label: 's' },
    ],
    tool_choice: { type: 'mcp', server_label: 's' },
    parallel_tool_calls: false,
    text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true }, verbosity: 'low' },
    reasoning: { effort: 'high', summary: 'auto', context: 'all_turns' },
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    top_logprobs: 3,
    include: ['message.output_text.logprobs', 'reasoning.encrypted_content', 'web_search_call.action.sources'],
    stream_options: { include_obfuscation: false },
    service_tier: 'flex',
    metadata: { a: 'b' },
    safety_identifier: 'u1',
    store: false,
    prompt_cache_key: 'k',
    prompt_cache_retention: '24h',
    truncation: 'auto',
    max_tool_calls: 4,
    background: null,
    previous_response_id: 'resp_1',
    conversation: { id: 'conv_1' },
    context_management: [{ type: 'compaction' }],
  })
  expect(chat).toEqual({
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello', at: 'input' }], at: 'input' }],
    tools: [
      { type: 'function', name: 'f', description: 'F', schema: { type: 'object' }, strict: true, at: 'tools[0]' },
      {
        type: 'hosted',
        kind: 'web-search',
        dialect: 'openai-responses',
        wire: {
          type: 'web_search',
          filters: { allowed_domains: ['x.org'] },
          user_location: { type: 'approximate', city: 'Bern' },
        },
        search: { allowedDomains: ['x.org'], location: { type: 'approximate', city: 'Bern' } },
        at: 'tools[1]',
      },
      {
        type: 'hosted',
        kind: 'mcp',
        dialect: 'openai-responses',
        wire: { type: 'mcp', server_label: 's' },
        at: 'tools[2]',
      },
    ],
    parallelTools: false,
    format: { type: 'schema', name: 'n', schema: { type: 'object' }, strict: true },
    reasoning: { effort: 'high', summary: 'auto' },
    maxTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    logprobs: { top: 3 },
    verbosity: 'low',
    serviceTier: 'flex',
    metadata: { a: 'b' },
    user: 'u1',
    store: false,
    cacheKey: 'k',
    cacheRetention: '24h',
    extras: {
      dialect: 'openai-responses',
      fields: {
        truncation: 'auto',
        max_tool_calls: 4,
        previous_response_id: 'resp_1',
        conversation: { id: 'conv_1' },
        context_management: [{ type: 'compaction' }],
        include: ['web_search_call.action.sources'],
        tool_choice: { type: 'mcp', server_label: 's' },
        'reasoning.context': 'all_turns',
        'tools[0].defer_loading': true,
      },
      form: { include: ['reasoning.encrypted_content'], stream_options: { include_obfuscation: false } },
    },
  })
})

const kinds: readonly [string, string][] = [
  ['web_search_preview', 'web-search'],
  ['file_search', 'file-search'],
  ['computer_use_preview', 'computer'],
  ['code_interpreter', 'code-execution'],
  ['image_generation', 'image-generation'],
  ['local_shell', 'shell'],
  ['apply_patch', 'text-editor'],
  ['tool_search', 'other'],
]

test.each(kinds)('the tool %s is a hosted one of the kind %s', (type, kind) => {
  expect(understand({ input: 'x', tools: [{ type }] }).tools[0]).toMatchObject({ type: 'hosted', kind })
})

const choices: readonly [Json, Chat['toolChoice']][] = [
  ['auto', { type: 'auto' }],
  ['none', { type: 'none' }],
  ['required', { type: 'required' }],
  [
    { type: 'function', name: 'f' },
    { type: 'tool', name: 'f' },
  ],
  [
    { type: 'function', function: { name: 'f' } },
    { type: 'tool', name: 'f' },
  ],
  [
    { type: 'custom', name: 'c' },
    { type: 'tool', name: 'c' },
  ],
  [
    {
      type: 'allowed_tools',
      mode: 'required',
      tools: [
        { type: 'function', name: 'f' },
        { type: 'custom', name: 'c' },
      ],
    },
    { type: 'only', names: ['f', 'c'], required: true },
  ],
  [
    { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'f' }] },
    { type: 'only', names: ['f'], required: false },
  ],
  [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'web_search' }] }, undefined],
  [{ type: 'file_search' }, undefined],
]

test.each(choices)('the choice of tools %o is understood', (tool_choice, expected) => {
  const chat = understand({ input: 'x', tool_choice })
  expect(chat.toolChoice).toEqual(expected)
  expect(chat.extras.fields.tool_choice).toEqual(expected ? undefined : tool_choice)
})

const refusals: readonly [string, JsonObject][] = [
  ['top_logprobs', { input: 'Hi', top_logprobs: -5 }],
  ['input[0].role', { input: [{ role: 'tool', content: 'x' }] }],
  ['input[0].content', { input: [{ role: 'user', content: 7 }] }],
  ['input[0].content[0].type', { input: [{ role: 'user', content: [{ text: 'x' }] }] }],
  [
    'input[0].content[1].type',
    { input: [{ role: 'user', content: [{ type: 'input_text', text: '' }, { type: 'image' }] }] },
  ],
  ['input[0].content[0].text', { input: [{ role: 'user', content: [{ type: 'input_text' }] }] }],
  ['input[0].content[0].image_url', { input: [{ role: 'user', content: [{ type: 'input_image' }] }] }],
  ['input[0].content[0]', { input: [{ role: 'user', content: [{ type: 'input_file' }] }] }],
  ['input[0].call_id', { input: [{ type: 'function_call', name: 'f', arguments: '{}' }] }],
  [
    'input[0].content[0].annotations[0].index',
    {
      input: [
        {
          role: 'assistant',
          content: [
            { type: 'output_text', text: 'x', annotations: [{ type: 'file_citation', file_id: 'f', index: ' ' }] },
          ],
        },
      ],
    },
  ],
  ['input[0].name', { input: [{ type: 'function_call', call_id: 'a', arguments: '{}' }] }],
  ['input[0].call_id', { input: [{ type: 'function_call_output', call_id: 'a', output: '' }] }],
  [
    'input[0].call_id',
    {
      input: [
        { type: 'function_call_output', call_id: 'a', output: '' },
        { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      ],
    },
  ],
  [
    'input[0].content[0].image_url',
    { input: [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,{' }] }] },
  ],
  ['input[0].summary[0].text', { input: [{ type: 'reasoning', summary: [{ type: 'summary_text' }] }] }],
  ['tools', { input: 'x', tools: {} }],
  ['tools[0].name', { input: 'x', tools: [{ type: 'function', function: { name: 'f' } }] }],
  ['tools[0].parameters', { input: 'x', tools: [{ type: 'function', name: 'f', parameters: 'none' }] }],
  ['tool_choice', { input: 'x', tool_choice: 7 }],
  ['tool_choice.name', { input: 'x', tool_choice: { type: 'function' } }],
  ['tool_choice.mode', { input: 'x', tool_choice: { type: 'allowed_tools', mode: 'any', tools: [] } }],
  ['text.format.schema', { input: 'x', text: { format: { type: 'json_schema', name: 'n' } } }],
  ['text.format.type', { input: 'x', text: { format: {} } }],
  ['reasoning', { input: 'x', reasoning: 'high' }],
  ['max_output_tokens', { input: 'x', max_output_tokens: '100' }],
  ['temperature', { input: 'x', temperature: 'hot' }],
  ['store', { input: 'x', store: 'yes' }],
  ['metadata', { input: 'x', metadata: [] }],
]

test.each(refusals)('%s is refused where it is wrong: %o', (param, body) => {
  expect(refusedAt(() => understand(body))).toBe(param)
})

test('a result may stand without its call where earlier turns are kept elsewhere', () => {
  const input = [{ type: 'function_call_output', call_id: 'a', output: 'x' }]
  expect(understand({ input, previous_response_id: 'resp_1' }).messages).toHaveLength(1)
  expect(understand({ input: [{ type: 'item_reference', id: 'fc_1' }, ...input] }).messages).toHaveLength(2)
})
