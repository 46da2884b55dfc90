import type { Operation } from '../../model/call.ts'
import type { FaultCode } from '../../model/fault.ts'
import type { Happened } from '../../model/happening.ts'
import type { Price } from '../../model/price.ts'
import type { Record, Try } from '../../model/record.ts'
import type { Usage } from '../../model/usage.ts'
import { fromMaybe, fromText, type Text, toMaybe, toText } from './text.ts'

/**
 * A record as a row of `requests`: the columns in their order, the way in and the way out.
 *
 * What a row costs is its bytes more than its columns (100 bytes are 0.3 us, a NULL is 0.02), and a text made for it
 * costs most. So what is nearly always the same is not written out: an empty list is NULL, and a request tried once
 * has its try in three numbers.
 */
export const columns = [
  ...['id', 'at', 'operation', 'dialect', 'stream', 'key_id', 'key_name', 'team', 'model_asked', 'provider', 'model'],
  ...['status', 'code', 'message', 'stop_reason'],
  ...['input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens'],
  ...['price', 'cost_nano_usd', 'plan', 'tries', 'try_started_ms', 'try_status', 'try_headers_ms'],
  ...['lost', 'bytes_in', 'bytes_out'],
  ...['first_token_ms', 'total_ms', 'overhead_ms', 'task', 'user', 'tags', 'trace_id'],
  ...['try_key', 'happened'],
]

export type Cell = Text | number | null

/** One cell for each of `columns`. */
export function toCells(record: Record): Cell[] {
  const { usage } = record
  const only = onlyTry(record)
  return [
    toText(record.id),
    record.at,
    record.operation,
    record.dialect,
    record.stream ? 1 : 0,
    toMaybe(record.keyId),
    toMaybe(record.keyName),
    toMaybe(record.team),
    toMaybe(record.modelAsked),
    toMaybe(record.provider),
    toMaybe(record.model),
    record.status,
    record.code,
    toMaybe(record.message),
    toMaybe(record.stopReason),
    usage?.input ?? null,
    usage?.cacheRead ?? null,
    usage?.cacheWrite ?? null,
    usage?.output ?? null,
    usage?.reasoning ?? null,
    record.price ? priceText(record.price) : null,
    record.cost ?? null,
    toMaybe(record.plan),
    only ? null : JSON.stringify(record.tries),
    only?.startedMs ?? null,
    only?.status ?? null,
    only?.headersMs ?? null,
    listText(record.lost),
    record.bytesIn,
    record.bytesOut,
    record.firstTokenMs ?? null,
    record.totalMs,
    record.overheadMs,
    toMaybe(record.task),
    toMaybe(record.user),
    listText(record.tags),
    toMaybe(record.traceId),
    toMaybe(only?.key),
    record.happened ? JSON.stringify(record.happened) : null,
  ]
}

/** What a query for `seq` and `columns` gives. */
export type Row = {
  readonly seq: number
  readonly id: Text
  readonly at: number
  readonly operation: Operation
  readonly dialect: string
  readonly stream: number
  readonly key_id: Text | null
  readonly key_name: Text | null
  readonly team: Text | null
  readonly model_asked: Text | null
  readonly provider: Text | null
  readonly model: Text | null
  readonly status: number
  readonly code: 'ok' | FaultCode
  readonly message: Text | null
  readonly stop_reason: Text | null
  readonly input_tokens: number | null
  readonly cache_read_tokens: number | null
  readonly cache_write_tokens: number | null
  readonly output_tokens: number | null
  readonly reasoning_tokens: number | null
  readonly price: string | null
  readonly cost_nano_usd: number | null
  readonly plan: Text | null
  readonly tries: string | null
  readonly try_started_ms: number | null
  readonly try_status: number | null
  readonly try_headers_ms: number | null
  readonly lost: string | null
  readonly bytes_in: number
  readonly bytes_out: number
  readonly first_token_ms: number | null
  readonly total_ms: number
  readonly overhead_ms: number
  readonly task: Text | null
  readonly user: Text | null
  readonly tags: string | null
  readonly trace_id: Text | null
  readonly try_key: Text | null
  readonly happened: string | null
}

