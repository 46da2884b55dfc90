import type { Address } from '../../src/dialects/dialect.ts'
import type { Visit } from '../../src/line.ts'
import type { Letter } from '../../src/model/call.ts'
import { Diary } from '../../src/model/diary.ts'
import type { Happening } from '../../src/model/happening.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Leg, Plan } from '../../src/model/plan.ts'
import type { Record } from '../../src/model/record.ts'
import { Hedges } from '../../src/stages/pursue/hedges.ts'
import { pursue } from '../../src/stages/pursue/pursue.ts'
import type { Route } from '../../src/stages/pursue/route.ts'
import { relay } from '../../src/stages/reply/relay.ts'
import { settle } from '../../src/stages/settle.ts'
import { type FakeClock, fakeClock } from '../fakes/clock.ts'
import { fakeHealth } from '../fakes/health.ts'
import { samplePlan } from '../fakes/visit.ts'
import { writtenAs } from '../fakes/written.ts'
import { callerDialect, providerDialect } from '../wire/dialects.ts'

/**
 * The rooms from pursuing to settling, with the network and the time in the test's hand: providers are scripts by the name
 * of their host, and a provider that falls silent is silent for as long as the relay waits, at once.
 */

export type Line = {
  readonly contentType: string
  readonly reads: readonly Uint8Array[]
  readonly ending: 'ends' | 'breaks' | 'is silent'
}

export type Answering = (body: JsonObject) => Line | Response

/** `at` is the moment on the clock. */
export type Asked = { readonly provider: string; readonly body: JsonObject; readonly at: number }

export type Provider = {
  readonly name: string
  readonly dialect: string
  readonly model?: string
  readonly quirks?: Route['quirks']
  readonly answers: Answering
}

export type Wish = {
  readonly dialect: string
  readonly body: JsonObject
  readonly address?: Partial<Address>
  readonly providers: readonly Provider[]
  readonly plan?: Partial<Plan>
  readonly signal?: AbortSignal
}

export type Told = {
  readonly bytes: Uint8Array
  readonly record: Record
  readonly asked: readonly Asked[]
  readonly happened: readonly Happening[]
  /** Connections that were opened in case they are needed. */
  readonly warmed: readonly { readonly host: string; readonly at: number }[]
  /** How many bells were still set at the end. */
  readonly waiting: number
  readonly health: ReturnType<typeof fakeHealth>
}

export const idleMs = 1_000

/** Asks, and reads the reply to its end. */
export async function told(wish: Wish): Promise<Told> {
  const clock = fakeClock()
  const asked: Asked[] = []
  const warmed: { host: string; at: number }[] = []
  const happened: Happening[] = []
  const rows: Record[] = []
  const health = fakeHealth()
  const visit = visitOf(wish)
  const restore = network(wish.providers, asked, clock)
  const settled = () =>
    settle(visit, {
      clock,
      ledger: { append: async record => void rows.push(record), has: () => false },
      sinks: [],
      tariff: () => ({ price, longer: [] }),
      unwritten: (_, cause) => {
        throw cause
      },
    })
  try {
    const source = await pursue(planOf(wish), letterOf(wish), visit, {
      clock,
      fetchFile: () => Promise.reject(new Error('there are no files here')),
      health: health.health,
      hedges: new Hedges(),
      route: name => routeTo(wish.providers.find(each => each.name === name)),
      warm: url => void warmed.push({ host: new URL(url).hostname, at: clock.now() }),
      tell: happening => void happened.push(happening),
    })
    if (source.type !== 'stream') throw new Error('The reply is no stream.')
    visit.diary.replied = clock.now()
    const stream = await relay(source, visit, { clock, disclose: 'basic', settle: settled })
    const bytes = await new Response(stream).bytes()
    const [record, ...more] = rows
    if (!record || more.length > 0) throw new Error(`There are ${rows.length} rows.`)
    return { bytes, record, asked, happened, warmed, waiting: clock.waiting(), health }
  } finally {
    restore()
  }
}

const price = { input: 1000, cacheRead: 1000, cacheWrite: 1000, output: 2000, reasoning: 2000, source: 'test' }

function letterOf({ dialect, body, address }: Wish): Letter {
  const call = callerDialect(dialect).request.read(body, { operation: 'chat', ...address })
  return { dialect, ...writtenAs(JSON.stringify(body)), sealed: false, strict: false, call }
}

function visitOf({ dialect, address, body, signal = new AbortController().signal }: Wish): Visit {
  const diary = new Diary(0, 1_800_000_000_000)
  const wish = { dialect, body, ...(address && { address }), providers: [] }
  diary.call = letterOf(wish).call
  return {
    id: 'req_1',
    request: new Request('http://relay.test/', { method: 'POST' }),
    headers: {},
    address: { operation: 'chat', ...address },
    dialect: callerDialect(dialect),
    signal,
    stay: { over: () => signal },
    diary,
    socket: false,
  }
}

function planOf({ providers, plan }: Wish): Plan {
  const legs: Leg[] = providers.map(({ name, model = 'm-1' }) => ({ target: { provider: name, model } }))
  const waits = { firstToken: 10_000, idle: idleMs, total: 60_000 }
  return samplePlan(legs, { standby: true, waits, ...plan })
}

function routeTo(provider: Provider | undefined): Route | undefined {
  if (!provider) return undefined
  const dialect = providerDialect(provider.dialect)
  return {
    provider: provider.name,
    dialect,
    quirks: provider.quirks ?? {},
    url: asking => `http://${provider.name}.test${dialect.path(asking)}`,
    headers: () => new Headers(),
    shows: () => false,
  }
}

/** In the place of the network, until it is put back. */
function network(providers: readonly Provider[], asked: Asked[], clock: FakeClock): () => void {
  const real = globalThis.fetch
  const fake = async (url: string, init: RequestInit): Promise<Response> => {
    const name = new URL(url).hostname.replace('.test', '')
    const provider = providers.find(each => each.name === name)
    if (!provider) return real(url, init)
    const body = JSON.parse(typeof init.body === 'string' ? init.body : '{}') as JsonObject
    asked.push({ provider: name, body, at: clock.now() })
    const answer = provider.answers(body)
    return answer instanceof Response ? answer : spoken(answer, init.signal ?? undefined, () => clock.advance(idleMs))
  }
  globalThis.fetch = Object.assign(fake, { preconnect: () => undefined }) as unknown as typeof fetch
  return () => {
    globalThis.fetch = real
  }
}

function spoken(line: Line, signal: AbortSignal | undefined, silence: () => void): Response {
  const reads = [...line.reads]
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>): void | Promise<void> => {
    const next = reads.shift()
    if (next) controller.enqueue(Uint8Array.from(next))
    else if (line.ending === 'ends') controller.close()
    else if (line.ending === 'breaks') controller.error(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    else return silent(controller, signal, silence)
  }
  const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
  return new Response(body, { headers: { 'content-type': line.contentType } })
}

/** Nothing comes until it is given up. */
function silent(
  controller: ReadableStreamDefaultController<Uint8Array>,
  signal: AbortSignal | undefined,
  silence: () => void,
): Promise<void> {
  return new Promise(resolve => {
    signal?.addEventListener('abort', () => {
      controller.error(new DOMException('given up', 'AbortError'))
      resolve()
    })
    setImmediate(silence)
  })
}
