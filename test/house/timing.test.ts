import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type Sim, startSim } from '../../src/sim/sim.ts'
import { type SimProcess, startSimProcess } from '../fakes/sim.ts'
import { callers, type DialectId, dialects, providerKey, providersAt } from '../fakes/six.ts'
import { soon, startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { ask, type Tongue, tongues } from '../fakes/tongues.ts'
import { type Exchange, event, events, head, scriptedUpstream, streamHead, type Upstream } from '../fakes/upstream.ts'

/**
 * Each event leaves as it comes, whatever it has to be told in: the next is written only when the caller has the last. And
 * a large prompt, or a picture, does not hold up the stream of somebody else.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

type Caller = (typeof callers)[number]

let sim: Sim
let upstream: Upstream
let elsewhere: SimProcess
let house: Thalamus
beforeAll(async () => {
  sim = startSim()
  ;[upstream, elsewhere] = await Promise.all([scriptedUpstream(), startSimProcess()])
  const providers = {
    ...providersAt(new URL(upstream.url).origin),
    elsewhere: { dialect: 'anthropic-messages', base_url: elsewhere.url, keys: ['env:PROVIDER_KEY'] },
    'openai-chat-too': { dialect: 'openai-chat', base_url: elsewhere.url, keys: ['env:PROVIDER_KEY'] },
  }
  house = await startThalamus({ config: { providers }, env: { PROVIDER_KEY: providerKey } })
})
afterAll(() => Promise.all([house, upstream, elsewhere, sim].map(each => each?.stop())))

const tongueOf = (id: string): Tongue => {
  const tongue = tongues.find(each => each.id === id)
  if (!tongue) throw new Error(`Nobody speaks ${id}.`)
  return tongue
}

/** Each a token of the simulator's, and like nothing else on the wire. */
const words = ['quokka', 'zephyr', 'jigsaw', 'wombat', 'kazoo', 'pyjama', 'oxbow', 'yakuza', 'fjord', 'vixen']
const properties = Object.fromEntries(words.map(word => [word, { type: 'integer' }]))
const tools = [{ name: 'count', schema: { type: 'object', properties, required: words } }]

/** What a provider of a dialect writes for a text, or for a call, frame by frame. */
async function framesOf(dialect: DialectId, calls: boolean): Promise<readonly Uint8Array[]> {
  const tongue = tongueOf(dialect)
  const wish = calls ? { tools, force: 'any' } : { said: words.join(' ') }
  const response = await ask(sim.origin, tongue, 'echo', true, wish)
  const bytes = Buffer.from(await response.arrayBuffer())
  if (tongue.binary) return binaryFrames(bytes)
  return bytes
    .toString()
    .split(/(?<=\r?\n\r?\n)/)
    .map(frame => Buffer.from(frame))
}

function binaryFrames(bytes: Buffer): readonly Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at))
    frames.push(bytes.subarray(at, at + bytes.readUInt32BE(at)))
  return frames
}

/** Starts a stream; `until` resolves when a text has come, with the time at which it did. */
async function listen(caller: Caller, provider: string, calls: boolean) {
  const tongue = tongueOf(caller)
  const response = await fetch(house.url + tongue.path(`${provider}/m`, true), {
    method: 'POST',
    headers: { ...tongue.headers, 'content-type': 'application/json', authorization: `Bearer ${house.key}` },
    body: JSON.stringify(tongue.body(`${provider}/m`, true, calls ? { tools } : {})),
  })
  const decoder = new TextDecoder()
  let text = ''
  let at = performance.now()
  let grown = Promise.withResolvers<void>()
  async function read(): Promise<void> {
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true })
      at = performance.now()
      grown.resolve()
      grown = Promise.withResolvers()
    }
    grown.resolve()
  }
  return {
    over: read(),
    async until(word: string): Promise<number> {
      while (!text.includes(word)) await soon(grown.promise, () => `'${word}' is held back. So far: ${text}`)
      return at
    },
  }
}

/** OpenAI's first events repeat the request. */
const repeats = (frame: Uint8Array): boolean => Buffer.from(frame).includes('"response":{')

const contentType = (provider: DialectId): string =>
  provider === 'bedrock-converse' ? 'application/vnd.amazon.eventstream' : 'text/event-stream'

