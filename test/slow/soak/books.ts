import type { Row } from '../../fakes/ledger.ts'
import type { Story } from './story.ts'

/**
 * Callers' stories held against the ledger's rows, as they come: what agrees is forgotten, so that an hour of it fits
 * in memory. What is left at the end has no counterpart.
 */
export class Books {
  readonly #stories = new Map<string, Story>()
  readonly #rows = new Map<string, Row>()
  readonly #complaints: string[] = []
  #newest: string | undefined
  made = 0
  rows = 0
  complaints = 0

  /** The first ones, in words. */
  get examples(): readonly string[] {
    return this.#complaints
  }

  told(story: Story): void {
    this.made++
    if (story.ending === 'broke') this.#complain(story, 'broke off without having been left')
    const row = this.#rows.get(story.id)
    this.#rows.delete(story.id)
    if (row) this.#compare(story, row)
    else this.#stories.set(story.id, story)
  }

  /** Reads of the ledger, newest first, what was written since the last time. */
  async read(ledger: AsyncIterable<readonly Row[]>): Promise<void> {
    const until = this.#newest
    let newest: string | undefined
    for await (const page of ledger) {
      newest ??= page[0]?.id
      const known = page.findIndex(row => row.id === until)
      for (const row of known === -1 ? page : page.slice(0, known)) this.#written(row)
      if (known !== -1) break
    }
    this.#newest = newest ?? until
  }

  /** Those who left before they heard anything and whom the relay never heard of, and those that it never asked for. */
  close(): { readonly unheard: number; readonly outside: number } {
    for (const row of this.#rows.values()) this.#note(`${row.id}: a row of nobody's request`)
    const left = [...this.#stories.values()]
    const unheard = left.filter(story => story.ending === 'unheard').length
    const outside = left.filter(story => story.kind.outside).length
    for (const story of left) {
      if (story.ending !== 'unheard' && !story.kind.outside) this.#complain(story, 'has no row')
    }
    return { unheard, outside }
  }

  #written(row: Row): void {
    this.rows++
    const story = this.#stories.get(row.id)
    this.#stories.delete(row.id)
    if (story) this.#compare(story, row)
    else if (this.#rows.has(row.id)) this.#note(`${row.id}: two rows`)
    else this.#rows.set(row.id, row)
  }

  #compare(story: Story, row: Row): void {
    for (const complaint of complaintsOf(story, row)) this.#complain(story, complaint)
  }

  #complain({ id, kind, ending, status, code }: Story, what: string): void {
    this.#note(`${id} (${kind.name}; ${ending}, ${status} ${code}): ${what}`)
  }

  #note(complaint: string): void {
    this.complaints++
    if (this.#complaints.length < 20) this.#complaints.push(complaint)
  }
}

/** In what a row differs from what its caller saw. */
export function complaintsOf(story: Story, row: Row): readonly string[] {
  const { kind, ending } = story
  if (kind.outside) return ['has a row, though no model was asked for']
  if (ending === 'left' || ending === 'unheard') return complaintsOfLeft(story, row)
  const meant = kind.ends ?? ending
  return [
    ...differs('the caller', `${story.status} ${story.code}`, `${row.status} ${row.code}`),
    ...differs('the kind', meant, ending),
    ...differs('the kind', kind.status ?? story.status, story.status),
    ...(ending === 'whole' ? complaintsOfWhole(story, row) : []),
  ]
}

function complaintsOfWhole({ kind, bytes, tokens, cost }: Story, row: Row): readonly string[] {
  const { usage } = row
  return [
    ...differs('the kind', `stream: ${kind.stream}`, `stream: ${row.stream}`),
    ...differs('the caller', `${bytes} bytes`, `${row.bytes_out} bytes`),
    ...differs('the kind', kind.bringsUsage, usage !== null),
    ...(tokens && usage ? differs('the caller', said(tokens.prompt, tokens.completion), saidOf(usage)) : []),
    ...(cost === undefined ? [] : differs('the caller', cost, row.cost_usd)),
  ]
}

const said = (prompt: number, completion: number): string => `${prompt} + ${completion} tokens`

const saidOf = (usage: NonNullable<Row['usage']>): string =>
  said(usage.input + usage.cache_read + usage.cache_write, usage.output + usage.reasoning)

/** Whoever leaves may do so when all is over: then the row tells the end that it did not wait for. */
function complaintsOfLeft({ kind, bytes, ending }: Story, row: Row): readonly string[] {
  const noticed = row.code === 'client_closed' && row.status === 499
  const over = kind.ends === undefined || (row.code === 'ok') === (kind.ends === 'whole')
  return [
    ...(noticed || over ? [] : [`left, and the row says ${row.status} ${row.code}`]),
    ...(ending === 'left' && kind.stream && row.bytes_out < bytes ? [`${bytes} bytes heard of ${row.bytes_out}`] : []),
  ]
}

const differs = (whose: string, theirs: unknown, rows: unknown): readonly string[] =>
  theirs === rows ? [] : [`${whose} says ${String(theirs)}, but it is ${String(rows)}`]
