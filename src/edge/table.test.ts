import { describe, expect, test } from 'bun:test'
import { dialectNear, type Place, placeAt } from './table.ts'

const at = (path: string, query = ''): Place | undefined => placeAt(path, query)

describe('a path where a model is asked', () => {
  const asked: readonly (readonly [string, string, string, object])[] = [
    ['/v1/chat/completions', '', 'openai-chat', { operation: 'chat' }],
    ['/v1/responses', '', 'openai-responses', { operation: 'chat' }],
    ['/v1/responses/input_tokens', '', 'openai-responses', { operation: 'count_tokens' }],
    ['/v1/messages', '?beta=true', 'anthropic-messages', { operation: 'chat' }],
    ['/anthropic/v1/messages', '', 'anthropic-messages', { operation: 'chat' }],
    ['/v1/messages/count_tokens', '', 'anthropic-messages', { operation: 'count_tokens' }],
    [
      '/v1beta/models/gemini-3-pro:generateContent',
      '',
      'gemini-generate',
      { operation: 'chat', model: 'gemini-3-pro', stream: false },
    ],
    [
      '/v1/models/gemini-3-pro:streamGenerateContent',
      '?alt=sse',
      'gemini-generate',
      { operation: 'chat', model: 'gemini-3-pro', stream: true, array: false },
    ],
    [
      '/v1beta/models/smart:streamGenerateContent',
      '?key=k&alt=json',
      'gemini-generate',
      { operation: 'chat', model: 'smart', stream: true, array: true },
    ],
    [
      '/v1beta/models/ollama%2Fllama3:8b:countTokens',
      '',
      'gemini-generate',
      { operation: 'count_tokens', model: 'ollama/llama3:8b', stream: false },
    ],
    [
      '/v1beta/tunedModels/mine:generateContent',
      '',
      'gemini-generate',
      { operation: 'chat', model: 'tunedModels/mine', stream: false },
    ],
    ['/v1beta/models/e:embedContent', '', 'gemini-generate', { operation: 'embeddings', model: 'e', stream: false }],
    [
      '/v1beta/models/openai/gpt-5:generateContent',
      '?key=k',
      'gemini-generate',
      { operation: 'chat', model: 'openai/gpt-5', stream: false },
    ],
  ]
  test.each([...asked])('%s%s', (path, query, dialect, address) => {
    const place = at(path, query)
    expect([place?.kind, place?.method, place?.dialect.id]).toEqual(['line', 'POST', dialect])
    expect(place).toMatchObject({ address })
  })
})

describe('a path where something is told', () => {
  const told: readonly (readonly [string, string, object])[] = [
    ['/v1/models', 'openai-chat', { kind: 'models' }],
    ['/v1beta/models', 'gemini-generate', { kind: 'models' }],
    ['/anthropic/v1/models', 'anthropic-messages', { kind: 'models' }],
    ['/v1/models/ollama/llama3:8b', 'openai-chat', { kind: 'model', id: 'ollama/llama3:8b' }],
    ['/v1beta/models/smart', 'gemini-generate', { kind: 'model', id: 'smart' }],
    ['/v1/responses/resp_1', 'openai-responses', { kind: 'kept', method: 'GET', id: 'resp_1', what: 'reply' }],
    ['/v1/responses/resp_1/input_items', 'openai-responses', { kind: 'kept', method: 'GET', what: 'items' }],
    ['/v1/responses/resp_1/cancel', 'openai-responses', { kind: 'kept', method: 'POST', what: 'cancel' }],
  ]
  test.each([...told])('%s', (path, dialect, place) => {
    expect(at(path)?.dialect.id).toBe(dialect)
    expect(at(path)).toMatchObject(place)
  })
})

test.each(['/', '/v1', '/constructor', '/v1/responses/a/b', '/v1beta/models/m:explain', '/v1/messages/batches'])(
  'nothing stands at %s',
  path => expect(at(path)).toBeUndefined(),
)

test('a path that leads nowhere is refused in the words of its neighbours', () => {
  const near = ['/v1/messages/batches', '/anthropic/x', '/v1beta/files', '/v1/what'].map(path => dialectNear(path).id)
  expect(near).toEqual(['anthropic-messages', 'anthropic-messages', 'gemini-generate', 'openai-chat'])
})
