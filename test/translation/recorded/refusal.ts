import { isOfKey } from '../../wire/oracle.ts'
import type { Exchange } from '../exchanges.ts'
import { chunksOf, type Loose } from './loose.ts'

/** What a client is to be told of a refusal. Without a status it comes in the middle of a stream. */
export type Refusal = { readonly status: number | undefined; readonly words: string }

/** The refusal that a recording is, by its status or inside a reply that began well; undefined if it is none. */
export function recordedRefusal(exchange: Exchange): Refusal | undefined {
  const { status } = exchange
  const chunks = chunksOf(exchange)
  const failed = chunks.findIndex(isFailure)
  if (status === 200 && failed === -1) return undefined
  // That the operator's key is at fault is no business of the caller's.
  if (isOfKey(exchange))
    return { status: 502, words: `(${status === 200 ? 429 : status}). Its operator has to see to it.` }
  const error = chunks[failed] ?? chunks[0]
  if (status !== 200) return { status: isUnknownModel(error) ? 404 : status, words: wordsIn(error) }
  const began = chunks.slice(0, failed).some(speaks)
  return { status: began ? undefined : statusIn(error), words: wordsIn(error) }
}

/** Amazon says 400 of a model that it does not know. */
const isUnknownModel = ({ message }: Loose): boolean => message === 'The provided model identifier is invalid.'

const isFailure = ({ type, error }: Loose): boolean => Boolean(error) || type === 'error'

const speaks = ({ choices }: Loose): boolean =>
  /"(?:content|reasoning|arguments)":"[^"]/.test(JSON.stringify(choices ?? []))

const statusIn = ({ error }: Loose): number =>
  [error?.status_code, error?.code].map(Number).find(status => status >= 400 && status < 600) ?? 502

/** In the forms of forty providers; what another provider behind OpenRouter said is the closest. */
function wordsIn(body: Loose): string {
  const raw = body?.error?.metadata?.raw
  if (typeof raw === 'string') return raw.startsWith('{') ? wordsIn(JSON.parse(raw)) : raw
  const { error, message, detail } = Array.isArray(body) ? body[0] : body
  return [error?.message, error, message, detail?.[0]?.msg, detail].find(words => typeof words === 'string') ?? ''
}
