import { eventually, metric, pages } from '../../fakes/ledger.ts'
import { type SimProcess, startSimProcess } from '../../fakes/sim.ts'
import { startThalamus, type Thalamus } from '../../fakes/thalamus.ts'
import { Books } from './books.ts'
import { rssOf, socketsOf, socketsTo } from './gauges.ts'
import { anyKind, maxBody } from './kinds.ts'
import { live } from './story.ts'
import { type Check, judge } from './verdict.ts'

/** A relay and a provider of their own, a mixed crowd for a while, and whether anything was lost or left behind. */

export type SoakOptions = {
  readonly seconds: number
  readonly callers: number
  /** Told now and then how it is. */
  readonly say: (line: string) => void
}

export type Sample = {
  /** Since the beginning. */
  readonly seconds: number
  readonly rssMb: number
  readonly sockets: number
  readonly upstream: number
  readonly inFlight: number
  readonly simStreams: number
}

export type Outcome = {
  readonly options: SoakOptions
  readonly samples: readonly Sample[]
  readonly books: Books
  readonly counted: number
  /** When everybody had gone: what is still open, and what is still held after the provider has left too. */
  readonly atRest: Sample
  readonly heldToNobody: number
  readonly logged: number
  /** How it ended when it was told to. */
  readonly farewell: string
}

/** A caller thinks for so long on average, so that a hundred of them do not measure the machine. */
const thinkingMs = 200

export async function soak(options: SoakOptions): Promise<readonly Check[]> {
  const sim = await startSimProcess()
  try {
    const house = await startThalamus({ config: configFor(sim) })
    try {
      const outcome = await run(options, house, sim)
      return judge({ ...outcome, farewell: await house.stop().then(() => 'ended with 0', String) })
    } finally {
      await house.stop()
    }
  } finally {
    await sim.stop()
  }
}

/** Only errors of the relay's own are logged: there must be none. Silence is given up soon, to see it often. */
const configFor = (sim: SimProcess) => ({
  server: { max_body: maxBody },
  providers: { sim: { base_url: sim.url, price: { input: 1, output: 2 } } },
  defaults: {
    timeout: { first_token: '3s', idle: '3s', total: '30s' },
    // A failure is to stay one: what retries make of it is for the chaos run.
    retry: { attempts: 1 },
    breaker: { min_requests: 1_000_000 },
  },
  log: { level: 'error' },
})

async function run(options: SoakOptions, house: Thalamus, sim: SimProcess): Promise<Omit<Outcome, 'farewell'>> {
  const books = new Books()
  const began = performance.now()
  const sample = () => sampleOf(house, sim, (performance.now() - began) / 1000)
  const crowd = gather(options, house, books)
  const samples: Sample[] = []
  while (await passes(crowd, everyMs)) {
    const now = await sample()
    samples.push(now)
    await books.read(pages(house))
    if (samples.length % toldOf === 0) options.say(lineOf(now, books))
  }
  const atRest = await lastOf(sample, now => now.inFlight === 0 && now.simStreams === 0)
  await books.read(pages(house))
  const counted = await metric(house, 'thalamus_requests_total')
  await sim.stop()
  const held = async () => socketsTo(sim.port, house.pid)
  const heldToNobody = await lastOf(held, sockets => sockets === 0)
  return { options, samples, books, counted, atRest, heldToNobody, logged: house.logLines().length }
}

/** What is so in the end, whether it is as it should be or patience is over: the verdict tells which. */
const lastOf = <Value>(look: () => Promise<Value>, will: (value: Value) => boolean): Promise<Value> =>
  eventually(look, will).catch(look)

/** Often, because what counts is how low memory falls between two collections. */
const everyMs = 1_000
/** One sample in so many is told. */
const toldOf = 5

/** Whether the crowd is still at it when the time is over. */
const passes = (crowd: Promise<void>, ms: number): Promise<boolean> =>
  Promise.race([crowd.then(() => false), Bun.sleep(ms).then(() => true)])

async function gather({ seconds, callers }: SoakOptions, house: Thalamus, books: Books): Promise<void> {
  const end = performance.now() + seconds * 1000
  let nth = 0

  async function caller(): Promise<void> {
    while (performance.now() < end) {
      await Bun.sleep(2 * thinkingMs * Math.random())
      books.told(await live(house, anyKind(), nth++))
    }
  }

  await Promise.all(Array.from({ length: callers }, caller))
}

async function sampleOf(house: Thalamus, sim: SimProcess, seconds: number): Promise<Sample> {
  const [inFlight, stats] = await Promise.all([metric(house, 'thalamus_in_flight'), sim.stats()])
  return {
    seconds,
    rssMb: rssOf(house.pid),
    sockets: socketsOf(house.pid),
    upstream: socketsTo(sim.port, house.pid),
    inFlight,
    simStreams: stats.openStreams,
  }
}

const lineOf = (sample: Sample, { made, complaints }: Books): string =>
  [
    `${sample.seconds.toFixed(0)} s`,
    `${made} requests`,
    `RSS ${sample.rssMb.toFixed(0)} MB`,
    `sockets ${sample.sockets}, ${sample.upstream} upstream`,
    `in flight ${sample.inFlight}`,
    `sim's streams ${sample.simStreams}`,
    `${complaints} complaints`,
  ].join(' · ')
