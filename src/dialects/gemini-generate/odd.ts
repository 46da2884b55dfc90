import { Fault } from '../../model/fault.ts'
import type { Json } from '../../model/json.ts'

/** A reply that says something in a way that nobody can mean. */
export const odd = (path: string, seen: Json | undefined): Fault =>
  new Fault(
    'upstream_failed',
    `The provider's reply cannot be understood: '${path}' is ${JSON.stringify(seen)?.slice(0, 60) ?? 'missing'}.`,
  )
