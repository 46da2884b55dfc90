import type { Answer, Choice } from '../../model/answer.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { modelOf } from '../../model/sealed.ts'
import type { Making } from '../dialect.ts'
import { dialectId } from './id.ts'
import { writeStop } from './stop.ts'

/** What whole replies and streams say alike of a message: who it is, why it stopped, and what else there is to know. */

/** The head of a message. An id of another dialect is replaced by one of our own making. */
export const messageOf = ({ id, model }: Pick<Answer, 'id' | 'model'>, { id: request, maker }: Making): JsonObject => ({
  id: id?.startsWith('msg_') ? id : `msg_${request}`,
  type: 'message',
  role: 'assistant',
  model: model ?? modelOf(maker),
})

/** Facts about a reply without a noun. */
const facts = ['container', 'context_management', 'diagnostics', 'stop_details'] as const

/** Those that are told, in a message or in a stream's `message_delta`; undefined if there are none. */
export function readExtras(object: JsonObject, usage: JsonObject | undefined): Answer['extras'] {
  const told = facts.flatMap(name => {
    const value = object[name]
    return value === undefined || value === null ? [] : [[name, value] as const]
  })
  const fields: Record<string, Json> = { ...Object.fromEntries(told), ...(usage ? { usage } : {}) }
  return Object.keys(fields).length === 0 ? undefined : { dialect: dialectId, fields }
}

/** Our extras' fields, if they are this dialect's. */
export const ownFields = (extras: Answer['extras']): JsonObject => (extras?.dialect === dialectId ? extras.fields : {})

export const usageBeyond = ({ usage }: JsonObject): JsonObject | undefined => (isObject(usage) ? usage : undefined)

/** Why a message stopped, with the facts. A message that has not stopped yet says so by null. */
export function writeStopped(stop: Choice['stop'], callsTools: boolean, facts: JsonObject): JsonObject {
  const { usage: _, container = null, stop_details = null, ...others } = facts
  return {
    stop_reason: stop ? writeStop(stop, callsTools) : null,
    stop_sequence: stop?.sequence ?? null,
    stop_details,
    container,
    ...others,
  }
}
