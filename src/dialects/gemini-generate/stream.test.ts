import { describe, expect, test } from 'bun:test'
import { complaintsAbout, complaintsAboutArray } from '../../../test/wire/machines/gemini-generate.ts'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { fold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { holdsSealed, unseal } from '../../model/sealed.ts'
import { inArray, making, text } from './sample.test-data.ts'
import { stream } from './stream.ts'
import { understand } from './understand.ts'

const start: Delta = { type: 'start', id: 'r-1', model: 'gpt-5' }
const stop: Delta = { type: 'stop', reason: 'end', raw: 'stop' }
const usage: Delta = { type: 'usage', usage: { input: 3, cacheRead: 2, cacheWrite: 1, output: 5, reasoning: 4 } }
const call = (at: number): Delta => ({ type: 'tool', at, id: `call_${at}`, name: 'f' })
const input = (at: number, said: string): Delta => ({ type: 'input', at, text: said })
const functionCall = (n: number, args: JsonObject) => ({ functionCall: { id: `call_${n}`, name: 'f', args } })

/** The chunks that each delta makes, and at last the end. */
function chunksOf(...deltas: readonly Delta[]): readonly (readonly JsonObject[])[] {
  const writer = stream.writer(making())
  const frames = [...deltas.map(delta => writer.write([delta])), writer.end()]
  expect(complaintsAbout(text(Buffer.concat(frames)))).toEqual([])
  return frames.map(bytes =>
    text(bytes)
      .split('\r\n\r\n')
      .filter(frame => frame !== '')
      .map(frame => JSON.parse(frame.slice('data: '.length)) as JsonObject),
  )
}

/** The parts of the first candidate that each delta makes. */
const partsOf = (...deltas: readonly Delta[]) =>
  chunksOf(...deltas).map(chunks =>
    chunks.map(({ candidates }) => (candidates as never as Candidate[])[0]?.content.parts),
  )
type Candidate = { readonly content: { readonly parts: JsonObject[] } }

describe('a stream for a caller', () => {
  test('tells each word at once, and at the end why it stopped and what it cost', () => {
    const chunk = (parts: readonly JsonObject[], more: JsonObject = {}, rest: JsonObject = {}) => ({
      candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
      modelVersion: 'gpt-5',
      responseId: 'r-1',
      ...rest,
    })
    const usageMetadata = {
      ...{ promptTokenCount: 6, candidatesTokenCount: 5, totalTokenCount: 15 },
      ...{ cachedContentTokenCount: 2, thoughtsTokenCount: 4 },
    }
    expect(
      chunksOf(start, { type: 'reasoning', at: 0, text: 'hm' }, { type: 'text', at: 1, text: 'é' }, usage, stop),
    ).toEqual([
      [],
      [chunk([{ text: 'hm', thought: true }])],
      [chunk([{ text: 'é' }])],
      [],
      [],
      [chunk([{ text: '' }], { finishReason: 'STOP' }, { usageMetadata })],
    ])
  })

  test('has names of its own where the provider gave none', () => {
    const [, [last] = []] = chunksOf(stop)
    expect([last?.modelVersion, last?.responseId]).toEqual(['gpt-5', 'req-1'])
  })

  test('keeps the names that it began with', () => {
    const chunks = chunksOf(
      { type: 'text', at: 0, text: 'a' },
      { type: 'start', id: 'late', model: 'late' },
      stop,
    ).flat()
    expect(new Set(chunks.map(({ modelVersion, responseId }) => JSON.stringify([modelVersion, responseId]))).size).toBe(
      1,
    )
  })

  test('says that it is whole, where the provider did not say why it stopped', () => {
    expect(chunksOf({ type: 'text', at: 0, text: 'x' }, { type: 'done' }).at(-1)).toMatchObject([
      { candidates: [{ finishReason: 'STOP' }] },
    ])
    expect(chunksOf()).toMatchObject([[{ candidates: [{ finishReason: 'STOP' }] }]])
  })

  test('holds a call until it is whole: the next block, or the stop', () => {
    const said = partsOf(call(0), input(0, '{"a":'), input(0, '1}'), call(1), { type: 'stop', reason: 'tools' })
    expect(said).toEqual([[], [], [], [[functionCall(0, { a: 1 })]], [[functionCall(1, {})]], [[{ text: '' }]]])
  })

  test('keeps calls that come in alternation apart, in their order', () => {
    const said = partsOf(call(0), input(0, '{"a"'), call(1), input(1, '{}'), input(0, ':1}'), {
      type: 'text',
      at: 2,
      text: 'x',
    })
    expect(said.flat(2)).toEqual([functionCall(0, { a: 1 }), functionCall(1, {}), { text: 'x' }, { text: '' }])
  })

  test('holds a call that may still go on, and those after it, whatever else is said', () => {
    const text: Delta = { type: 'text', at: 2, text: 'x' }
    const said = partsOf(call(0), input(0, '{"a"'), call(1), input(1, '{}'), text, input(0, ':1}'), stop)
    expect(said.flat(2)).toEqual([{ text: 'x' }, functionCall(0, { a: 1 }), functionCall(1, {}), { text: '' }])
    const silent = partsOf(call(0), { ...text, at: 1 }, input(0, '{"a":1}'), stop)
    expect(silent.flat(2)).toEqual([{ text: 'x' }, functionCall(0, { a: 1 }), { text: '' }])
  })

  test('tells a call that is broken as Gemini tells its own, and executes nothing of it', () => {
    const [last] = chunksOf(call(0), input(0, '{"path":"/'), { type: 'stop', reason: 'tools' }).at(-1) ?? []
    expect(last?.candidates).toEqual([
      {
        content: { parts: [{ text: '' }], role: 'model' },
        index: 0,
        finishReason: 'MALFORMED_FUNCTION_CALL',
        finishMessage: 'Malformed function call: {"path":"/',
      },
    ])
    const cut = chunksOf(call(0), input(0, '{"path":"/'), { type: 'stop', reason: 'length' }).at(-1)
    expect(cut).toMatchObject([{ candidates: [{ finishReason: 'MAX_TOKENS' }] }])
  })

  test('puts the free text of a custom tool under a name, when it is whole', () => {
    const said = partsOf(
      { type: 'tool', at: 0, id: 'call_0', name: 'f', custom: true },
      input(0, '{}'),
      { type: 'text', at: 1, text: 'x' },
      input(0, '!'),
      stop,
    )
    expect(said.flat(2)).toContainEqual(functionCall(0, { input: '{}!' }))
  })

  test('tells the stops of several candidates together', () => {
    const chunks = chunksOf({ type: 'text', at: 0, choice: 1, text: 'b' }, { type: 'text', at: 0, text: 'a' }, stop, {
      ...stop,
      choice: 1,
      reason: 'length',
    })
    expect(chunks.at(-1)).toMatchObject([
      {
        candidates: [
          { index: 0, finishReason: 'STOP' },
          { index: 1, finishReason: 'MAX_TOKENS' },
        ],
      },
    ])
  })

  test('tells what its words rest on, in bytes, once for each source', () => {
    const citation = (start: number, end: number): Delta => ({
      type: 'citation',
      at: 0,
      citation: { url: 'https://a.test', title: 't', start, end },
    })
    const [last] = chunksOf({ type: 'text', at: 0, text: 'é—a b' }, citation(2, 3), citation(4, 5), stop).at(-1) ?? []
    expect(last?.candidates).toMatchObject([
      {
        groundingMetadata: {
          groundingChunks: [{ web: { uri: 'https://a.test', title: 't' } }],
          groundingSupports: [
            { segment: { startIndex: 5, endIndex: 6, text: 'a' }, groundingChunkIndices: [0] },
            { segment: { startIndex: 7, endIndex: 8, text: 'b' }, groundingChunkIndices: [0] },
          ],
        },
      },
    ])
  })

  test('names the part in which cited words stand, where it is not the first', () => {
    const cited: Delta = { type: 'citation', at: 1, citation: { url: 'https://a.test', start: 0, end: 1 } }
    const [last] =
      chunksOf(
        { type: 'seal', at: 0, seal: { dialect: 'x', value: 'y' } },
        { type: 'text', at: 1, text: 'a' },
        cited,
        stop,
      ).at(-1) ?? []
    const segment = { partIndex: 1, endIndex: 1, text: 'a' }
    expect(last?.candidates).toMatchObject([{ groundingMetadata: { groundingSupports: [{ segment }] } }])
  })

  test('says in Gemini’s own words what a reply of Gemini’s said', () => {
    const fields = {
      'candidates[0].safetyRatings': [{ category: 'HARM_CATEGORY_HARASSMENT', probability: 'LOW' }],
      'usageMetadata.promptTokensDetails': [],
    }
    const [last] = chunksOf({ type: 'extras', dialect: 'gemini-generate', fields }, usage, stop).at(-1) ?? []
    expect(last).toMatchObject({
      candidates: [{ safetyRatings: fields['candidates[0].safetyRatings'] }],
      usageMetadata: { promptTokensDetails: [] },
    })
    expect(
      JSON.stringify(chunksOf({ type: 'extras', dialect: 'openai-chat', fields: { system_fingerprint: 'x' } }, stop)),
    ).not.toContain('fingerprint')
  })

  test('is one JSON array where the caller asked for no events', () => {
    const writer = stream.writer(inArray())
    const pieces = [
      writer.write([start]),
      writer.write([{ type: 'text', at: 0, text: 'a' }]),
      writer.write([{ type: 'text', at: 0, text: 'b' }]),
      writer.end(),
    ].map(text)
    expect(pieces.map(piece => [piece.slice(0, 4), piece.slice(-2)])).toEqual([
      ['', ''],
      ['[{"c', '"}'],
      ['\n,\r\n', '"}'],
      ['\n,\r\n', '\n]'],
    ])
    expect(complaintsAboutArray(pieces.join(''))).toEqual([])
  })
})

describe('a seal of another provider', () => {
  const seal = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'sig/+=' }
  const signatures = (...deltas: readonly Delta[]): string[] =>
    partsOf(...deltas)
      .flat(2)
      .map(part => part?.thoughtSignature)
      .filter(each => typeof each === 'string')

  test('travels in the signature, in base64 so that typed clients can decode it', () => {
    const [signature = ''] = signatures({ type: 'reasoning', at: 0, text: 'hm' }, { type: 'seal', at: 0, seal }, stop)
    expect(unseal(Buffer.from(signature, 'base64').toString())).toEqual(seal)
    // So a request that brings it back is never handed on as it is.
    expect(holdsSealed(`{"thoughtSignature":"${signature}"}`)).toBe(true)
  })

  test('stands in the part that it signs, where both come together', () => {
    const writer = stream.writer(making())
    const frames = text(
      writer.write([
        { type: 'text', at: 0, text: 'x' },
        { type: 'seal', at: 0, seal: { dialect: 'gemini-generate', value: 'c2ln' } },
      ]),
    )
    expect(frames).toContain('"parts":[{"text":"x","thoughtSignature":"c2ln"}]')
  })

  test('that comes after the thoughts it signs is marked as theirs', () => {
    const said = partsOf({ type: 'reasoning', at: 0, text: 'hm' }, { type: 'seal', at: 0, seal }, stop).flat(2)
    expect(said[1]).toEqual({ text: '', thought: true, thoughtSignature: expect.any(String) })
  })

  test('stands in the next part, however the network cut what it came in', () => {
    const deltas: readonly Delta[] = [
      { type: 'reasoning', at: 0, text: 'hm' },
      { type: 'seal', at: 0, seal },
      { type: 'text', at: 1, text: 'Yes' },
      { type: 'seal', at: 1, seal },
      stop,
    ]
    const told = (batches: readonly (readonly Delta[])[]): string => {
      const writer = stream.writer(making())
      return batches.map(batch => text(writer.write(batch))).join('')
    }
    expect(told(deltas.map(delta => [delta]))).toBe(told([deltas]))
  })

  test('to a text comes back as the seal of the text, from whole contents and from one for each chunk', () => {
    const chunks = partsOf(
      { type: 'text', at: 0, text: 'I ' },
      { type: 'text', at: 0, text: 'look.' },
      { type: 'seal', at: 0, seal },
      { type: 'tool', at: 1, id: 'a', name: 'f' },
      stop,
    )
    const handedBack = (contents: readonly object[]): readonly unknown[] =>
      understand({ contents: contents as readonly JsonObject[] })
        .messages.flatMap(({ parts }) => parts)
        .flatMap(part => (part.type === 'text' && part.text !== '' ? [[part.text, part.seal]] : []))
    const parts = chunks.flat(2)
    expect(handedBack([{ role: 'model', parts }])).toEqual([['I look.', seal]])
    expect(handedBack(parts.map(part => ({ role: 'model', parts: [part] })))).toEqual([['I look.', seal]])
  })

  const blocks: readonly (readonly [string, readonly Delta[], Part])[] = [
    [
      'thoughts',
      [
        { type: 'reasoning', at: 0, text: '' },
        { type: 'seal', at: 0, seal },
      ],
      { type: 'reasoning', text: '', seal },
    ],
    [
      'a call',
      [call(0), input(0, '{}'), { type: 'seal', at: 0, seal }],
      { type: 'tool-call', id: 'call_0', name: 'f', input: '{}', seal },
    ],
    [
      'a block without a form',
      [{ type: 'opaque', at: 0, label: 'web_search_tool_result', seal }],
      { type: 'opaque', label: 'web_search_tool_result', seal },
    ],
  ]
  test.each([...blocks])('comes back with what the client echoes: %s', (_, deltas, expected) => {
    const echoed = partsOf(...deltas, stop)
      .flat(2)
      .filter(part => part !== undefined)
    const parts = understand({ contents: [{ role: 'model', parts: echoed }] }).messages[0]?.parts ?? []
    expect(parts).toContainEqual(expect.objectContaining(expected))
  })
})

