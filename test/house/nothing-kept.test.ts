import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { eventStream } from '../../src/sim/bedrock/frames.ts'
import { type Sim, startSim } from '../../src/sim/sim.ts'
import { ask } from '../fakes/ask.ts'
import { rowOf, rows, settled } from '../fakes/ledger.ts'
import { callers, type DialectId, dialects, providerKey, providersAt } from '../fakes/six.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { ask as asked, eventsOf, type Tongue, tongues, type Wish } from '../fakes/tongues.ts'
import { reply, type Script, scriptedUpstream, stream, type Upstream } from '../fakes/upstream.ts'

/**
 * Prompts and replies are stored nowhere: whatever a caller or a provider writes, and wherever, no row, no log line and no
 * figure has it, also where it is what was wrong. A word is put in every place there is, and looked for in every byte.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(120_000)

const mark = 'Quittenmus7719'
/** As it would stand in words: what is one word may be the name of a class, and these are kept. */
const phrase = `there was ${mark} in it`

let sim: Sim
let upstream: Upstream
let house: Thalamus
/** What the provider answers those in whose request there is `reply-N`. */
const replies: Script[] = []

beforeAll(async () => {
  sim = startSim()
  upstream = await scriptedUpstream(exchange => {
    const nth = /reply-(\d+)/.exec(exchange.asked.path + exchange.asked.body)?.[1]
    return (replies[Number(nth)] ?? repeating)(exchange)
  })
  house = await startThalamus({
    config: {
      providers: providersAt(new URL(upstream.url).origin),
      models: {
        both: {
          targets: ['openai-chat/m', 'anthropic-messages/m'],
          standby: true,
          breaker: { min_requests: 1_000_000 },
          retry: { attempts: 3, backoff: { base: '1ms', max: '1ms' }, respect_retry_after: false },
        },
      },
    },
    env: { PROVIDER_KEY: providerKey },
  })
})
afterAll(() => Promise.all([house?.stop(), upstream?.stop(), sim?.stop()]))

/** As vLLM does: what it was asked is in the words of its error. */
const repeating: Script = exchange =>
  reply(refusal(`[{'type': 'missing', 'input': ${exchange.asked.body}}]`), { status: 400 })(exchange)

const refusal = (message: string): string =>
  JSON.stringify({ error: { message, type: 'invalid_request_error', param: phrase, code: 'context_length_exceeded' } })

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is of any shape.
type Loose = any

/** A value with something else in each of its places, one at a time; names of models are names, and are kept. */
function* altered(value: Loose, others: readonly unknown[]): Generator<Loose> {
  if (typeof value !== 'object' || value === null) return
  for (const name of Object.keys(value)) {
    if (name === 'model') continue
    const put = (other: unknown): Loose =>
      Array.isArray(value) ? value.with(Number(name), other) : { ...value, [name]: other }
    for (const other of others) yield put(other)
    for (const inner of altered(value[name], others)) yield put(inner)
  }
}

const schema = {
  type: 'object',
  properties: { city: { type: 'string', enum: ['Ulm'] }, days: { type: 'array', items: { type: 'integer' } } },
  required: ['city'],
}
const tools = [{ name: 'weather', schema }]
const picture = 'iVBORw0KGgo='
const call = { city: 'Ulm' }

/** Conversations with all that there may be in one. */
const rich: Readonly<Record<(typeof callers)[number], object>> = {
  'openai-chat': {
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [imagePart(), { type: 'text', text: 'Here.' }] },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: JSON.stringify(call) } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Rain.' },
    ],
  },
  'openai-responses': {
    instructions: 'Be brief.',
    input: [
      {
        role: 'user',
        content: [
          { type: 'input_image', image_url: dataUrl() },
          { type: 'input_text', text: 'Here.' },
        ],
      },
      { type: 'function_call', call_id: 'c1', name: 'weather', arguments: JSON.stringify(call) },
      { type: 'function_call_output', call_id: 'c1', output: 'Rain.' },
    ],
  },
  'anthropic-messages': {
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [
      {
        role: 'user',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } }],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'weather', input: call }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'Rain.' }] }],
      },
    ],
  },
  'gemini-generate': {
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    contents: [
      { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: picture } }, { text: 'Here.' }] },
      { role: 'model', parts: [{ functionCall: { name: 'weather', args: call } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { sky: 'rain' } } }] },
    ],
  },
}

