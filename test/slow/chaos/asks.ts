/** One time that a provider was asked. */
export class Ask {
  /** What it was told to do. */
  readonly does: string
  /** When it had said all, or was let go, or died; on the clock of whoever is told. */
  #over: number | undefined

  constructor(does: string) {
    this.does = does
  }

  isOver(at: number): void {
    this.#over = at
  }

  /** How long it went on after a moment: 0 if it was over by then. */
  longerThan(moment: number): number {
    return Math.max(0, (this.#over ?? Number.POSITIVE_INFINITY) - moment)
  }
}

/** What the providers were asked, as they tell it themselves. */
export class Asks {
  readonly #asked = new Map<number, Ask[]>()
  /** How often each behaviour came. */
  readonly moods = new Map<string, number>()
  made = 0

  /** A provider was asked for the text of this mark, and does what it was told to. */
  heard(mark: number, does: string): Ask {
    this.made++
    const ask = new Ask(does)
    const known = this.#asked.get(mark)
    if (known) known.push(ask)
    else this.#asked.set(mark, [ask])
    for (const name of does.split(',').map(nameOf)) this.moods.set(name, (this.moods.get(name) ?? 0) + 1)
    return ask
  }

  /** Each time this text was asked for. */
  of(mark: number): readonly Ask[] {
    return this.#asked.get(mark) ?? []
  }

  /** What was done each time this text was asked for. */
  done(mark: number): readonly string[] {
    return this.of(mark).map(({ does }) => does)
  }
}

export const nameOf = (behaviour: string): string => behaviour.replace(/=.*/, '')
