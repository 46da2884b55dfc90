import type { Clock } from '../../lib/clock.ts'
import { fieldsOf, maxDepth, UneditableJson } from '../../lib/json-edit.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { holdsSealed } from '../../model/sealed.ts'
import { readBody } from './read-body.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

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
  const bytes = await readBody(visit.request, world.maxBody, world.clock)
  visit.diary.bytesIn = bytes.length
  const text = decode(bytes)
  const body = parse(text)
  const fields = scan(text)
  const call = visit.dialect.request.read(body, visit.address)
  const letter: Letter = {
    dialect: visit.dialect.id,
    text,
    fields,
    body,
    call,
    sealed: holdsSealed(bytes),
    strict: world.strict,
  }
  const { headers } = visit.request
  const patience = headers.get('x-thalamus-timeout')
  const strict = headers.get('x-thalamus-strict')
  const session = headers.get('x-thalamus-session')
  const priority = headers.get('x-thalamus-priority')
  if (patience === null && strict === null && priority === null && !session) return letter
  return {
    ...letter,
    ...(patience === null ? {} : { patienceMs: readPatience(patience) }),
    ...(session ? { session: session.slice(0, 200) } : {}),
    ...(priority === null ? {} : { priority: readPriority(priority) }),
    ...(strict === null ? {} : { strict: readStrict(strict) }),
  }
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

function decode(bytes: Uint8Array): string {
  if (bytes.length === 0) throw invalid('The body is empty: send a JSON object.')
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw invalid('The body is not valid UTF-8.', cause)
  }
}

function parse(text: string): JsonObject {
  let body: Json
  try {
    body = JSON.parse(text) as Json
  } catch (cause) {
    throw invalid(`The body is not valid JSON: ${cause instanceof Error ? cause.message : 'it does not parse'}.`, cause)
  }
  if (!isObject(body)) throw invalid('The body must be a JSON object.')
  return body
}

function scan(text: string): Letter['fields'] {
  try {
    return fieldsOf(text)
  } catch (error) {
    if (!(error instanceof UneditableJson)) throw error
    const { reason, field } = error
    throw invalid(
      reason === 'duplicate'
        ? `The field '${field.slice(0, 80)}' stands twice in the body: a provider could read the other one. Send it once.`
        : `The body is nested deeper than ${maxDepth} levels.`,
      error,
      field,
    )
  }
}

function invalid(message: string, cause?: unknown, param?: string): Fault {
  return new Fault('invalid_request', message, { cause, ...(param === undefined ? {} : { param: param.slice(0, 80) }) })
}
