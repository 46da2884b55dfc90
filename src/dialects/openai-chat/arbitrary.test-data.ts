import fc from 'fast-check'
import type { Answer, Choice } from '../../model/answer.ts'
import type { Chat, Message, Reasoning, Tool, ToolChoice } from '../../model/chat.ts'
import type { CacheMark, Part, ReasoningPart, ToolCallPart } from '../../model/part.ts'
import type { Quirks } from '../dialect.ts'

/** Chats and answers that this dialect can carry whole, in the one form in which it reads them. */

/** A provider that takes everything. */
export const takesAll: Quirks = {
  allowsTools: true,
  cacheMarks: 'cache_control',
  reasoningIn: 'reasoning',
  thoughtsIn: 'reasoning_details',
  routesItself: true,
}

const word = fc.stringMatching(/^[a-z][a-z\d_]{0,7}$/)
const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
  fc.constantFrom('"', '\\n', '<think>', '😀\n'),
)
const json = fc.dictionary(word, fc.oneof(words, fc.integer(), fc.boolean()), { maxKeys: 3 })
const base64 = fc.uint8Array({ minLength: 3, maxLength: 9 }).map(bytes => Buffer.from(bytes).toString('base64'))
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined })
const cache: fc.Arbitrary<CacheMark | undefined> = maybe(fc.constantFrom<CacheMark>({}, { ttl: '5m' }, { ttl: '1h' }))

const text: fc.Arbitrary<Part> = fc.record({ type: fc.constant('text' as const), text: words, cache })
const data = (mediaType: string) => base64.map(bytes => ({ from: 'data' as const, mediaType, data: bytes }))
const url = word.map(path => ({ from: 'url' as const, url: `https://example.com/${path}` }))

const media: fc.Arbitrary<Part> = fc.oneof(
  fc.record({
    type: fc.constant('media' as const),
    kind: fc.constant('image' as const),
    source: fc.oneof(data('image/png'), url),
    detail: maybe(fc.constantFrom('low', 'high')),
    cache,
  }),
  fc.record({
    type: fc.constant('media' as const),
    kind: fc.constant('document' as const),
    source: fc.oneof(
      data('application/pdf'),
      word.map(id => ({ from: 'file' as const, id, dialect: 'openai-chat' })),
    ),
    title: word,
    cache,
  }),
  fc.record({
    type: fc.constant('media' as const),
    kind: fc.constant('audio' as const),
    source: data('audio/mpeg'),
    cache,
  }),
  fc.record({
    type: fc.constant('media' as const),
    kind: fc.constant('video' as const),
    source: fc.oneof(data('video/mp4'), url),
    cache,
  }),
)

/** Thoughts of one turn: a text alone, or details with what only their maker understands. */
const thoughts = (maker?: string): fc.Arbitrary<readonly ReasoningPart[]> =>
  fc.oneof(
    fc.constant([]),
    words.map(thought => [{ type: 'reasoning' as const, text: thought }]),
    fc
      .array(fc.record({ text: fc.oneof(words, fc.constant('')), summary: fc.boolean(), signature: word }), {
        minLength: 1,
        maxLength: 3,
      })
      .map(all => all.map((thought, index) => sealed(thought, index, maker))),
  )

type Thought = { readonly text: string; readonly summary: boolean; readonly signature: string }

function sealed({ text, summary, signature }: Thought, index: number, maker: string | undefined): ReasoningPart {
  const type = text === '' ? 'reasoning.encrypted' : summary ? 'reasoning.summary' : 'reasoning.text'
  const kept = text === '' ? { data: signature } : { signature }
  const value = JSON.stringify({ type, index, ...kept, format: 'anthropic-claude-v1' })
  const seal = { dialect: 'openai-chat', ...(maker && { maker }), value }
  return { type: 'reasoning', text, ...(text !== '' && summary && { summary }), seal }
}

const calls = (turn: number, maker?: string): fc.Arbitrary<readonly ToolCallPart[]> =>
  fc
    .array(
      fc.record({
        name: word,
        input: json.map(each => JSON.stringify(each)),
        custom: fc.boolean(),
        signature: maybe(word),
      }),
      {
        maxLength: 3,
      },
    )
    .map(all =>
      all.map(({ custom, signature, ...call }, n): ToolCallPart => {
        const seal = { dialect: 'openai-chat', ...(maker && { maker }), value: signature ?? '' }
        return {
          type: 'tool-call',
          id: `call_${turn}_${n}`,
          ...call,
          ...(custom && { custom }),
          ...(signature && { seal }),
        }
      }),
    )

