import { describe, expect, test } from 'bun:test'
import type { Delta } from '../../model/delta.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import { readAnswer } from './read-answer.ts'
import { reader } from './read-stream.ts'

const event = (data: object | string): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
const says = (delta: object, more: object = {}): object => ({ id: 'c', choices: [{ index: 0, delta, ...more }] })
const calls = (...pieces: readonly object[]): object => says({ tool_calls: pieces })
const stop = (reason: string, more: object = {}): object => says({}, { finish_reason: reason, ...more })

const deltasOf = (...data: readonly (object | string)[]): readonly Delta[] =>
  reader('p/m').read(Buffer.from(data.map(event).join('')))

const choiceOf = (...data: readonly (object | string)[]) => fold(deltasOf(...data)).choices[0]
const partsOf = (...data: readonly (object | string)[]) => choiceOf(...data, stop('stop'))?.parts ?? []

/** As a whole reply would say it. */
const wholeOf = (message: JsonObject, more: JsonObject = {}) =>
  readAnswer({ id: 'c', choices: [{ index: 0, message, finish_reason: 'stop', ...more }] }, '', 'p/m').choices[0]

const f = { id: 'c1', function: { name: 'f', arguments: '' } }
const call = (id: string, input: string, name = 'f') => ({ type: 'tool-call' as const, id, name, input })
const text = (said: string) => ({ type: 'text' as const, text: said })
const thought = (said: string) => ({ type: 'reasoning' as const, text: said })

describe('a call of a tool is read', () => {
  const pieces: readonly (readonly [string, readonly object[], readonly unknown[]])[] = [
    [
      'in pieces',
      [
        calls({ index: 0, ...f }),
        calls({ index: 0, function: { arguments: '{"a"' } }),
        calls({ index: 0, function: { arguments: ':1}' } }),
      ],
      [call('c1', '{"a":1}')],
    ],
    [
      'in alternation with another',
      [
        calls({ index: 0, ...f }, { index: 1, ...f, id: 'c2' }),
        calls({ index: 1, function: { arguments: '2' } }),
        calls({ index: 0, function: { arguments: '1' } }),
      ],
      [call('c1', '1'), call('c2', '2')],
    ],
    [
      'without an index, by its id',
      [calls({ ...f, id: 'a' }, { ...f, id: 'b' }), calls({ id: 'a', function: { arguments: '1' } })],
      [call('a', '1'), call('b', '{}')],
    ],
    ['without index and id, after the last', [calls(f), calls({ function: { arguments: '1' } })], [call('c1', '1')]],
    [
      'numbered from one',
      [calls({ index: 1, ...f }), calls({ index: 1, function: { arguments: '1' } })],
      [call('c1', '1')],
    ],
    [
      'with an index in words',
      [calls({ index: '0', ...f }), calls({ index: '0', function: { arguments: '1' } })],
      [call('c1', '1')],
    ],
    [
      'with an id that is empty later',
      [calls({ index: 0, ...f }), calls({ index: 0, id: '', function: { arguments: '1' } })],
      [call('c1', '1')],
    ],
    [
      'with another id later that names nothing',
      [calls({ index: 0, ...f }), calls({ index: 0, id: 'x', function: { arguments: '1' } })],
      [call('c1', '1')],
    ],
    [
      'with a name that is repeated',
      [calls({ index: 0, ...f }), calls({ index: 0, function: { name: 'f', arguments: '1' } })],
      [call('c1', '1')],
    ],
    [
      'under the index of another, if it has its own id and name',
      [calls({ index: 0, ...f }), calls({ index: 0, ...f, id: 'c2' })],
      [call('c1', '{}'), call('c2', '{}')],
    ],
    ['without an id', [calls({ index: 0, function: { name: 'f', arguments: '1' } })], [call('call_0', '1')]],
    [
      'with its name after its arguments',
      [calls({ index: 0, id: 'c1', function: { arguments: '1' } }), calls({ index: 0, function: { name: 'f' } })],
      [call('c1', '1')],
    ],
    [
      'with arguments that are an object',
      [calls({ index: 0, id: 'c1', function: { name: 'f', arguments: { a: 1 } } })],
      [call('c1', '{"a":1}')],
    ],
    [
      'without arguments',
      [calls({ index: 0, id: 'c1', function: { name: 'f', arguments: null } })],
      [call('c1', '{}')],
    ],
    [
      'as the function of before tools',
      [says({ function_call: { name: 'f', arguments: '' } }), says({ function_call: { arguments: '1' } })],
      [call('call_0', '1')],
    ],
    [
      'of a custom tool',
      [
        calls({ index: 0, id: 'c1', type: 'custom', custom: { name: 'f', input: '' } }),
        calls({ index: 0, custom: { input: 'x' } }),
      ],
      [{ ...call('c1', 'x'), custom: true }],
    ],
    [
      'beside an empty custom one',
      [calls({ index: 0, id: 'c1', function: { name: 'f', arguments: '1' }, custom: { name: '', input: '' } })],
      [call('c1', '1')],
    ],
    [
      "with Gemini's signature",
      [calls({ index: 0, ...f, extra_content: { google: { thought_signature: 's' } } })],
      [{ ...call('c1', '{}'), seal: { dialect: 'openai-chat', maker: 'p/m', value: 's' } }],
    ],
    [
      'and no other in an empty list',
      [says({ content: 'a', tool_calls: [] }), says({ tool_calls: null })],
      [text('a')],
    ],
  ]
  test.each([...pieces])('%s', (_, chunks, expected) => {
    expect<unknown>(partsOf(...chunks)).toEqual(expected)
  })

  test('as far as it came, where the length cut it off', () => {
    expect(choiceOf(calls({ index: 0, ...f }), stop('length'))?.parts).toEqual([call('c1', '')])
  })
})

