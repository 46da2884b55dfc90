import type { Operation } from '../../model/call.ts'
import type { FaultCode } from '../../model/fault.ts'
import type { Price } from '../../model/price.ts'
import type { Record, Try } from '../../model/record.ts'
import type { Usage } from '../../model/usage.ts'
import { fromMaybe, fromText, type Text, toMaybe, toText } from './text.ts'

/** A record as a row of `requests`: the columns in their order, the way in and the way out. */
export const columns = [
  ...['id', 'at', 'operation', 'dialect', 'stream', 'key_id', 'key_name', 'team', 'model_asked', 'provider', 'model'],
  ...['status', 'code', 'message', 'stop_reason'],
  ...['input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens', 'reasoning_tokens'],
  ...['price', 'cost_nano_usd', 'plan', 'tries', 'lost', 'bytes_in', 'bytes_out'],
  ...['first_token_ms', 'total_ms', 'overhead_ms', 'task', 'user', 'tags', 'trace_id'],
]

export type Cell = Text | number | null

/** One cell for each of `columns`. */
export function toCells(record: Record): Cell[] {
  const { usage } = record
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
    listText(record.tries),
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
  readonly tries: string
  readonly lost: string
  readonly bytes_in: number
  readonly bytes_out: number
  readonly first_token_ms: number | null
  readonly total_ms: number
  readonly overhead_ms: number
  readonly task: Text | null
  readonly user: Text | null
  readonly tags: string
  readonly trace_id: Text | null
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
    price: row.price === null ? undefined : (JSON.parse(row.price) as Price),
    cost: row.cost_nano_usd ?? undefined,
    plan: fromMaybe(row.plan),
    tries: triesOf(row.tries),
    lost: JSON.parse(row.lost) as string[],
    bytesIn: row.bytes_in,
    bytesOut: row.bytes_out,
    firstTokenMs: row.first_token_ms ?? undefined,
    totalMs: row.total_ms,
    overheadMs: row.overhead_ms,
    task: fromMaybe(row.task),
    user: fromMaybe(row.user),
    tags: JSON.parse(row.tags) as string[],
    traceId: fromMaybe(row.trace_id),
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
  const text = JSON.stringify(price)
  priceTexts.set(price, text)
  return text
}

const listText = (list: readonly unknown[]): string => (list.length === 0 ? '[]' : JSON.stringify(list))

/** JSON leaves out what is undefined; a try says that it is not known. */
const triesOf = (text: string): Try[] =>
  (JSON.parse(text) as Try[]).map(each => ({ ...each, status: each.status, headersMs: each.headersMs }))