/** How long each word took from the provider to the caller, each written when the last had arrived. */
async function delays(caller: Caller, provider: DialectId, calls: boolean): Promise<readonly number[]> {
  const frames = await framesOf(provider, calls)
  const asked = Promise.withResolvers<Exchange>()
  upstream.play(asked.resolve)
  const listening = listen(caller, provider, calls)
  const exchange = await asked.promise
  await exchange.write(head({ headers: { 'content-type': contentType(provider), connection: 'close' } }))
  const took: number[] = []
  const waiting = new Set(words)
  for (const frame of frames) {
    const carried = repeats(frame) ? [] : [...waiting].filter(word => Buffer.from(frame).includes(word))
    const written = performance.now()
    await exchange.write(frame)
    for (const word of carried) {
      const { until } = await soon(listening, () => 'No reply has begun.')
      took.push((await until(word)) - written)
      waiting.delete(word)
    }
  }
  exchange.end()
  await (await listening).over
  return took
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

describe('each word leaves before the next one comes', () => {
  const all: number[] = []
  const pairs = callers.flatMap(caller => dialects.map(provider => [caller, provider] as const))

  test.each(pairs)('to a caller of %s from a provider of %s', async (caller, provider) => {
    const took = await delays(caller, provider, false)
    expect(took).toHaveLength(words.length)
    all.push(...took)
  })

  // Google's calls come whole, to its clients and from its models.
  const callPairs = pairs.filter(([caller, provider]) => caller !== 'gemini-generate' && provider !== 'gemini-generate')
  test.each(callPairs)('of a call, to a caller of %s from a provider of %s', async (caller, provider) => {
    const took = await delays(caller, provider, true)
    expect(took).toHaveLength(words.length)
    all.push(...took)
  })

  test('and within 10 ms', () => {
    expect(median(all)).toBeLessThan(10)
  })
})

describe('beside a stream, a prompt', () => {
  const everyMs = 4
  const most = 150

  /** How long each event of a stream took to its caller, the quickest first. */
  async function latencies(meanwhile: () => Promise<unknown>): Promise<readonly number[]> {
    upstream.play(async ({ write, end }) => {
      await write(streamHead + events.role)
      for (let n = 0; n < most; n++) {
        await write(events.says(`${performance.now()};`))
        await Bun.sleep(everyMs)
      }
      await write(events.stop + event('[DONE]'))
      end()
    })
    const response = await fetch(`${house.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': house.key, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'openai-chat/m',
        max_tokens: 9,
        stream: true,
        messages: [{ role: 'user', content: 'hi' }],
      }),
    })
    const other = meanwhile()
    const took: number[] = []
    const decoder = new TextDecoder()
    for await (const bytes of response.body ?? []) {
      const now = performance.now()
      const text = decoder.decode(bytes, { stream: true })
      for (const [, at] of text.matchAll(/"text":"([\d.]+);"/g)) took.push(now - Number(at))
    }
    await other
    return took.sort((a, b) => a - b)
  }

  const p99 = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN

  test('of a megabyte that has to be told again does not hold it up', async () => {
    const content = 'A prompt of many words, none of which means much. '.repeat(21_000)
    const body = JSON.stringify({ model: 'elsewhere/echo', max_tokens: 1, messages: [{ role: 'user', content }] })
    const statuses: number[] = []
    const prompts = async (): Promise<void> => {
      for (let n = 0; n < 4; n++) {
        const response = await fetch(`${house.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { authorization: `Bearer ${house.key}`, 'content-type': 'application/json' },
          body,
        })
        await response.arrayBuffer()
        statuses.push(response.status)
      }
    }
    const beside = await latencies(prompts)
    expect([beside.length, statuses]).toEqual([most, [200, 200, 200, 200]])
    // Ten times what is aimed at (20 ms), because other tests share this machine.
    expect(p99(beside)).toBeLessThan(200)
  })

  /** litellm#13546: a picture in a request stopped everybody else. */
  test.each(['elsewhere', 'openai-chat-too'])('with a picture of 19 MB, to %s, does not hold it up', async provider => {
    const picture = Buffer.alloc(14 << 20, Buffer.from('89504e470d0a1a0a0123456789abcdef', 'hex')).toString('base64')
    const see = `{"type":"image_url","image_url":{"url":"data:image/png;base64,${picture}"}}`
    const body = `{"model":"${provider}/echo","max_tokens":1,"messages":[{"role":"user","content":[${see}]}]}`
    const beside = await latencies(async () => {
      const response = await fetch(`${house.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${house.key}`, 'content-type': 'application/json' },
        body,
      })
      await response.arrayBuffer()
      expect(response.status).toBe(200)
    })
    // On a quiet machine the longest wait was 45 ms where it is told again, and 59 ms where it goes on as it is.
    expect(beside.at(-1)).toBeLessThan(600)
  })
})
