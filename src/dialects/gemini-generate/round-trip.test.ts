import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { complaintsAbout, complaintsAboutArray } from '../../../test/wire/machines/gemini-generate.ts'
import type { Answer, Choice } from '../../model/answer.ts'
import type { Chat, Message, Tool } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import { fold, unfold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Citation, Part } from '../../model/part.ts'
import { geminiGenerate } from './index.ts'
import { aimAt, inArray, making, text } from './sample.test-data.ts'

const { request, answer, stream } = geminiGenerate
const dialect = 'gemini-generate'
const target = 'gemini-3-pro'
const maker = `google/${target}`

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
const name = fc.stringMatching(/^[a-z_]{1,8}$/)
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 3 })
const args = fc.dictionary(name, fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 3 })
const signature = fc.stringMatching(/^(?:[A-Za-z\d+/]{4}){1,3}$/)

/** Without what is not there, as a reader makes them. */
const bare = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T

// Requests

const ownSeal = optional(signature.map(value => ({ dialect, value })))
const schema = fc.record({ type: fc.constant('object'), properties: fc.constant({ a: { $ref: '#/$defs/a' } }) })

const media = fc
  .oneof(
    fc.record({
      kind: fc.constant('image' as const),
      source: fc.constant({ from: 'data' as const, mediaType: 'image/png', data: 'aa+/' }),
    }),
    fc.record({
      kind: fc.constant('video' as const),
      source: fc.constant({ from: 'url' as const, url: 'https://youtu.be/x' }),
    }),
    fc.record({
      kind: fc.constant('audio' as const),
      source: fc.constant({ from: 'file' as const, id: 'gs://b/c', dialect, mediaType: 'audio/wav' }),
    }),
  )
  .map((each): Part => ({ type: 'media', ...each }))

const said: fc.Arbitrary<Part> = fc.oneof(
  fc.tuple(word, ownSeal).map(([text, seal]): Part => bare({ type: 'text', text, seal })),
  media,
)

/** The signature that a call of the present turn would get if it had none. */
const thought: fc.Arbitrary<Part> = fc.oneof(
  fc.tuple(word, ownSeal).map(([text, seal]): Part => bare({ type: 'reasoning', text, seal })),
  signature.map((value): Part => ({ type: 'reasoning', text: '', seal: { dialect, value } })),
  args.map(
    (code): Part => ({
      type: 'opaque',
      label: 'executableCode',
      seal: { dialect, value: JSON.stringify({ executableCode: code }) },
    }),
  ),
)

const call = fc
  .tuple(name, args, signature)
  .map(([called, input, value]) => ({ called, input: JSON.stringify(input), value }))

const outcome = fc.oneof(
  fc.record({ failed: fc.constant(true), parts: word.map((each): Part[] => [{ type: 'text', text: `no: ${each}` }]) }),
  fc.record({
    parts: fc
      .tuple(word, fc.array(media, { maxLength: 1 }))
      .map(([each, more]): Part[] => [{ type: 'text', text: `: ${each}` }, ...more]),
  }),
  fc.record({
    parts: args
      .filter(each => Object.keys(each).length > 1)
      .map((each): Part[] => [{ type: 'text', text: JSON.stringify(each) }]),
  }),
)

type Turn = readonly Message[]

const turn: fc.Arbitrary<Turn> = fc
  .tuple(
    fc.array(said, { minLength: 1, maxLength: 3 }),
    fc.array(thought, { maxLength: 2 }),
    fc.array(fc.tuple(call, outcome), { maxLength: 2 }),
    fc.uuid(),
  )
  .map(([asked, thoughts, calls, id]): Turn => {
    const made = calls.map(
      ([{ called, input, value }], i): Part => ({
        type: 'tool-call',
        id: `${id}-${i}`,
        name: called,
        input,
        seal: { dialect, value },
      }),
    )
    const answers = calls.map(
      ([{ called }, result], i): Part => ({ type: 'tool-result', call: `${id}-${i}`, name: called, ...result }),
    )
    const model = [...thoughts, ...made]
    return [
      { role: 'user', parts: asked },
      ...(model.length > 0 ? [{ role: 'assistant' as const, parts: model }] : []),
      ...(answers.length > 0 ? [{ role: 'user' as const, parts: answers }] : []),
    ]
  })

