import type { Event } from '../../model/event.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { AnswerReader, AnswerWriter } from '../dialect.ts'
import { faultInside } from './fault.ts'
import { readAnswer } from './read-answer.ts'
import { readUsage } from './usage.ts'
import { writeAnswer } from './write-answer.ts'

/** Whole replies of OpenAI's API, read for what they cost and why they stopped. */
export const answer: AnswerReader & AnswerWriter = { glance, read: readAnswer, write: writeAnswer }

function glance(body: JsonObject, wire: string): readonly Event[] {
  const fault = faultInside(body, wire)
  if (fault) return [{ type: 'fault', fault }]
  const events: Event[] = [{ type: 'content' }]
  const reason = stopReason(body.choices)
  if (reason) events.push({ type: 'stop', reason })
  const usage = readUsage(body.usage)
  if (usage) events.push({ type: 'usage', usage })
  return events
}

/** The first reason that a choice gives. Some providers send an empty one until the last chunk (Snowflake). */
export function stopReason(choices: Json | undefined): string | undefined {
  if (!Array.isArray(choices)) return undefined
  for (const choice of choices) {
    if (isObject(choice) && typeof choice.finish_reason === 'string' && choice.finish_reason !== '')
      return choice.finish_reason
  }
  return undefined
}
