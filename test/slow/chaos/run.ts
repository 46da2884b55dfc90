import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { eventually, metric, pages } from '../../fakes/ledger.ts'
import { dialects } from '../../fakes/six.ts'
import { startThalamus, type Thalamus } from '../../fakes/thalamus.ts'
import { beginnings } from '../../matrix/understudy.ts'
import { rssOf, socketsOf, socketsTo, strandedAt } from '../soak/gauges.ts'
import type { Check } from '../soak/verdict.ts'
import { Asks } from './asks.ts'
import { Books } from './books.ts'
import { price } from './compare.ts'
import { Crowd } from './crowd.ts'
import { type Provider, startProvider } from './providers.ts'
import { judge } from './verdict.ts'
import { errorsOf, killProviders, killRelay, type Lives } from './weather.ts'

/** A relay, three providers of every dialect that fail and die, a crowd that does not care, and the relay dies as well. */

export type ChaosOptions = {
  readonly seconds: number
  readonly callers: number
  readonly say: (line: string) => void
}

export type Sample = { readonly seconds: number; readonly rssMb: number }

export type Outcome = {
  readonly options: ChaosOptions
  readonly books: Books
  readonly asks: Asks
  readonly mostWaiting: number
  readonly providersKilled: number
  readonly lives: Lives
  /** Of all lives of the relay. */
  readonly samples: readonly Sample[]
  /** When the last life began. */
  readonly calmSeconds: number
  readonly counted: number
  readonly rest: Rest
  readonly database: string
  readonly farewell: string
}

/** What is left when the last caller has gone. */
type Rest = {
  readonly inFlight: number
  readonly askedStill: number
  readonly heldToProviders: number
  readonly heldToCallers: number
}

/** So much of the time the relay is left alive, at the end: its memory is measured, and its counters. */
const calmShare = 0.45

export async function chaos(options: ChaosOptions): Promise<readonly Check[]> {
  const asks = new Asks()
  const providers = await Promise.all([startProvider(asks), startProvider(asks), startProvider(asks)])
  try {
    const house = await startThalamus({ config: configFor(providers), env: { PROVIDER_KEY: 'sk-chaos-provider-0001' } })
    try {
      const outcome = await run(options, house, providers, asks)
      const farewell = await house.stop().then(() => 'ended with 0', String)
      return judge({ ...outcome, farewell })
    } finally {
      await house.stop()
    }
  } finally {
    await Promise.all(providers.map(provider => provider.kill()))
  }
}

const letters = ['a', 'b', 'c']

/** What a caller can ask for: each strategy, over dialects in turns. */
const strategies: readonly object[] = [
  { standby: true },
  { standby: true, strategy: 'weighted' },
  { standby: true, hedge: { after: '120ms', share: 0.5 } },
  { strategy: 'latency' },
  { strategy: 'race' },
  { retry: { attempts: 1 } },
  { standby: true, coalesce: true },
]

const modelsFor = (chosen: readonly object[]): Record<string, object> =>
  Object.fromEntries(
    chosen.flatMap(strategy => {
      const n = strategies.indexOf(strategy)
      return dialects.map((_, turn) => {
        const targets = letters.map((letter, m) => `${letter}-${dialects[(turn + m * (n + 1)) % dialects.length]}/echo`)
        return [`m${n}-${turn}`, { ...strategy, targets }]
      })
    }),
  )

const configFor = (providers: readonly Provider[]) => ({
  // The machine may be busy with us alone: who is turned away then is told in overload.test.ts.
  server: { drain: '7s', max_lag: '10s' },
  providers: Object.fromEntries(
    providers.flatMap(({ port }, n) =>
      dialects.map(dialect => [
        `${letters[n]}-${dialect}`,
        {
          dialect,
          base_url: `http://127.0.0.1:${port}/${dialect}${beginnings[dialect] ?? ''}`,
          keys: ['env:PROVIDER_KEY'],
          price,
        },
      ]),
    ),
  ),
  models: modelsFor(strategies),
  defaults: {
    timeout: { connect: '1s', first_token: '2s', idle: '1s', total: '6s' },
    retry: { attempts: 3, backoff: { base: '30ms', max: '500ms' }, max_wait: '2s' },
    breaker: { window: '10s', min_requests: 10, open_for: '2s' },
    probe: { every: '5s' },
  },
  log: { level: 'error' },
})

