import { pacedModel } from '../content.ts'
import { type Gateway, withOpen } from '../house.ts'
import type { Sample } from '../load/judge.ts'
import type { StreamsResult } from '../load/streams.ts'
import { SUBJECT } from '../peers.ts'
import { type Ask, requestTo } from '../requests.ts'
import { OURS, RATE } from '../settings.ts'
import { type Figure, figure, isGateway, mustBeRight, type Run } from './run.ts'

/**
 * Two thousand slow streams open at once, through a gateway that has just been started. One that cannot take so many
 * cuts or refuses some: that is a figure of its row, and a failure of the run only if it is Thalamus.
 */
export async function streams(run: Run): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const { among } = run.settings.streams
  for (const peer of run.peers.filter(isGateway).filter(one => among === 'all' || OURS.includes(one.name)))
    figures.push(
      ...(await withOpen([peer], run.mock.port, async ([gateway]) => (gateway ? through(run, gateway) : []))),
    )
  return figures
}

async function through(run: Run, gateway: Gateway): Promise<readonly Figure[]> {
  const ask: Ask = { model: pacedModel(run.settings.streams.everyMs), stream: true, bytes: 300 }
  const request = requestTo(gateway.peer, run.mock.port, ask)
  const sample = await sampleOf(run, gateway, ask)
  await run.mock.stats()
  const result = await run.load<StreamsResult>({
    type: 'streams',
    port: gateway.port,
    pid: gateway.pid,
    request,
    sample,
    count: run.settings.streams.count,
    rate: RATE,
  })
  if (gateway.peer.name === SUBJECT) mustBeRight(SUBJECT, ask, result)
  const failed = Object.values(result.wrong).reduce((sum, count) => sum + count, 0)
  const { peak } = await run.mock.stats()
  const { behind, asked, rssMb } = result
  run.say(
    `${run.settings.streams.count} streams · ${gateway.peer.name}: first word p99 ${behind.p99.toFixed(1)} ms behind, ${rssMb.toFixed(0)} MB, ${peak} at once`,
  )
  return [
    figure(gateway, 'streams.behind.p50', behind.p50),
    figure(gateway, 'streams.behind.p99', behind.p99),
    figure(gateway, 'streams.asked.p99', asked.p99),
    figure(gateway, 'streams.failed', failed),
    figure(gateway, 'streams.peak', peak),
    figure(gateway, 'streams.rss', rssMb),
  ]
}

/** Fetched at a quicker pace: its length is the same, and nobody waits for twenty slow events. */
async function sampleOf(run: Run, gateway: Gateway, ask: Ask): Promise<Sample> {
  const quick: Ask = { ...ask, model: pacedModel(1) }
  const sample = await run.load<Sample>({
    type: 'sample',
    port: gateway.port,
    request: requestTo(gateway.peer, run.mock.port, quick),
  })
  mustBeRight(gateway.peer.name, quick, { sample, wrong: {} })
  return sample
}
