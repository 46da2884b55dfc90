import type { Clock } from '../../lib/clock.ts'

/** Notices when a stream has been silent for so long. One timer at a time, however many reads: it looks back when it rings. */
export class Lull {
  readonly #clock: Clock
  readonly #ms: number
  readonly #ring: () => void
  #heardAt = 0
  #cancel: (() => void) | undefined
  #over = false

  constructor(clock: Clock, ms: number, ring: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#ring = ring
  }

  heard(): void {
    this.#heardAt = this.#clock.now()
    if (!this.#cancel && !this.#over) this.#watch(this.#ms)
  }

  end(): void {
    this.#over = true
    this.#cancel?.()
    this.#cancel = undefined
  }

  #watch(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => this.#look())
  }

  /** Once a silence: the next one is watched for when something was heard again. */
  #look(): void {
    this.#cancel = undefined
    const rest = this.#heardAt + this.#ms - this.#clock.now()
    if (rest > 0) this.#watch(rest)
    else this.#ring()
  }
}
