import { byteText } from '../../lib/byte-text.ts'
import type { Heard } from '../../lib/http.ts'
import { readRetryAfter } from '../../lib/retry-after.ts'
import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { WholeSource } from '../../model/source.ts'
import { Failed, failedInside, failedWith } from './failed.ts'
import type { Route } from './route.ts'
import type { Voice, WholeReply } from './speaking.ts'

/** Replies are held whole before they go on. Images in base64 reach tens of megabytes. */
const mostReply = 256 * 1024 * 1024
const mostError = 1024 * 1024

const utf8 = new TextDecoder('utf-8')
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** What there is to read of a reply that is one JSON text. */
export const wholeOf = (heard: Heard): Promise<Uint8Array> => heard.whole(mostReply)

/** Reads a reply that is one JSON text. Throws what it says if it says that it failed, or is not what was asked for. */
export function readWhole({ bytes, heard, route, voice, operation }: Whole): WholeSource {
  // What is handed on as it came is the caller's to read; what we tell in our own words must be what the provider said.
  const wire = voice.verbatim ? byteText(withoutMark(bytes)) : textOf(bytes)
  const body = wire === undefined ? undefined : parse(wire)
  if (wire === undefined || !body)
    throw unreadable(route, `answered ${heard.status} with something that is not a JSON object`)
  const whole = understood(voice, { body, wire, bytes, contentType: heard.contentType }, route)
  const fault = faultAmong(whole.events)
  if (fault) throw failedInside(guarded(fault, route), route.provider)
  if (isEmpty(whole, operation)) throw unreadable(route, 'answered with an empty reply')
  return { type: 'whole', ...whole }
}

type Whole = {
  readonly bytes: Uint8Array
  readonly heard: Heard
  readonly route: Route
  readonly voice: Voice
  readonly operation: Operation
}

const unreadable = ({ provider }: Route, what: string): Failed =>
  new Failed(new Fault('upstream_failed', `${provider} ${what}. Check its base_url.`), 'unreadable')

/** What reading a reply throws is what the provider said in it. */
function understood(voice: Voice, reply: WholeReply, route: Route): Omit<WholeSource, 'type'> {
  try {
    return voice.whole(reply)
  } catch (error) {
    throw failedInside(guarded(Fault.from(error), route), route.provider)
  }
}

/** What neither says anything nor stops for a reason has not answered, whatever it cost. A stream of that is cut short. */
const isEmpty = ({ events }: Pick<WholeSource, 'events'>, operation: Operation): boolean =>
  (operation === 'chat' || operation === 'completions') && !events.some(isAnswer)

export const isAnswer = ({ type }: Event): boolean => type === 'content' || type === 'stop'

/** What a reply says that went wrong, if it does. */
export function faultAmong(events: readonly Event[]): Fault | undefined {
  for (const event of events) if (event.type === 'fault') return event.fault
  return undefined
}

function parse(wire: string): JsonObject | undefined {
  try {
    const value = JSON.parse(wire) as Json
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A byte order mark is the caller's to have, and no part of the JSON (RFC 8259, section 8.1). */
const withoutMark = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes

/** Undefined if it is no UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** Reads a reply whose status says no. */
export async function refusal(heard: Heard, route: Route): Promise<{ readonly failed: Failed; readonly body: string }> {
  const { provider } = route
  const { status } = heard
  const header = (name: string): string | undefined => heard.header(name)
  const body = utf8.decode(await heard.whole(mostError))
  const fault = route.dialect.fault.read({
    provider,
    status,
    contentType: heard.contentType || 'application/json',
    retryAfterMs: readRetryAfter(header),
    body,
    header,
  })
  return { failed: failedWith(guarded(fault, route), provider, { status, words: body }), body }
}

/** A provider that repeats the key which it did not like must not tell it to the caller. */
export function guarded(fault: Fault, route: Route): Fault {
  const { body = '', contentType = '' } = fault.said ?? {}
  if (![fault.message, body, contentType].some(text => route.shows(text))) return fault
  return new Fault('upstream_failed', `${route.provider} refused the request, and its words may not be repeated here.`)
}
