import { MODEL } from '../content.ts'
import { type Gateway, withOpen } from '../house.ts'
import { FAILS } from '../mock/manners.ts'
import { SMALL_JSON } from '../requests.ts'
import { CONNECTIONS, RATE } from '../settings.ts'
import { opened } from './opened.ts'
import { type Figure, figure, type Run } from './run.ts'

/** One target of two fails always, and is the first choice: what its callers wait for beyond those of the healthy one. */
export async function failing(run: Run): Promise<readonly Figure[]> {
  const peers = run.peers.flatMap(peer => peer.configured?.(names) ?? [])
  return withOpen(peers, run.mock.port, async gateways => {
    const figures: Figure[] = []
    for (const gateway of gateways) await p99Of(run, gateway, HEALTHY, run.settings.warmSeconds)
    for (let round = 1; round <= run.settings.rounds; round += 1)
      for (const gateway of gateways) figures.push(...(await measure(run, gateway, round)))
    return figures
  })
}

const HEALTHY = 'healthy'

/** Ways to fail. */
export const FAILINGS = [
  { name: 'refuses', title: 'answers 503' },
  { name: 'absent', title: 'refuses connections' },
] as const

const names = () => ({
  // Nobody listens at the port of the discard service.
  providers: { absent: { dialect: 'openai-chat', base_url: 'http://127.0.0.1:9/v1' } },
  models: {
    [HEALTHY]: { targets: [`mock/${MODEL}`] },
    refuses: { targets: [`mock/${FAILS}`, `mock/${MODEL}`] },
    absent: { targets: [`absent/${MODEL}`, `mock/${MODEL}`] },
  },
})

async function measure(run: Run, gateway: Gateway, round: number): Promise<readonly Figure[]> {
  const { latencySeconds, rounds } = run.settings
  const healthy = await p99Of(run, gateway, HEALTHY, latencySeconds)
  const figures = [figure(gateway, 'failing.healthy', healthy)]
  for (const { name, title } of FAILINGS) {
    const p99 = await p99Of(run, gateway, name, latencySeconds)
    const added = p99 - healthy
    run.say(`round ${round}/${rounds} · one of two ${title} · ${gateway.peer.name}: p99 ${added.toFixed(2)} ms later`)
    figures.push(figure(gateway, `failing.${name}`, p99), figure(gateway, `failing.${name}.added`, added))
  }
  return figures
}

const p99Of = async (run: Run, gateway: Gateway, name: string, seconds: number): Promise<number> =>
  (await opened(run, gateway, { ask: { ...SMALL_JSON, name }, connections: CONNECTIONS, rate: RATE, seconds })).p99
