import type { Row } from '../../fakes/ledger.ts'
import { median } from '../soak/gauges.ts'
import type { Asks } from './asks.ts'
import { complaintsOf } from './compare.ts'
import type { Story } from './story.ts'

/** The callers' stories held against the ledger's rows, and against what providers were asked. */

/** When the relay was not there: from the moment it was told to go until it was back. */
export type Outage = { readonly from: number; readonly to: number; readonly how: 'killed' | 'stopped' }

/** So long after its caller has left a request is over, even if the relay did not notice: longer than `timeout.total`. */
const noticedMs = 8_000
/** So long after its caller has left a provider may still be asked (the contract says 100 ms of the relay itself). */
const letGoMs = 1_000
/** Where nothing happens to a reply and it takes longer, the machine is too busy for such a limit. */
const busyMs = 250

export class Books {
  readonly #asks: Asks
  readonly #stories = new Map<string, Story>()
  readonly #outages: Outage[] = []
  readonly #examples: string[] = []
  /** Whose reply was asked and paid for, of those who had theirs whole. */
  readonly #paid = new Set<string>()
  readonly endings = new Map<string, number>()
  /** Why requests were refused, or failed after they had begun. */
  readonly reasons = new Map<string, number>()
  /** Why tries were made beside the first, and whose reply others were given. */
  readonly turns = new Map<string, number>()
  /** Whole replies, by dialect and form. */
  readonly forms = new Map<string, number>()
  /** How long providers were still asked after a caller had left. */
  readonly lettingGo: number[] = []
  rows = 0
  /** Of requests that came to the relay as it is now. */
  rowsOfLastLife = 0
  complaints = 0
  readonly #plain: number[] = []
  #lifeBegan = 0

  constructor(asks: Asks) {
    this.#asks = asks
  }

  get examples(): readonly string[] {
    return this.#examples
  }

  /** How long a reply takes to which nothing happens. */
  get plainMs(): number {
    return median(this.#plain)
  }

  /** Many a failure is then the machine's, and what a caller has asked comes in when it has left long since. */
  get busy(): boolean {
    return this.plainMs > busyMs
  }

  get made(): number {
    return this.#stories.size
  }

  told(story: Story): void {
    const { ending, code, errand, id } = story
    count(this.endings, ending)
    if (ending === 'refused' || ending === 'failed') count(this.reasons, `${ending} ${code || "provider's words"}`)
    if (ending === 'whole') count(this.forms, `${errand.endpoint.name}${errand.stream ? ', stream' : ''}`)
    this.#stories.set(id, story)
  }

  /** The relay is dead, and whatever comes to it from now on comes to another. */
  bornAgain(at: number): void {
    this.#lifeBegan = at
  }

  missed(outage: Outage): void {
    this.#outages.push(outage)
  }

  /** Goes through the whole ledger, once, when the last caller has gone. */
  async close(ledger: AsyncIterable<readonly Row[]>): Promise<void> {
    const seen = new Set<string>()
    for await (const page of ledger) {
      for (const row of page) {
        this.rows++
        if (Date.parse(row.at) >= this.#lifeBegan) this.rowsOfLastLife++
        if (seen.has(row.id)) this.#complain(`${row.id}: two rows`)
        seen.add(row.id)
        this.#compare(row)
      }
    }
    for (const story of this.#stories.values()) {
      if (!seen.has(story.id)) this.#lacking(story)
      if (story.ending === 'left' && isAlone(story)) this.#compareLeft(story)
      if (story.ending === 'broke' && !this.#isExcused(story)) this.#complainOf(story, 'broke without a cause')
    }
    this.#compareSame()
  }

  #compare(row: Row): void {
    const story = this.#stories.get(row.id)
    if (!story) {
      this.#complain(`${row.id}: a row of nobody's request`)
      return
    }
    const asked = this.#asks.done(story.errand.mark)
    for (const complaint of complaintsOf(story, row, asked)) this.#complainOf(story, complaint)
    for (const { why } of row.attempts) if (why) count(this.turns, why)
    if (row.attempts.length === 0 && row.code === 'ok') count(this.turns, story.replayed ? 'replayed' : 'shared')
    if (story.ending === 'whole' && row.attempts.length > 0) this.#paid.add(story.id)
    if (!isAlone(story)) return
    this.#compareAsked(story, row)
    if (story.ending === 'whole' && asked.join() === '') this.#plain.push(story.ended - story.began)
  }

  /** No call goes untold, one that met a stale connection included. */
  #compareAsked(story: Story, { attempts }: Row): void {
    const asked = this.#asks.done(story.errand.mark).length
    if (asked > attempts.length)
      this.#complainOf(story, `providers were asked ${asked} times, the row tells of ${attempts.length}`)
  }

  /** Nobody is asked for one who has left. */
  #compareLeft(story: Story): void {
    const ms = Math.max(0, ...this.#asks.of(story.errand.mark).map(ask => ask.longerThan(story.ended)))
    this.lettingGo.push(ms)
    if (ms > letGoMs && !this.busy) this.#complainOf(story, `was asked for ${ms.toFixed(0)} ms after it had left`)
  }

  /** Nothing may be known only of one who has no reply, if the relay died then, or nobody was asked in its name. */
  #lacking(story: Story): void {
    const { began, ended, ending, closedAt, status, errand } = story
    const unanswered = (ending === 'left' || ending === 'broke') && closedAt === undefined
    const over = ended + (this.busy ? Number.POSITIVE_INFINITY : noticedMs)
    const killed = this.#outages.some(({ from, to, how }) => how === 'killed' && from < over && began < to)
    const unheard = status === 0 && (!isAlone(story) || this.#asks.of(errand.mark).length === 0)
    if (!(unanswered && (killed || unheard))) this.#complainOf(story, 'has no row')
  }

  /** An orderly stop takes nobody's reply away that has begun. */
  #isExcused({ began, ended, status }: Story): boolean {
    return this.#outages.some(({ from, to, how }) => from < ended && began < to && (how === 'killed' || status === 0))
  }

  /** Under one key there is one reply, whoever asks and however often the relay dies; and it is paid for once. */
  #compareSame(): void {
    const whole = [...this.#stories.values()].filter(({ ending, errand }) => ending === 'whole' && errand.key)
    for (const [key, stories] of Map.groupBy(whole, ({ errand }) => errand.key)) {
      if (new Set(stories.map(({ print }) => print)).size > 1) this.#complain(`${key}: two replies`)
      const paid = stories.filter(({ id }) => this.#paid.has(id))
      if (paid.length > 1) this.#complain(`${key}: ${paid.length} whole replies were paid for`)
    }
  }

  #complainOf(story: Story, complaint: string): void {
    const did = this.#asks.done(story.errand.mark).map(does => does || 'all well')
    this.#complain(`${nameOf(story)}: ${complaint}; asked: ${did.join(' | ') || 'nobody'}`)
  }

  #complain(complaint: string): void {
    this.complaints++
    if (this.#examples.length < 20) this.#examples.push(complaint)
  }
}

/** Nobody else asks for the same text. */
const isAlone = ({ errand: { key, alike } }: Story): boolean => key === undefined && !alike

const count = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1)

function nameOf({ id, errand, ending, status, code }: Story): string {
  const { endpoint, model, stream, key, alike } = errand
  const how = `${stream ? ', stream' : ''}${key === undefined ? '' : `, ${key}`}${alike ? ', alike' : ''}`
  return `${id} (${endpoint.name}, ${model}${how}; ${ending}, ${status} ${code})`
}