describe('thoughts are read', () => {
  const detail = (more: object) => ({ type: 'reasoning.text', index: 0, ...more })
  const seal = (value: object) => ({ dialect: 'openai-chat', maker: 'p/m', value: JSON.stringify(value) })
  const pieces: readonly (readonly [string, readonly object[], readonly unknown[]])[] = [
    [
      'under reasoning_content',
      [says({ reasoning_content: 'Hm' }), says({ reasoning_content: '.', content: '' }), says({ content: 'a' })],
      [thought('Hm.'), text('a')],
    ],
    ['under reasoning', [says({ reasoning: 'Hm.' })], [thought('Hm.')]],
    ['under both, once', [says({ reasoning: 'Hm.', reasoning_content: 'Hm.' })], [thought('Hm.')]],
    [
      'under a name and in details, once',
      [says({ reasoning: 'Hm.', reasoning_details: [detail({ text: 'Hm.', format: 'unknown' })] })],
      [thought('Hm.')],
    ],
    [
      'with a signature that comes at the end',
      [
        says({ reasoning_details: [detail({ text: 'Hm', format: 'anthropic-claude-v1' })] }),
        says({ reasoning_details: [detail({ text: '.' })] }),
        says({ reasoning_details: [detail({ signature: 's' })] }),
      ],
      [
        {
          ...thought('Hm.'),
          seal: seal({ type: 'reasoning.text', index: 0, format: 'anthropic-claude-v1', signature: 's' }),
        },
      ],
    ],
    [
      'with a signature after plain words',
      [says({ reasoning: 'Hm.' }), says({ reasoning_details: [detail({ signature: 's' })] })],
      [{ ...thought('Hm.'), seal: seal({ type: 'reasoning.text', index: 0, signature: 's' }) }],
    ],
    [
      'as a summary, and what is encrypted after it',
      [
        says({ reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm.', index: 0 }] }),
        says({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', index: 0 }] }),
      ],
      [
        { ...thought('Hm.'), summary: true },
        { ...thought(''), seal: seal({ type: 'reasoning.encrypted', data: 'x', index: 0 }) },
      ],
    ],
    [
      "among Mistral's parts",
      [
        says({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
        says({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: '.' }] }] }),
        says({ content: 'a' }),
      ],
      [thought('Hm.'), text('a')],
    ],
    [
      'and left in the text where they are tags',
      [says({ content: '<think>Hm.</think>a' })],
      [text('<think>Hm.</think>a')],
    ],
    [
      'in their order with texts and calls',
      [says({ reasoning: '1' }), says({ content: 'a' }), says({ reasoning: '2' }), calls({ index: 0, ...f })],
      [thought('1'), text('a'), thought('2'), call('c1', '{}')],
    ],
  ]
  test.each([...pieces])('%s', (_, chunks, expected) => {
    expect<unknown>(partsOf(...chunks)).toEqual(expected)
  })
})

describe('what else is said is read:', () => {
  const pieces: readonly (readonly [string, readonly (object | string)[], readonly unknown[]])[] = [
    ['a refusal', [says({ refusal: 'No' }), says({ refusal: '.' })], [{ type: 'refusal', text: 'No.' }]],
    ['JSON that is not a text', [says({ content: { a: 1 } })], [text('{"a":1}')]],
    ['the text of a completion', [{ id: 'c', choices: [{ index: 0, text: 'a' }] }], [text('a')]],
    ['a message that comes whole', [{ id: 'c', choices: [{ index: 0, message: { content: 'a' } }] }], [text('a')]],
    [
      'a message that is repeated beside each delta, once',
      [
        { id: 'c', choices: [{ delta: { content: 'a' }, message: { content: 'a' } }] },
        { id: 'c', choices: [{ delta: { content: 'b' }, message: { content: 'ab' } }] },
      ],
      [text('ab')],
    ],
    ['a chunk without a role, an index or a reason', [{ choices: [{ delta: { content: 'a' } }] }], [text('a')]],
    [
      'after chunks without choices',
      [{ choices: [], prompt_filter_results: [] }, { id: '', model: '' }, says({ content: 'a' })],
      [text('a')],
    ],
    [
      'a picture',
      [says({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }] })],
      [{ type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'iVBO' } }],
    ],
    [
      'a sound in pieces',
      [
        says({ audio: { id: 'audio_1', transcript: '' } }),
        says({ audio: { data: 'AA', transcript: 'La' } }),
        says({ audio: { data: 'BB', transcript: ' la' } }),
        says({ audio: { expires_at: 5 } }),
      ],
      [
        {
          type: 'media',
          kind: 'audio',
          source: { from: 'data', mediaType: 'audio/pcm', data: 'AABB' },
          transcript: 'La la',
          seal: { dialect: 'openai-chat', maker: 'p/m', value: '{"id":"audio_1","expires_at":5}' },
        },
      ],
    ],
    [
      'nothing of a sound that is empty',
      [says({ content: 'a', audio: { id: '', data: '', expires_at: 0, transcript: '' } })],
      [text('a')],
    ],
    [
      "Perplexity's sources, once",
      [
        { ...says({ content: 'a' }), citations: ['https://a.test'] },
        {
          ...says({ content: 'b' }),
          citations: ['https://a.test'],
          search_results: [{ url: 'https://a.test', title: 'A', snippet: 's' }],
        },
      ],
      [{ ...text('ab'), citations: [{ url: 'https://a.test', title: 'A', quoted: 's' }] }],
    ],
  ]
  test.each([...pieces])('%s', (_, chunks, expected) => {
    expect<unknown>(partsOf(...chunks)).toEqual(expected)
  })

  test('citations that come before the text', () => {
    const cited = {
      type: 'url_citation',
      url_citation: { url: 'https://a.test', title: '', start_index: 0, end_index: 0 },
    }
    expect(partsOf(says({ content: '', annotations: [cited] }), says({ content: 'a' }))).toMatchObject([
      { text: 'a', citations: [{ url: 'https://a.test' }] },
    ])
    // Where it stands is not known.
    const [part] = partsOf(says({ content: 'a', annotations: [cited] }))
    expect(part?.type === 'text' && part.citations?.[0]?.end).toBeUndefined()
  })

  test('several replies at once', () => {
    const answer = fold(
      deltasOf(
        {
          id: 'c',
          choices: [
            { index: 1, delta: { content: 'b' } },
            { index: 0, delta: { content: 'a' } },
          ],
        },
        { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
        { id: 'c', choices: [{ index: 1, delta: {}, finish_reason: 'length' }] },
      ),
    )
    expect(answer.choices).toEqual([
      { parts: [text('a')], stop: { reason: 'end', raw: 'stop' } },
      { parts: [text('b')], stop: { reason: 'length', raw: 'length' } },
    ])
  })

  test('log probabilities', () => {
    const content = [{ token: 'a', logprob: -1, bytes: [97], top_logprobs: [{ token: 'b', logprob: -2, bytes: null }] }]
    const token = { token: 'a', logprob: -1, bytes: [97], top: [{ token: 'b', logprob: -2 }] }
    expect(choiceOf(says({ content: 'a' }, { logprobs: { content, refusal: null } }))?.logprobs).toEqual([token])
    expect(choiceOf(says({ refusal: 'a' }, { logprobs: { content: null, refusal: content } }))?.logprobs).toEqual([
      token,
    ])
  })
})

