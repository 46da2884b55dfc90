import { Fault } from '../model/fault.ts'

/** Refusals that every key desk words alike. */
export const nameInUse = (name: string): Fault =>
  new Fault('invalid_request', `A key named "${name}" exists. Revoke it first, or choose another name.`, {
    param: 'name',
  })

export const secretInUse = (): Fault =>
  new Fault('invalid_request', 'A key with this id or secret exists, or existed. Make a new one.', { param: 'secret' })
