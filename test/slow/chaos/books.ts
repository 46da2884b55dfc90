import type { Row } from '../../fakes/ledger.ts'
import type { Story } from './story.ts'

/** The callers' stories held against the ledger's rows. */

/** When the relay was not there: from the moment it was told to go until it was back. */
export type Outage = { readonly from: number; readonly to: number; readonly how: 'killed' | 'stopped' }

export class Books {
  readonly #stories = new Map<string, Story>()
  readonly #outages: Outage[] = []
  readonly #examples: string[] = []
  readonly endings = new Map<string, number>()
  /** Why requests were refused, or failed after they had begun. */
  readonly reasons = new Map<string, number>()
  rows = 0
  /** Of requests that came to the relay as it is now. */
  rowsOfLastLife = 0
  complaints = 0
  #lifeBegan = 0

  get examples(): readonly string[] {
    return this.#examples
  }

  get made(): number {
    return this.endings.values().reduce((sum, count) => sum + count, 0)
  }

  told(story: Story): void {
    this.endings.set(story.ending, (this.endings.get(story.ending) ?? 0) + 1)
    const { ending, code, model } = story
    if (ending === 'refused' || ending === 'failed') {
      const reason = `${ending} ${code} ${model.split('-')[0]}`
      this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1)
    }
    this.#stories.set(story.id, story)
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
      if (story.ending === 'broke' && !this.#isExcused(story)) this.#complain(`${nameOf(story)}: broke without a cause`)
    }
  }

  #compare(row: Row): void {
    const story = this.#stories.get(row.id)
    if (!story) this.#complain(`${row.id}: a row of nobody's request`)
    else for (const complaint of complaintsOf(story, row)) this.#complain(`${nameOf(story)}: ${complaint}`)
  }

  /** Only of one who was not answered to the end can the relay know nothing, and only if it died, or never heard of it. */
  #lacking(story: Story): void {
    const unanswered = story.ending === 'left' || story.ending === 'broke'
    const unheard = story.ending === 'left' && story.status === 0
    const soonAfter = { ...story, ended: story.ended + noticedMs }
    if (!unanswered || !(unheard || this.#outageIn(soonAfter))) this.#complain(`${nameOf(story)}: has no row`)
  }

  #outageIn({ began, ended }: Pick<Story, 'began' | 'ended'>): boolean {
    return this.#outages.some(({ from, to }) => from < ended && began < to)
  }

  /** An orderly stop takes nobody's reply away that has begun. */
  #isExcused({ began, ended, status }: Story): boolean {
    return this.#outages.some(({ from, to, how }) => from < ended && began < to && (how === 'killed' || status === 0))
  }

  #complain(complaint: string): void {
    this.complaints++
    if (this.#examples.length < 20) this.#examples.push(complaint)
  }
}

/** It takes the relay so long, on a busy machine, to notice that a caller has left. */
const noticedMs = 1_000

const nameOf = ({ id, endpoint, model, stream, ending, status, code }: Story): string =>
  `${id} (${endpoint}, ${model}${stream ? ', stream' : ''}; ${ending}, ${status} ${code})`

/** In what a row differs from what its caller saw. */
function complaintsOf(story: Story, row: Row): readonly string[] {
  const { ending, right, stream } = story
  if (ending === 'left' || ending === 'broke') return []
  return [
    ...(right ? [] : ['what it was told is not right']),
    // Who is turned away before the body is read is not known to have wanted a stream.
    ...(row.attempts.length === 0 ? [] : differs('a stream', stream, row.stream)),
    ...differs('status', story.status, row.status),
    // A provider's own words, in its caller's dialect, are repeated as they are and name no code of ours.
    ...(ending === 'whole' || story.code === ''
      ? []
      : [...(row.code === 'ok' ? ['the row says that all is well'] : [])]),
    ...(ending === 'whole' ? complaintsOfWhole(story, row) : []),
    ...(row.attempts.length > 0 || row.code === 'overloaded' || row.code === 'no_target' ? [] : ['no try is told']),
  ]
}

function complaintsOfWhole({ bytes, tokens }: Story, { code, usage, bytes_out, attempts }: Row): readonly string[] {
  const counted = usage && usage.output + usage.reasoning
  // Of a reply that was told in parts the whole is unknown, and so is the row's, where the last part did not say.
  const unsaid = counted === null && attempts.some(({ why }) => why === 'standby')
  return [
    ...differs('code', 'ok', code),
    ...differs('bytes', bytes, bytes_out),
    // A dialect that must have a number says 0 where nobody knows.
    ...(tokens === undefined || unsaid || (counted ?? 0) === tokens
      ? []
      : [`${tokens} tokens told, ${counted} in the row`]),
    ...(attempts.some(({ outcome }) => outcome === 'ok') ? [] : ['no try was answered']),
  ]
}

const differs = (what: string, callers: unknown, rows: unknown): readonly string[] =>
  callers === rows ? [] : [`${what}: ${String(callers)} to the caller, ${String(rows)} in the row`]
