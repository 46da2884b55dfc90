import type { Clock } from '../../lib/clock.ts'
import { turnsEnd } from '../../lib/turn.ts'
import type { Visit } from '../../line.ts'
import type { Call, Letter } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import { holdsSealed } from '../../model/sealed.ts'
import { quoted, say } from '../../model/sentence.ts'
import { readBody } from './read-body.ts'
import { invalid, Written } from './written.ts'

/** What opening needs of the house. */
export type OpenWorld = {
  readonly clock: Clock
  /** In bytes. */
  readonly maxBody: number
  /** Whether requests are strict that do not say. */
  readonly strict: boolean
}

/** In characters. Rows, labels and maps are made of the name, and the longest known (Amazon's ARNs) have half of this. */
const longestModel = 256

/**
 * Envelope to letter: the body as it came, and what it says. Refuses with `invalid_request`, `too_large`, or
 * `model_not_found` where the model's name is longer than any.
 */
export async function open(visit: Visit, world: OpenWorld): Promise<Letter> {
  const { headers } = visit
  checkType(headers['content-type'])
  if (headers['content-encoding'] !== undefined) checkEncoding(headers['content-encoding'])
  // What came with its headers is here by then, and needs nobody to watch it.
  await turnsEnd()
  const body = readBody(visit, world.maxBody, world.clock)
  const bytes = body instanceof Uint8Array ? body : await body
  visit.diary.bytesIn = bytes.length
  const written = new Written(bytes)
  const { text, fields, outline } = written
  const letter: Letter = {
    dialect: visit.dialect.id,
    text,
    fields,
    outline,
    get body() {
      return written.body
    },
    call: named(written.call(body => visit.dialect.request.read(body, visit.address))),
    sealed: holdsSealed(bytes),
    strict: world.strict,
  }
  const timeout = headers['x-thalamus-timeout']
  const deadline = headers['x-thalamus-deadline']
  const strict = headers['x-thalamus-strict']
  const session = headers['x-thalamus-session']
  const priority = headers['x-thalamus-priority']
  if ((timeout ?? deadline ?? strict ?? priority) === undefined && !session) return letter
  const wishes = {
    ...readPatience({ 'x-thalamus-timeout': timeout, 'x-thalamus-deadline': deadline }),
    ...(session ? { session: session.slice(0, 200) } : {}),
    ...(priority === undefined ? {} : { priority: readPriority(priority) }),
    ...(strict === undefined ? {} : { strict: readStrict(strict) }),
  }
  return Object.assign(letter, wishes)
}

function named(call: Call): Call {
  const { length } = call.model
  if (length <= longestModel) return call
  throw new Fault(
    'model_not_found',
    `The model's name has ${length} characters, and no model here has more than ${longestModel}.`,
    { param: 'model' },
  )
}

/** How long the caller waits: the shorter of its headers, each in seconds. */
function readPatience(named: Readonly<Record<string, string | undefined>>): Pick<Letter, 'patienceMs'> {
  const waits = Object.entries(named).flatMap(([name, text]) => (text === undefined ? [] : [readSeconds(name, text)]))
  return waits.length === 0 ? {} : { patienceMs: Math.min(...waits) }
}

function readSeconds(name: string, text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds > 0 && seconds < Infinity) return seconds * 1000
  throw invalid(say`${name} must be a number of seconds; it is '${quoted(text.slice(0, 40))}'.`)
}

/** `x-thalamus-strict`: whether a request is refused that cannot be told to its target whole. */
function readStrict(text: string): boolean {
  if (/^(1|true)$/i.test(text)) return true
  if (/^(0|false)$/i.test(text)) return false
  throw invalid(say`x-thalamus-strict must be 1 or 0; it is '${quoted(text.slice(0, 40))}'.`)
}

const priorities: Readonly<Record<string, number>> = { high: 10, normal: 0, low: -10 }
const mostPriority = 100

/** `x-thalamus-priority`: a word, or a number of which the greater is the sooner. */
function readPriority(text: string): number {
  const word = text.trim().toLowerCase()
  const number = Object.hasOwn(priorities, word) ? priorities[word] : word === '' ? undefined : Number(word)
  if (number !== undefined && Math.abs(number) <= mostPriority) return number
  throw invalid(
    say`x-thalamus-priority must be high, normal, low or a number from -100 to 100; it is '${quoted(text.slice(0, 40))}'.`,
  )
}

/** RFC 9110, section 15.5.16. */
function checkEncoding(encoding: string): void {
  if (encoding.trim().toLowerCase() === 'identity') return
  throw new Fault(
    'invalid_request',
    say`The body must be sent as it is: leave out content-encoding: ${quoted(encoding.slice(0, 80))}.`,
    { status: 415, headers: { 'accept-encoding': 'identity' } },
  )
}

function checkType(type: string | undefined): void {
  if (type === 'application/json' || type === undefined || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return
  throw invalid(
    say`The body must be JSON: send content-type: application/json instead of '${quoted(type.slice(0, 80))}'.`,
  )
}
