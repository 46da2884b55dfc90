import { describe, expect, test } from 'bun:test'
import type { Chat, Tool } from '../../model/chat.ts'
import { compose, text, user, weather } from './sample.test-data.ts'

/** How a chat of another dialect is told to Anthropic's models. */

test('nothing is sent that the caller did not say, but max_tokens', () => {
  expect(compose({})).toEqual({
    body: {
      model: 'claude-sonnet-4-5',
      max_tokens: 64_000,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
    },
    lost: [],
  })
  expect(compose({}, 'claude-sonnet-4-5', { stream: true }).body.stream).toBe(true)
})

describe('the form of the answer', () => {
  const schema = { type: 'object', properties: { n: { type: 'object', properties: {} } } }

  test('is a closed schema', () => {
    const { body, lost } = compose({ format: { type: 'schema', schema, name: 'x', description: 'A number' } })
    expect([body.output_config, lost]).toEqual([
      {
        format: {
          type: 'json_schema',
          schema: {
            description: 'A number',
            type: 'object',
            properties: { n: { type: 'object', properties: {}, additionalProperties: false } },
            additionalProperties: false,
          },
        },
      },
      [],
    ])
  })

  test('is told where it has no place: any JSON, an older model, a server that knows no schemas', () => {
    const format = { type: 'schema', schema } as const
    expect(compose({ format: { type: 'json' } }).lost).toEqual(['format'])
    expect(compose({ format }, 'claude-3-5-sonnet-latest').lost).toEqual(['format'])
    expect(compose({ format }, 'k2', { quirks: { noSchemas: true } }).lost).toEqual(['format'])
  })
})

describe('what has no word here', () => {
  test('is told by its noun', () => {
    const nouns = {
      minP: 0.1,
      presencePenalty: 1,
      frequencyPenalty: 1,
      repetitionPenalty: 1.1,
      logitBias: { a: 1 },
      seed: 1,
      candidates: 2,
      logprobs: { top: 1 },
      verbosity: 'low',
      voice: { name: 'x' },
      prediction: [text('x')],
      metadata: { a: 'b' },
      store: true,
      cacheKey: 'k',
      cacheRetention: '24h',
      modalities: ['text', 'audio'],
      serviceTier: 'flex',
      stop: [' \n', 'END'],
    } satisfies Partial<Chat>
    const { body, lost } = compose(nouns)
    expect([...lost].sort()).toEqual(Object.keys(nouns).sort() as string[])
    expect(body.stop_sequences).toEqual(['END'])
  })

  test('is not told where it changes nothing', () => {
    const neutral = { presencePenalty: 0, repetitionPenalty: 1, candidates: 1, store: false, modalities: ['text'] }
    expect(compose(neutral).lost).toEqual([])
  })

  test('of another dialect is told by its field, and of this one put back', () => {
    const fields = {
      container: 'c',
      'tools[0].defer_loading': true,
      'output_config.task_budget': 1,
      'messages[0].x': 1,
    }
    const foreign = compose({ tools: [weather], extras: { dialect: 'openai-chat', fields } })
    expect(foreign.lost).toEqual(Object.keys(fields))
    const own = compose({ tools: [weather], extras: { dialect: 'anthropic-messages', fields } })
    expect(own.lost).toEqual(['messages[0].x'])
    expect(own.body).toMatchObject({
      container: 'c',
      tools: [{ defer_loading: true }],
      output_config: { task_budget: 1 },
    })
  })

  test('is left out where the provider refuses it', () => {
    const { body, lost } = compose({ user: 'u' }, 'k2', { quirks: { refuses: ['metadata', 'top_k'] } })
    expect([body.metadata, lost]).toEqual([undefined, ['metadata']])
  })
})

test('marks for the cache keep their place', () => {
  const cache = { ttl: '1h' } as const
  const mark = { type: 'ephemeral', ttl: '1h' }
  const { body } = compose({
    messages: [
      { role: 'system', parts: [{ type: 'text', text: 'S', cache }] },
      user({ type: 'text', text: 'Hi', cache: {} }),
    ],
    tools: [{ ...weather, cache } as Tool],
  })
  expect(body).toMatchObject({
    system: [{ cache_control: mark }],
    tools: [{ cache_control: mark }],
    messages: [{ content: [{ cache_control: { type: 'ephemeral' } }] }],
  })
})