describe('the reason is read', () => {
  const reasons: readonly (readonly [string, readonly object[], object | undefined])[] = [
    ['that it had said all', [stop('stop')], { reason: 'end', raw: 'stop' }],
    ['in a word of Together’s', [stop('eos')], { reason: 'end', raw: 'eos' }],
    ['once, though it is repeated', [stop('tool_calls'), stop('stop')], { reason: 'tools', raw: 'tool_calls' }],
    ['not from an empty word', [says({ content: 'a' }, { finish_reason: '' })], undefined],
    [
      'that there are calls, though it says stop',
      [calls({ index: 0, ...f }), stop('stop')],
      { reason: 'tools', raw: 'stop' },
    ],
    ['that it would not', [says({ refusal: 'No.' }), stop('stop')], { reason: 'refused', raw: 'stop' }],
    [
      'that vLLM found a sequence',
      [stop('stop', { stop_reason: 'END' })],
      { reason: 'sequence', raw: 'stop', sequence: 'END' },
    ],
    ['that vLLM found a token of the end', [stop('stop', { stop_reason: 128009 })], { reason: 'end', raw: 'stop' }],
    ['of a filter', [stop('content_filter')], { reason: 'filtered', raw: 'content_filter' }],
    ['in an unknown word', [stop('bored')], { reason: 'other', raw: 'bored' }],
  ]
  test.each([...reasons])('%s', (_, chunks, expected) => {
    expect<unknown>(choiceOf(...chunks)?.stop).toEqual(expected)
  })
})

