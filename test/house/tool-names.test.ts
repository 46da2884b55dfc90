import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Answered, ask } from '../fakes/ask.ts'
import { type Six, startSix } from '../fakes/six.ts'

/** Tools whose names a provider does not take are known to it by others, and to the caller by its own. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const providers = ['anthropic-messages', 'bedrock-converse', 'openai-chat', 'openai-responses'] as const

let six: Six
beforeAll(async () => {
  // A stream that another could go on with is read again, whatever it is told in.
  const steady = providers.map(id => [`steady-${id}`, { targets: [`${id}/tools`], standby: true }])
  six = await startSix({ config: { models: Object.fromEntries(steady) } })
})
afterAll(() => six?.stop())

const names = ['ns.look:up', `mcp__${'x'.repeat(70)}__list`]
const schema = { type: 'object', properties: { city: { type: 'string' } } }
const user = 'Which weather?'

type Caller = {
  readonly path: (model: string, streamed: boolean) => string
  readonly body: (model: string, name: string, streamed: boolean) => object
  /** The same, gone on with after a call. */
  readonly after: (body: object, name: string) => object
}

const callers: Readonly<Record<string, Caller>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (model, name, stream) => ({
      model,
      stream,
      messages: [{ role: 'user', content: user }],
      tools: [{ type: 'function', function: { name, parameters: schema } }],
      tool_choice: { type: 'function', function: { name } },
    }),
    after: (body, name) => ({
      ...body,
      tool_choice: 'auto',
      messages: [
        { role: 'user', content: user },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name, arguments: '{"city":"Bern"}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: 'rain' },
      ],
    }),
  },
  'gemini-generate': {
    path: (model, streamed) =>
      `/v1beta/models/${model}:${streamed ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_, name) => ({
      contents: [{ role: 'user', parts: [{ text: user }] }],
      tools: [{ functionDeclarations: [{ name, parametersJsonSchema: schema }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: [name] } },
    }),
    after: (body, name) => ({
      ...body,
      toolConfig: {},
      contents: [
        { role: 'user', parts: [{ text: user }] },
        { role: 'model', parts: [{ functionCall: { id: 'a', name, args: { city: 'Bern' } } }] },
        { role: 'user', parts: [{ functionResponse: { id: 'a', name, response: { output: 'rain' } } }] },
      ],
    }),
  },
}

/** The names under which the provider was shown the tools, and called them. */
async function shown(): Promise<readonly string[]> {
  const bodies = (await six.heard()).map(({ body }) => body)
  return bodies.flatMap(body => [...body.matchAll(/"name":"([^"]*)"/g)].map(([, name = '']) => name))
}

describe.each(Object.keys(callers))('a caller of %s', caller => {
  const { path, body, after } = callers[caller] as Caller
  const others = providers.filter(provider => provider !== caller)
  const cases = others.flatMap(provider =>
    [`${provider}/tools`, `steady-${provider}`].flatMap(model =>
      [false, true].flatMap(streamed => names.map(name => ({ provider, model, streamed, name }))),
    ),
  )

  test.each(cases)('hears of $model by its own name (streamed: $streamed): $name', async each => {
    const { provider, model, streamed, name } = each
    const say = (asked: object): Promise<Answered> =>
      ask(six.house, JSON.stringify(asked), { path: path(model, streamed) })
    await six.heard()
    const asked = body(model, name, streamed)
    const called = await say(asked)
    expect([called.status, called.headers.get('x-thalamus-lost')]).toEqual([200, null])
    expect(called.text).toContain(`"name":${JSON.stringify(name)}`)
    const after_ = await say(after(asked, name))
    expect([after_.status, after_.headers.get('x-thalamus-lost')]).toEqual([200, null])
    const told = new Set(await shown())
    expect(told.size).toBe(1)
    for (const wire of told)
      expect(wire).toMatch(provider === 'anthropic-messages' ? /^[\w-]{1,128}$/ : /^[\w-]{1,64}$/)
  })
})
