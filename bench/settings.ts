import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { PEERS, type Peer, SUBJECT, thalamusIn } from './peers.ts'

/** What the command line asks for: how long, how often, what, and against whom. */
export function readSettings(args: readonly string[]): Settings | 'help' {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true })
  if (values.help === true) return 'help'
  const effort = values.quick === true ? QUICK : FULL
  return {
    ...effort,
    rounds: numberOf('--rounds', values.rounds) ?? effort.rounds,
    seconds: numberOf('--seconds', values.seconds) ?? effort.seconds,
    only: listOf('--only', values.only, SCENARIOS),
    peers: [...peersOf(values.peers), ...before(values.before)],
    json: values.json === true,
    write:
      values.write === true ||
      (values.quick !== true && values.only === undefined && values.peers === undefined && values.before === undefined),
  }
}

export type Settings = Effort & {
  readonly only: readonly Scenario[]
  readonly peers: readonly Peer[]
  readonly json: boolean
  readonly write: boolean
}

export type Effort = {
  /** A hasty run finds wrong answers; its figures are no ground for a verdict. */
  readonly hasty: boolean
  readonly rounds: number
  readonly seconds: number
  readonly warmSeconds: number
  readonly latencySeconds: number
  readonly starts: number
  readonly streams: { readonly count: number; readonly everyMs: number; readonly among: 'all' | 'ours' }
  /** Streams that break off, each time that it is measured. */
  readonly breaks: number
  readonly leak: { readonly requests: number; readonly aborts: number; readonly restSeconds: number }
}

export const SCENARIOS = [
  ...(['cold', 'json', 'bodies', 'stream', 'latency', 'streams', 'leak'] as const),
  ...(['pairs', 'plan', 'failing', 'hedging', 'standby'] as const),
] as const
export type Scenario = (typeof SCENARIOS)[number]

/** The minimal proxy shows what the runtime itself does; the other gateways are slow to run and not ours to test. */
export const OURS: readonly string[] = [SUBJECT, 'before', 'minimal']

export const CONNECTIONS = 64
export const RATE = 1000

export const HELP = `Measures Thalamus against a minimal proxy, nginx and the Portkey gateway on this machine.

Usage: npm run bench -- [options]

  --only LIST     of ${SCENARIOS.join(', ')} (default: all)
  --peers LIST    of ${PEERS.map(peer => peer.name).join(', ')} (default: all)
  --before FOLDER another checkout of Thalamus, measured beside this one
  --rounds N      how often each gateway is measured, in turns (default: 5)
  --seconds N     how long each of these measurements takes (default: 2)
  --quick         less than a minute: finds wrong answers, its figures are rough and miss no limit
  --write         write bench/results/DATE.md even after a partial or quick run (a whole run writes it anyway)
  --json          print all samples as JSON instead of tables
  --help          this

Exit status: 0 all well · 1 a wrong answer, or a limit missed in a run that is not quick · 2 wrong usage`

const FULL: Effort = {
  hasty: false,
  rounds: 5,
  seconds: 2,
  warmSeconds: 2,
  latencySeconds: 5,
  starts: 9,
  streams: { count: 2000, everyMs: 500, among: 'all' },
  breaks: 64,
  leak: { requests: 50_000, aborts: 20_000, restSeconds: 3 },
}

const QUICK: Effort = {
  hasty: true,
  rounds: 1,
  seconds: 0.4,
  warmSeconds: 0.3,
  latencySeconds: 0.7,
  starts: 2,
  streams: { count: 2000, everyMs: 120, among: 'ours' },
  breaks: 8,
  leak: { requests: 4000, aborts: 1600, restSeconds: 0.3 },
}

const OPTIONS = {
  only: { type: 'string' },
  peers: { type: 'string' },
  before: { type: 'string' },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  quick: { type: 'boolean' },
  write: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (!(number > 0)) throw new TypeError(`${option} wants a number above 0, not '${text}'`)
  return number
}

function listOf<T extends string>(option: string, text: string | undefined, known: readonly T[]): readonly T[] {
  const asked = text?.split(',') ?? known
  return asked.map(name => {
    const found = known.find(one => one === name)
    if (found === undefined) throw new TypeError(`${option} knows ${known.join(', ')}, not '${name}'`)
    return found
  })
}

function peersOf(text: string | undefined): readonly Peer[] {
  const names = listOf(
    '--peers',
    text,
    PEERS.map(peer => peer.name),
  )
  return PEERS.filter(peer => names.includes(peer.name))
}

/** Against what it was before, in the same minutes: the only comparison that a busy machine cannot spoil. */
const before = (folder: string | undefined): readonly Peer[] =>
  folder === undefined ? [] : [thalamusIn(resolve(folder), 'before')]