/** A file that is somewhere else. */
function named(): object {
  return { type: 'image_url', image_url: { url: `http://127.0.0.1:1/${mark}` } }
}

function imagePart(): object {
  return { type: 'image_url', image_url: { url: dataUrl() } }
}

function dataUrl(): string {
  return `data:image/png;base64,${picture}`
}

const tongueOf = (id: string): Tongue => {
  const tongue = tongues.find(each => each.id === id)
  if (!tongue) throw new Error(`Nobody speaks ${id}.`)
  return tongue
}

const send = (tongue: Tongue, model: string, streamed: boolean, body: string): Promise<unknown> =>
  ask(house, body, {
    path: tongue.path(model, streamed),
    headers: { ...tongue.headers, authorization: `Bearer ${house.key}` },
  })

/** Some at a time: there are thousands. */
async function inTurn<Item>(items: readonly Item[], act: (item: Item) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < items.length; at += 16) await Promise.all(items.slice(at, at + 16).map(act))
}

/** Where the word is found, with what stands around it. */
async function found(): Promise<readonly string[]> {
  await settled(house)
  const metrics = await (await fetch(`${house.adminUrl}/metrics`)).text()
  const files = (await readdir(house.folder)).filter(name => name.startsWith('thalamus.db'))
  const stored = await Promise.all(
    files.map(async name => [name, Buffer.from(await Bun.file(join(house.folder, name)).bytes()).toString('latin1')]),
  )
  const places = [['metrics', metrics], ['stdout', house.stdout()], ['stderr', house.stderr()], ...stored]
  return places.flatMap(([name, text = '']) => around(text).map(words => `${name}: ${words}`))
}

function around(text: string): readonly string[] {
  const at = text.indexOf(mark)
  return at === -1 ? [] : [text.slice(Math.max(0, at - 200), at + 50)]
}

