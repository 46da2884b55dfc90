import { type Gateway, withOpen } from '../house.ts'
import type { OpenResult } from '../load/open.ts'
import { MIXED, TAIL } from '../mock/manners.ts'
import { SMALL_JSON } from '../requests.ts'
import { opened } from './opened.ts'
import { type Figure, figure, type Run } from './run.ts'

/**
 * An upstream of which two replies of a hundred take two seconds, asked with a hedge after the p95: its p99, as a ratio
 * to the p95 of the same upstream without its tail. Without the hedge the tail is what one caller in fifty waits for.
 */
export async function hedging(run: Run): Promise<readonly Figure[]> {
  const peers = run.peers.flatMap(peer => peer.configured?.(names) ?? [])
  return withOpen(peers, run.mock.port, async gateways => {
    const figures: Figure[] = []
    // A hedge knows its wait only when its target has answered for a while.
    for (const gateway of gateways) await ask(run, gateway, 'hedged', Math.max(1, run.settings.warmSeconds))
    for (let round = 1; round <= run.settings.rounds; round += 1)
      for (const gateway of gateways) figures.push(...(await measure(run, gateway, round)))
    return figures
  })
}

const MODELS = { calm: MIXED, unhedged: TAIL, hedged: TAIL } as const

const names = () => ({
  models: {
    calm: { targets: [`mock/${MIXED}`] },
    unhedged: { targets: [`mock/${TAIL}`] },
    hedged: { targets: [`mock/${TAIL}`, `mock/${TAIL}-second`], hedge: { after: 'p95' } },
  },
})

/** A tail of two seconds keeps connections busy: at this rate sixteen of them at a time. */
const CONNECTIONS = 200
const RATE = 400

async function measure(run: Run, gateway: Gateway, round: number): Promise<readonly Figure[]> {
  const calm = await ask(run, gateway, 'calm')
  const unhedged = await ask(run, gateway, 'unhedged')
  const hedged = await ask(run, gateway, 'hedged')
  const ratio = hedged.p99 / calm.p95
  run.say(
    `round ${round}/${run.settings.rounds} · hedging · ${gateway.peer.name}: p99 ${hedged.p99.toFixed(0)} ms (${unhedged.p99.toFixed(0)} without), ${ratio.toFixed(2)} x p95`,
  )
  return [
    figure(gateway, 'hedging.calm.p95', calm.p95),
    figure(gateway, 'hedging.unhedged.p99', unhedged.p99),
    figure(gateway, 'hedging.hedged.p99', hedged.p99),
    figure(gateway, 'hedging.ratio', ratio),
  ]
}

function ask(run: Run, gateway: Gateway, name: keyof typeof MODELS, seconds?: number): Promise<OpenResult> {
  return opened(run, gateway, {
    ask: { ...SMALL_JSON, model: MODELS[name], name },
    connections: CONNECTIONS,
    rate: RATE,
    seconds: seconds ?? run.settings.latencySeconds,
  })
}
