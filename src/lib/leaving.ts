type Listener = (() => void) | { handleEvent(): void }

/** What is needed of a signal by whoever waits: an AbortSignal is one, and costs thirty times what one of ours does. */
export interface Signal {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: Listener, options?: { readonly once: true }): void
  removeEventListener(type: 'abort', listener: Listener): void
}

/** A signal without the runtime's events: each listener is called once, in the order in which they came. */
export class Leaving implements Signal {
  #aborted = false
  /** Nearly always there is one. */
  #listeners: Listener[] = []

  get aborted(): boolean {
    return this.#aborted
  }

  addEventListener(_: 'abort', listener: Listener): void {
    if (!this.#aborted) this.#listeners.push(listener)
  }

  removeEventListener(_: 'abort', listener: Listener): void {
    const place = this.#listeners.indexOf(listener)
    if (place !== -1) this.#listeners.splice(place, 1)
  }

  abort(): void {
    if (this.#aborted) return
    this.#aborted = true
    for (const listener of this.#listeners.splice(0)) {
      if (typeof listener === 'function') listener()
      else listener.handleEvent()
    }
  }
}
