import { Fault, type FaultCode, type FaultOptions } from '../model/fault.ts'
import { isObject, type Json, type JsonObject, objectIn } from '../model/json.ts'
import { quoted, type Sentence, say } from '../model/sentence.ts'
import type { Refusal } from './dialect.ts'

/** Faults of providers, in one voice: what they refused, what failed inside their replies, and what nobody can mean. */

type Refused = Pick<FaultOptions, 'said' | 'retryAfterMs'> & {
  readonly code: FaultCode
  readonly words: string | undefined
  /** What its class is called, where that stands beside the body. */
  readonly kind?: string
}

/** A refusal. `said` is given where its body is JSON: a page of HTML is not for the caller, and neither is its status. */
export function refused(
  { provider, status, retryAfterMs, body }: Refusal,
  { code, words, kind, said, ...more }: Refused,
): Fault {
  const reason = words
    ? say`: ${quoted(words, kindsOf(body, kind))}`
    : ' and gave no reason that can be read. Check its base_url, or try again later.'
  return new Fault(code, say`${provider} answered ${status}${reason}`, {
    ...(said ? { said } : {}),
    ...(said && isError(status) ? { status } : {}),
    retryAfterMs: retryAfterMs ?? more.retryAfterMs,
  })
}

/** Others mean something else to a client, or cannot be sent at all. */
const isError = (status: number): boolean => status >= 400 && status < 600

/** What a provider told inside a reply with status 200. */
export const failedInside = (words: string, code: FaultCode = 'upstream_failed', options: FaultOptions = {}): Fault =>
  new Fault(code, say`The provider failed inside its reply: ${quoted(words, kindsOf(options.said?.body))}`, options)

/** A reply that says something in a way that nobody can mean; nothing that comes after it can be trusted. */
export const unreadable = (why: string | Sentence, cause?: unknown): Fault =>
  new Fault('upstream_failed', say`The provider's reply cannot be understood: ${why}`, { cause })

/** The same, of a field. */
export const odd = (place: string, seen: Json | undefined): Fault =>
  unreadable(say`'${place}' is ${seen === undefined ? 'missing' : quoted(JSON.stringify(seen).slice(0, 60))}.`)

/**
 * What the books keep of an error that a provider told: its class and code, as far as these are words and no sentences. Its
 * free text may repeat the request, as vLLM's does with all its messages.
 */
function kindsOf(body: string | undefined, kind?: string): string {
  const kinds = [
    kind,
    ...errorsIn(jsonIn(body)).flatMap(({ type, code, status, reason }) => [type, code, status, reason]),
  ]
  return [...new Set(kinds.filter(isWord))].join(', ') || '…'
}

/** An error and Google's details of it, or what there is without an envelope. */
function errorsIn(body: Json | undefined): readonly JsonObject[] {
  const holder = Array.isArray(body) ? body.find(isObject) : body
  if (!isObject(holder)) return []
  const error = Array.isArray(holder.error) ? holder.error.find(isObject) : holder.error
  const details = isObject(error) && Array.isArray(error.details) ? error.details : []
  return isObject(error) ? [error, ...details.filter(isObject)] : [holder]
}

function jsonIn(body: string | undefined): Json | undefined {
  try {
    return body === undefined ? undefined : (JSON.parse(body) as Json)
  } catch {
    return undefined
  }
}

/** As all error classes and codes that are known look: `context_length_exceeded`, `RESOURCE_EXHAUSTED`, `1210`. */
const isWord = (value: Json | undefined): value is string => typeof value === 'string' && /^[\w.-]{1,64}$/.test(value)

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

/**
 * What an error's name stands for where no status does, inside a reply with status 200: the status that it comes with
 * elsewhere (platform.openai.com/docs/guides/error-codes, the reference's `ResponseErrorCode`, Azure's `content_filter`, and
 * Anthropic's types, which others repeat).
 */
const named: ReadonlyMap<Json | undefined, number> = new Map([
  ['context_length_exceeded', 400],
  ['invalid_prompt', 400],
  ['invalid_request_error', 400],
  ['content_filter', 400],
  ['content_policy_violation', 400],
  ['invalid_api_key', 401],
  ['authentication_error', 401],
  ['permission_error', 403],
  ['model_not_found', 404],
  ['not_found_error', 404],
  ['rate_limit_exceeded', 429],
  ['rate_limit_error', 429],
  ['usage_limit_reached', 429],
  // An empty account, told as a limit: its name tells the two apart.
  ['insufficient_quota', 429],
  ['billing_not_active', 429],
  ['server_is_overloaded', 503],
  ['slow_down', 503],
  ['overloaded_error', 503],
  ['vector_store_timeout', 504],
])

/** The status of the first of these names that is known; a code says more than a type. */
export const statusNamed = (...names: readonly (Json | undefined)[]): number | undefined =>
  names.map(name => named.get(name)).find(status => status !== undefined)
