import { MODEL } from '../content.ts'
import { type Gateway, withOpen } from '../house.ts'
import { SMALL_JSON } from '../requests.ts'
import { closed } from './closed.ts'
import { type Figure, figure, type Run } from './run.ts'

/**
 * What it costs to be ready for a failure that does not come: a request that succeeds at once under a name with two
 * targets, retries, a hedge and a breaker, less the same under a name with one target. Both live in one process and are
 * asked in short turns, because a few microseconds are less than what a minute of the machine does to a request.
 */
export async function plan(run: Run): Promise<readonly Figure[]> {
  const peers = run.peers.flatMap(peer => peer.configured?.(names) ?? [])
  return withOpen(peers, run.mock.port, async gateways => {
    const figures: Figure[] = []
    for (const gateway of gateways)
      for (const name of [PLAIN, PLANNED]) await cpuOf(run, gateway, name, run.settings.warmSeconds)
    for (let turn = 1; turn <= run.settings.rounds * TURNS; turn += 1)
      for (const gateway of gateways) figures.push(...(await measure(run, gateway, turn)))
    return figures
  })
}

const TURNS = 5

const PLAIN = 'plain'
const PLANNED = 'planned'

/** The hedge's wait is a fixed one that never ends here: what is asked for is the plan, not a second call. */
const names = () => ({
  models: {
    [PLAIN]: { targets: [`mock/${MODEL}`] },
    [PLANNED]: {
      targets: [`mock/${MODEL}`, `mock/${MODEL}-second`],
      strategy: 'ordered',
      retry: { attempts: 3 },
      hedge: { after: '20s' },
      breaker: { window: '30s', min_requests: 10 },
    },
  },
})

async function measure(run: Run, gateway: Gateway, turn: number): Promise<readonly Figure[]> {
  const seconds = (run.settings.seconds * 2) / TURNS
  // Whoever comes second finds the memory as the first left it, so they change places.
  const order = turn % 2 === 0 ? [PLAIN, PLANNED] : [PLANNED, PLAIN]
  const micros: Record<string, number> = {}
  for (const name of order) micros[name] = await cpuOf(run, gateway, name, seconds)
  const { [PLAIN]: plain = 0, [PLANNED]: planned = 0 } = micros
  run.say(
    `turn ${turn}/${run.settings.rounds * TURNS} · plan · ${gateway.peer.name}: adds ${(planned - plain).toFixed(1)} us to ${plain.toFixed(0)}`,
  )
  return [
    figure(gateway, 'plan.plain', plain),
    figure(gateway, 'plan.planned', planned),
    figure(gateway, 'plan.added', planned - plain),
  ]
}

const cpuOf = async (run: Run, gateway: Gateway, name: string, seconds: number): Promise<number> =>
  (await closed(run, gateway, { ...SMALL_JSON, name }, seconds)).cpuMicros
