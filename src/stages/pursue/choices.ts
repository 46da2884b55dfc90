import type { Event } from '../../model/event.ts'

type Word = Extract<Event, { readonly type: 'content' | 'stop' }>

/**
 * How far a reply of several choices has come. They come in any order, beside or after each other: it has stopped when as
 * many as were asked for have, and none is in its middle.
 */
export class Choices {
  readonly #asked: number
  readonly #open: Set<number> = new Set()
  readonly #stopped: Set<number> = new Set()

  constructor(asked: number) {
    this.#asked = asked
  }

  /** Whether all that have begun have stopped: a provider may give fewer than it was asked for. */
  get ended(): boolean {
    return this.#open.size === 0 && this.#stopped.size > 0
  }

  /** What a choice says after its stop is none of its words. */
  note({ type, choice = 0 }: Word): 'speaking' | 'stopped' {
    if (type === 'stop') {
      this.#open.delete(choice)
      this.#stopped.add(choice)
    } else if (!this.#stopped.has(choice)) this.#open.add(choice)
    return this.ended && this.#stopped.size >= this.#asked ? 'stopped' : 'speaking'
  }
}
