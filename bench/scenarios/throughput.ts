import { MODEL } from '../content.ts'
import { type Gateway, withOpen } from '../house.ts'
import { usage } from '../measure.ts'
import { type Ask, SMALL_JSON, SMALL_STREAM } from '../requests.ts'
import type { Scenario } from '../settings.ts'
import { closed } from './closed.ts'
import { type Figure, figure, type Run } from './run.ts'

/** Processor time per request and requests per second, closed loop, gateway after gateway in every round. */
export async function throughput(run: Run): Promise<readonly Figure[]> {
  const workloads = WORKLOADS.filter(workload => run.settings.only.includes(workload.scenario))
  if (workloads.length === 0) return []
  return withOpen(run.peers, run.mock.port, async gateways => {
    const figures = gateways.map(gateway => figure(gateway, 'rss.start', usage(gateway.pid).rssMb))
    await warm(run, gateways, workloads)
    for (let round = 1; round <= run.settings.rounds; round += 1)
      for (const workload of workloads)
        for (const gateway of gateways) figures.push(...(await measure(run, gateway, workload, round)))
    return [...figures, ...gateways.map(gateway => figure(gateway, 'rss.load', usage(gateway.pid).rssMb))]
  })
}

/** Each is a column of the report: `cpu.NAME` and `rps.NAME`. */
export const WORKLOADS: readonly Workload[] = [
  { name: 'json-0.3k', scenario: 'json', title: 'JSON 0.3 KB', ask: SMALL_JSON },
  { name: 'json-10k', scenario: 'bodies', title: '10 KB', ask: { model: MODEL, stream: false, bytes: 10_000 } },
  {
    name: 'json-10k-10k',
    scenario: 'bodies',
    title: '10 KB, reply 10 KB',
    ask: { model: `${MODEL}-10k`, stream: false, bytes: 10_000 },
  },
  { name: 'json-100k', scenario: 'bodies', title: '100 KB', ask: { model: MODEL, stream: false, bytes: 100_000 } },
  {
    name: 'json-100k-100k',
    scenario: 'bodies',
    title: '100 KB, reply 100 KB',
    ask: { model: `${MODEL}-100k`, stream: false, bytes: 100_000 },
  },
  { name: 'stream', scenario: 'stream', title: '20-event stream', ask: SMALL_STREAM },
]

export type Workload = { readonly name: string; readonly scenario: Scenario; readonly title: string; readonly ask: Ask }

async function warm(run: Run, gateways: readonly Gateway[], workloads: readonly Workload[]): Promise<void> {
  const seconds = run.settings.warmSeconds / workloads.length
  for (const workload of workloads) for (const gateway of gateways) await closed(run, gateway, workload.ask, seconds)
}

async function measure(run: Run, gateway: Gateway, workload: Workload, round: number): Promise<readonly Figure[]> {
  const result = await closed(run, gateway, workload.ask, run.settings.seconds)
  const { cpuMicros, perSecond } = result
  const where = `round ${round}/${run.settings.rounds} · ${workload.title} · ${gateway.peer.name}`
  run.say(`${where}: ${cpuMicros.toFixed(0)} us, ${perSecond.toFixed(0)}/s`)
  return [figure(gateway, `cpu.${workload.name}`, cpuMicros), figure(gateway, `rps.${workload.name}`, perSecond)]
}
