import { callers, providerDialects } from '../wire/dialects.ts'
import { type Composition, compositionsOf, requests } from './compositions.ts'
import { departures, understoodBy } from './departures.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import type { Meaning } from './meaning.ts'
import { recordedRefusal } from './recorded/refusal.ts'
import { recordedMeaning } from './recorded.ts'

/** `docs/translation-matrix.md`: how many recordings each pair of dialects is proved by, and what is known to depart. */
export async function page(): Promise<string> {
  const told = (await Promise.all(requests.map(compositionsOf))).flat()
  return `${[head, replies(), departing(), asked(told), lost(told)].join('\n\n')}\n`
}

const head = `# Translation, pair by pair

Made by \`npm run matrix\` from recorded exchanges of forty providers; a test tells when it is out of date. How the translation
works is told in [translation.md](translation.md).`

type Read = { readonly exchange: Exchange; readonly meaning: Meaning | undefined }

/** A refusal has no meaning but that. */
const readings: readonly Read[] = chatExchanges().map(exchange => ({
  exchange,
  meaning: recordedRefusal(exchange) ? undefined : recordedMeaning(exchange),
}))

const indexed = ({ features }: Exchange, names: readonly string[]): boolean =>
  names.some(name => features.includes(name))

/** What a recording may have that a reply tells: by what it means, and by the corpus's own index. */
const features: readonly (readonly [string, (meaning: Meaning, exchange: Exchange) => boolean])[] = [
  ['text', ({ text }) => text !== ''],
  ['tools', ({ tools }) => tools.length > 0],
  ['parallel tools', ({ tools }) => tools.length > 1],
  ['thinking', ({ thoughts }) => thoughts !== ''],
  ['images', ({ images }) => images.length > 0],
  ['refusal', ({ stop }) => stop === 'refused'],
  ['JSON schema', (_, exchange) => indexed(exchange, ['json-schema', 'json-object'])],
  ['citations', (_, exchange) => indexed(exchange, ['citations', 'grounding'])],
  ['usage', ({ usage }) => usage !== undefined],
]

function replies(): string {
  const rows = callers.flatMap(caller => providerDialects.map(({ id }) => rowOf(caller, id)))
  const names = features.map(([name]) => name)
  return `## Replies

Each was told by the running relay to the official SDK of the caller's dialect, streams cut anywhere, and understood as it was
recorded: text, thoughts, calls with their arguments, pictures, sources, the reason for the stop, usage; an error as the class
that its users catch, with the provider's words. Where both speak the same dialect the bytes are the same. (That a provider did
not like the operator's key is told in our words.) The last column counts those of which the caller's dialect cannot say all, as
listed below.

${table(['told to', 'answered by', 'all', ...names, 'errors', 'depart'], rows)}`
}

function rowOf(caller: string, provider: string): readonly string[] {
  const reads = readings.filter(({ exchange }) => exchange.dialect === provider)
  const good = reads.flatMap(({ exchange, meaning }) => (meaning ? [{ exchange, meaning }] : []))
  const counts = features.map(([, isOne]) => good.filter(({ exchange, meaning }) => isOne(meaning, exchange)).length)
  const depart = caller === provider ? [] : good.filter(read => taken(caller, read).length > 0)
  return [caller, provider, ...[reads.length, ...counts, reads.length - good.length, depart.length].map(number)]
}

const taken = (caller: string, { exchange, meaning }: Read) =>
  meaning ? understoodBy(caller, exchange, meaning).taken : []

function departing(): string {
  const rows = departures.map(departure => [
    departure.why,
    ...callers.map(caller => {
      const foreign = readings.filter(({ exchange }) => exchange.dialect !== caller)
      return number(foreign.filter(read => taken(caller, read).includes(departure)).length)
    }),
  ])
  return `## Known departures

How many replies a caller understands otherwise than they were recorded, and why. Nothing else departs.

${table(['why', ...callers], rows)}`
}

/** What a request may have, by the corpus's own index. */
const wishes: readonly (readonly [string, ...names: readonly string[]])[] = [
  ['tools', 'tools'],
  ['tool results', 'tool-results'],
  ['media', 'images', 'documents', 'audio-in', 'video-in'],
  ['JSON schema', 'json-schema', 'json-object'],
  ['thinking', 'thinking', 'thinking-param', 'reasoning-effort', 'reasoning-param'],
  ['cache marks', 'cache-control'],
]

function asked(told: readonly Composition[]): string {
  const pairs = callers.flatMap(caller =>
    providerDialects.filter(({ id }) => id !== caller).map(({ id }) => [caller, id]),
  )
  const rows = pairs.map(([caller = '', provider = '']) => {
    const pair = told.filter(({ exchange, target }) => exchange.dialect === caller && target === provider)
    const counts = wishes.map(([, ...names]) => counted(pair.filter(({ exchange }) => indexed(exchange, names))))
    const losing = pair.filter(each => 'lost' in each && each.lost.length > 0)
    return [caller, provider, counted(pair), ...counts, number(losing.length)]
  })
  return `## Requests

Recorded requests that were told to a provider of another dialect: each is right by the provider's published schema. Behind a
plus are those that are refused with the place that cannot be told: a tool of another provider's own, a file that lies there, a
kind of media that nobody there understands.

${table(['asked by', 'told to', 'all', ...wishes.map(([name]) => name), 'lose something'], rows)}`
}

function counted(all: readonly Composition[]): string {
  const refused = all.filter(each => 'fault' in each).length
  return refused === 0 ? number(all.length) : `${all.length - refused} + ${refused}`
}

function lost(told: readonly Composition[]): string {
  const counts = new Map<string, Map<string, number>>()
  for (const each of told) {
    for (const name of new Set('lost' in each ? each.lost.map(nameless) : [])) {
      const row = counts.get(name) ?? new Map<string, number>()
      row.set(each.target, (row.get(each.target) ?? 0) + 1)
      counts.set(name, row)
    }
  }
  const rows = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, row]) => [`\`${name}\``, ...providerDialects.map(({ id }) => number(row.get(id) ?? 0))])
  return `## What is lost, and told

In \`x-thalamus-lost\`, in the log and in the ledger, by the caller's own names. How many of the recorded requests lose it on
the way to a provider of each dialect.

${table(['field', ...providerDialects.map(({ id }) => id)], rows)}`
}

/** A place, wherever in the list it stands. */
const nameless = (name: string): string => name.replaceAll(/\[\d+\]/g, '[]')

const number = (count: number): string => (count === 0 ? '' : `${count}`)

const table = (names: readonly string[], rows: readonly (readonly string[])[]): string =>
  [names, names.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
