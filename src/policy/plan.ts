import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Plan, Waits } from '../model/plan.ts'
import { mayUse } from './allow.ts'
import type { Directory } from './directory.ts'
import { type Near, resolve } from './resolve.ts'

/** What to do for a letter: pure, from what is known now. Refuses a model that this key may not use with `forbidden`. */
export function plan(letter: Letter, caller: Caller, directory: Directory, waits: Waits, near: Near): Plan {
  const { model } = letter.call
  const { targets, reason } = resolve(model, directory, near)
  if (!mayUse(caller, model, targets)) throw forbidden(model)
  const legs = targets.filter(({ provider }) => provider === (letter.boundTo ?? provider)).map(target => ({ target }))
  if (legs.length === 0) throw elsewhere(model, letter.boundTo)
  return { legs, waits: shortened(waits, letter.patienceMs), reason }
}

const forbidden = (model: string): Fault =>
  new Fault('forbidden', `This key may not use the model '${model}'. Ask for one that GET /v1/models lists.`, {
    param: 'model',
  })

const elsewhere = (model: string, provider = ''): Fault =>
  new Fault(
    'invalid_request',
    `The reply that this request continues is kept by ${provider}, which does not serve '${model}'. Ask a model of ${provider}, or ask with "store": true from the first turn on.`,
    { param: 'previous_response_id' },
  )

/** A caller may wait for less than the operator would, never for more. */
const shortened = (waits: Waits, patienceMs: number | undefined): Waits =>
  patienceMs === undefined || patienceMs >= waits.total ? waits : { ...waits, total: patienceMs }
