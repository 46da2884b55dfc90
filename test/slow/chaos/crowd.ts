import type { Thalamus } from '../../fakes/thalamus.ts'
import type { Books } from './books.ts'
import { type Errand, errandOf } from './errands.ts'
import { live, type Story } from './story.ts'

/** Callers who come and ask until it is over: most once, some until they have their reply, some in twos and threes. */

export type CrowdOptions = {
  readonly callers: number
  /** When nobody comes any more. */
  readonly end: number
  readonly models: readonly string[]
  /** The models that give those who ask alike one reply. */
  readonly shared: readonly string[]
}

const thinkingMs = 1_500
/** Who insists comes back so often, and so late that the relay may have been started again. */
const mostTries = 12
const againMs = 700

export class Crowd {
  readonly #house: Thalamus
  readonly #books: Books
  readonly #options: CrowdOptions
  /** Resolves when the last caller has gone. */
  readonly gone: Promise<unknown>
  /** The most who waited for a reply at once. */
  most = 0
  #waiting = 0
  #asked = 0
  #errands = 0
  #told = Promise.withResolvers<void>()

  constructor(house: Thalamus, books: Books, options: CrowdOptions) {
    this.#house = house
    this.#books = books
    this.#options = options
    this.gone = Promise.all(Array.from({ length: options.callers }, () => this.#caller()))
  }

  /** The moment when next somebody has the last byte of a reply. */
  nextTold(): Promise<void> {
    return this.#told.promise
  }

  async #caller(): Promise<void> {
    const { end, models, shared } = this.#options
    await thinking()
    while (performance.now() < end) {
      await this.#run(errandOf(this.#errands++, models, shared))
      await thinking()
    }
  }

  async #run(errand: Errand): Promise<void> {
    if (errand.key !== undefined) return this.#insist(errand)
    const others = errand.alike ? 1 + Math.floor(2 * Math.random()) : 0
    await Promise.all(Array.from({ length: 1 + others }, () => this.#ask(errand)))
  }

  /** Half of them ask twice at once, and half once more when they have it. */
  async #insist(errand: Errand): Promise<void> {
    const second = Math.random() < 0.5 ? this.#ask(errand) : undefined
    for (let nth = 1; nth <= mostTries; nth++) {
      const { ending } = await this.#ask(errand)
      if (ending === 'whole') break
      await Bun.sleep(againMs * Math.random())
    }
    await second
    if (Math.random() < 0.5) await this.#ask(errand)
  }

  async #ask(errand: Errand): Promise<Story> {
    this.#waiting++
    this.most = Math.max(this.most, this.#waiting)
    const { url, key } = this.#house
    const story = await live({ url, key, told: () => this.#tell() }, errand, `chaos-${this.#asked++}`)
    this.#waiting--
    this.#books.told(story)
    return story
  }

  #tell(): void {
    this.#told.resolve()
    this.#told = Promise.withResolvers()
  }
}

const thinking = (): Promise<void> => Bun.sleep(2 * thinkingMs * Math.random())