describe('a stream that fails', () => {
  const fault = new Fault('overloaded', 'Try again.', { retryAfterMs: 1500 })
  const error = {
    error: {
      ...{ code: 503, message: 'Try again.', status: 'UNAVAILABLE' },
      details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' }],
    },
    thalamus: { code: 'overloaded', request_id: 'req-1' },
  }

  test('ends with an error and without a stop, the second time as the first', () => {
    const writer = stream.writer(making())
    const said = text(writer.write([{ type: 'text', at: 0, text: 'a' }]))
    const told = [writer.fail(fault, 'req-1'), writer.fail(fault, 'req-1')].map(text)
    expect(told).toEqual(Array(2).fill(`data: ${JSON.stringify(error)}\r\n\r\n`))
    expect(complaintsAbout(said + told[0])).toEqual([])
  })

  test('closes its array, with the error for its last element', () => {
    const writer = stream.writer(inArray())
    expect(JSON.parse(text(writer.fail(fault, 'req-1')))).toEqual([error])
    const said = text(writer.write([{ type: 'text', at: 0, text: 'a' }]))
    const all = JSON.parse(said + text(writer.fail(fault, 'req-1')))
    expect(all).toEqual([expect.objectContaining({ responseId: 'req-1' }), error])
  })
})

const frame = (chunk: JsonObject | string): Buffer =>
  Buffer.from(`data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\r\n\r\n`)
