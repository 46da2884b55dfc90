import * as fc from 'fast-check'
import type { Chat, Message, Tool } from '../../src/model/chat.ts'
import type { MediaPart, Part } from '../../src/model/part.ts'
import type { Sealed } from '../../src/model/sealed.ts'

/**
 * Chats that say all that a chat can say, with places and seals: what any caller's dialect might bring. Of nouns only
 * values that ask for something, so that leaving one out makes a difference.
 */
export const anyChat = (dialect: string, maker: string): fc.Arbitrary<Chat> =>
  fc.record(
    {
      messages: fc.array(anyMessage(dialect, maker), { minLength: 1, maxLength: 6 }).map(placed),
      tools: fc.uniqueArray(anyTool, { maxLength: 3, selector: tool => tool.name }),
      extras: fc.constant({ dialect: 'another', fields: {} }),
      ...nouns,
    },
    { requiredKeys: ['messages', 'tools', 'extras'] },
  )

const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }).map(text => `w${text}`),
  fc.constant('Grüße 👋\n"quoted"'),
)
const name = fc.stringMatching(/^[a-z][a-z\d_]{0,10}$/)

const nouns = {
  toolChoice: fc.oneof(
    fc.constantFrom({ type: 'none' as const }, { type: 'required' as const }),
    name.map(tool => ({ type: 'tool' as const, name: tool })),
    fc.record({
      type: fc.constant('only' as const),
      names: fc.array(name, { minLength: 1, maxLength: 2 }),
      required: fc.boolean(),
    }),
  ),
  parallelTools: fc.constant(false),
  format: fc.oneof(
    fc.constant({ type: 'json' as const }),
    fc.constant({ type: 'schema' as const, schema: { type: 'object' }, name: 'reply', strict: true }),
  ),
  reasoning: fc.oneof(
    fc.record({ effort: fc.constantFrom('low' as const, 'medium' as const, 'high' as const, 'max' as const) }),
    fc.record({ budget: fc.integer({ min: 1, max: 50_000 }) }),
  ),
  maxTokens: fc.integer({ min: 1, max: 100_000 }),
  temperature: fc.double({ min: 0, max: 2, noNaN: true }).filter(value => value !== 1),
  topP: fc.double({ min: 0.01, max: 0.98, noNaN: true }),
  topK: fc.integer({ min: 1, max: 500 }),
  minP: fc.constant(0.1),
  presencePenalty: fc.constantFrom(-1, 0.5, 2),
  frequencyPenalty: fc.constantFrom(-1, 0.5, 2),
  repetitionPenalty: fc.constant(1.1),
  logitBias: fc.constant({ '50256': -100 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  stop: fc.array(words, { minLength: 1, maxLength: 3 }),
  candidates: fc.integer({ min: 2, max: 4 }),
  logprobs: fc.record({ top: fc.integer({ min: 0, max: 5 }) }),
  verbosity: fc.constantFrom('low', 'high'),
  modalities: fc.constant(['text', 'audio']),
  voice: fc.constant({ name: 'alloy', format: 'wav' }),
  prediction: fc.constant([{ type: 'text' as const, text: 'x' }]),
  webSearch: fc.constant({ search_context_size: 'low' }),
  serviceTier: fc.constantFrom('flex', 'priority', 'scale'),
  metadata: fc.dictionary(name, fc.oneof(fc.string({ maxLength: 20 }), fc.integer()), { minKeys: 1, maxKeys: 3 }),
  user: name,
  store: fc.constant(true),
  cacheKey: name,
  cacheRetention: fc.constant('24h'),
}

const anyTool: fc.Arbitrary<Extract<Tool, { readonly type: 'function' }>> = fc.record(
  {
    type: fc.constant('function' as const),
    name,
    description: words,
    schema: fc.constant({ type: 'object', properties: { a: { type: 'number' } } }),
    strict: fc.boolean(),
    cache: fc.constant({ ttl: '1h' as const }),
    at: fc.constant('tools[0]'),
  },
  { requiredKeys: ['type', 'name', 'at'] },
)

const anySeal = (dialect: string, maker: string): fc.Arbitrary<Sealed> =>
  fc.constantFrom({ dialect, maker, value: 'c2ln' }, { dialect: 'another', maker: 'x/y', value: 'c2ln' })

const anyMessage = (dialect: string, maker: string): fc.Arbitrary<Message> =>
  fc.oneof(
    said('system', [anyText]),
    said('developer', [anyText]),
    said('user', [anyText, anyMedia, anyResult]),
    said('assistant', [anyText, anyThought(dialect, maker), anyCall]),
  )

const said = (role: Message['role'], parts: readonly fc.Arbitrary<Part>[]): fc.Arbitrary<Message> =>
  fc.record(
    { role: fc.constant(role), parts: fc.array(fc.oneof(...parts), { maxLength: 4 }), name },
    { requiredKeys: ['role', 'parts'] },
  )

const anyText: fc.Arbitrary<Part> = fc.record(
  { type: fc.constant('text' as const), text: fc.oneof(words, fc.constantFrom('', ' ')), cache: fc.constant({}) },
  { requiredKeys: ['type', 'text'] },
)

const data = fc.uint8Array({ minLength: 1, maxLength: 30 }).map(bytes => Buffer.from(bytes).toString('base64'))

const anyMedia: fc.Arbitrary<MediaPart> = fc.oneof(
  medium('image', fc.constantFrom('image/png', 'image/jpeg', 'image/webp')),
  medium('document', fc.constantFrom('text/plain', 'text/markdown; charset=utf-8', 'application/json')),
)

function medium(kind: MediaPart['kind'], mediaTypes: fc.Arbitrary<string>): fc.Arbitrary<MediaPart> {
  const source = fc.record({ from: fc.constant('data' as const), mediaType: mediaTypes, data })
  return fc.record(
    { type: fc.constant('media' as const), kind: fc.constant(kind), source, title: words, cite: fc.boolean() },
    { requiredKeys: ['type', 'kind', 'source'] },
  )
}

const anyThought = (dialect: string, maker: string): fc.Arbitrary<Part> =>
  fc.record(
    { type: fc.constant('reasoning' as const), text: words, seal: anySeal(dialect, maker) },
    { requiredKeys: ['type', 'text'] },
  )

const anyCall: fc.Arbitrary<Part> = fc.record({
  type: fc.constant('tool-call' as const),
  id: fc.oneof(name, fc.constant('call/with odd+letters='), fc.constant('x'.repeat(80))),
  name,
  input: fc.constantFrom('{}', '', '{"a":1}'),
})

const anyResult: fc.Arbitrary<Part> = fc.record(
  {
    type: fc.constant('tool-result' as const),
    call: name,
    parts: fc.array(anyText, { maxLength: 2 }),
    failed: fc.boolean(),
  },
  { requiredKeys: ['type', 'call', 'parts'] },
)

/** Every part knows where it stood. */
const placed = (messages: readonly Message[]): readonly Message[] =>
  messages.map((message, index) => ({
    ...message,
    at: `messages[${index}]`,
    parts: message.parts.map((part, place) => ({ ...part, at: `messages[${index}].content[${place}]` })),
  }))