const tools = fc
  .tuple(fc.uniqueArray(name, { maxLength: 3 }), fc.boolean(), fc.boolean())
  .map(([names, strict, searches]): Tool[] => [
    ...(searches
      ? [{ type: 'hosted', kind: 'web-search', dialect, wire: { googleSearch: {} }, search: {} } as const]
      : []),
    ...names.map(
      (each): Tool => ({
        ...{ type: 'function', name: each, description: 'd', schema: { type: 'object' }, returns: undefined },
        ...(strict ? { strict } : {}),
      }),
    ),
  ])

const noun = {
  candidates: fc.integer({ min: 1, max: 8 }),
  maxTokens: fc.nat(),
  temperature: fc.float({ min: 0, max: 2, noNaN: true }),
  topP: fc.float({ min: 0, max: 1, noNaN: true }),
  topK: fc.nat(),
  seed: fc.integer(),
  presencePenalty: fc.float({ min: -2, max: 2, noNaN: true }),
  frequencyPenalty: fc.float({ min: -2, max: 2, noNaN: true }),
  stop: fc.array(word, { maxLength: 3 }),
  modalities: fc.constant(['text', 'image']),
  logprobs: fc.integer({ min: 0, max: 20 }).map(top => ({ top })),
  voice: name.map(each => ({ name: each })),
  format: fc.oneof(
    fc.constantFrom({ type: 'text' as const }, { type: 'json' as const }),
    schema.map(each => ({ type: 'schema' as const, schema: each })),
  ),
  reasoning: fc.oneof(
    fc.record({ effort: fc.constantFrom('minimal' as const, 'low' as const, 'medium' as const, 'high' as const) }),
    fc.record({ budget: fc.integer({ min: -1, max: 9000 }), shown: fc.boolean() }),
  ),
  serviceTier: fc.constantFrom('default', 'flex', 'priority'),
  store: fc.boolean(),
}

const chats: fc.Arbitrary<Chat> = fc
  .record({
    turns: fc.array(turn, { minLength: 1, maxLength: 3 }),
    system: optional(word),
    tools,
    choice: optional(fc.constantFrom('required' as const, 'none' as const)),
    nouns: fc.record(Object.fromEntries(Object.entries(noun).map(([key, each]) => [key, optional<unknown>(each)]))),
  })
  .map(({ turns, system, tools, choice, nouns }) => {
    const strict = tools.some(tool => tool.type === 'function' && tool.strict)
    return {
      messages: [
        ...(system === undefined
          ? []
          : [{ role: 'system' as const, parts: [{ type: 'text' as const, text: system }] }]),
        ...turns.flat(),
      ],
      tools: [...tools].sort((a, b) => (a.type === b.type ? 0 : a.type === 'hosted' ? -1 : 1)),
      toolChoice: strict ? { type: 'auto' as const } : choice && { type: choice },
      ...nouns,
      extras: { dialect, fields: { safetySettings: [], 'generationConfig.mediaResolution': 'MEDIA_RESOLUTION_LOW' } },
    }
  })

const withoutPlaces = (chat: Chat): Chat =>
  JSON.parse(JSON.stringify(chat, (key, value) => (key === 'at' ? undefined : value))) as Chat

test('a chat that is told is understood as the same chat, and nothing of it is lost', () => {
  fc.assert(
    fc.property(chats, chat => {
      const composed = request.compose(chat, aimAt(target))
      expect(composed.lost).toEqual([])
      expect(withoutPlaces(request.understand(composed.body))).toEqual(withoutPlaces(chat))
    }),
    { numRuns: 300 },
  )
})

// Replies

const seal = signature.map(value => ({ dialect, maker, value }))

const cited = fc.tuple(word, word, word).map(([before, words, after]): Part => {
  const citations: Citation[] = [
    { url: 'https://a.test', title: 't', start: before.length, end: before.length + words.length },
  ]
  return { type: 'text', text: before + words + after, citations }
})

