import { Fault, type FaultCode, type FaultOptions } from '../model/fault.ts'
import { isObject, type Json, objectIn } from '../model/json.ts'
import type { Refusal } from './dialect.ts'

/** Faults of providers, in one voice: what they refused, what failed inside their replies, and what nobody can mean. */

type Refused = Pick<FaultOptions, 'said' | 'retryAfterMs'> & {
  readonly code: FaultCode
  readonly words: string | undefined
}

/** A refusal. `said` is given where its body is JSON: a page of HTML is not for the caller, and neither is its status. */
export function refused({ provider, status, retryAfterMs }: Refusal, { code, words, said, ...more }: Refused): Fault {
  const reason = words ? `: ${words}` : ' and gave no reason that can be read. Check its base_url, or try again later.'
  return new Fault(code, `${provider} answered ${status}${reason}`, {
    ...(said ? { said } : {}),
    ...(said && isError(status) ? { status } : {}),
    retryAfterMs: retryAfterMs ?? more.retryAfterMs,
  })
}

/** Others mean something else to a client, or cannot be sent at all. */
const isError = (status: number): boolean => status >= 400 && status < 600

/** What a provider told inside a reply with status 200. */
export const failedInside = (words: string, code: FaultCode = 'upstream_failed', options: FaultOptions = {}): Fault =>
  new Fault(code, `The provider failed inside its reply: ${words}`, options)

/** A reply that says something in a way that nobody can mean; nothing that comes after it can be trusted. */
export const unreadable = (sentence: string, cause?: unknown): Fault =>
  new Fault('upstream_failed', `The provider's reply cannot be understood: ${sentence}`, { cause })

/** The same, of a field. */
export const odd = (place: string, seen: Json | undefined): Fault =>
  unreadable(`'${place}' is ${seen === undefined ? 'missing' : JSON.stringify(seen).slice(0, 60)}.`)

/**
 * The words of the error that a reply's JSON carries, if it carries one: OpenAI's and Anthropic's `{error: {message}}`,
 * or the bare forms of others (`{error: "…"}`, `{message}`, Amazon's `{Message}`, `{detail: "…"}`, `{detail: [{msg}]}`).
 */
export function wordsOf(body: Json | undefined): string | undefined {
  if (!isObject(body)) return undefined
  const { error, message, Message, detail } = body
  // Some send a list of what went wrong: the first says why.
  if (Array.isArray(error)) return wordsOf({ ...body, error: error.find(isObject) ?? error.find(isText) ?? null })
  if (!isObject(error)) return text(error) ?? text(message) ?? text(Message) ?? listed(detail) ?? listed(message)
  const behind = behindRouter(error.metadata)
  return [text(error.message) ?? 'no reason was given', ...(behind === undefined ? [] : [behind])].join(': ')
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const isText = (value: Json): value is string => text(value) !== undefined

/** FastAPI's list of what is wrong with which field. */
function listed(detail: Json | undefined): string | undefined {
  if (!Array.isArray(detail)) return isObject(detail) ? listed(detail.detail) : text(detail)
  const words = detail
    .filter(isObject)
    .map(({ msg, loc }) => `${text(msg) ?? ''} (${Array.isArray(loc) ? loc.join('.') : ''})`)
  return words.length > 0 ? words.join('; ') : undefined
}

/** What the provider behind OpenRouter said: a text, often a JSON one. */
function behindRouter(metadata: Json | undefined): string | undefined {
  const raw = isObject(metadata) ? text(metadata.raw) : undefined
  return raw === undefined ? undefined : (wordsOf(objectIn(raw)) ?? raw)
}

/** The first of these that is the status of an error. Some write it as a string. */
export const statusIn = (...values: readonly (Json | undefined)[]): number | undefined =>
  values.map(Number).find(value => Number.isInteger(value) && value >= 400 && value < 600)
