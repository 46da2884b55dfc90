import { tryOut } from './run.ts'
import { stock } from './stock.ts'
import type { Said, Task } from './watch.ts'

/** The thread in which cases are tried. */

declare const self: Worker

const say = (said: Said): void => self.postMessage(said)

self.onmessage = async ({ data }: { readonly data: Task }): Promise<void> => {
  const { seed, from, to, progress } = data
  const at = new Int32Array(progress)
  const whole = await stock(seed)
  for (let number = from; number < to; number++) {
    Atomics.store(at, 0, number)
    for (const finding of tryOut(whole, seed, number)) say({ finding })
  }
  Atomics.store(at, 0, to)
  say({ done: true })
}