const spoken: fc.Arbitrary<Part> = fc.oneof(
  fc.tuple(word, optional(seal)).map(([text, sealed]): Part => bare({ type: 'text', text, seal: sealed })),
  fc.tuple(word, optional(seal)).map(([text, sealed]): Part => bare({ type: 'reasoning', text, seal: sealed })),
  fc
    .tuple(fc.uuid(), name, args, optional(seal))
    .map(
      ([id, called, input, sealed]): Part =>
        bare({ type: 'tool-call', id, name: called, input: JSON.stringify(input), seal: sealed }),
    ),
  seal.map((sealed): Part => ({ type: 'reasoning', text: '', seal: sealed })),
  args.map(
    (code): Part => ({
      type: 'opaque',
      label: 'toolCall',
      seal: { dialect, maker, value: JSON.stringify({ toolCall: code }) },
    }),
  ),
  fc.constant<Part>({ type: 'media', kind: 'image', source: { from: 'data', mediaType: 'image/png', data: 'aa' } }),
)

/** In a stream nothing tells one text from the next, and a signature alone would sign the thought before it. */
const standsAlone = (part: Part, before: Part | undefined): boolean =>
  before === undefined ||
  (part.type !== 'reasoning' && part.type !== 'text') ||
  before.type !== part.type ||
  before.seal !== undefined

const choices: fc.Arbitrary<Choice> = fc.array(spoken, { minLength: 1, maxLength: 5 }).map(parts => {
  const kept: Part[] = []
  for (const part of parts) if (standsAlone(part, kept.at(-1))) kept.push(part)
  const called = kept.some(part => part.type === 'tool-call')
  return { parts: kept, stop: { reason: called ? 'tools' : 'end', raw: 'STOP' } }
})

const usage = fc.record({
  input: fc.nat(999),
  cacheRead: fc.nat(999),
  cacheWrite: fc.constant(0),
  output: fc.nat(999),
  reasoning: fc.nat(999),
})

const answers: fc.Arbitrary<Answer> = fc.record({
  id: name,
  model: name,
  choices: fc.oneof(
    fc.array(choices, { minLength: 1, maxLength: 3 }),
    cited.map(part => [{ parts: [part], stop: { reason: 'end' as const, raw: 'STOP' } }]),
  ),
  usage,
})

/** What citations say is also there as Google told it. */
const plain = (said: Answer): Answer => bare({ ...said, extras: undefined })

test('what has no noun goes back to its place where a list was written as its only element', () => {
  const seen = { text: 'a', videoMetadata: { fps: 1 } }
  const declared = { name: 'f', behavior: 'BLOCKING' }
  const body = {
    systemInstruction: { parts: seen },
    contents: { role: 'user', parts: seen, odd: 1 },
    tools: { functionDeclarations: declared },
  }
  expect(request.compose(request.understand(body), aimAt(target))).toEqual({
    body: {
      systemInstruction: { parts: [seen] },
      contents: [{ role: 'user', parts: [seen], odd: 1 }],
      tools: [{ functionDeclarations: [declared] }],
    },
    lost: [],
  })
})

test('an answer that is written is read as the same answer', () => {
  fc.assert(
    fc.property(answers, said => {
      const written = JSON.parse(JSON.stringify(answer.write(said, making()))) as JsonObject
      expect(plain(answer.read(written, '', maker))).toEqual(said)
    }),
    { numRuns: 300 },
  )
})

test('an answer that is streamed is read as the same answer, and its stream is as clients expect it', () => {
  fc.assert(
    fc.property(answers, fc.nat(5), (said, cut) => {
      const deltas = unfold(said)
      const events = stream.writer(making())
      // A cut between a part and its signature leaves them in two.
      const at = deltas.findIndex((delta, i) => i >= cut && delta.type !== 'seal' && delta.type !== 'citation')
      const bytes = Buffer.concat([events.write(deltas.slice(0, at)), events.write(deltas.slice(at)), events.end()])
      expect(complaintsAbout(text(bytes))).toEqual([])
      expect(plain(fold(stream.reader(maker).read(bytes)))).toEqual(said)
      const array = stream.writer(inArray())
      expect(complaintsAboutArray(text(Buffer.concat([array.write(deltas), array.end()])))).toEqual([])
    }),
    { numRuns: 300 },
  )
})

// Damage

