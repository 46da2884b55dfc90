import type { Answer } from '../../model/answer.ts'
import { Fault } from '../../model/fault.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { list } from '../check.ts'
import { unreadable } from '../provider-fault.ts'
import { word } from '../told.ts'
import { faultInside } from './fault.ts'
import { readBlocks } from './read-block.ts'
import { readExtras } from './reply-head.ts'
import { madeBy } from './seals.ts'
import { readStop } from './stop.ts'
import { beyondUsage, readTier, readUsage } from './usage.ts'

/** All that a whole reply says. */
export function readAnswer(body: JsonObject, wire: string, maker: string): Answer {
  const fault = faultInside(body, wire)
  if (fault) throw fault
  const { id, model, stop_reason: raw, stop_sequence: sequence, usage } = body
  const stop = typeof raw === 'string' ? { reason: readStop(raw), raw } : undefined
  const found = typeof sequence === 'string' ? { sequence } : {}
  const counted = readUsage(usage)
  const tier = readTier(usage)
  const extras = readExtras(body, beyondUsage(usage))
  return {
    id: word(id),
    model: word(model),
    choices: [{ parts: partsOf(body, maker), ...(stop ? { stop: { ...stop, ...found } } : {}) }],
    ...(counted ? { usage: counted } : {}),
    ...(tier === undefined ? {} : { tier }),
    ...(extras ? { extras } : {}),
  }
}

/** What the model said. Here a misshapen block is not the caller's fault. */
function partsOf(body: JsonObject, maker: string): readonly Part[] {
  try {
    const reading = { placed: false, origin: madeBy(maker), calls: new Map<string, string>(), note: ignore }
    return readBlocks(list(body.content, 'content'), 'content', reading).filter(isSaid)
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause
    throw unreadable(cause, cause)
  }
}

/** A field of a block that no client of another dialect could use. */
const ignore = (_at: string, _value: Json): void => undefined

/** A block that says nothing is not there. */
const isSaid = (part: Part): boolean =>
  (part.type !== 'text' && part.type !== 'reasoning') || part.text !== '' || part.seal !== undefined
