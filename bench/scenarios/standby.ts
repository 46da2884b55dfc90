import { pacedModel } from '../content.ts'
import { openaiChat } from '../dialects/openai-chat.ts'
import { faultOfStream } from '../faults.ts'
import { type Gateway, withOpen } from '../house.ts'
import type { GapsResult } from '../load/gaps.ts'
import { requestTo } from '../requests.ts'
import { type Figure, figure, type Run } from './run.ts'

/**
 * A stream whose provider breaks off in the middle goes on at another: how long its caller hears nothing, beyond the time
 * that a provider may be silent and one round trip. Each stream has to say every word, and each once.
 */
export async function standby(run: Run): Promise<readonly Figure[]> {
  const peers = run.peers.flatMap(peer => peer.configured?.(names) ?? [])
  return withOpen(peers, run.mock.port, async gateways => {
    const figures: Figure[] = []
    for (const gateway of gateways) await gapsOf(run, gateway, 'whole')
    for (let round = 1; round <= run.settings.rounds; round += 1)
      for (const gateway of gateways) figures.push(...(await measure(run, gateway, round)))
    return figures
  })
}

/** Ways to break off. */
export const BREAKS = [
  { name: 'dies', title: 'dies' },
  { name: 'stalls', title: 'falls silent' },
] as const

const IDLE_MS = 400
const MODEL = pacedModel(10)

const names = () => ({
  models: {
    whole: { targets: [`mock/${MODEL}`] },
    ...Object.fromEntries(
      BREAKS.map(({ name }) => [
        name,
        {
          targets: [`mock/${MODEL}-${name}`, `mock/${MODEL}-resumes`],
          standby: true,
          timeout: { idle: `${IDLE_MS}ms` },
          // A target that always breaks off would soon not be asked any more.
          breaker: { failure_rate: 1, min_requests: 1_000_000 },
        },
      ]),
    ),
  },
})

async function measure(run: Run, gateway: Gateway, round: number): Promise<readonly Figure[]> {
  const { first } = await gapsOf(run, gateway, 'whole')
  const figures = [figure(gateway, 'standby.trip', first.p99)]
  for (const { name, title } of BREAKS) {
    const { gap } = await gapsOf(run, gateway, name)
    const late = gap.p99 - IDLE_MS - first.p99
    run.say(
      `round ${round}/${run.settings.rounds} · a provider ${title} mid-stream · ${gateway.peer.name}: p99 of the silence ${gap.p99.toFixed(0)} ms`,
    )
    figures.push(figure(gateway, `standby.${name}.gap`, gap.p99), figure(gateway, `standby.${name}.late`, late))
  }
  return figures
}

/** Few at a time, or what is measured is who comes first. */
const CONNECTIONS = 8

async function gapsOf(run: Run, gateway: Gateway, name: string): Promise<GapsResult> {
  const ask = { model: MODEL, name, stream: true, bytes: 300 }
  const result = await run.load<GapsResult>({
    type: 'gaps',
    port: gateway.port,
    request: requestTo(gateway.peer, run.mock.port, ask),
    connections: CONNECTIONS,
    count: run.settings.breaks,
  })
  for (const body of result.bodies) {
    const fault = faultOfStream(openaiChat, body)
    if (fault !== undefined)
      throw new Error(`${gateway.peer.name} went on wrongly with a stream that ${name}: ${fault}`)
  }
  return result
}