const candidate = (parts: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  candidates: [{ content: { parts, role: 'model' }, ...more }],
})

/** The answer that chunks amount to. */
function readAll(...chunks: readonly (JsonObject | string)[]) {
  const reader = stream.reader('google/g')
  return fold(chunks.flatMap(chunk => [...reader.read(frame(chunk))]))
}

describe('a provider’s stream is read:', () => {
  test('texts that follow each other are one, and thoughts another', () => {
    const said = readAll(
      candidate([{ text: 'hm', thought: true }]),
      candidate([{ text: 'a' }]),
      candidate([{ text: 'b' }], { finishReason: 'STOP' }),
    )
    expect(said.choices[0]).toEqual({
      parts: [
        { type: 'reasoning', text: 'hm' },
        { type: 'text', text: 'ab' },
      ],
      stop: { reason: 'end', raw: 'STOP' },
    })
  })

  test('what is signed is not joined with what follows, and a signature alone is a part of its own', () => {
    const seal = { dialect: 'gemini-generate', maker: 'google/g', value: 's' }
    const said = readAll(
      candidate([{ text: 'a', thoughtSignature: 's' }, { text: 'b' }]),
      candidate([{ text: '', thoughtSignature: 's' }]),
    )
    expect(said.choices[0]?.parts).toEqual([
      { type: 'text', text: 'a', seal },
      { type: 'text', text: 'b' },
      { type: 'reasoning', text: '', seal },
    ])
  })

  test('calls have ids of the reply where Gemini gives none', () => {
    const said = readAll(
      {
        ...candidate([{ functionCall: { name: 'f', args: {} } }, { functionCall: { id: 'x', name: 'f' } }]),
        responseId: 'a_b-/c',
      },
      candidate([{ functionCall: { name: 'f' } }], { finishReason: 'STOP' }),
    )
    expect(said.choices[0]?.parts).toMatchObject([{ id: 'call_a_b-c_0' }, { id: 'x' }, { id: 'call_a_b-c_1' }])
    expect(said.choices[0]?.stop).toEqual({ reason: 'tools', raw: 'STOP' })
  })

  test('arguments that come in pieces are put together', () => {
    const piece = (jsonPath: string, more: JsonObject) =>
      candidate([{ functionCall: { partialArgs: [{ jsonPath, ...more }], willContinue: true } }])
    const said = readAll(
      candidate([{ functionCall: { name: 'f', willContinue: true } }]),
      piece('$.a.list[0].text', { stringValue: 'on', willContinue: true }),
      piece('$.a.list[0].text', { stringValue: 'e' }),
      piece("$.a.list[1]['odd name']", { numberValue: 2 }),
      piece('$.b', { boolValue: false }),
      piece('$.c', { nullValue: 'NULL_VALUE' }),
      candidate([{ functionCall: {} }]),
    )
    expect(said.choices[0]?.parts).toMatchObject([
      { input: '{"a":{"list":[{"text":"one"},{"odd name":2}]},"b":false,"c":null}' },
    ])
  })

  test('arguments that the reply breaks off with are told as far as they came', () => {
    const said = readAll(
      candidate([{ functionCall: { name: 'f', willContinue: true } }], { finishReason: 'MAX_TOKENS' }),
    )
    expect(said.choices[0]).toMatchObject({ parts: [{ name: 'f', input: '{}' }], stop: { reason: 'length' } })
  })

  test('usage that grows is the last one', () => {
    const said = readAll(
      { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1 } },
      { usageMetadata: { trafficType: 'ON_DEMAND' } },
      { usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 2, serviceTier: 'standard' } },
    )
    expect([said.usage, said.tier]).toEqual([
      { input: 7, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 },
      'default',
    ])
  })

  test('a prompt that was blocked has stopped', () => {
    expect(readAll({ promptFeedback: { blockReason: 'SAFETY' } }).choices).toEqual([
      { parts: [], stop: { reason: 'filtered', raw: 'SAFETY' } },
    ])
  })

  test('sources are cited where their words stand, though offsets count bytes and sources come first', () => {
    const said = readAll(
      candidate([{ toolCall: {} }, { text: 'Ça: é' }], {
        groundingMetadata: { groundingChunks: [{ web: { uri: 'u', title: 't' } }] },
      }),
      candidate([{ text: ' ok' }], {
        groundingMetadata: {
          groundingSupports: [{ segment: { startIndex: 5, endIndex: 7, text: 'é' }, groundingChunkIndices: [0] }],
        },
      }),
      candidate([], { citationMetadata: { citationSources: [{ startIndex: 999, endIndex: 9999, uri: 'v' }] } }),
    )
    expect(said.choices[0]?.parts[1]).toEqual({
      type: 'text',
      text: 'Ça: é ok',
      citations: [{ url: 'u', title: 't', start: 4, end: 5 }, { url: 'v' }],
    })
  })

  test('words that stand there twice are cited where the offsets say', () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: 'u' } }],
      groundingSupports: [{ segment: { startIndex: 5, endIndex: 6, text: 'a' }, groundingChunkIndices: [0] }],
    }
    const said = readAll(candidate([{ text: 'a é a' }], { groundingMetadata }))
    expect(said.choices[0]?.parts).toMatchObject([{ citations: [{ url: 'u', start: 4, end: 5 }] }])
  })

  test('recited words that Google’s reply tells of are not told a second time', () => {
    const citationMetadata = { citationSources: [{ startIndex: 0, endIndex: 1, uri: 'u' }] }
    const reader = stream.reader('google/g')
    const deltas = reader.read(frame(candidate([{ text: 'a' }], { citationMetadata, finishReason: 'STOP' })))
    const writer = stream.writer(making())
    const written = text(Buffer.concat([writer.write(deltas), writer.end()]))
    expect(written).toContain('citationSources')
    expect(written).not.toContain('groundingMetadata')
  })

  test('log probabilities are told by token', () => {
    const logprobsResult = {
      chosenCandidates: [{ token: 'a', logProbability: -1, tokenId: 9 }],
      topCandidates: [{ candidates: [{ token: 'b', logProbability: -2 }] }],
    }
    expect(readAll(candidate([{ text: 'a' }], { logprobsResult })).choices[0]?.logprobs).toEqual([
      { token: 'a', logprob: -1, top: [{ token: 'b', logprob: -2 }] },
    ])
  })
})