/** What the user says, what the model says, and what the tools that it called gave back. */
const turn = (n: number): fc.Arbitrary<readonly Message[]> =>
  fc
    .record({
      role: fc.constantFrom('system' as const, 'developer' as const, 'user' as const),
      texts: fc.array(text, { minLength: 1, maxLength: 3 }),
      shown: fc.array(media, { maxLength: 2 }),
      name: maybe(word),
      thought: thoughts(),
      said: fc.array(text, { minLength: 1, maxLength: 2 }),
      refusal: maybe(words),
      called: calls(n),
      results: fc.array(words, { minLength: 3, maxLength: 3 }),
    })
    .map(({ role, texts, shown, name, thought, said, refusal, called, results }) => {
      const refused: readonly Part[] = refusal === undefined ? [] : [{ type: 'refusal', text: refusal }]
      const asked: Message = { role, parts: role === 'user' ? [...texts, ...shown] : texts, name }
      const answered: Message = { role: 'assistant', parts: [...thought, ...said, ...refused, ...called], name }
      const given = called.map(({ id, name: tool, custom }, i): Part => {
        const parts: readonly Part[] = [{ type: 'text', text: results[i] ?? '' }]
        return { type: 'tool-result', call: id, name: tool, parts, ...(custom && { custom }) }
      })
      return given.length > 0 ? [asked, answered, { role: 'user', parts: given }] : [asked, answered]
    })

const tools: fc.Arbitrary<readonly Tool[]> = fc
  .uniqueArray(
    fc.oneof(
      fc.record({
        type: fc.constant('function' as const),
        name: word,
        description: maybe(words),
        schema: maybe(fc.constant({ type: 'object', properties: { a: { type: 'string' } } })),
        strict: maybe(fc.boolean()),
        cache,
      }),
      fc.record({
        type: fc.constant('custom' as const),
        name: word,
        description: maybe(words),
        grammar: maybe(fc.constant({ syntax: 'lark', definition: 'start: "a"' })),
        cache,
      }),
    ),
    { minLength: 1, maxLength: 4, selector: tool => tool.name },
  )
  .map(all => [
    ...all,
    { type: 'hosted', kind: 'web-search', dialect: 'openai-chat', wire: { type: 'openrouter:web_search' } } as const,
  ])

function choiceAmong(names: readonly string[]): fc.Arbitrary<ToolChoice> {
  return fc.oneof(
    fc.constantFrom<ToolChoice>({ type: 'auto' }, { type: 'none' }, { type: 'required' }),
    fc.constantFrom(...names).map((name): ToolChoice => ({ type: 'tool', name })),
    fc
      .record({ names: fc.subarray([...names], { minLength: 1 }), required: fc.boolean() })
      .map((only): ToolChoice => ({ type: 'only', ...only })),
  )
}

const tooling: fc.Arbitrary<Pick<Chat, 'tools' | 'toolChoice' | 'parallelTools'>> = fc.oneof(
  fc.constant({ tools: [] }),
  tools.chain(all =>
    fc.record({
      tools: fc.constant(all),
      toolChoice: maybe(choiceAmong(all.flatMap(tool => (tool.type === 'hosted' ? [] : [tool.name])))),
      parallelTools: maybe(fc.boolean()),
    }),
  ),
)

const reasoning: fc.Arbitrary<Reasoning> = fc
  .record({
    amount: fc.constantFrom<Reasoning>(
      { effort: 'none' },
      { effort: 'xhigh' },
      { budget: 0 },
      { budget: -1 },
      { budget: 2048 },
    ),
    summary: maybe(fc.constantFrom('auto', 'detailed')),
    shown: maybe(fc.boolean()),
  })
  .map(({ amount, ...rest }) => ({ ...amount, ...rest }))

const settings: fc.Arbitrary<Omit<Chat, 'messages' | 'tools' | 'toolChoice' | 'parallelTools' | 'extras'>> = fc.record({
  format: maybe(
    fc.oneof(
      fc.constantFrom({ type: 'text' as const }, { type: 'json' as const }),
      fc.record({ type: fc.constant('schema' as const), schema: json, name: word, strict: maybe(fc.boolean()) }),
    ),
  ),
  reasoning: maybe(reasoning),
  maxTokens: maybe(fc.nat()),
  temperature: maybe(fc.constantFrom(0, 0.7, 2)),
  topP: maybe(fc.constantFrom(0.1, 1)),
  topK: maybe(fc.nat()),
  minP: maybe(fc.constantFrom(0, 0.5)),
  presencePenalty: maybe(fc.constantFrom(-2, 1)),
  frequencyPenalty: maybe(fc.constantFrom(-2, 1)),
  repetitionPenalty: maybe(fc.constantFrom(1, 1.5)),
  logitBias: maybe(fc.constant({ 50256: -100 })),
  seed: maybe(fc.maxSafeInteger()),
  stop: maybe(fc.array(words, { minLength: 1, maxLength: 4 })),
  candidates: maybe(fc.integer({ min: 1, max: 4 })),
  logprobs: maybe(fc.record({ top: fc.nat({ max: 20 }) })),
  verbosity: maybe(fc.constantFrom('low', 'high')),
  modalities: maybe(fc.constant(['text', 'audio'])),
  voice: maybe(fc.record({ name: word, format: fc.constantFrom('wav', 'pcm16') })),
  prediction: maybe(fc.array(text, { minLength: 1, maxLength: 2 })),
  webSearch: maybe(fc.constant({ search_context_size: 'low' })),
  serviceTier: maybe(fc.constantFrom('auto', 'flex')),
  metadata: maybe(json),
  user: maybe(word),
  store: maybe(fc.boolean()),
  cacheKey: maybe(word),
  cacheRetention: maybe(fc.constant('24h')),
})

