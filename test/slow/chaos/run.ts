import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { eventually, metric, pages } from '../../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../../fakes/thalamus.ts'
import type { Asked } from '../../matrix/understudy.ts'
import { portsTo, socketsTo, strandedAt } from '../soak/gauges.ts'
import type { Check } from '../soak/verdict.ts'
import { Asks } from './asks.ts'
import { Books } from './books.ts'
import { Crowd } from './crowd.ts'
import { type Provider, startProvider } from './providers.ts'
import { configFor, models, sharedModels } from './setting.ts'
import { judge } from './verdict.ts'
import { type Sample, watchOver } from './watch.ts'
import { errorsOf, killProviders, killRelay, type Lives } from './weather.ts'

/** A relay, three providers of every dialect that fail and die, a crowd that does not care, and the relay dies as well. */

export type ChaosOptions = {
  readonly seconds: number
  readonly callers: number
  readonly say: (line: string) => void
}

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
  readonly askedStill: readonly Asked[]
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
  const crowd = new Crowd(house, books, { callers, end, models, shared: sharedModels })
  const dying = killProviders(providers, end - 2_000)
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
  const inFlight = await lastOf(() => metric(house, 'thalamus_in_flight'), isNone)
  const askedStill = await lastOf(
    () => askedOf(providers, house),
    asked => asked.length === 0,
  )
  await Promise.all(providers.map(provider => provider.kill()))
  const heldToProviders = await lastOf(
    async () => providers.reduce((sum, { port }) => sum + socketsTo(port, house.pid), 0),
    isNone,
  )
  const heldToCallers = await lastOf(
    async () => strandedAt(Number(new URL(house.url).port), house.pid, process.pid),
    isNone,
  )
  return { inFlight, askedStill, heldToProviders, heldToCallers }
}

/** What providers were asked and the relay has not let go: both of them know of the connection. */
async function askedOf(providers: readonly Provider[], { pid }: Thalamus): Promise<readonly Asked[]> {
  const asked = await Promise.all(
    providers.map(async provider => {
      const held = new Set(portsTo(provider.port, pid))
      return (await provider.asked()).filter(({ port }) => held.has(port))
    }),
  )
  return asked.flat()
}

/** Longer than `timeout.total`: by then whatever is on its way is over, and a machine is less busy. */
const restMs = 10_000

/** What is so in the end, whether it is as it should be or patience is over: the verdict tells which. */
const lastOf = <Value>(look: () => Promise<Value>, will: (value: Value) => boolean): Promise<Value> =>
  eventually(look, will, restMs).catch(look)

const isNone = (count: number): boolean => count === 0

function integrityOf({ folder }: Thalamus): string {
  const database = new Database(join(folder, 'thalamus.db'), { readonly: true })
  try {
    return database.query('PRAGMA integrity_check').values().join()
  } finally {
    database.close()
  }
}
