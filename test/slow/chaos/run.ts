import { eventually, metric, pages } from '../../fakes/ledger.ts'
import { dialects } from '../../fakes/six.ts'
import { startThalamus, type Thalamus } from '../../fakes/thalamus.ts'
import { beginnings } from '../../matrix/understudy.ts'
import { rssOf, socketsOf, socketsTo } from '../soak/gauges.ts'
import type { Check } from '../soak/verdict.ts'
import { Books } from './books.ts'
import { type Provider, startProvider } from './providers.ts'
import { live } from './story.ts'
import { judge } from './verdict.ts'
import { killProviders, killRelay } from './weather.ts'

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
  readonly providersKilled: number
  readonly relayKilled: number
  readonly relayStopped: number
  /** Of the last life of the relay. */
  readonly samples: readonly Sample[]
  readonly counted: number
  readonly countedRows: number
  readonly inFlight: number
  readonly openStreams: number
  readonly heldToNobody: number
  readonly errors: readonly string[]
  readonly farewell: string
}

/** So much of the time the relay is left alive, at the end: its memory is measured, and its counters. */
const calmShare = 0.45
const thinkingMs = 1_500

export async function chaos(options: ChaosOptions): Promise<readonly Check[]> {
  const providers = await Promise.all([startProvider(), startProvider(), startProvider()])
  try {
    const house = await startThalamus({ config: configFor(providers), env: { PROVIDER_KEY: 'sk-chaos-provider-0001' } })
    try {
      const outcome = await run(options, house, providers)
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
  { standby: true, hedge: { after: '120ms' } },
  { strategy: 'latency' },
  { strategy: 'race' },
  { retry: { attempts: 1 } },
]

const modelsFor = (): Record<string, object> =>
  Object.fromEntries(
    strategies.flatMap((strategy, n) =>
      dialects.map((_, turn) => {
        const targets = letters.map((letter, m) => `${letter}-${dialects[(turn + m * (n + 1)) % dialects.length]}/echo`)
        return [`m${n}-${turn}`, { ...strategy, targets }]
      }),
    ),
  )

const configFor = (providers: readonly Provider[]) => ({
  // The machine may be busy with us alone: who is turned away then is told in overload.test.ts.
  server: { drain: '9s', max_lag: '10s' },
  providers: Object.fromEntries(
    providers.flatMap(({ port }, n) =>
      dialects.map(dialect => [
        `${letters[n]}-${dialect}`,
        {
          dialect,
          base_url: `http://127.0.0.1:${port}/${dialect}${beginnings[dialect] ?? ''}`,
          keys: ['env:PROVIDER_KEY'],
          price: { input: 1, output: 2 },
        },
      ]),
    ),
  ),
  models: modelsFor(),
  defaults: {
    timeout: { connect: '1s', first_token: '2s', idle: '1s', total: '8s' },
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
): Promise<Omit<Outcome, 'farewell'>> {
  const { seconds, say } = options
  const books = new Books()
  const began = performance.now()
  const end = began + seconds * 1000
  const samples: Sample[] = []
  const tell = setInterval(() => say(lineOf(house, books, began)), 5_000)
  const crowd = gather(options, house, books, end)
  const dying = killProviders(providers, end - 2_000)
  const outages = await killRelay(house, books, end - seconds * 1000 * calmShare)
  say(`the relay is left alive from now on, after ${outages.length} ends`)
  while (performance.now() < end) {
    await Bun.sleep(1_000)
    samples.push({ seconds: (performance.now() - began) / 1000, rssMb: rssOf(house.pid) })
  }
  await crowd
  const providersKilled = await dying
  clearInterval(tell)
  const inFlight = await lastOf(() => metric(house, 'thalamus_in_flight'), 0)
  const openStreams = await lastOf(() => openAt(providers), 0)
  const counted = await metric(house, 'thalamus_requests_total')
  await Promise.all(providers.map(provider => provider.kill()))
  const heldToNobody = await lastOf(
    async () => providers.reduce((sum, { port }) => sum + socketsTo(port, house.pid), 0),
    0,
  )
  say('holding the stories against the ledger')
  await books.close(pages(house))
  const errors = house.logLines().map(line => JSON.stringify(line))
  const relayKilled = outages.filter(({ how }) => how === 'killed').length
  const relayStopped = outages.length - relayKilled
  const countedRows = books.rowsOfLastLife
  return {
    options,
    books,
    providersKilled,
    relayKilled,
    relayStopped,
    samples,
    counted,
    countedRows,
    inFlight,
    openStreams,
    heldToNobody,
    errors,
  }
}

async function openAt(providers: readonly Provider[]): Promise<number> {
  const open = await Promise.all(providers.map(provider => provider.openStreams()))
  return open.reduce<number>((sum, streams) => sum + (streams ?? 0), 0)
}

/** What is so in the end, whether it is as it should be or patience is over: the verdict tells which. */
const lastOf = (look: () => Promise<number>, wanted: number): Promise<number> =>
  eventually(look, value => value === wanted).catch(look)

const lineOf = (house: Thalamus, books: Books, began: number): string => {
  const endings = [...books.endings].map(([ending, count]) => `${ending} ${count}`).join(', ')
  return `${((performance.now() - began) / 1000).toFixed(0)} s · ${books.made} requests: ${endings} · ${gauges(house)}`
}

/** The relay may just be dead. */
function gauges({ pid }: Thalamus): string {
  try {
    return `RSS ${rssOf(pid).toFixed(0)} MB, ${socketsOf(pid)} sockets`
  } catch {
    return 'the relay is dead'
  }
}

async function gather({ callers }: ChaosOptions, house: Thalamus, books: Books, end: number): Promise<void> {
  const models = Object.keys(modelsFor())
  let nth = 0

  async function caller(): Promise<void> {
    await Bun.sleep(2 * thinkingMs * Math.random())
    while (performance.now() < end) {
      books.told(await live(house.url, house.key, models, nth++))
      await Bun.sleep(2 * thinkingMs * Math.random())
    }
  }

  await Promise.all(Array.from({ length: callers }, caller))
}