async function run(
  options: ChaosOptions,
  house: Thalamus,
  providers: readonly Provider[],
  asks: Asks,
): Promise<Omit<Outcome, 'farewell'>> {
  const { seconds, callers, say } = options
  const books = new Books(asks)
  const watch = watchOver(house, books, say)
  const began = performance.now()
  const end = began + seconds * 1000
  const models = Object.keys(modelsFor(strategies))
  const shared = Object.keys(modelsFor(strategies.filter(strategy => 'coalesce' in strategy)))
  const crowd = new Crowd(house, books, { callers, end, models, shared })
  const dying = killProviders(providers, books, end - 2_000)
  const lives = await killRelay(house, crowd, books, end - seconds * 1000 * calmShare)
  const calmSeconds = (performance.now() - began) / 1000
  say(`the relay is left alive from now on, after ${lives.outages.length} ends`)
  await crowd.gone
  const providersKilled = await dying
  const samples = watch.end()
  const rest = await restOf(house, providers)
  const counted = await metric(house, 'thalamus_requests_total')
  say('holding the stories against the ledger')
  await books.close(pages(house))
  return {
    options,
    books,
    asks,
    mostWaiting: crowd.most,
    providersKilled,
    lives: { ...lives, errors: [...lives.errors, ...errorsOf(house)] },
    samples,
    calmSeconds,
    counted,
    rest,
    database: integrityOf(house),
  }
}

/** The providers are dead afterwards, so that whoever still holds a connection to one is seen. */
async function restOf(house: Thalamus, providers: readonly Provider[]): Promise<Rest> {
  const inFlight = await lastOf(() => metric(house, 'thalamus_in_flight'), 0)
  const askedStill = await lastOf(() => askedOf(providers), 0)
  await Promise.all(providers.map(provider => provider.kill()))
  const heldToProviders = await lastOf(
    async () => providers.reduce((sum, { port }) => sum + socketsTo(port, house.pid), 0),
    0,
  )
  const heldToCallers = await lastOf(async () => strandedAt(Number(new URL(house.url).port), house.pid, process.pid), 0)
  return { inFlight, askedStill, heldToProviders, heldToCallers }
}

async function askedOf(providers: readonly Provider[]): Promise<number> {
  const open = await Promise.all(providers.map(provider => provider.inFlight()))
  return open.reduce<number>((sum, requests) => sum + (requests ?? 0), 0)
}

/** Longer than `timeout.total`: by then whatever is on its way is over, and a machine is less busy. */
const restMs = 10_000

/** What is so in the end, whether it is as it should be or patience is over: the verdict tells which. */
const lastOf = (look: () => Promise<number>, wanted: number): Promise<number> =>
  eventually(look, value => value === wanted, restMs).catch(look)

function integrityOf({ folder }: Thalamus): string {
  const database = new Database(join(folder, 'thalamus.db'), { readonly: true })
  try {
    return database.query('PRAGMA integrity_check').values().join()
  } finally {
    database.close()
  }
}

/** Measures the relay every second, and says now and then how it is. */
function watchOver(house: Thalamus, books: Books, say: ChaosOptions['say']) {
  const began = performance.now()
  const samples: Sample[] = []
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000
    const gauges = gaugesOf(house)
    if (gauges) samples.push({ seconds, rssMb: gauges.rssMb })
    if (Math.round(seconds) % 5 === 0) say(`${seconds.toFixed(0)} s · ${countsOf(books)} · ${textOf(gauges)}`)
  }, 1_000)
  return {
    end() {
      clearInterval(timer)
      return samples
    },
  }
}

type Gauges = { readonly rssMb: number; readonly sockets: number }

/** Undefined while the relay is dead. */
function gaugesOf({ pid }: Thalamus): Gauges | undefined {
  try {
    return { rssMb: rssOf(pid), sockets: socketsOf(pid) }
  } catch {
    return undefined
  }
}

const textOf = (gauges: Gauges | undefined): string =>
  gauges ? `RSS ${gauges.rssMb.toFixed(0)} MB, ${gauges.sockets} sockets` : 'the relay is dead'

export const countsOf = ({ endings, made }: Books): string =>
  `${made} requests: ${[...endings].map(([ending, count]) => `${ending} ${count}`).join(', ')}`
