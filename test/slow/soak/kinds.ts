import { randomBytes } from 'node:crypto'
import { hello } from '../../fakes/ask.ts'

/** What callers ask for, how often, and what has to become of it: the mix of a soak, as a table. */

/** How a reply that nobody leaves ends: with what was asked for, with an error inside a stream, or with a refusal. */
export type Ends = 'whole' | 'failed' | 'refused'

export type Kind = {
  readonly name: string
  /** In a thousand, about. */
  readonly weight: number
  readonly path: string
  readonly body: () => string
  readonly stream: boolean
  /** Undefined where chance decides: what comes in one read with an error never reaches the caller. */
  readonly ends: Ends | undefined
  readonly status: number | undefined
  /** Not on the way to a model, so without a row. */
  readonly outside: boolean
  /** The share of its callers who leave at a random moment. */
  readonly leaving: number
  /** Milliseconds between two reads. */
  readonly slowness: number
  readonly key: string | undefined
  readonly bringsUsage: boolean
}

const chat = '/v1/chat/completions'

const plain = {
  path: chat,
  stream: false,
  ends: 'whole',
  status: 200,
  outside: false,
  leaving: 0.05,
  slowness: 0,
  key: undefined,
  bringsUsage: true,
} as const

export const maxBody = '10MiB'
const tooMuch = 11 << 20

/** Taken apart, this is what images look like in a request. It begins as one: the sim looks whether it does. */
const picture = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(9 << 20)]).toString('base64')

const whole = (model: string, more: object = {}) => ({
  ...plain,
  body: () => said({ model: `sim/${model}`, messages: greeting(), max_tokens: upTo(80), ...more }),
})
const streamed = (model: string, more: object = {}) => ({
  ...whole(model, { stream: true, ...(Math.random() < 0.5 && reported), ...more }),
  stream: true,
})
const refused = (status: number) => ({ ends: 'refused', status }) as const
const bad = (status: number, body: () => string) => ({ ...plain, ...refused(status), body })
const reported = { stream_options: { include_usage: true } }
const failed = { ends: 'failed' } as const
const anything = { ends: undefined, status: undefined } as const