describe('a word', () => {
  test.each([...callers])('in any place of a malformed request of %s is kept nowhere', async caller => {
    const tongue = tongueOf(caller)
    const wish = { tools, force: 'weather', limit: 100, stop: 'end', schema, think: true, cache: true }
    const bodies = dialects.flatMap(provider => {
      const model = `${provider}/m`
      const body = { ...tongue.body(model, false, wish), ...rich[caller] }
      return [...altered(body, [mark, [mark], { text: mark }, 7])].map(odd => ({ model, text: JSON.stringify(odd) }))
    })
    expect(bodies.length).toBeGreaterThan(500)
    await inTurn(bodies, ({ model, text }) => send(tongue, model, false, text))
    expect(await found()).toEqual([])
  })

  const messages = [{ role: 'user', content: 'hi' }]
  const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
  const google = (method: string): string => `/v1beta/models/gemini-generate%2Fm:${method}`
  const content = { parts: [{ text: 'hi' }] }
  const others: readonly (readonly [string, string, object])[] = [
    ['/v1/completions', 'openai-chat', { prompt: 'hi', suffix: 'x', max_tokens: 5 }],
    ['/v1/embeddings', 'cohere-chat', { input: ['hi', [1, 2]], dimensions: 5, encoding_format: 'float' }],
    ['/v1/embeddings', 'gemini-generate', { input: 'hi', dimensions: 5, encoding_format: 'base64' }],
    ['/v1/responses/compact', 'anthropic-messages', { input: [{ role: 'user', content: 'hi' }], instructions: 'x' }],
    ['/v1/responses', 'openai-chat', { input: 'hi', previous_response_id: 'r', conversation: { id: 'c' } }],
    ['/v1/messages/count_tokens', 'openai-chat', { messages, system: 'x' }],
    [google('countTokens'), 'gemini-generate', { contents, generateContentRequest: { contents } }],
    [google('embedContent'), 'gemini-generate', { content, taskType: 'x', title: 'x' }],
    [google('batchEmbedContents'), 'gemini-generate', { requests: [{ model: 'models/m', content }] }],
    ['/v1/chat/completions', 'anthropic-messages', { messages: [{ role: 'user', content: [named()] }], seed: 1 }],
  ]
  test.each([...others])(
    'in any place of a malformed request to %s over %s is kept nowhere',
    async (path, provider, body) => {
      const model = `${provider}/m`
      const url = `http://127.0.0.1:1/${mark}`
      const bodies = [...altered(body, [mark, [mark], { text: mark }, url, 7])].map(odd =>
        JSON.stringify({ model, ...odd }),
      )
      for (const headers of [{}, { 'x-thalamus-strict': '1' }])
        await inTurn(bodies, text => ask(house, text, { path, headers }))
      expect(await found()).toEqual([])
    },
  )

  test('in what is no JSON is kept nowhere', async () => {
    const whole = JSON.stringify({ model: 'openai-chat/m', messages: [{ role: 'user', content: mark }], seed: 1 })
    const cuts = Array.from(whole, (_, at) => at).filter(at => at > whole.indexOf(','))
    const texts = cuts.flatMap(at => [`${whole.slice(0, at)}${mark}${whole.slice(at)}`, whole.slice(0, at)])
    await inTurn(texts, text => send(tongueOf('openai-chat'), '', false, text))
    expect(await found()).toEqual([])
  })

  test('in headers of ours that cannot be read is kept nowhere', async () => {
    const names = ['x-thalamus-timeout', 'x-thalamus-strict', 'x-thalamus-priority', 'content-type', 'idempotency-key']
    for (const name of names)
      await ask(house, { model: 'openai-chat/m' }, { headers: { [name]: `${mark} `.repeat(40) } })
    expect(await found()).toEqual([])
  })

  test('in a refusal of any form and status is kept nowhere', async () => {
    const forms = [
      refusal(phrase),
      ...altered(JSON.parse(refusal('No.')), [phrase, [phrase], { message: phrase }]).map(odd => JSON.stringify(odd)),
      JSON.stringify({ error: phrase }),
      JSON.stringify({ message: phrase, type: phrase, code: phrase }),
      JSON.stringify({ detail: [{ loc: ['body', phrase], msg: phrase, input: phrase }] }),
      JSON.stringify({ error: { message: 'No.', metadata: { raw: phrase } } }),
      JSON.stringify([{ error: { message: phrase, status: phrase, details: [{ reason: phrase }] } }]),
      phrase,
      `<html>${phrase}</html>`,
    ]
    const statuses = [400, 401, 403, 404, 413, 422, 429, 500, 503]
    const scripts = forms.flatMap(form => statuses.map(status => reply(form, { status })))
    const tries = dialects.flatMap(provider => scripts.map(script => ({ provider, said: played(script) })))
    // Each a model of its own: one that has refused is left alone for a while.
    await inTurn(tries, ({ provider, said }) => hear('openai-chat', `${provider}/${said}`, false, said))
    expect(await found()).toEqual([])
  })

  describe.each([...dialects])('in any place of a reply of %s', provider => {
    // One hears it as it comes, if it can be heard so, and one in other words.
    const hearers = callers
      .filter(caller => caller === provider)
      .concat(provider === 'openai-chat' ? 'anthropic-messages' : 'openai-chat')
    const wishes: readonly Wish[] = [{ think: true }, { tools, force: 'weather' }]
    const others = [phrase, { text: phrase }]

    test('that comes whole is kept nowhere', async () => {
      const answers = await Promise.all(wishes.map(async wish => (await answerOf(provider, false, wish)).json()))
      const scripts = answers.flatMap(answer => [...altered(answer, others)].map(odd => reply(JSON.stringify(odd))))
      await hearAll([...scripts, reply(phrase), reply(`{"${phrase}`)], false)
    })

    test('that is streamed is kept nowhere', async () => {
      const tongue = tongueOf(provider)
      const answers = await Promise.all(
        wishes.map(async wish => eventsOf(tongue, await (await answerOf(provider, true, wish)).bytes())),
      )
      const scripts = answers.flatMap(events =>
        events.flatMap(({ event, data }, nth) => {
          if (data === '[DONE]') return []
          const odd = [...altered(JSON.parse(data), [phrase])].map(each => JSON.stringify(each))
          return [...odd, phrase, `{"${phrase}`, refusal(phrase)].map(text => events.with(nth, { event, data: text }))
        }),
      )
      await hearAll(
        scripts.map(events => told(tongue, events)),
        true,
      )
    })

    async function hearAll(scripts: readonly Script[], streamed: boolean): Promise<void> {
      const tries = scripts.flatMap(script => hearers.map(caller => ({ caller, said: played(script) })))
      await inTurn(tries, ({ caller, said }) => hear(caller, `${provider}/m`, streamed, said))
      if (provider === 'openai-chat') await inTurn(tries, ({ caller, said }) => hear(caller, 'both', streamed, said))
      expect(await found()).toEqual([])
    }
  })
})

