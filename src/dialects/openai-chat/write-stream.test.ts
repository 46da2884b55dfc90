import { describe, expect, test } from 'bun:test'
import { complaintsAbout } from '../../../test/wire/machines/openai-chat.ts'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
import { writeAnswer } from './write-answer.ts'
import { writer } from './write-stream.ts'

const making: Making = {
  id: 'req_1',
  created: 1_700_000_000,
  maker: 'anthropic/claude-opus/4',
  call: { operation: 'chat', model: 'm', stream: true, wantsUsage: false },
  body: {},
}
const start: Delta = { type: 'start', id: 'msg_1', model: 'claude' }
const stop: Delta = { type: 'stop', reason: 'end' }
const usage: Delta = {
  type: 'usage',
  usage: { input: 1, cacheRead: 2, cacheWrite: 3, output: 4, reasoning: 5 },
  tier: 'standard',
}

type Wire = { readonly choices: readonly { readonly delta: object; readonly finish_reason: string | null }[] }

function written(deltas: readonly Delta[], wantsUsage = false, body: JsonObject = {}) {
  const stream = writer({ ...making, call: { ...making.call, wantsUsage }, body })
  const text = Buffer.concat([stream.write(deltas), stream.end()]).toString()
  expect(complaintsAbout(text)).toEqual([])
  return text
    .split('\n\n')
    .filter(frame => frame !== '' && frame !== 'data: [DONE]')
    .map(frame => JSON.parse(frame.slice(6)) as Wire)
}

/** What the first choice says, chunk by chunk. */
const saidIn = (deltas: readonly Delta[]): readonly object[] =>
  written([...deltas, stop])
    .slice(0, -1)
    .flatMap(({ choices }) => choices.map(({ delta }) => delta))

test('a chunk is of the caller’s dialect, whoever made it', () => {
  expect<unknown>(written([start, { type: 'text', at: 0, text: 'Hi' }, stop])).toEqual([
    {
      id: 'chatcmpl-req_1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'claude',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'Hi' }, logprobs: null, finish_reason: null }],
    },
    {
      id: 'chatcmpl-req_1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'claude',
      choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
    },
  ])
})

test('a model that is not named is the one that was asked', () => {
  expect(written([stop])).toMatchObject([{ model: 'claude-opus/4' }])
})

