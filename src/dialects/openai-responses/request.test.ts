import { expect, test } from 'bun:test'
import { worded, writtenAs } from '../../../test/fakes/written.ts'
import type { Letter } from '../../model/call.ts'
import type { JsonObject } from '../../model/json.ts'
import { faultOf } from '../sample.test-data.ts'
import { openaiResponses } from './index.ts'
import { refusedAt } from './sample.test-data.ts'

const { request, path } = openaiResponses
const read = (body: JsonObject) => request.read(body, { operation: 'chat' })

test('a chat and a count of tokens each have their path, and nothing else has one', () => {
  const asking = { model: 'gpt-5', stream: false } as const
  expect(path({ ...asking, operation: 'chat' })).toBe('/responses')
  expect(path({ ...asking, operation: 'count_tokens' })).toBe('/responses/input_tokens')
  expect(faultOf(() => path({ ...asking, operation: 'embeddings' })).param).toBe('model')
})

test('what we act on is read; usage comes with every stream', () => {
  expect(read({ model: 'gpt-5', input: 'Hello' })).toEqual({
    operation: 'chat',
    model: 'gpt-5',
    stream: false,
    wantsUsage: true,
  })
  expect(read({ model: 'gpt-5', input: [{ role: 'user', content: 'Hello' }], stream: true }).stream).toBe(true)
})

test('a count of tokens is never a stream', () => {
  const call = request.read({ model: 'gpt-5', input: 'Hello', stream: true }, { operation: 'count_tokens' })
  expect(call.stream).toBe(false)
})

test('a prompt may be kept at the provider', () => {
  for (const field of ['previous_response_id', 'conversation', 'prompt'])
    expect(read({ model: 'gpt-5', [field]: 'x' }).model).toBe('gpt-5')
})

const refusals: readonly [string, JsonObject][] = [
  ['model', { input: 'Hello' }],
  ['model', { model: '', input: 'Hello' }],
  ['stream', { model: 'gpt-5', input: 'Hello', stream: 'yes' }],
  ['instructions', { model: 'gpt-5', input: 'Hello', instructions: ['a'] }],
  ['background', { model: 'gpt-5', input: 'Hello', background: '[DONE]' }],
  ['previous_response_id', { model: 'gpt-5', input: 'Hello', previous_response_id: {} }],
  ['input', { model: 'gpt-5' }],
  ['input', { model: 'gpt-5', input: 7 }],
  ['input[1]', { model: 'gpt-5', input: [{ role: 'user', content: 'a' }, 'b'] }],
]

test.each(refusals)('%s is refused where it is wrong: %o', (param, body) => {
  expect(refusedAt(() => read(body))).toBe(param)
})

const letter = (text: string): Letter => {
  const body = JSON.parse(text) as JsonObject
  return {
    dialect: 'openai-responses',
    ...writtenAs(text),
    call: read(body),
    sealed: false,
    strict: false,
  }
}

test('only the model changes for a target, and every other byte stays', () => {
  const text = '{ "input":"caf\\u00e9","model" : "smart", "temperature":1.0, "x":{"model":"y"} }'
  const wording = worded(request.reword(letter(text), { model: 'gpt-5', quirks: {} }))
  expect(wording).toEqual({ body: text.replace('"smart"', '"gpt-5"'), askedUsage: false, lost: [] })
})

test('routing wishes go to the one provider that routes by itself', () => {
  const text = '{"model":"m","models":["a"],"input":"Hello","provider":{"only":["x"]}}'
  expect(worded(request.reword(letter(text), { model: 'm', quirks: {} }))).toEqual({
    body: '{"model":"m","input":"Hello"}',
    askedUsage: false,
    lost: ['models', 'provider'],
  })
  expect(worded(request.reword(letter(text), { model: 'm', quirks: { routesItself: true } })).body).toBe(text)
})
