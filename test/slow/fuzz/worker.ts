import { count, findingsIn, type Tally } from './outcome.ts'
import { isRelayed } from './relayed.ts'
import { tryOut } from './run.ts'
import { stock } from './stock.ts'
import type { Said, Task } from './watch.ts'

/** The thread in which cases are tried. */

declare const self: Worker

const say = (said: Said): void => self.postMessage(said)

/** So many cases are told of together. */
const together = 1_000

self.onmessage = ({ data }: { readonly data: Task }): void => {
  const { seed, from, to, progress } = data
  const at = new Int32Array(progress)
  const whole = stock(seed)
  let tally: Tally = new Map()
  const tell = (): void => {
    say({ tally: [...tally] })
    tally = new Map()
  }
  for (let number = from; number < to; number++) {
    if (isRelayed(number)) continue
    Atomics.store(at, 0, number)
    const tried = tryOut(whole, seed, number)
    count(tally, `${tried.what}: ${tried.became}`)
    for (const finding of findingsIn(tried)) say({ finding })
    if (number % together === 0) tell()
  }
  Atomics.store(at, 0, to)
  tell()
  say({ done: true })
}
