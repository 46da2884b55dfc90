import { idHeaders, type Permit, type Visit } from '../../line.ts'
import type { Fault } from '../../model/fault.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import { usdText } from '../../model/money.ts'
import type { Try } from '../../model/record.ts'
import type { Source, StreamSource, WholeSource } from '../../model/source.ts'
import { relay } from './relay.ts'
import type { ReplyWorld } from './world.ts'

/** Answers with what the provider said, byte for byte. */
export function reply(source: Source, permit: Permit, visit: Visit, world: ReplyWorld): Response | Promise<Response> {
  visit.diary.replied = world.clock.now()
  return source.type === 'whole' ? whole(source, permit, visit, world) : streamed(source, permit, visit, world)
}

async function whole(source: WholeSource, permit: Permit, visit: Visit, world: ReplyWorld): Promise<Response> {
  const { diary } = visit
  diary.noticed(source.events, world.clock.now())
  diary.bytesOut = source.bytes.length
  const cost = await world.settle(visit)
  const headers = headersOf(visit, world, permit.headers)
  headers['content-type'] = source.contentType
  if (cost !== undefined && world.disclose !== 'none') headers['x-thalamus-cost-usd'] = usdText(cost)
  return new Response(source.bytes as Uint8Array<ArrayBuffer>, { headers })
}

async function streamed(source: StreamSource, permit: Permit, visit: Visit, world: ReplyWorld): Promise<Response> {
  const headers = headersOf(visit, world, permit.headers)
  if (isEarly(visit)) for (const name of ofTheReply) delete headers[name]
  headers['content-type'] = visit.diary.call?.array ? 'application/json' : 'text/event-stream; charset=utf-8'
  headers['cache-control'] = 'no-cache'
  // nginx and its like would otherwise gather the stream (nginx.org, X-Accel-Buffering).
  headers['x-accel-buffering'] = 'no'
  return new Response(await relay(source, visit, world), { headers })
}

/** It shows that it is alive before anybody has answered: by whom it will be, and after how many calls, nobody knows. */
const isEarly = ({ diary: { replayOf, sharedWith, tries } }: Visit): boolean =>
  (replayOf ?? sharedWith) === undefined && !tries.some(hasBegun)

const hasBegun = ({ outcome, broke }: Try): boolean => outcome === 'ok' || broke === true

const ofTheReply = ['x-thalamus-provider', 'x-thalamus-model', 'x-thalamus-attempts']

/** Answers with a fault: in the provider's own words if they are in the caller's dialect, else in ours. */
export function refuse(fault: Fault, permit: Permit | undefined, visit: Visit, world: ReplyWorld): Response {
  visit.diary.replied ??= world.clock.now()
  const { dialect } = visit
  const said = fault.said?.dialect === dialect.id ? fault.said : undefined
  const body = said?.body ?? JSON.stringify(withAttempts(dialect.fault.write(fault, visit.id), visit, world))
  const headers = headersOf(visit, world, permit?.headers ?? fault.headers)
  headers['content-type'] = said?.contentType ?? 'application/json'
  const waitMs = fault.retryAfterMs ?? (mayPass.has(fault.status) ? soonMs : undefined)
  if (waitMs !== undefined) headers['retry-after'] = `${Math.max(1, Math.ceil(waitMs / 1000))}`
  return new Response(body, { status: fault.status, headers })
}

/** Where nobody has said for how long: clients that retry by themselves would else do so at once. */
const mayPass: ReadonlySet<number> = new Set([429, 503])
const soonMs = 1_000

/** Beside what the dialect says of a fault: each try that led to it. */
function withAttempts(written: JsonObject, { diary }: Visit, { disclose }: ReplyWorld): JsonObject {
  const { thalamus } = written
  if (diary.tries.length === 0 || disclose === 'none' || !isObject(thalamus)) return written
  return { ...written, thalamus: { ...thalamus, attempts: diary.tries.map(attemptOf) } }
}

const attemptOf = ({ target, status, outcome, reason, startedMs, tookMs }: Try): JsonObject => ({
  provider: target.provider,
  model: target.model,
  status: status ?? null,
  code: outcome,
  reason: reason ?? null,
  at_ms: Math.round(startedMs),
  ms: tookMs === undefined ? null : Math.round(tookMs),
})

/** The headers of every reply. With `disclose: none` only the request's id is told. */
function headersOf(visit: Visit, { disclose }: ReplyWorld, more?: Permit['headers']): Record<string, string> {
  const headers = idHeaders(visit.id, visit.dialect)
  if (disclose === 'none') return headers
  const { diary } = visit
  headers['x-thalamus-attempts'] = `${diary.tries.length}`
  headers['x-thalamus-cache'] = 'off'
  headers['x-thalamus-overhead-ms'] = diary.overheadMs(diary.replied ?? diary.arrived).toFixed(2)
  if (diary.replayOf !== undefined) headers['idempotent-replayed'] = 'true'
  if (diary.target) {
    headers['x-thalamus-provider'] = headerText(diary.target.provider)
    headers['x-thalamus-model'] = headerText(diary.target.model)
  }
  if (more) Object.assign(headers, more)
  if (diary.lost.length > 0) headers['x-thalamus-lost'] = diary.lost.map(headerText).join(', ')
  return headers
}

const printable = /^[\x20-\x7e]*$/
const unprintable = /[^\x20-\x7e]/gu

/** A model's name comes from the caller: what may not stand in a header is written as in a URL. */
function headerText(text: string): string {
  const written = printable.test(text) ? text : text.toWellFormed().replace(unprintable, encodeURIComponent)
  return written.length > 256 ? written.slice(0, 256) : written
}
