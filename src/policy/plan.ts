import type { Call } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Plan, Waits } from '../model/plan.ts'
import { mayUse } from './allow.ts'
import type { Directory } from './directory.ts'
import { type Near, resolve } from './resolve.ts'

/** What to do for a call: pure, from what is known now. Refuses a model that this key may not use with `forbidden`. */
export function plan(call: Call, caller: Caller, directory: Directory, waits: Waits, near: Near): Plan {
  const { targets, reason } = resolve(call.model, directory, near)
  if (!mayUse(caller, call.model, targets)) {
    throw new Fault(
      'forbidden',
      `This key may not use the model '${call.model}'. Ask for one that GET /v1/models lists.`,
      {
        param: 'model',
      },
    )
  }
  return { legs: targets.map(target => ({ target })), waits, reason }
}
