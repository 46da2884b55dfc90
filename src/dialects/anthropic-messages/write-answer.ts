import type { Answer } from '../../model/answer.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
import { messageOf, ownFields, usageBeyond, writeStopped } from './reply-head.ts'
import { writeUsage } from './usage.ts'
import { writeReply } from './write-parts.ts'

/** A whole reply for a caller. */
export function writeAnswer({ id, model, choices, usage, tier, extras }: Answer, making: Making): JsonObject {
  const choice = choices[0]
  const beyond = ownFields(extras)
  const content = writeReply(choice?.parts ?? [], making.id)
  return {
    ...messageOf({ id, model }, making),
    content,
    ...writeStopped(choice?.stop ?? { reason: 'end' }, content.some(isCall), beyond),
    usage: writeUsage(usage, tier, usageBeyond(beyond)),
  }
}

const isCall = ({ type }: JsonObject): boolean => type === 'tool_use'
