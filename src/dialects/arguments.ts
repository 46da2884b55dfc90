import { isObject, type JsonObject } from '../model/json.ts'
import { exactly } from '../model/numbers.ts'

/** A call's arguments, to be written as an object: some models write none, or null; undefined if they are no object. */
export function argumentsIn(text: string): JsonObject | undefined {
  if (saysNothing(text)) return {}
  try {
    const value = exactly(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const saysNothing = (text: string): boolean => /^\s*(?:null\s*)?$/.test(text)
