import { isObject, type Json } from '../../model/json.ts'

/** What was billed: a fact without a noun. */
export const readExtras = (wire: Json | undefined): { readonly [name: string]: Json } =>
  isObject(wire) && isObject(wire.billed_units) ? { billed_units: wire.billed_units } : {}
