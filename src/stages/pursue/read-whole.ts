import type { Heard } from '../../lib/http.ts'
import { readRetryAfter } from '../../lib/retry-after.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { WholeSource } from '../../model/source.ts'
import type { Route } from './route.ts'
import type { Voice } from './voice.ts'

/** Replies are held whole before they go on. Images in base64 reach tens of megabytes. */
const mostReply = 256 * 1024 * 1024
const mostError = 1024 * 1024

const utf8 = new TextDecoder('utf-8')

/** Reads a reply that is one JSON text. Throws what it says if it says that it failed, or is not what was asked for. */
export async function readWhole(heard: Heard, route: Route, voice: Voice): Promise<WholeSource> {
  const bytes = await heard.whole(mostReply)
  const wire = utf8.decode(bytes)
  const body = parse(wire)
  if (!body) {
    throw new Fault(
      'upstream_failed',
      `${route.provider} answered ${heard.status} with something that is not a JSON object. Check its base_url.`,
    )
  }
  const whole = voice.whole({ body, wire, bytes, contentType: heard.contentType })
  const fault = whole.events.find(event => event.type === 'fault')?.fault
  if (fault) throw guarded(fault, route)
  return { type: 'whole', ...whole }
}

function parse(wire: string): JsonObject | undefined {
  try {
    const value = JSON.parse(wire) as Json
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads a reply whose status says no. */
export async function refusal(heard: Heard, route: Route): Promise<Fault> {
  const body = utf8.decode(await heard.whole(mostError))
  const fault = route.dialect.fault.read({
    provider: route.provider,
    status: heard.status,
    contentType: heard.contentType || 'application/json',
    retryAfterMs: readRetryAfter(heard.header),
    body,
    header: name => heard.header(name),
  })
  return guarded(fault, route)
}

/** A provider that repeats the key which it did not like must not tell it to the caller. */
export function guarded(fault: Fault, route: Route): Fault {
  if (!route.shows(fault.message) && !(fault.said && route.shows(fault.said.body))) return fault
  return new Fault('upstream_failed', `${route.provider} refused the request, and its words may not be repeated here.`)
}
