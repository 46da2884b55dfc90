import { giveWay } from '../../src/cli/give-way.ts'
import { InFlight } from '../../src/cli/in-flight.ts'
import { bytesOf, byteText } from '../../src/lib/byte-text.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { sha256 } from '../../src/lib/hash.ts'
import { requestId } from '../../src/lib/id.ts'
import { Leash } from '../../src/lib/leash.ts'
import { turnsEnd } from '../../src/lib/turn.ts'
import type { Record as Row } from '../../src/model/record.ts'
import { batched } from '../../src/observe/batch.ts'
import { openLog } from '../../src/observe/log.ts'
import { openMetrics } from '../../src/observe/prometheus.ts'
import { memoryCounters } from '../../src/stores/memory/counters.ts'
import { openSqlite } from '../../src/stores/sqlite/open.ts'

/**
 * The minimal proxy with what every reply of Thalamus must have beside it, and nothing else: a key known by its hash, a
 * limit, a caller whose leaving is heard, a bounded wait, the headers, a row in the log before the last byte leaves, a log
 * line, metrics. All of that is Thalamus's own, but there is one key, one provider, one dialect and no failure. What
 * Thalamus costs beyond it is the house: dialects, plans, health.
 */
const [port, upstream = '', folder = '.'] = process.argv.slice(2)
const clock = systemClock
const inFlight = new InFlight()
const metrics = openMetrics({
  version: 'bench',
  models: () => true,
  inFlight: () => inFlight.count,
  queued: () => 0,
  places: () => [],
})
const log = openLog({ level: 'info', onDrop: metrics.dropped })
const watchers = batched([metrics.request, log.request], clock)
const { ledger } = openSqlite(`${folder}/promises.db`, { clock, synchronous: 'normal' })
const counters = memoryCounters(clock)
const callers = new Map([[sha256(process.env.BENCH_KEY ?? ''), { keyId: 'key_bench', keyName: 'bench' }]])
giveWay(inFlight, clock)

Bun.serve({
  hostname: '127.0.0.1',
  port: Number(port),
  idleTimeout: 0,
  fetch: relay,
})

const rpm = 100_000_000
const minuteMs = 60_000
const patienceMs = 60_000

async function relay(request: Request): Promise<Response> {
  const visit = { id: requestId(), arrived: clock.now(), at: clock.wall() }
  const { authorization = '' } = request.headers.toJSON()
  const caller = callers.get(sha256(authorization.slice('Bearer '.length)))
  if (!caller) return new Response('', { status: 401 })
  inFlight.entered()
  const { remaining, resetMs } = counters.take(`rpm:${caller.keyId}`, rpm, minuteMs)
  await turnsEnd()
  const body = await request.bytes()
  const { stream = false, model, said } = reworded(byteText(body))
  const leash = new Leash(clock, request.signal)
  leash.within(patienceMs, 'the first of the reply')
  const asked = clock.now()
  const reply = await ask(upstream + new URL(request.url).pathname, said, leash.signal)
  const name = model.slice(model.indexOf('/') + 1)
  const headers: Record<string, string> = {
    'x-request-id': visit.id,
    'x-thalamus-request-id': visit.id,
    'x-thalamus-attempts': '1',
    'x-thalamus-cache': 'off',
    'x-thalamus-overhead-ms': (asked - visit.arrived).toFixed(2),
    'x-thalamus-provider': 'mock',
    'x-thalamus-model': name,
    'x-ratelimit-limit-requests': `${rpm}`,
    'x-ratelimit-remaining-requests': `${remaining}`,
    'x-ratelimit-reset-requests': `${Math.ceil(resetMs / 1000)}s`,
  }
  const settle: Settle = async ({ prompt_tokens: input, completion_tokens: output }, bytesOut) => {
    leash.free()
    const now = clock.now()
    const record: Row = {
      ...usual,
      ...caller,
      id: visit.id,
      at: visit.at,
      stream,
      modelAsked: model,
      model: name,
      usage: { input, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 },
      price,
      cost: 1_000 * input + 2_000 * output,
      tries: [
        { target: { provider: 'mock', model: name }, startedMs: 0, status: 200, headersMs: now - asked, outcome: 'ok' },
      ],
      bytesIn: body.length,
      bytesOut,
      totalMs: now - visit.arrived,
      overheadMs: asked - visit.arrived,
    }
    await ledger.append(record)
    watchers.sink(record, undefined)
    inFlight.left(visit.id)
  }
  return stream ? streamed(reply, headers, settle) : whole(reply, headers, settle)
}

