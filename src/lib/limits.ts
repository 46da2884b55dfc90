import { systemClock } from './clock.ts'
import { readRetryAfter, readWait, withUnit } from './retry-after.ts'

/** One of a provider's limits, as its reply tells it. `remaining` is never negative. */
export type Gauge = {
  readonly of: 'requests' | 'tokens'
  readonly limit: number | undefined
  readonly remaining: number
  /** Until it has refilled, in milliseconds; undefined where it does not say. */
  readonly resetMs: number | undefined
}

/** What a reply tells of its provider's limits. */
export type Limits = { readonly retryAfterMs: number | undefined; readonly gauges: readonly Gauge[] }

type Header = (name: string) => string | undefined

/** Where a gauge stands, by its header with what remains. */
type Row = { readonly of: Gauge['of']; readonly remaining: string; readonly limit: string; readonly reset: string }

const row = (of: Gauge['of'], name: string): Row => ({
  of,
  remaining: `x-ratelimit-remaining${name}`,
  limit: `x-ratelimit-limit${name}`,
  reset: `x-ratelimit-reset${name}`,
})

const anthropicRow = (of: Gauge['of'], name: string): Row => ({
  of,
  remaining: `anthropic-ratelimit-${name}-remaining`,
  limit: `anthropic-ratelimit-${name}-limit`,
  reset: `anthropic-ratelimit-${name}-reset`,
})

/** By maker, with what each of them tells at least one of, so that a reply without limits costs a few looks. */
const families: readonly { readonly marks: readonly string[]; readonly rows: readonly Row[] }[] = [
  {
    // Azure's Responses API may tell tokens alone; requests of Together, OpenRouter and Novita have no name.
    marks: ['-requests', '-tokens', ''].map(name => `x-ratelimit-remaining${name}`),
    rows: [
      // OpenAI, Azure, Groq, xAI, Fireworks (prompt, generated), Together.
      ...[row('requests', '-requests'), row('requests', ''), row('tokens', '-tokens')],
      ...[row('tokens', '-tokens-prompt'), row('tokens', '-tokens-generated')],
    ],
  },
  // Cerebras, Mistral, Nebius and other routers: by the minute, by the day.
  {
    marks: ['x-ratelimit-remaining-tokens-minute'],
    rows: [
      ...['-requests-minute', '-req-minute', '-requests-hour', '-requests-day'].map(name => row('requests', name)),
      ...['-tokens-minute', '-tokens-hour', '-tokens-day'].map(name => row('tokens', name)),
    ],
  },
  {
    marks: ['requests', 'tokens', 'input-tokens'].map(name => `anthropic-ratelimit-${name}-remaining`),
    rows: [
      ...[anthropicRow('requests', 'requests'), anthropicRow('tokens', 'tokens')],
      ...[anthropicRow('tokens', 'input-tokens'), anthropicRow('tokens', 'output-tokens')],
    ],
  },
  // draft-ietf-httpapi-ratelimit-headers, in its older form.
  {
    marks: ['ratelimit-remaining'],
    rows: [{ of: 'requests', remaining: 'ratelimit-remaining', limit: 'ratelimit-limit', reset: 'ratelimit-reset' }],
  },
]

/**
 * What a reply's headers, and the body of a refusal, tell of its provider's limits. Everything in it is a hint: what is
 * malformed, negative or impossible is left out, a time in the past is now, and a year is an hour.
 */
export function readLimits(header: Header, body?: string, wall: () => number = systemClock.wall): Limits {
  const told = { retryAfterMs: readRetryAfter(header, wall), gauges: gaugesIn(header, wall) }
  const inside = body === undefined ? undefined : readBody(body, wall)
  if (!inside) return told
  return { retryAfterMs: longer(told.retryAfterMs, inside.retryAfterMs), gauges: [...told.gauges, ...inside.gauges] }
}

const longer = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.max(one, other)

function gaugesIn(header: Header, wall: () => number): readonly Gauge[] {
  for (const { marks, rows } of families)
    for (const mark of marks) if (header(mark) !== undefined) return gaugesOf(rows, header, wall)
  return none
}

function gaugesOf(rows: readonly Row[], header: Header, wall: () => number): readonly Gauge[] {
  const gauges: Gauge[] = []
  for (const each of rows) {
    const told = gauge(each, header, wall)
    if (told) gauges.push(told)
  }
  return gauges
}

const none: readonly Gauge[] = []

function gauge(names: Row, header: Header, wall: () => number): Gauge | undefined {
  const remaining = amount(header(names.remaining))
  if (remaining === undefined) return undefined
  const limit = amount(header(names.limit))
  // A limit of nothing is no limit: some routers fill in zeros for what they do not know.
  if (limit === 0) return undefined
  return { of: names.of, limit, remaining, resetMs: readReset(header(names.reset), header, wall) }
}

/** Azure counts bare numbers in milliseconds; it is known by its renewal period. */
function readReset(reset: string | undefined, header: Header, wall: () => number): number | undefined {
  const bare = reset !== undefined && /^\d+$/.test(reset)
  const azure = bare && header('x-ratelimit-renewalperiod-requests') !== undefined
  return readWait(azure ? withUnit(reset, 'ms') : reset, wall)
}

function amount(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}

// Bodies

type Tree = { readonly [name: string]: unknown }

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value)

const tree = (value: unknown): Tree => (isTree(value) ? value : {})

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Bodies of refusals are short; a long one is not about limits. */
const mostBody = 64 * 1024

/** Google's RetryInfo and QuotaFailure, OpenRouter's headers of another provider, and what is only said in words. */
function readBody(body: string, wall: () => number): Limits | undefined {
  if (body.length > mostBody) return undefined
  const whole = parsed(body)
  const said = tree(Array.isArray(whole) ? whole[0] : whole).error
  const error = tree(said)
  const headers = lowered(tree(tree(error.metadata).headers))
  const inside = Object.keys(headers).length > 0 ? readLimits(name => headers[name], undefined, wall) : undefined
  const google = googleWait(list(error.details).map(tree), wall)
  return {
    retryAfterMs: google ?? inside?.retryAfterMs ?? wordsOf(error.message ?? said, wall),
    gauges: inside?.gauges ?? none,
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const lowered = (headers: Tree): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]))

const hour = '1h'

/** A quota of a day is told with a delay of seconds: it is empty for longer than anyone waits. */
function googleWait(details: readonly Tree[], wall: () => number): number | undefined {
  const violations = details.flatMap(({ violations: all }) => list(all).map(tree))
  if (violations.some(({ quotaId }) => /PerDay/.test(String(quotaId)))) return readWait(hour, wall)
  const delay = details.find(({ retryDelay }) => typeof retryDelay === 'string')?.retryDelay
  return readWait(typeof delay === 'string' ? delay : undefined, wall)
}

/** "Please try again in 6m0s", "Please retry in 48.9s", "retry after 10 seconds": OpenAI, Groq, Google, Azure. */
function wordsOf(said: unknown, wall: () => number): number | undefined {
  if (typeof said !== 'string') return undefined
  const [, time, seconds] =
    /(?:try again|retry) (?:in|after) (?:((?:\d+(?:\.\d+)?(?:ms|[smhd]))+)\b|(\d+(?:\.\d+)?) ?seconds?)/i.exec(said) ??
    []
  return readWait(time ?? withUnit(seconds, 's'), wall)
}