export function fromRow(row: Row): Record {
  return {
    id: fromText(row.id),
    at: row.at,
    operation: row.operation,
    dialect: row.dialect,
    stream: row.stream === 1,
    keyId: fromMaybe(row.key_id),
    keyName: fromMaybe(row.key_name),
    team: fromMaybe(row.team),
    modelAsked: fromMaybe(row.model_asked),
    provider: fromMaybe(row.provider),
    model: fromMaybe(row.model),
    status: row.status,
    code: row.code,
    message: fromMaybe(row.message),
    stopReason: fromMaybe(row.stop_reason),
    usage: usageOf(row),
    price: row.price === null ? undefined : priceOf(row.price),
    cost: row.cost_nano_usd ?? undefined,
    plan: fromMaybe(row.plan),
    tries: triesOf(row),
    lost: listOf(row.lost),
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    firstTokenMs: row.first_token_ms ?? undefined,
    totalMs: row.total_ms,
    overheadMs: row.overhead_ms,
    task: fromMaybe(row.task),
    user: fromMaybe(row.user),
    tags: listOf(row.tags),
    traceId: fromMaybe(row.trace_id),
    ...(row.happened === null ? {} : { happened: JSON.parse(row.happened) as Happened[] }),
  }
}

function usageOf(row: Row): Usage | undefined {
  if (row.input_tokens === null) return undefined
  return {
    input: row.input_tokens,
    cacheRead: row.cache_read_tokens ?? 0,
    cacheWrite: row.cache_write_tokens ?? 0,
    output: row.output_tokens ?? 0,
    reasoning: row.reasoning_tokens ?? 0,
  }
}

// A model's price is one object for as long as its list holds, so its text is made once and not for every row.
const priceTexts = new WeakMap<Price, string>()

function priceText(price: Price): string {
  const known = priceTexts.get(price)
  if (known !== undefined) return known
  const { input, cacheRead, cacheWrite, output, reasoning, source } = price
  const text = JSON.stringify([input, cacheRead, cacheWrite, output, reasoning, source] satisfies PriceList)
  priceTexts.set(price, text)
  return text
}

/** In half the bytes that it takes with names. */
type PriceList = [number, number, number, number, number, string]

function priceOf(text: string): Price {
  const [input, cacheRead, cacheWrite, output, reasoning, source] = JSON.parse(text) as PriceList
  return { input, cacheRead, cacheWrite, output, reasoning, source }
}

const listText = (list: readonly string[]): string | null => (list.length === 0 ? null : JSON.stringify(list))

const listOf = (text: string | null): string[] => (text === null ? [] : (JSON.parse(text) as string[]))

/** The one try of a request, if what it was aimed at and how it ended is what the row says of the whole. */
function onlyTry({ tries, provider, model, code }: Record): Try | undefined {
  const first = tries[0]
  if (first === undefined || tries.length > 1 || first.outcome !== code || hasMore(first)) return undefined
  return first.target.provider === provider && first.target.model === model ? first : undefined
}

const hasMore = ({ why, waitedMs, reason, tookMs, usage, cost }: Try): boolean =>
  (why ?? waitedMs ?? reason ?? tookMs ?? usage ?? cost) !== undefined

function triesOf(row: Row): Try[] {
  if (row.tries === null) return [tryOf(row)]
  // JSON leaves out what is undefined; a try says that it is not known.
  return (JSON.parse(row.tries) as Try[]).map(each => ({ ...each, status: each.status, headersMs: each.headersMs }))
}

const tryOf = (row: Row): Try => ({
  target: { provider: fromText(row.provider ?? ''), model: fromText(row.model ?? '') },
  startedMs: row.try_started_ms ?? 0,
  status: row.try_status ?? undefined,
  headersMs: row.try_headers_ms ?? undefined,
  outcome: row.code,
  ...(row.try_key === null ? {} : { key: fromText(row.try_key) }),
})
