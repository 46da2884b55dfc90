/** What decides whose turn it is. */
export type Rank = {
  /** The greater, the sooner. */
  readonly priority: number
  /** Those of one priority take turns by this name. */
  readonly caller: string
}

/** The callers of one priority, whose turn it is first, each with those in front who came first. */
type Level<Item> = { readonly priority: number; readonly callers: Map<string, Item[]> }

/**
 * Who waits, in the order in which they are to be let go: by priority, and within one in turns among the callers, so that
 * nobody waits longer because another sends more.
 */
export class FairQueue<Item extends Rank> {
  /** The highest priority first. */
  #levels: readonly Level<Item>[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  add(item: Item): void {
    const { callers } = this.#levels.find(({ priority }) => priority === item.priority) ?? this.#open(item.priority)
    const before = callers.get(item.caller)
    if (before) before.push(item)
    else callers.set(item.caller, [item])
    this.#size++
  }

  /** The first whom `may` lets go. Its caller's next turn is after all others' of this priority. */
  take(may: (item: Item) => boolean): Item | undefined {
    for (const { callers } of this.#levels) {
      for (const [caller, items] of callers) {
        const item = items.find(may)
        if (item === undefined) continue
        this.remove(item)
        callers.delete(caller)
        if (items.length > 0) callers.set(caller, items)
        return item
      }
    }
    return undefined
  }

  /** False if it does not wait. */
  remove(item: Item): boolean {
    const level = this.#levels.find(({ priority }) => priority === item.priority)
    const items = level?.callers.get(item.caller) ?? []
    const at = items.indexOf(item)
    if (at === -1) return false
    items.splice(at, 1)
    if (items.length === 0) level?.callers.delete(item.caller)
    if (level?.callers.size === 0) this.#levels = this.#levels.filter(each => each !== level)
    this.#size--
    return true
  }

  /**
   * Who has less of a right to wait than a newcomer: of the lowest priority, the last to come of the caller with most.
   * Nobody, if that priority is above the newcomer's, or if its own caller has as many there.
   */
  least({ priority, caller }: Rank): Item | undefined {
    const lowest = this.#levels.at(-1)
    if (!lowest || lowest.priority > priority) return undefined
    const own = lowest.priority === priority ? (lowest.callers.get(caller)?.length ?? 0) + 1 : 0
    const longest = [...lowest.callers.values()].reduce((one, other) => (other.length > one.length ? other : one), [])
    return longest.length > own ? longest.at(-1) : undefined
  }

  #open(priority: number): Level<Item> {
    const level = { priority, callers: new Map<string, Item[]>() }
    this.#levels = [...this.#levels, level].toSorted((one, other) => other.priority - one.priority)
    return level
  }
}
