import { mkdirSync, writeFileSync } from 'node:fs'
import { aboutRun, type Participant } from './about.ts'
import { settleDown } from './children.ts'
import { report } from './report.ts'
import { cold } from './scenarios/cold.ts'
import { failing } from './scenarios/failing.ts'
import { hedging } from './scenarios/hedging.ts'
import { latency } from './scenarios/latency.ts'
import { leak } from './scenarios/leak.ts'
import { pairs } from './scenarios/pairs.ts'
import { plan } from './scenarios/plan.ts'
import type { Figure, Run } from './scenarios/run.ts'
import { standby } from './scenarios/standby.ts'
import { streams } from './scenarios/streams.ts'
import { throughput } from './scenarios/throughput.ts'
import { HELP, readSettings, type Scenario, type Settings } from './settings.ts'
import { startLoad, startMock } from './talk.ts'

/** `npm run bench`: starts everything it needs on loopback, measures, prints, and writes the day's table. */
async function main(): Promise<number> {
  const settings = settingsOrAdvice(process.argv.slice(2))
  if (typeof settings === 'number') return settings
  await settleDown()

  const participants = settings.peers.map((peer): Participant => ({ peer, absent: peer.absent() }))
  for (const { peer, absent } of participants) if (absent !== undefined) say(`${peer.name} is absent: ${absent}`)
  const peers = participants.filter(({ absent }) => absent === undefined).map(({ peer }) => peer)
  const about = aboutRun(settings, participants)

  const figures = await measure({ settings, peers, mock: await startMock(), load: await startLoad(), say })
  const { text, missed } = report(about, figures)
  console.log(settings.json ? JSON.stringify({ ...about, figures }) : `\n${text}`)
  if (settings.write) write(about.date, text)
  return missed.length > 0 && !settings.hasty ? 1 : 0
}

async function measure(run: Run): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const { scenarios, perform } of STEPS)
    if (scenarios.some(scenario => run.settings.only.includes(scenario))) figures.push(...(await perform(run)))
  return figures
}

const STEPS: readonly {
  readonly scenarios: readonly Scenario[]
  readonly perform: (run: Run) => Promise<readonly Figure[]>
}[] = [
  { scenarios: ['cold'], perform: cold },
  { scenarios: ['json', 'bodies', 'stream'], perform: throughput },
  { scenarios: ['latency'], perform: latency },
  { scenarios: ['streams'], perform: streams },
  { scenarios: ['leak'], perform: leak },
  { scenarios: ['pairs'], perform: pairs },
  { scenarios: ['plan'], perform: plan },
  { scenarios: ['failing'], perform: failing },
  { scenarios: ['hedging'], perform: hedging },
  { scenarios: ['standby'], perform: standby },
]

function settingsOrAdvice(args: readonly string[]): Settings | number {
  try {
    const settings = readSettings(args)
    if (settings !== 'help') return settings
    console.log(HELP)
    return 0
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${HELP}`)
    return 2
  }
}

function write(date: string, text: string): void {
  const folder = `${import.meta.dir}/results`
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${date}.md`, text)
  say(`written to bench/results/${date}.md`)
}

function say(text: string): void {
  console.error(text)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

main().then(
  status => process.exit(status),
  error => {
    console.error(`bench: ${messageOf(error)}`)
    process.exit(1)
  },
)
