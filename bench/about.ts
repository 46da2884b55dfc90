import { cpus, loadavg, release, totalmem } from 'node:os'
import { pinned } from './children.ts'
import type { Peer } from './peers.ts'
import type { About } from './report.ts'
import type { Settings } from './settings.ts'

/** The circumstances of a run, without which its figures say nothing: machine, versions, how long and how often. */
export function aboutRun(settings: Settings, participants: readonly Participant[]): About {
  return {
    date: new Date().toISOString().slice(0, 10),
    circumstances: [
      machine(),
      pinning(),
      effort(settings),
      'Thalamus as shipped: keys, limits, ledger, metrics and logs on',
    ],
    peers: participants.map(({ peer, absent }) => ({
      name: peer.name,
      version: absent === undefined ? peer.version() : `absent: ${absent}`,
    })),
  }
}

export type Participant = {
  readonly peer: Peer
  /** Why it takes no part, if it takes none. */
  readonly absent: string | undefined
}

function machine(): string {
  const [cpu] = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `${cpus().length} x ${cpu?.model.trim() ?? 'unknown processor'}, ${gigabytes} GB, Linux ${release()}, load ${load} before the run`
}

function pinning(): string {
  if (pinned) return 'each gateway alone on core 0; mock and load on core 1'
  return 'nothing is pinned: fewer than two cores, or no taskset'
}

function effort(settings: Settings): string {
  const { rounds, seconds, starts, hasty } = settings
  return `medians of ${rounds} rounds in turns, ${seconds} s each; ${starts} starts${hasty ? '; quick, so rough' : ''}`
}