const extras = fc.record({ moderation: json, models: fc.constant(['a/b']) }, { requiredKeys: [] })

export const chats: fc.Arbitrary<Chat> = fc
  .record({
    turns: fc.tuple(turn(0), turn(1)).chain(all => fc.nat({ max: 1 }).map(n => all.slice(0, n + 1).flat())),
    tooling,
    settings,
    fields: extras,
  })
  .map(({ turns, tooling: more, settings: rest, fields }) => ({
    messages: turns,
    ...more,
    ...rest,
    extras: { dialect: 'openai-chat', fields },
  }))

const logprob = fc.record({ token: words, logprob: fc.constantFrom(-0.5, 0), bytes: fc.constant([1, 2]) })

const spoken = (maker: string): fc.Arbitrary<readonly Part[]> =>
  fc
    .record({
      text: words,
      citations: fc.array(
        fc.record({
          url: word.map(path => `https://example.com/${path}`),
          title: word,
          quoted: maybe(words),
          start: fc.constant(0),
          end: fc.constant(1),
        }),
        { maxLength: 2 },
      ),
      signature: maybe(word),
    })
    .map(({ text: said, citations, signature }) => [
      {
        type: 'text',
        text: said,
        ...(citations.length > 0 && { citations }),
        ...(signature && { seal: { dialect: 'openai-chat', maker, value: signature } }),
      },
    ])

const sound: fc.Arbitrary<readonly Part[]> = fc.record({ id: word, transcript: words }).map(({ id, transcript }) => [
  {
    type: 'media',
    kind: 'audio',
    source: { from: 'data', mediaType: 'audio/pcm', data: 'AAAA' },
    transcript,
    seal: { dialect: 'openai-chat', maker: 'p/m', value: JSON.stringify({ id, expires_at: 1 }) },
  },
])

const choice: fc.Arbitrary<Choice> = fc
  .record({
    thought: thoughts('p/m'),
    said: fc.oneof(fc.constant<readonly Part[]>([]), spoken('p/m')),
    refusal: maybe(words),
    heard: fc.oneof({ weight: 3, arbitrary: fc.constant<readonly Part[]>([]) }, { weight: 1, arbitrary: sound }),
    shown: fc.array(
      fc.record({
        type: fc.constant('media' as const),
        kind: fc.constant('image' as const),
        source: data('image/png'),
      }),
      { maxLength: 1 },
    ),
    called: calls(0, 'p/m'),
    cut: fc.constantFrom(undefined, 'length' as const, 'filtered' as const),
    logprobs: maybe(
      fc.array(fc.record({ token: words, logprob: fc.constant(-1), top: fc.array(logprob, { maxLength: 2 }) }), {
        minLength: 1,
        maxLength: 2,
      }),
    ),
  })
  .map(({ thought, said, refusal, heard, shown, called, cut, logprobs }) => {
    const refused: readonly Part[] = refusal === undefined ? [] : [{ type: 'refusal', text: refusal }]
    const whole = called.length > 0 ? 'tools' : refusal === undefined ? 'end' : 'refused'
    return {
      parts: [...thought, ...said, ...refused, ...heard, ...shown, ...called],
      stop: { reason: cut ?? whole },
      ...(logprobs && { logprobs }),
    }
  })

export const answers: fc.Arbitrary<Answer> = fc.record({
  id: word.map(id => `chatcmpl-${id}`),
  model: word,
  created: fc.nat(),
  choices: fc.array(choice, { minLength: 1, maxLength: 2 }),
  usage: fc.record({
    input: fc.nat(),
    cacheRead: fc.nat(),
    cacheWrite: fc.nat(),
    output: fc.nat(),
    reasoning: fc.nat(),
  }),
  extras: fc.record({ dialect: fc.constant('openai-chat'), fields: fc.constant({ system_fingerprint: 'fp' }) }),
})
