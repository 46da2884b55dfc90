import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { worded, writtenAs } from '../../../test/fakes/written.ts'
import type { Letter, Operation } from '../../model/call.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { Quirks } from '../dialect.ts'
import { faultOf } from '../sample.test-data.ts'
import { request } from './request.ts'

const hello = [{ role: 'user', content: 'hello' }]

describe('a noun with several names is told by the one that the request uses:', () => {
  const names: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ['the newer name', { max_completion_tokens: 1, max_tokens: 2 }, { maxTokens: 'max_completion_tokens' }],
    ['the older name', { max_tokens: 1, max_completion_tokens: null }, { maxTokens: 'max_tokens' }],
    [
      'functions, which are called one at a time',
      { functions: [{ name: 'f' }], function_call: 'auto' },
      { parallelTools: 'functions', toolChoice: 'function_call' },
    ],
    [
      'a part of an object',
      { thinking: { budget_tokens: 1 } },
      { reasoning: 'thinking', 'reasoning.budget': 'thinking.budget_tokens' },
    ],
    ['no name where nothing is said', { model: 'm' }, {}],
  ]
  test.each([...names])('%s', (_, body, expected) => {
    expect<unknown>(request.nounsIn?.(body)).toEqual(expected)
  })
})

describe('a request is read for', () => {
  const calls: readonly (readonly [string, JsonObject, Operation, object])[] = [
    ['a chat', { model: 'm', messages: hello }, 'chat', { stream: false, wantsUsage: false }],
    ['a stream', { model: 'm', messages: hello, stream: true }, 'chat', { stream: true, wantsUsage: false }],
    [
      'a stream whose usage is wanted',
      { model: 'm', prompt: 'x', stream: true, stream_options: { include_usage: true } },
      'completions',
      { stream: true, wantsUsage: true },
    ],
    [
      'usage that is not wanted',
      { model: 'm', messages: hello, stream: true, stream_options: { include_usage: false } },
      'chat',
      { stream: true, wantsUsage: false },
    ],
    [
      'nulls, as some clients send them',
      { model: 'm', messages: hello, stream: null, stream_options: null },
      'chat',
      { stream: false, wantsUsage: false },
    ],
    [
      'a completion of nothing, the beginning of a document',
      { model: 'm', prompt: null },
      'completions',
      { stream: false, wantsUsage: false },
    ],
    [
      'embeddings, which have no stream',
      { model: 'm', input: ['a'], stream: true },
      'embeddings',
      { stream: false, wantsUsage: false },
    ],
  ]
  const choices: readonly (readonly [string, JsonObject, number | undefined])[] = [
    ['a chat of two', { messages: hello, n: 2 }, 2],
    ['one', { messages: hello, n: 1 }, undefined],
    ['a number that is none', { messages: hello, n: '2' }, undefined],
    ['a null', { messages: hello, n: null }, undefined],
    ['two prompts', { prompt: ['p', 'q'] }, 2],
    ['two prompts of tokens, thrice each', { prompt: [[1], [2, 3]], n: 3 }, 6],
    ['a prompt of tokens', { prompt: [1, 2, 3] }, undefined],
    ['no prompt', { prompt: [] }, undefined],
  ]
  test.each([...choices])('how many choices its stream is to have: %s', (_, body, due) => {
    const operation = body.messages ? 'chat' : 'completions'
    expect(request.read({ model: 'm', ...body, stream: true }, { operation }).choices).toBe(due as number)
    expect(request.read({ model: 'm', ...body }, { operation }).choices).toBeUndefined()
  })

  test.each([...calls])('%s', (_, body, operation, expected) => {
    expect(request.read(body, { operation })).toEqual({ operation, model: 'm', ...expected } as ReturnType<
      typeof request.read
    >)
  })
})

describe('a request is refused, with the field at fault, for', () => {
  const refusals: readonly (readonly [string, JsonObject, Operation, string])[] = [
    ['no model', { messages: hello }, 'chat', 'model'],
    ['an empty model', { model: '', messages: hello }, 'chat', 'model'],
    ['a model that is a number', { model: 5, messages: hello }, 'chat', 'model'],
    ['a stream that is a word', { model: 'm', messages: hello, stream: 'yes' }, 'chat', 'stream'],
    ['stream options that are a list', { model: 'm', messages: hello, stream_options: [] }, 'chat', 'stream_options'],
    ['no messages', { model: 'm' }, 'chat', 'messages'],
    ['no message', { model: 'm', messages: [] }, 'chat', 'messages'],
    ['messages that are a text', { model: 'm', messages: 'hello' }, 'chat', 'messages'],
    ['a message without a role', { model: 'm', messages: [...hello, { content: 'x' }] }, 'chat', 'messages[1]'],
    ['a message that is a text', { model: 'm', messages: ['hello'] }, 'chat', 'messages[0]'],
    ['no prompt', { model: 'm' }, 'completions', 'prompt'],
    ['a null for messages', { model: 'm', messages: null }, 'chat', 'messages'],
    ['a null for input', { model: 'm', input: null }, 'embeddings', 'input'],
  ]
  test.each([...refusals])('%s', (_, body, operation, param) => {
    const fault = faultOf(() => request.read(body, { operation }))
    expect([fault.code, fault.status, fault.param]).toEqual(['invalid_request', 400, param])
    expect(fault.message).toContain(`'${param}'`)
  })

  test('a field, and shows no more than a little of it', () => {
    expect(
      faultOf(() => request.read({ model: 'm', messages: 'x'.repeat(9999) }, { operation: 'chat' })).message.length,
    ).toBeLessThan(200)
  })
})

