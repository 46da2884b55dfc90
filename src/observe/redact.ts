import { Secret } from '../lib/secret.ts'
import { Fault } from '../model/fault.ts'

const dots = '•••'
const deepest = 6
const mostItems = 100
const longest = 2_000

/** A cheap look that decides whether the dear one below is needed: most texts of most requests are plain names. */
const suspicious =
  /bearer|key|token|secret|password|authorization|sk[-_]|thal_|eyJ|AIza|AKIA|ya29|hf_|xai-|pplx-|nvapi-|fw_|tgp_/i

/** What looks like a credential: what stands before it is kept, so that a reader still sees which one was there. */
const credentials: readonly RegExp[] = [
  /(\bbearer\s{1,3})[^\s"'`,;<>]+/gi,
  /((?:key|token|secret|password|authorization)=)[^\s"'`&;,<>]+/gi,
  /((?:api[-_]?key|secret|password|authorization)["']?:\s{0,3}["']?)(?!bearer)[^\s"'`&;,<>]+/gi,
  /((?:^|[^A-Za-z]|\\[bfnrt]|\[\d{1,2}m)(?:sk|gsk|csk|pk|rk|thal|hf|xai|pplx|nvapi|fw|tgp)[-_])[\w-]{6,}/gi,
  /(\b(?:AIza|AKIA|ya29\.|eyJ))[\w.-]{12,}/g,
]

/** A field whose name says that its value must not be seen. `max_tokens` and `usage.input_tokens` are none of these. */
const secretName = /secret|password|passwd|authorization|cookie|credential|api[-_]?key|(?:^|[-_a-z])token$/i

/** A text without anything that looks like a credential. Long texts are cut, after the credentials are out. */
export function scrub(text: string): string {
  const some = text.length > longest * 2 ? text.slice(0, longest * 2) : text
  const clean = suspicious.test(some)
    ? credentials.reduce((rest, shape) => rest.replace(shape, `$1${dots}`), some)
    : some
  return clean.length > longest ? `${clean.slice(0, longest)}…` : clean
}

/** A value fit for the log, however deep: credentials become dots, errors what an operator needs of them. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Secret) return dots
  if (depth >= deepest) return '…'
  if (value instanceof Error) return tellError(value, depth)
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  if (Array.isArray(value)) return value.slice(0, mostItems).map(each => redact(each, depth + 1))
  return redactFields(value, depth)
}

const redactFields = (value: object, depth: number): object =>
  Object.fromEntries(
    Object.entries(value)
      .slice(0, mostItems)
      .map(([name, field]) => [name, secretName.test(name) ? dots : redact(field, depth + 1)]),
  )

/** Only these fields of an error: packages hang whole requests, headers included, on theirs. */
function tellError(error: Error, depth: number): object {
  return {
    name: redact(error.name, depth),
    message: redact(notedOf(error), depth),
    ...('code' in error && { code: redact(error.code, depth + 1) }),
    ...(error.stack !== undefined && { stack: redact(framesOf(error.stack, error.message), depth) }),
    ...(error.cause !== undefined && { cause: redact(error.cause, depth + 1) }),
    ...(error instanceof AggregateError && { errors: redact(error.errors, depth + 1) }),
  }
}

/**
 * What an error has to say, without what others wrote: a Fault knows what it quotes, and of what the language itself raises
 * (JSON that does not parse, a URL that is none) all between the first quotation mark and the last is what it was given.
 */
function notedOf(error: Error): string {
  if (error instanceof Fault) return error.noted
  const quotes = error instanceof SyntaxError || error instanceof TypeError
  return quotes ? error.message.replace(/(["'`]).*\1/s, '$1…$1') : error.message
}

/** Where it happened. What stands before that is the message again. */
function framesOf(stack: string, message: string): string {
  const at = stack.indexOf('\n    at ', stack.indexOf(message) + message.length)
  return at === -1 ? '' : stack.slice(at + 1)
}
