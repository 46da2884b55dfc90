import type { Exit, Thalamus } from '../../fakes/thalamus.ts'
import type { Books, Outage } from './books.ts'
import type { Crowd } from './crowd.ts'
import type { Provider } from './providers.ts'

/** Who dies when: providers until the end, the relay until the calm in which it is measured. */

const between = (least: number, most: number): number => least + Math.random() * (most - least)

/** Kills one provider after the other, and brings it back. At most two are dead at once. */
export async function killProviders(providers: readonly Provider[], until: number): Promise<number> {
  let killed = 0

  async function trouble(of: readonly Provider[]): Promise<void> {
    while (performance.now() < until) {
      await Bun.sleep(Math.min(between(2_000, 9_000), Math.max(0, until - performance.now())))
      const provider = of[Math.floor(Math.random() * of.length)]
      if (!provider || performance.now() >= until) return
      await provider.kill()
      killed++
      await Bun.sleep(between(300, 3_000))
      await provider.start()
    }
  }

  // Each has its own, so that none is started twice.
  await Promise.all([trouble(providers.slice(0, 1)), trouble(providers.slice(1))])
  return killed
}

/** What became of the relay, as often as it ended. */
export type Lives = {
  readonly outages: readonly Outage[]
  /** What the lives before the last had to say of errors, and of ends that nobody had ordered. */
  readonly errors: readonly string[]
}

/** In turns. */
const ends: readonly Outage['how'][] = ['killed', 'stopped', 'killed', 'killed']

/**
 * Kills the relay, or stops it as an operator does, and starts it again in the same folder. It is killed in the very moment
 * in which somebody has the last byte of a reply: nothing that was put off until then is done any more. The last time it is
 * killed.
 */
export async function killRelay(house: Thalamus, crowd: Crowd, books: Books, until: number): Promise<Lives> {
  const outages: Outage[] = []
  const errors: string[] = []

  async function end(how: Outage['how']): Promise<void> {
    if (how === 'killed') await Promise.race([crowd.nextTold(), crowd.gone])
    const from = performance.now()
    const exit = await house.kill(how === 'killed' ? 'SIGKILL' : 'SIGTERM')
    errors.push(
      ...errorsOf(house),
      ...(isAsOrdered(how, exit) ? [] : [`${how}: ${JSON.stringify(exit)} ${house.stderr()}`]),
    )
    books.bornAgain(Date.now())
    await house.restart()
    const outage = { from, to: performance.now(), how }
    books.missed(outage)
    outages.push(outage)
  }

  for (let nth = 0; ; nth++) {
    await Bun.sleep(Math.min(between(4_000, 14_000), Math.max(0, until - performance.now())))
    if (performance.now() >= until) break
    await end(ends[nth % ends.length] ?? 'killed')
  }
  await end('killed')
  return { outages, errors }
}

/** Only errors are logged. */
export const errorsOf = (house: Thalamus): readonly string[] => house.logLines().map(line => JSON.stringify(line))

const isAsOrdered = (how: Outage['how'], { code, signal }: Exit): boolean =>
  how === 'killed' ? signal === 'SIGKILL' : code === 0
