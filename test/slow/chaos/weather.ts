import type { Thalamus } from '../../fakes/thalamus.ts'
import type { Books, Outage } from './books.ts'
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

/** Kills the relay, or stops it as an operator does, and starts it again in the same folder. The last time it is killed. */
export async function killRelay(house: Thalamus, books: Books, until: number): Promise<readonly Outage[]> {
  const outages: Outage[] = []

  async function end(how: Outage['how']): Promise<void> {
    const from = performance.now()
    if (how === 'killed') await house.kill('SIGKILL')
    books.bornAgain(Date.now())
    await house.restart()
    const outage = { from, to: performance.now(), how }
    books.missed(outage)
    outages.push(outage)
  }

  for (;;) {
    await Bun.sleep(Math.min(between(5_000, 20_000), Math.max(0, until - performance.now())))
    if (performance.now() >= until) break
    await end(Math.random() < 0.75 ? 'killed' : 'stopped')
  }
  await end('killed')
  return outages
}
