import type { Json, JsonObject } from '../../model/json.ts'
import { isSaid } from '../check.ts'

/** The fields of a reply that have no noun. */
export function readExtras(reply: JsonObject): { readonly [name: string]: Json } {
  const names = ['metrics', 'trace', 'additionalModelResponseFields', 'performanceConfig']
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => (isSaid(reply[name]) ? [[name, reply[name]]] : [])),
  )
}
