import type { Clock } from '../../lib/clock.ts'
import { turnsEnd } from '../../lib/turn.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import { holdsSealed } from '../../model/sealed.ts'
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

/** Envelope to letter: the body as it came, and what it says. Refuses with `invalid_request` or `too_large`. */
export async function open(visit: Visit, world: OpenWorld): Promise<Letter> {
  checkType(visit.request)
  // What came with its headers is here by then, and needs nobody to watch it.
  await turnsEnd()
  const body = readBody(visit.request, world.maxBody, world.clock)
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
    call: written.call(body => visit.dialect.request.read(body, visit.address)),
    sealed: holdsSealed(bytes),
    strict: world.strict,
  }
  const { headers } = visit.request
  const patience = headers.get('x-thalamus-timeout')
  const strict = headers.get('x-thalamus-strict')
  const session = headers.get('x-thalamus-session')
  const priority = headers.get('x-thalamus-priority')
  if (patience === null && strict === null && priority === null && !session) return letter
  const wishes = {
    ...(patience === null ? {} : { patienceMs: readPatience(patience) }),
    ...(session ? { session: session.slice(0, 200) } : {}),
    ...(priority === null ? {} : { priority: readPriority(priority) }),
    ...(strict === null ? {} : { strict: readStrict(strict) }),
  }
  return Object.assign(letter, wishes)
}

/** `x-thalamus-timeout`, in seconds. */
function readPatience(text: string): number {
  const seconds = Number(text)
  if (text.trim() !== '' && seconds > 0 && seconds < Infinity) return seconds * 1000
  throw invalid(`x-thalamus-timeout must be a number of seconds; it is '${text.slice(0, 40)}'.`)
}

/** `x-thalamus-strict`: whether a request is refused that cannot be told to its target whole. */
function readStrict(text: string): boolean {
  if (/^(1|true)$/i.test(text)) return true
  if (/^(0|false)$/i.test(text)) return false
  throw invalid(`x-thalamus-strict must be 1 or 0; it is '${text.slice(0, 40)}'.`)
}

const priorities: Readonly<Record<string, number>> = { high: 10, normal: 0, low: -10 }
const mostPriority = 100

/** `x-thalamus-priority`: a word, or a number of which the greater is the sooner. */
function readPriority(text: string): number {
  const word = text.trim().toLowerCase()
  const number = Object.hasOwn(priorities, word) ? priorities[word] : word === '' ? undefined : Number(word)
  if (number !== undefined && Math.abs(number) <= mostPriority) return number
  throw invalid(
    `x-thalamus-priority must be high, normal, low or a number from -100 to 100; it is '${text.slice(0, 40)}'.`,
  )
}

function checkType(request: Request): void {
  const type = request.headers.get('content-type')
  if (type === 'application/json' || type === null || /^application\/(?:[\w.+-]+\+)?json\b/i.test(type)) return
  throw invalid(`The body must be JSON: send content-type: application/json instead of '${type.slice(0, 80)}'.`)
}
