import { type Gateway, withOpen } from '../house.ts'
import type { OpenResult } from '../load/open.ts'
import { requestDirect, SMALL_JSON } from '../requests.ts'
import { CONNECTIONS, RATE } from '../settings.ts'
import { opened } from './opened.ts'
import { type Figure, figure, isGateway, mustBeRight, type Run } from './run.ts'

/** What a gateway adds at a fixed rate: its quantiles less those of the same load straight to the mock, same round. */
export async function latency(run: Run): Promise<readonly Figure[]> {
  return withOpen(run.peers.filter(isGateway), run.mock.port, async gateways => {
    const figures: Figure[] = []
    for (const gateway of gateways) await openLoop(run, gateway, run.settings.warmSeconds)
    for (let round = 1; round <= run.settings.rounds; round += 1) {
      const direct = await openLoop(run, 'direct', run.settings.latencySeconds)
      figures.push(figure('direct', 'latency.p50', direct.p50), figure('direct', 'latency.p99', direct.p99))
      for (const gateway of gateways) figures.push(...(await added(run, gateway, direct, round)))
    }
    return figures
  })
}

async function added(run: Run, gateway: Gateway, direct: OpenResult, round: number): Promise<readonly Figure[]> {
  const through = await openLoop(run, gateway, run.settings.latencySeconds)
  const [p50, p99] = [through.p50 - direct.p50, through.p99 - direct.p99]
  const where = `round ${round}/${run.settings.rounds} · ${RATE}/s · ${gateway.peer.name}`
  run.say(
    `${where}: adds p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} ms${through.saturated ? ' (cannot keep up)' : ''}`,
  )
  return [
    figure(gateway, 'latency.p50', p50),
    figure(gateway, 'latency.p99', p99),
    figure(gateway, 'latency.saturated', through.saturated ? 1 : 0),
  ]
}

async function openLoop(run: Run, target: Gateway | 'direct', seconds: number): Promise<OpenResult> {
  const how = { connections: CONNECTIONS, rate: RATE, seconds }
  if (target !== 'direct') return opened(run, target, { ask: SMALL_JSON, ...how })
  const request = requestDirect(SMALL_JSON)
  const result = await run.load<OpenResult>({ type: 'open', port: run.mock.port, request, ...how })
  mustBeRight(target, SMALL_JSON, result)
  return result
}
