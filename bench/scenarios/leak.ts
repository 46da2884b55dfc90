import { pacedModel } from '../content.ts'
import { type Gateway, withOpen } from '../house.ts'
import type { AbortsResult } from '../load/aborts.ts'
import type { CountedResult } from '../load/closed.ts'
import { usage } from '../measure.ts'
import { type Ask, requestTo, SMALL_JSON } from '../requests.ts'
import { CONNECTIONS, OURS } from '../settings.ts'
import { type Figure, figure, mustBeRight, type Run } from './run.ts'

/**
 * Requests and clients that leave mid-stream, in four quarters, after a fifth as many have warmed the process: memory
 * is read at rest before and after each quarter, and no stream may stay open upstream.
 */
export async function leak(run: Run): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const peer of run.peers.filter(one => OURS.includes(one.name)))
    figures.push(
      ...(await withOpen([peer], run.mock.port, async ([gateway]) => (gateway ? quarters(run, gateway) : []))),
    )
  return figures
}

const QUARTERS = [1, 2, 3, 4]

async function quarters(run: Run, gateway: Gateway): Promise<readonly Figure[]> {
  const { requests, aborts } = run.settings.leak
  const before = await rssAfter(run, gateway, requests / 5, aborts / 5)
  const after: number[] = []
  for (const quarter of QUARTERS) {
    after.push(await rssAfter(run, gateway, requests / 4, aborts / 4))
    run.say(
      `leak ${quarter}/4 · ${gateway.peer.name}: ${before.toFixed(0)} MB before, ${after.at(-1)?.toFixed(0)} MB now`,
    )
  }
  return [
    figure(gateway, 'leak.before', before),
    ...after.map((value, place) => figure(gateway, `leak.after${place + 1}`, value)),
    figure(gateway, 'leak.growth', (after.at(-1) ?? 0) - before),
  ]
}

async function rssAfter(run: Run, gateway: Gateway, requests: number, aborts: number): Promise<number> {
  await manyRequests(run, gateway, requests)
  await manyAborts(run, gateway, aborts)
  await upstreamIsQuiet(run, gateway)
  await Bun.sleep(run.settings.leak.restSeconds * 1000)
  return usage(gateway.pid).rssMb
}

async function manyRequests(run: Run, gateway: Gateway, count: number): Promise<void> {
  const request = requestTo(gateway.peer, run.mock.port, SMALL_JSON)
  const task = { type: 'counted', port: gateway.port, request, connections: CONNECTIONS, count } as const
  mustBeRight(gateway.peer.name, SMALL_JSON, await run.load<CountedResult>(task))
}

async function manyAborts(run: Run, gateway: Gateway, count: number): Promise<void> {
  const ask: Ask = { model: pacedModel(500), stream: true, bytes: 300 }
  const request = requestTo(gateway.peer, run.mock.port, ask)
  const task = { type: 'aborts', port: gateway.port, request, connections: CONNECTIONS, count } as const
  mustBeRight(gateway.peer.name, ask, await run.load<AbortsResult>(task))
}

/** A caller who leaves stops the upstream call: a stream of ten seconds that is still open after one was forgotten. */
async function upstreamIsQuiet(run: Run, gateway: Gateway): Promise<void> {
  const deadline = performance.now() + 1000
  while (performance.now() < deadline) {
    const { streams } = await run.mock.stats()
    if (streams === 0) return
    await Bun.sleep(10)
  }
  const { streams } = await run.mock.stats()
  throw new Error(`${gateway.peer.name} left ${streams} streams open upstream whose clients had gone`)
}
