import type { Thalamus } from '../../fakes/thalamus.ts'
import { rssOf, socketsOf } from '../soak/gauges.ts'
import type { Books } from './books.ts'

export type Sample = { readonly seconds: number; readonly rssMb: number }

/** Measures the relay every second, and says now and then how it is. */
export function watchOver(house: Thalamus, books: Books, say: (line: string) => void) {
  const began = performance.now()
  const samples: Sample[] = []
  const timer = setInterval(() => {
    const seconds = (performance.now() - began) / 1000
    const gauges = gaugesOf(house)
    if (gauges) samples.push({ seconds, rssMb: gauges.rssMb })
    if (Math.round(seconds) % 5 === 0) say(`${seconds.toFixed(0)} s · ${countsOf(books)} · ${textOf(gauges)}`)
  }, 1_000)
  return {
    end() {
      clearInterval(timer)
      return samples
    },
  }
}

type Gauges = { readonly rssMb: number; readonly sockets: number }

/** Undefined while the relay is dead. */
function gaugesOf({ pid }: Thalamus): Gauges | undefined {
  try {
    return { rssMb: rssOf(pid), sockets: socketsOf(pid) }
  } catch {
    return undefined
  }
}

const textOf = (gauges: Gauges | undefined): string =>
  gauges ? `RSS ${gauges.rssMb.toFixed(0)} MB, ${gauges.sockets} sockets` : 'the relay is dead'

export const countsOf = ({ endings, made }: Books): string =>
  `${made} requests: ${[...endings].map(([ending, count]) => `${ending} ${count}`).join(', ')}`