test('a reason that is repeated is told once', () => {
  const stops = deltasOf(stop('stop'), stop('stop')).filter(({ type }) => type === 'stop')
  expect(stops.length).toBe(1)
})

describe('what it costs is read', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 2 }
  const counted = { input: 3, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 }
  const reports: readonly (readonly [string, object])[] = [
    ['in a chunk of its own', { choices: [], usage }],
    ['beside the choices', { ...stop('stop'), usage }],
    ['in x_groq', { ...stop('stop'), x_groq: { usage } }],
    ['in the choice', { id: 'c', choices: [{ delta: {}, usage }] }],
    ['in words', { choices: [], usage: { prompt_tokens: '3', completion_tokens: '2' } }],
  ]
  test.each([...reports])('%s', (_, chunk) => {
    expect(fold(deltasOf(says({ content: 'a' }), chunk)).usage).toEqual(counted)
  })

  test('and who answered, in which tier', () => {
    const answer = fold(
      deltasOf(
        { id: 'x', model: 'y', created: 5, ...says({ content: 'a' }) },
        { choices: [], usage, service_tier: 'flex' },
      ),
    )
    expect([answer.id, answer.model, answer.created, answer.tier]).toEqual(['c', 'y', 5, 'flex'])
  })

  test('and facts without a noun, each when it is new', () => {
    const extras = deltasOf(
      { ...says({}), system_fingerprint: 'a', obfuscation: 'x', timings: { a: 1 } },
      { ...says({}), system_fingerprint: 'a', obfuscation: 'y', timings: { a: 2 } },
    ).filter(({ type }) => type === 'extras')
    expect<unknown>(extras).toEqual([
      { type: 'extras', dialect: 'openai-chat', fields: { system_fingerprint: 'a', timings: { a: 1 } } },
      { type: 'extras', dialect: 'openai-chat', fields: { timings: { a: 2 } } },
    ])
  })
})

