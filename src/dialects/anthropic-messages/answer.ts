import type { Answer } from '../../model/answer.ts'
import type { Operation } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { AnswerReader, AnswerWriter, Making } from '../dialect.ts'
import { need } from './check.ts'
import { faultInside } from './fault.ts'
import { messageOf, ownFields, readExtras, usageBeyond, writeStopped } from './message.ts'
import { readBlocks } from './read-block.ts'
import { madeBy } from './seals.ts'
import { beyondUsage, readTier, readUsage, writeUsage } from './usage.ts'
import { readReason } from './words.ts'
import { writeReply } from './write-reply.ts'

/** Whole replies of Anthropic's API. */
export const answer: AnswerReader & AnswerWriter = { glance, read, write, count: tokens => ({ input_tokens: tokens }) }

function glance(body: JsonObject, wire: string, operation: Operation): readonly Event[] {
  const fault = faultInside(body, wire)
  if (fault) return [{ type: 'fault', fault }]
  const events: Event[] = [{ type: 'content' }]
  if (operation !== 'chat') return events
  if (typeof body.stop_reason === 'string') events.push({ type: 'stop', reason: body.stop_reason })
  const usage = readUsage(body.usage)
  if (usage) events.push({ type: 'usage', usage })
  return events
}

function read(body: JsonObject, wire: string, maker: string): Answer {
  const fault = faultInside(body, wire)
  if (fault) throw fault
  const { id, model, stop_reason: raw, stop_sequence: sequence, usage } = body
  const stop = typeof raw === 'string' ? { reason: readReason(raw), raw } : undefined
  const found = typeof sequence === 'string' ? { sequence } : {}
  const counted = readUsage(usage)
  const tier = readTier(usage)
  const extras = readExtras(body, beyondUsage(usage))
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof model === 'string' ? { model } : {}),
    choices: [{ parts: partsOf(body, maker), ...(stop ? { stop: { ...stop, ...found } } : {}) }],
    ...(counted ? { usage: counted } : {}),
    ...(tier === undefined ? {} : { tier }),
    ...(extras ? { extras } : {}),
  }
}

/** What the model said. Here a misshapen block is not the caller's fault. */
function partsOf(body: JsonObject, maker: string): readonly Part[] {
  try {
    const blocks = need('list', body, 'content', '')
    const reading = { placed: false, origin: madeBy(maker), calls: new Map<string, string>(), beyond: ignore }
    return readBlocks(blocks, 'content', reading).filter(isSaid)
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    throw new Fault('upstream_failed', `The provider's reply cannot be understood: ${cause.message}`, { cause })
  }
}

/** A field of a block that no client of another dialect could use. */
const ignore = (_at: string, _value: Json): void => undefined

/** A block that says nothing is not there. */
const isSaid = (part: Part): boolean =>
  (part.type !== 'text' && part.type !== 'reasoning') || part.text !== '' || part.seal !== undefined

function write({ id, model, choices, usage, tier, extras }: Answer, making: Making): JsonObject {
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
