/** What the providers were asked, as they tell it themselves. */
export class Asks {
  readonly #asked = new Map<number, string[]>()
  /** How often each behaviour came. */
  readonly moods = new Map<string, number>()
  made = 0

  /** A provider was asked for the text of this mark, and does what it was told to. */
  heard(mark: number, does: string): void {
    this.made++
    const known = this.#asked.get(mark)
    if (known) known.push(does)
    else this.#asked.set(mark, [does])
    for (const name of does.split(',').map(nameOf)) this.moods.set(name, (this.moods.get(name) ?? 0) + 1)
  }

  /** What was done each time this text was asked for. */
  of(mark: number): readonly string[] {
    return this.#asked.get(mark) ?? []
  }
}

export const nameOf = (behaviour: string): string => behaviour.replace(/=.*/, '')