describe('a stream that cannot be read says so, and nothing after it, for', () => {
  const frames: readonly (readonly [string, string])[] = [
    ['half a chunk', 'data: {"choices":[{"delta"\n\n'],
    ['a chunk that is a text', event('"x"')],
    ['a chunk that is a list', event([])],
    ['a page of HTML', 'data: <html>\n\n'],
    ['choices that are none', event({ choices: 'x' })],
    ['a choice that is none', event({ choices: [5] })],
    ['a choice beyond all that can be asked for', event({ choices: [{ index: 4e9, delta: { content: 'x' } }] })],
    ['a probability that is none', event(says({}, { logprobs: { content: [{ token: 'x', logprob: 'likely' }] } }))],
    ['content that is a number', event(says({ content: 5 }))],
    ['a part that is none', event(says({ content: ['x'] }))],
    ['a picture that is none', event(says({ images: ['x'] }))],
    ['an error of the provider', event({ error: { message: 'x', code: 502 } })],
    ['an error in words', event({ error: 'x' })],
    ['an error in a choice', event({ choices: [{ error: { message: 'x', code: 502 }, delta: {} }] })],
    ['an error that is the reason', event(stop('error'))],
    ["Groq's error event", `event: error\n${event({ error: { message: 'x' } })}`],
  ]
  test.each([...frames])('%s', (_, frame) => {
    const text = `${event(says({ content: 'a' }))}${frame}${event(says({ content: 'b' }))}${event('[DONE]')}`
    const deltas = reader('p/m').read(Buffer.from(text))
    expect(deltas.map(({ type }) => type)).toEqual(['start', 'text', 'fault'])
    expect(deltas.at(-1)).toMatchObject({ fault: { code: 'upstream_failed' } })
  })

  test('bytes that are no text', () => {
    const deltas = reader('p/m').read(Buffer.from([...Buffer.from('data: {"a":"'), 0xff, ...Buffer.from('"}\n\n')]))
    expect(deltas.map(({ type }) => type)).toEqual(['fault'])
  })

  test('and what comes in later reads is not read', () => {
    const stream = reader('p/m')
    stream.read(Buffer.from('data: {\n\n'))
    expect(stream.read(Buffer.from(event(says({ content: 'b' }))))).toEqual([])
  })
})

test('comments, empty data and names of events are nobody’s business', () => {
  const text = `: OPENROUTER PROCESSING\n\n\n\nevent: message\nid: 1\n${event(says({ content: 'a' }))}data:\n\n${event('[DONE]')}`
  expect(
    reader('p/m')
      .read(Buffer.from(text))
      .map(({ type }) => type),
  ).toEqual(['start', 'text', 'done'])
})

describe('a whole reply is read', () => {
  test('as the stream of it would be', () => {
    const tool_calls = [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }]
    expect(wholeOf({ content: 'a', reasoning: 'Hm.', refusal: null, tool_calls })).toEqual({
      parts: [thought('Hm.'), text('a'), call('c1', '{}')],
      stop: { reason: 'tools', raw: 'stop' },
    })
  })

  test('from its message, whatever stands beside it', () => {
    expect(wholeOf({ content: 'a' }, { delta: { content: '' } })?.parts).toEqual([text('a')])
  })

  test('with its sound as a file', () => {
    expect(
      wholeOf({ content: null, audio: { id: 'a', data: 'UklGRg==', transcript: 'La', expires_at: 1 } })?.parts,
    ).toMatchObject([{ source: { mediaType: 'audio/wav' }, transcript: 'La' }])
  })

  test('and its error is thrown', () => {
    expect(() => readAnswer({ error: { message: 'x', code: 503 } }, '{}', 'p/m')).toThrow('x')
    expect(() => readAnswer({ choices: 5 }, '{}', 'p/m')).toThrow("'choices' is 5")
  })
})

test('a thought without words or seal takes no place', () => {
  const silent = says({ content: [{ type: 'thinking', thinking: [] }] })
  expect(deltasOf(silent, says({ content: 'Hi' }))).toMatchObject([{ type: 'start' }, { type: 'text', at: 0 }])
})