/** What to say to be answered so. */
const played = (script: Script): string => `reply-${replies.push(script) - 1}`

function hear(caller: string, model: string, streamed: boolean, said: string): Promise<unknown> {
  const tongue = tongueOf(caller)
  return send(tongue, model, streamed, JSON.stringify(tongue.body(model, streamed, { said, tools })))
}

const answerOf = (provider: DialectId, streamed: boolean, wish: Wish): Promise<Response> =>
  asked(sim.origin, tongueOf(provider), 'echo', streamed, { said: 'One two three.', ...wish })

type Told = { readonly event: string; readonly data: string }

const told = ({ binary }: Tongue, events: readonly Told[]): Script =>
  binary
    ? framed(
        Buffer.concat(
          events.map(({ event, data }) => Buffer.from(eventStream.write({ kind: 'noise', event, data }, 0))),
        ),
      )
    : stream(events.map(({ event, data }) => `${event === '' ? '' : `event: ${event}\n`}data: ${data}\n\n`).join(''))

const framed =
  (bytes: Buffer): Script =>
  async exchange => {
    const head =
      'HTTP/1.1 200 As Scripted\r\ncontent-type: application/vnd.amazon.eventstream\r\nconnection: close\r\n\r\n'
    await exchange.write(Buffer.concat([Buffer.from(head), bytes]))
    exchange.end()
  }

describe('what is wrong', () => {
  test('is told to the caller with what it sent, and to the operator without', async () => {
    const { id, text } = await ask(house, JSON.stringify({ model: 'openai-chat/m', messages: mark }))
    expect(text).toContain(`must be an array of at least one message; it is \\"${mark}\\".`)
    expect((await rowOf(house, id)).message).toBe("'messages' must be an array of at least one message; it is ….")
  })

  test('with a provider is told to the operator by its status, its class and its code', async () => {
    const said = played(reply(refusal(phrase), { status: 422 }))
    const { id, text } = await ask(
      house,
      JSON.stringify(tongueOf('openai-chat').body('openai-chat/m', false, { said })),
    )
    expect(text).toContain(phrase)
    expect((await rowOf(house, id)).message).toBe(
      'openai-chat answered 422: invalid_request_error, context_length_exceeded',
    )
  })

  test('was wrong in every way, and never with us', async () => {
    const all = await rows(house)
    const codes = all.map(({ code }) => code)
    for (const code of ['ok', 'invalid_request', 'upstream_failed', 'rate_limited', 'overloaded', 'too_large'])
      expect(codes).toContain(code)
    for (const code of ['internal', 'unauthenticated']) expect(codes).not.toContain(code)
  })
})