/** Some JSON with one value somewhere in it replaced by another. */
const damaged = (whole: JsonObject) =>
  fc.tuple(fc.integer({ min: 1, max: 200 }), fc.jsonValue({ maxDepth: 2 })).map(([place, value]) => {
    let n = place
    return JSON.parse(JSON.stringify(whole, (_, each) => (n-- === 0 ? value : each))) as JsonObject
  })

const isFault = (error: unknown): boolean => error instanceof Fault

function onlyFaults(run: () => unknown): void {
  try {
    run()
  } catch (error) {
    if (!isFault(error)) throw error
  }
}

test('a request that is damaged anywhere is understood or refused', () => {
  const body = {
    contents: [
      { role: 'user', parts: [{ text: 'a' }, { inlineData: { mimeType: 'image/png', data: 'aa' } }] },
      { role: 'model', parts: [{ functionCall: { name: 'f', args: { a: 1 } }, thoughtSignature: 'c2ln' }] },
      { parts: [{ functionResponse: { name: 'f', response: { a: [1] }, parts: [{ fileData: { fileUri: 'x' } }] } }] },
    ],
    tools: [
      { functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }] },
      { googleSearch: {} },
    ],
    toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
    generationConfig: {
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT' },
      thinkingConfig: { thinkingLevel: 'LOW' },
      topP: 1,
    },
    systemInstruction: { parts: [{ text: 's' }] },
  }
  fc.assert(
    fc.property(damaged(body), each => {
      onlyFaults(() => request.read(each, { operation: 'chat', model: 'm' }))
      onlyFaults(() => request.compose(request.understand(each), aimAt(target)))
    }),
    { numRuns: 2000 },
  )
})

const reply = {
  candidates: [
    {
      content: {
        parts: [
          { text: 'é a', thoughtSignature: 'c2ln' },
          { functionCall: { name: 'f', willContinue: true, partialArgs: [{ jsonPath: '$.a[0]', stringValue: 'x' }] } },
          { inlineData: { mimeType: 'image/png', data: 'aa' } },
        ],
        role: 'model',
      },
      finishReason: 'STOP',
      groundingMetadata: {
        groundingChunks: [{ web: { uri: 'u', title: 't' } }],
        groundingSupports: [{ segment: { startIndex: 1, endIndex: 3, text: 'a' }, groundingChunkIndices: [0] }],
      },
      citationMetadata: { citationSources: [{ startIndex: 0, endIndex: 2, uri: 'u' }] },
      logprobsResult: { chosenCandidates: [{ token: 'a', logProbability: -1 }], topCandidates: [{ candidates: [] }] },
    },
  ],
  usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 6, serviceTier: 'standard' },
  modelVersion: 'm',
  responseId: 'r',
}

test('a reply that is damaged anywhere is read, or is a fault, and is watched all the same', () => {
  fc.assert(
    fc.property(damaged(reply), each => {
      const wire = JSON.stringify(each)
      onlyFaults(() => answer.write(answer.read(each, wire, maker), making()))
      onlyFaults(() => answer.glance(each, wire, 'chat'))
      const writer = stream.writer(making())
      const deltas = stream.reader(maker).read(Buffer.from(`data: ${wire}\r\n\r\n`))
      writer.write(deltas)
      writer.end()
    }),
    { numRuns: 2000 },
  )
})

test('a stream of any bytes is read to its end', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.tuple(fc.nat(400), fc.nat(255)).map(([at, byte]) => {
      const frame = Buffer.from(`data: ${JSON.stringify(reply)}\r\n\r\n`)
      frame[at % frame.length] = byte
      return frame
    }),
  )
  fc.assert(
    fc.property(bytes, fc.boolean(), (each, array) => {
      stream.reader(maker).read(each)
      const glancer = stream.glance({ hideUsage: false, array })
      const batches = [glancer.read(each), glancer.end?.()]
      const told = Buffer.concat(batches.map(batch => batch?.bytes ?? Buffer.of()))
      const closed = array && !told.equals(each) ? Buffer.concat([each, Buffer.from('\n]')]) : Buffer.from(each)
      expect(told).toEqual(closed)
      const cutter = stream.cutter?.(array)
      expect(Buffer.concat([cutter?.push(each) ?? each, cutter?.end() ?? each])).toEqual(Buffer.from(each))
    }),
    { numRuns: 1000 },
  )
})