const ask = (url: string, body: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', 'accept-encoding': 'identity' },
    body,
    signal,
    redirect: 'manual',
    timeout: false,
  } as RequestInit)

/** The model's name as the provider has it, in its place. */
function reworded(text: string) {
  const { stream, model } = JSON.parse(text) as { readonly stream?: boolean; readonly model: string }
  const from = text.indexOf(model)
  const name = model.slice(model.indexOf('/') + 1)
  return { stream, model, said: bytesOf(text.slice(0, from) + name + text.slice(from + model.length)) }
}

type Used = { readonly prompt_tokens: number; readonly completion_tokens: number }
type Settle = (used: Used, bytesOut: number) => Promise<void>

const price = { input: 1e6, cacheRead: 1e6, cacheWrite: 1e6, output: 2e6, reasoning: 2e6, source: 'config' }

const usual = {
  operation: 'chat',
  dialect: 'openai-chat',
  team: undefined,
  provider: 'mock',
  status: 200,
  code: 'ok',
  message: undefined,
  stopReason: 'end',
  plan: undefined,
  lost: [],
  firstTokenMs: 1,
  task: undefined,
  user: undefined,
  tags: [],
  traceId: undefined,
} as const

async function whole(reply: Response, headers: Record<string, string>, settle: Settle): Promise<Response> {
  const bytes = await reply.bytes()
  const { usage } = JSON.parse(byteText(bytes)) as { readonly usage: Used }
  await settle(usage, bytes.length)
  headers['content-type'] = 'application/json'
  headers['x-thalamus-cost-usd'] = '0.0001'
  return new Response(bytes, { headers })
}

/** Each read is searched for what the row wants, and the last is held until the row is written. */
async function streamed(reply: Response, headers: Record<string, string>, settle: Settle): Promise<Response> {
  headers['content-type'] = 'text/event-stream; charset=utf-8'
  headers['cache-control'] = 'no-cache'
  headers['x-accel-buffering'] = 'no'
  const reader = reply.body?.getReader()
  const first = await reader?.read()
  if (!reader || !first?.value) throw new Error('The upstream said nothing.')
  const begun = first.value
  let bytesOut = 0
  async function hand(controller: ReadableStreamDefaultController<Uint8Array>, bytes: Uint8Array): Promise<void> {
    bytesOut += bytes.length
    const text = byteText(bytes)
    const done = text.includes('data: [DONE]')
    if (done) await settle(usedIn(text), bytesOut)
    controller.enqueue(bytes)
    if (done) controller.close()
  }
  const source = {
    start: (controller: ReadableStreamDefaultController<Uint8Array>) => void hand(controller, begun),
    pull: (controller: ReadableStreamDefaultController<Uint8Array>) =>
      reader.read().then(({ value }) => (value ? hand(controller, value) : undefined)),
    cancel: () => reader.cancel(),
  }
  return new Response(new ReadableStream<Uint8Array>(source, { highWaterMark: 0 }), { headers })
}

function usedIn(text: string): Used {
  const [, prompt = 0, completion = 0] = /"prompt_tokens":(\d+),"completion_tokens":(\d+)/.exec(text) ?? []
  return { prompt_tokens: Number(prompt), completion_tokens: Number(completion) }
}