describe('a delta leaves', () => {
  const role = { role: 'assistant', content: null }
  const seal = { dialect: 'gemini-generate', maker: 'g/m', value: 's' }
  const sealed = 'thal1.Z2VtaW5pLWdlbmVyYXRl.Zy9t.cw'
  const deltas: readonly (readonly [string, readonly Delta[], readonly object[]])[] = [
    [
      'as thoughts, with what is sealed of them',
      [
        { type: 'reasoning', at: 0, text: 'Hm.' },
        { type: 'seal', at: 0, seal },
      ],
      [
        { ...role, reasoning_content: 'Hm.', reasoning_details: [{ type: 'reasoning.text', text: 'Hm.', index: 0 }] },
        { reasoning_details: [{ type: 'reasoning.text', signature: sealed, format: 'unknown', index: 0 }] },
      ],
    ],
    [
      'as thoughts without words',
      [{ type: 'seal', at: 0, seal }],
      [{ ...role, reasoning_details: [{ type: 'reasoning.encrypted', data: sealed, format: 'unknown', index: 0 }] }],
    ],
    ['as a refusal', [{ type: 'refusal', at: 0, text: 'No.' }], [{ ...role, refusal: 'No.' }]],
    [
      'as a signature of a text',
      [
        { type: 'text', at: 0, text: 'a' },
        { type: 'seal', at: 0, seal },
      ],
      [{ role: 'assistant', content: 'a' }, { extra_content: { google: { thought_signature: sealed } } }],
    ],
    [
      'as a picture',
      [{ type: 'media', at: 0, kind: 'image', source: { from: 'url', url: 'https://x.test' } }],
      [{ ...role, images: [{ type: 'image_url', image_url: { url: 'https://x.test' } }] }],
    ],
    [
      'as a sound, named at its end',
      [
        {
          type: 'media',
          at: 0,
          kind: 'audio',
          source: { from: 'data', mediaType: 'audio/pcm', data: 'AA' },
          transcript: 'La',
        },
      ],
      [
        { ...role, audio: { data: 'AA', transcript: 'La' } },
        { audio: { id: 'audio_req_1', expires_at: 1_700_000_000 } },
      ],
    ],
    [
      'as a citation of the words that it names, or of the whole text when that is over',
      [
        { type: 'text', at: 0, text: 'ab' },
        { type: 'citation', at: 0, citation: { url: 'https://x.test', title: 'X', start: 0, end: 1 } },
        { type: 'citation', at: 0, citation: { url: 'https://y.test' } },
        { type: 'citation', at: 0, citation: { document: 0, quoted: 'no URL' } },
        { type: 'text', at: 1, text: 'c' },
        { type: 'citation', at: 1, citation: { url: 'https://z.test', start: 0, end: 1 } },
      ],
      [
        { role: 'assistant', content: 'ab' },
        {
          annotations: [
            { type: 'url_citation', url_citation: { url: 'https://x.test', title: 'X', start_index: 0, end_index: 1 } },
          ],
        },
        {
          annotations: [
            { type: 'url_citation', url_citation: { url: 'https://y.test', title: '', start_index: 0, end_index: 2 } },
          ],
        },
        { content: 'c' },
        {
          annotations: [
            { type: 'url_citation', url_citation: { url: 'https://z.test', title: '', start_index: 2, end_index: 3 } },
          ],
        },
      ],
    ],
    [
      'not at all if it says nothing',
      [
        { type: 'text', at: 0, text: '' },
        { type: 'opaque', at: 1, label: 'x', seal },
      ],
      [],
    ],
  ]
  test.each([...deltas])('%s', (_, said, expected) => {
    expect(saidIn(said)).toEqual([...expected])
  })

  test('at once: what is written is not held back', () => {
    const stream = writer(making)
    for (const delta of [start, { type: 'text', at: 0, text: 'a' }, { type: 'text', at: 0, text: 'b' }] as const) {
      expect(stream.write([delta]).length > 0).toBe(delta.type === 'text')
    }
  })
})

test('calls that come in alternation keep their numbers', () => {
  const deltas: readonly Delta[] = [
    { type: 'text', at: 0, text: 'a' },
    { type: 'tool', at: 1, id: 'c1', name: 'f' },
    { type: 'tool', at: 2, id: 'c2', name: 'g', custom: true },
    { type: 'input', at: 2, text: 'x' },
    { type: 'input', at: 1, text: '{}' },
  ]
  const chunks = written([...deltas, { type: 'stop', reason: 'tools' }])
  expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
    { role: 'assistant', content: 'a' },
    { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 1, id: 'c2', type: 'custom', custom: { name: 'g', input: '' } }] },
    { tool_calls: [{ index: 1, custom: { input: 'x' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{}' } }] },
    {},
  ])
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls')
})

