import type { z } from '@hono/zod-openapi'
import type { Caller } from '../model/caller.ts'
import { type Happened, type Happening, happeningFields } from '../model/happening.ts'
import { type NanoUsd, type PicoUsd, usdText } from '../model/money.ts'
import type { Price } from '../model/price.ts'
import { missingIn, type Record, type Try } from '../model/record.ts'
import type { Usage } from '../model/usage.ts'
import type { Key } from '../ports/keys.ts'
import type { explainedShape, keyShape, requestShape, usageShape } from './contract.ts'

type PriceLine = z.infer<typeof explainedShape>['price_lines'][number]

/** A record as the admin API tells it: on this wire, what is not known is null. */
export const requestRow = (record: Record): z.infer<typeof requestShape> => ({
  id: record.id,
  at: isoTime(record.at),
  operation: record.operation,
  dialect: record.dialect,
  stream: record.stream,
  key: record.keyId === undefined ? null : { id: record.keyId, name: record.keyName ?? null },
  team: record.team ?? null,
  model_asked: record.modelAsked ?? null,
  provider: record.provider ?? null,
  model: record.model ?? null,
  status: record.status,
  code: record.code,
  message: record.message ?? null,
  stop_reason: record.stopReason ?? null,
  usage: record.usage === undefined ? null : usageRow(record.usage),
  cost_usd: usdOrNull(record.cost),
  ttft_ms: record.firstTokenMs ?? null,
  duration_ms: record.totalMs,
  overhead_ms: record.overheadMs,
  bytes_in: record.bytesIn,
  bytes_out: record.bytesOut,
  attempts: record.tries.map(attemptRow),
  missing: [...missingIn(record)],
  lost: [...record.lost],
  task: record.task ?? null,
  user: record.user ?? null,
  tags: [...record.tags],
  trace_id: record.traceId ?? null,
})

/** The same with why it went where it went, and what each bucket of its tokens cost. */
export const explainedRow = (record: Record): z.infer<typeof explainedShape> => ({
  ...requestRow(record),
  plan: record.plan ?? null,
  events: (record.happened ?? []).map(eventRow),
  price_source: record.price?.source ?? null,
  price_lines: priceLines(pricedUsage(record), record.price),
})

/** What the price is of: the usage of the target that answered. What else was paid for stands with its attempt. */
function pricedUsage({ tries, usage }: Record): Usage | undefined {
  return tries.some(({ part }) => part) ? tries.findLast(each => !each.part && each.usage)?.usage : usage
}

const eventRow = ({ type, atMs, ...happened }: Happened): z.infer<typeof explainedShape>['events'][number] => ({
  ...happeningFields({ type, ...happened } as Happening),
  type,
  at_ms: atMs,
})

export type KeyRow = z.infer<typeof keyShape>

const callerRow = ({ keyId, keyName, team, models, limits }: Caller) => ({
  id: keyId,
  name: keyName,
  team: team ?? null,
  models: [...models],
  rpm: limits.rpm ?? null,
})

export const fileKeyRow = (caller: Caller): KeyRow => ({
  ...callerRow(caller),
  hint: null,
  source: 'file',
  created_at: null,
  revoked_at: null,
})

export const keyRow = (key: Key): KeyRow => ({
  ...callerRow(key),
  hint: key.hint,
  source: 'store',
  created_at: isoTime(key.createdAt),
  revoked_at: key.revokedAt === undefined ? null : isoTime(key.revokedAt),
})

const usageRow = (usage: Usage): z.infer<typeof usageShape> => ({
  input: usage.input,
  cache_read: usage.cacheRead,
  cache_write: usage.cacheWrite,
  output: usage.output,
  reasoning: usage.reasoning,
})

const attemptRow = (each: Try): z.infer<typeof requestShape>['attempts'][number] => ({
  provider: each.target.provider,
  model: each.target.model,
  key: each.key ?? null,
  why: each.why ?? null,
  waited_ms: each.waitedMs ?? null,
  status: each.status ?? null,
  outcome: each.outcome,
  part: each.part ?? false,
  reason: each.reason ?? null,
  started_ms: each.startedMs,
  headers_ms: each.headersMs ?? null,
  took_ms: each.tookMs ?? null,
  usage: each.usage === undefined ? null : usageRow(each.usage),
  cost_usd: usdOrNull(each.cost),
})

const buckets = [
  ['input', 'input'],
  ['cache_read', 'cacheRead'],
  ['cache_write', 'cacheWrite'],
  ['output', 'output'],
  ['reasoning', 'reasoning'],
] as const

const priceLines = (usage: Usage | undefined, price: Price | undefined): PriceLine[] =>
  buckets.flatMap(([name, bucket]) => {
    const tokens = usage?.[bucket] ?? 0
    return tokens > 0 ? [{ bucket: name, tokens, ...priced(tokens, price?.[bucket]) }] : []
  })

/** A pico-dollar a token is a millionth of a dollar per million tokens, so 1,000 times it reads as nano-dollars. */
const priced = (tokens: number, each: PicoUsd | undefined): Pick<PriceLine, 'usd_per_million' | 'usd'> =>
  each === undefined
    ? { usd_per_million: null, usd: null }
    : { usd_per_million: usdText(each * 1000), usd: exactUsd(BigInt(tokens) * BigInt(each)) }

/** Twelve places where `usdText` has nine: a line is not rounded, so that their sum can be checked. */
function exactUsd(pico: bigint): string {
  const digits = pico.toString().padStart(13, '0')
  const fraction = digits.slice(-12).replace(/0+$/, '')
  return `${digits.slice(0, -12)}${fraction && `.${fraction}`}`
}

const usdOrNull = (cost: NanoUsd | undefined): string | null => (cost === undefined ? null : usdText(cost))

// biome-ignore lint/style/noRestrictedGlobals: spells out a moment that it is given; it does not ask for the time.
const isoTime = (wall: number): string => new Date(wall).toISOString()