function letterOf(text: string, operation: Operation = 'chat'): Letter {
  const body = JSON.parse(text) as JsonObject
  const call = request.read(body, { operation })
  return { dialect: 'openai-chat', ...writtenAs(text), call, sealed: false, strict: false }
}

describe('a request is worded', () => {
  const plain =
    '{ "model" : "a/m", "messages":[{"role":"user","content":"h\\u00e9"}], "seed":18446744073709551615,"x":1.0'
  const asks = ',"stream_options":{"include_usage":true}'
  const wordings: readonly (readonly [string, string, Quirks, string, object])[] = [
    ['with the model of the target and nothing else changed', `${plain} }`, {}, `${plain} }`, {}],
    [
      'with our wish for a usage report',
      `${plain},"stream":true\n}`,
      {},
      `${plain},"stream":true${asks}\n}`,
      { askedUsage: true },
    ],
    [
      "with our wish among the caller's own",
      `${plain},"stream":true,"stream_options": {"include_obfuscation":false, "include_usage":false} }`,
      {},
      `${plain},"stream":true,"stream_options": {"include_obfuscation":false, "include_usage":true} }`,
      { askedUsage: true },
    ],
    [
      'with our wish in place of a null',
      `${plain},"stream":true,"stream_options":null}`,
      {},
      `${plain},"stream":true${asks}}`,
      { askedUsage: true },
    ],
    [
      'without it for one that the caller has',
      `${plain},"stream":true${asks}}`,
      {},
      `${plain},"stream":true${asks}}`,
      {},
    ],
    [
      'without it for a provider that refuses it',
      `${plain},"stream":true}`,
      { streamUsage: 'never' },
      `${plain},"stream":true}`,
      {},
    ],
    [
      "without OpenRouter's wishes, which are named as lost",
      `${plain},"models":["b"],"provider":{"order":["c"]},"user":"u"}`,
      {},
      `${plain},"user":"u"}`,
      { lost: ['models', 'provider'] },
    ],
    [
      "with OpenRouter's wishes for OpenRouter",
      `${plain},"models":["b"]}`,
      { routesItself: true },
      `${plain},"models":["b"]}`,
      {},
    ],
  ]
  test.each([...wordings])('%s', (_, text, quirks, expected, more) => {
    expect(worded(request.reword(letterOf(text), { model: 'other "m"', quirks }))).toEqual({
      body: expected.replace('"a/m"', '"other \\"m\\""'),
      askedUsage: false,
      lost: [],
      ...more,
    })
  })

  test('but not where stream options that we add to have a field twice', () => {
    const twice = (options: string) => () =>
      request.reword(letterOf(`${plain},"stream":true,"stream_options":${options}}`), { model: 'm', quirks: {} })
    const fault = faultOf(twice('{"x":1,"x":2}'))
    expect([fault.code, fault.status, fault.param]).toEqual(['invalid_request', 400, 'stream_options.x'])
    expect(fault.message).toBe(
      "The field 'x' stands twice in 'stream_options': a provider could read the other one. Send it once.",
    )
    expect(faultOf(twice('{"\\u00e9":1,"é":2}')).message).toContain("'é'")
    expect(worded(twice('{"include_usage":true,"x":1,"x":2}')()).askedUsage).toBe(false)
  })

  test('as it is where the model has the same name', () => {
    const text = `${plain},"y":"ß 🚢"}`
    expect(worded(request.reword(letterOf(text), { model: 'a/m', quirks: {} })).body).toBe(text)
  })

  test('so that it says the same but for what must change, whatever else it says', () => {
    const name = fc
      .string({ maxLength: 8 })
      .filter(each => !['model', 'messages', 'stream', 'stream_options', '__proto__'].includes(each))
    fc.assert(
      fc.property(
        fc.dictionary(name, fc.jsonValue({ maxDepth: 2 })),
        fc.boolean(),
        fc.constantFrom(0, 2),
        (more, stream, indent) => {
          const body = { ...more, model: 'a/m', messages: hello, stream }
          const letter = letterOf(JSON.stringify(body, null, indent))
          const { body: text, lost } = worded(request.reword(letter, { model: 'm', quirks: {} }))
          const { models: _m, provider: _p, ...kept } = body as JsonObject
          expect(JSON.parse(text)).toEqual(
            JSON.parse(
              JSON.stringify({ ...kept, model: 'm', ...(stream && { stream_options: { include_usage: true } }) }),
            ),
          )
          expect([...lost]).toEqual(['models', 'provider'].filter(each => each in more))
          expect(isObject(JSON.parse(text))).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