describe('a provider’s stream has failed, and nothing is skipped, where', () => {
  const broken: readonly (readonly [string, Uint8Array])[] = [
    ['a chunk is no JSON', frame('{"candidates":')],
    ['a chunk is no object', frame('5')],
    [
      'its bytes are no UTF-8',
      Buffer.concat([Buffer.from('data: {"a":"'), Buffer.from([0xff]), Buffer.from('"}\n\n')]),
    ],
    ['candidates are an object', frame({ candidates: {} })],
    ['a candidate’s index is none', frame({ candidates: [{ index: 1e9 }] })],
    ['parts are a text', frame({ candidates: [{ content: { parts: 'x' } }] })],
    ['a text is a number', frame(candidate([{ text: 5 }]))],
    ['a call goes on that did not begin', frame(candidate([{ functionCall: { willContinue: true } }]))],
    ['arguments are a text', frame(candidate([{ functionCall: { name: 'f', args: '{}' } }]))],
    [
      'a piece has no place',
      frame(candidate([{ functionCall: { name: 'f', partialArgs: [{ jsonPath: 'a..b', stringValue: 'x' }] } }])),
    ],
    ['it says so', frame({ error: { code: 503, message: 'm', status: 'UNAVAILABLE' } })],
    ['it says so bare, on several lines', Buffer.from('{\n  "error": {\n    "code": 503\n  }\n}\n')],
    ['it says so bare, in an array', Buffer.from('[{\n  "error": {\n    "code": 503\n  }\n}\n]')],
  ]
  test.each([...broken])('%s', (_, bytes) => {
    const deltas = stream.reader('google/g').read(bytes)
    expect(deltas.map(delta => delta.type)).toContain('fault')
  })
})