describe('a caller who declares functions, as tools were called at first, is told of its one call in their form', () => {
  const body = { functions: [{ name: 'f' }] }
  const seal = { dialect: 'gemini-generate', maker: 'g/m', value: 's' }
  const extra_content = { google: { thought_signature: 'thal1.Z2VtaW5pLWdlbmVyYXRl.Zy9t.cw' } }

  test('in a stream', () => {
    const deltas: readonly Delta[] = [
      { type: 'text', at: 0, text: 'a' },
      { type: 'tool', at: 1, id: 'c1', name: 'f' },
      { type: 'input', at: 1, text: '{"x":' },
      { type: 'tool', at: 2, id: 'c2', name: 'g' },
      { type: 'input', at: 1, text: '1}' },
      { type: 'input', at: 2, text: '{}' },
      { type: 'seal', at: 1, seal },
      { type: 'seal', at: 2, seal },
      { type: 'stop', reason: 'tools' },
    ]
    const chunks = written(deltas, false, body)
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: 'a' },
      { function_call: { name: 'f', arguments: '' } },
      { function_call: { arguments: '{"x":' } },
      { function_call: { arguments: '1}' } },
      { function_call: { extra_content } },
      {},
    ])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('function_call')
  })

  test('in a whole reply', () => {
    const calls = ['f', 'g'].map(name => ({ type: 'tool-call' as const, id: name, name, input: '{"x":1}', seal }))
    expect(writeAnswer({ choices: [{ parts: calls }] }, { ...making, body }).choices).toEqual([
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          function_call: { name: 'f', arguments: '{"x":1}', extra_content },
        },
        logprobs: null,
        finish_reason: 'function_call',
      },
    ])
  })

  test.each([
    ['it declares tools as well', { ...body, tools: [{ type: 'function', function: { name: 'f' } }] }],
    ['it declares none', { functions: [] }],
  ])('but not if %s', (_, asked) => {
    const [chunk] = written([{ type: 'tool', at: 0, id: 'c1', name: 'f' }], false, asked)
    expect(chunk?.choices[0]?.delta).toHaveProperty('tool_calls')
  })
})

test('the last report of the usage is told, in a chunk without choices, whenever it came', () => {
  const early: Delta = { type: 'usage', usage: { input: 9, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 } }
  const chunks = written([early, { type: 'text', at: 0, text: 'a' }, usage, stop], true) as unknown as JsonObject[]
  expect(chunks.map(chunk => chunk.usage)).toEqual([
    null,
    null,
    {
      prompt_tokens: 6,
      completion_tokens: 9,
      total_tokens: 15,
      prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 },
      completion_tokens_details: { reasoning_tokens: 5 },
    },
  ])
  expect(chunks.at(-1)?.service_tier).toBe('default')
})

describe('a reply ends', () => {
  const reasons: readonly (readonly [string, readonly Delta[], string])[] = [
    ['with a reason, though none was given', [{ type: 'text', at: 0, text: 'a' }], 'stop'],
    ['with its calls, though no reason was given', [{ type: 'tool', at: 0, id: 'c', name: 'f' }], 'tool_calls'],
    ['though nothing was said', [], 'stop'],
    ['though it is said to have called, and has not', [{ type: 'stop', reason: 'tools' }], 'stop'],
    ['at a limit', [{ type: 'stop', reason: 'context' }], 'length'],
    [
      'with a refusal in words',
      [
        { type: 'refusal', at: 0, text: 'No.' },
        { type: 'stop', reason: 'refused' },
      ],
      'stop',
    ],
    ['with a refusal without words', [{ type: 'stop', reason: 'refused' }], 'content_filter'],
    ['once', [stop, { type: 'stop', reason: 'length' }], 'stop'],
  ]
  test.each([...reasons])('%s', (_, deltas, reason) => {
    const finishes = written(deltas).flatMap(({ choices }) => choices.map(each => each.finish_reason))
    expect(finishes.filter(each => each !== null)).toEqual([reason])
  })
})

test('a reply that fails in the middle ends with the error, and not like a whole one', () => {
  const stream = writer(making)
  const began = Buffer.from(stream.write([start, { type: 'text', at: 0, text: 'a' }])).toString()
  const failed = Buffer.from(stream.fail(new Fault('upstream_failed', 'It broke.'), 'req_1')).toString()
  expect(complaintsAbout(began + failed)).toEqual([])
  expect(JSON.parse(failed.slice(6))).toEqual({
    error: { message: 'It broke.', type: 'api_error', param: null, code: 'upstream_failed' },
    thalamus: { code: 'upstream_failed', request_id: 'req_1' },
  })
  expect(failed).not.toContain('[DONE]')
})

test('a whole reply has every field that is required, null where there is nothing', () => {
  const calls = [{ type: 'tool-call' as const, id: 'c1', name: 'f', input: '{}' }]
  expect(writeAnswer({ choices: [{ parts: calls }] }, making)).toEqual({
    id: 'chatcmpl-req_1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'claude-opus/4',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: null,
          refusal: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ],
  })
})