const kinds: readonly Kind[] = [
  { name: 'json', weight: 200, ...whole('echo') },
  { name: 'json, longer', weight: 70, ...whole('lorem') },
  { name: 'json, delayed', weight: 40, ...whole('lorem+delay=30'), leaving: 0.5 },
  { name: 'tools', weight: 20, ...whole('tools', tools()) },
  { name: 'thinking', weight: 20, ...streamed('lorem+think') },
  { name: 'stream', weight: 120, ...streamed('lorem') },
  { name: 'stream, usage asked', weight: 60, ...streamed('lorem', reported) },
  { name: 'stream, paced', weight: 110, ...streamed('lorem+pace=4'), leaving: 0.6 },
  { name: 'stream, first token late', weight: 30, ...streamed('lorem+first=50'), leaving: 0.6 },
  { name: 'stream, in crumbs', weight: 20, ...streamed('echo+split=9') },
  { name: 'stream, odd', weight: 20, ...streamed('lorem+comments+crlf+role-every+usage-twice') },
  { name: 'stream, not JSON', weight: 10, ...streamed('echo+malformed') },
  { name: 'stream, no mark', weight: 20, ...streamed('lorem+no-done') },
  { name: 'stream, no usage', weight: 20, ...streamed('lorem+no-usage'), bringsUsage: false },
  { name: 'stream, slow reader', weight: 6, ...streamed('echo+big=100000'), slowness: 5, leaving: 0.3 },
  { name: 'embeddings', weight: 100, ...plain, path: '/v1/embeddings', body: embedding },
  { name: 'completion', weight: 20, ...plain, path: '/v1/completions', body: completion },
  { name: 'image', weight: 8, ...plain, body: image, leaving: 0.3 },
  { name: 'reset', weight: 8, ...whole('echo+reset'), ...refused(502) },
  { name: '500', weight: 8, ...streamed('echo+500'), ...refused(500) },
  { name: '503', weight: 8, ...whole('echo+503'), ...refused(503) },
  // Each refusal pauses the model for two seconds, and who waits is let go one by one: the last of many hear 503 after 30 s.
  { name: '429', weight: 8, ...streamed('echo+429=2'), ends: 'refused', status: undefined },
  { name: 'html', weight: 5, ...streamed('echo+html'), ...refused(502) },
  { name: 'empty', weight: 5, ...streamed('echo+empty'), ...refused(502) },
  { name: 'error in a 200', weight: 5, ...streamed('echo+error200'), ...refused(502) },
  { name: 'half a json', weight: 5, ...whole('lorem+close'), ...refused(502) },
  { name: 'json, cut', weight: 5, ...whole('lorem+cut'), ...refused(502) },
  { name: 'stream, cut', weight: 8, ...streamed('echo+cut'), ...anything },
  { name: 'stream, dropped', weight: 8, ...streamed('echo+drop'), ...anything },
  { name: 'stream, half', weight: 8, ...streamed('echo+close'), ...failed },
  { name: 'stream, error event', weight: 8, ...streamed('echo+error-after+pace=5'), ...anything },
  { name: 'stream, stalled', weight: 2, ...streamed('echo+stall'), ...failed, leaving: 0.5 },
  { name: 'silent', weight: 2, ...streamed('echo+silent'), ...refused(504), leaving: 0.5 },
  { name: 'flaky', weight: 20, ...whole('flaky'), ...anything },
  { name: 'no JSON', weight: 8, ...bad(400, () => '{"model": "sim/echo", ') },
  { name: 'no model', weight: 8, ...bad(400, () => said({ messages: hello })) },
  { name: 'unknown model', weight: 8, ...bad(404, () => said({ model: 'smi/ehco', messages: hello })) },
  { name: 'wrong key', weight: 8, ...whole('echo'), ...refused(401), key: 'thal_wrong' },
  { name: 'too large', weight: 1, ...bad(413, () => ' '.repeat(tooMuch)), leaving: 0 },
  {
    name: 'no such path',
    weight: 8,
    ...whole('echo'),
    ...refused(404),
    path: '/v1/nowhere',
    outside: true,
    leaving: 0,
  },
]

const total = kinds.reduce((sum, { weight }) => sum + weight, 0)

/** One of them, by weight. */
export function anyKind(): Kind {
  let left = Math.random() * total
  for (const kind of kinds) {
    left -= kind.weight
    if (left < 0) return kind
  }
  throw new Error('The weights do not add up.')
}

export const upTo = (most: number): number => 1 + Math.floor(Math.random() * most)

const said = (fields: object): string => JSON.stringify(fields)

const greeting = () => [{ role: 'user', content: `${upTo(1e9)}: one two three four five ${'six '.repeat(upTo(60))}` }]

function embedding(): string {
  return said({
    model: 'sim/embed',
    input: Array.from({ length: upTo(4) }, () => `${upTo(1e9)} words`),
    dimensions: 64,
  })
}

function completion(): string {
  return said({ model: 'sim/lorem', prompt: `${upTo(1e9)} is`, max_tokens: upTo(40) })
}

/** Two to eight megabytes, glued together: what it would cost to print them is not the relay's. */
function image(): string {
  const url = `data:image/png;base64,${picture.slice(0, 4 * Math.floor((2 + 6 * Math.random()) * (1 << 18)))}`
  const question = `{"type":"text","text":"What is ${upTo(1e9)}?"}`
  const content = `[${question},{"type":"image_url","image_url":{"url":"${url}"}}]`
  return `{"model":"sim/echo","messages":[{"role":"user","content":${content}}]}`
}

function tools() {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  return { tools: [{ type: 'function', function: { name: 'weather', parameters } }] }
}
