import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { Dialect } from '../dialect.ts'
import { faultInside } from './fault.ts'
import { goesOn, read } from './read-answer.ts'
import { readUsage } from './usage.ts'
import { write } from './write-answer.ts'

/** Whole replies of the Responses API. */
export const answer: Dialect['answer'] = { glance, read, write, count }

function glance(body: JsonObject, wire: string, operation: Operation): readonly Event[] {
  const fault = faultInside(body, wire)
  if (fault) return [{ type: 'fault', fault }]
  return operation === 'chat' ? endOf(body) : [{ type: 'content' }]
}

function count(tokens: number): JsonObject {
  return { object: 'response.input_tokens', input_tokens: tokens }
}

/** What a response says of itself at its end. One that goes on in the background has not stopped. */
export function endOf(response: JsonObject): Event[] {
  const { output, status, incomplete_details: details, usage: wire } = response
  const going = goesOn(response)
  const events: Event[] = going || (Array.isArray(output) && output.length > 0) ? [{ type: 'content' }] : []
  const reason = isObject(details) ? details.reason : status
  if (!going && typeof reason === 'string') events.push({ type: 'stop', reason })
  const usage = readUsage(wire)
  if (usage) events.push({ type: 'usage', usage })
  return events
}
