import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/** A call's arguments, of which some models write none, or null; undefined if they are no object. */
export const argumentsIn = (text: string): JsonObject | undefined => (saysNothing(text) ? {} : objectIn(text))

export const saysNothing = (text: string): boolean => /^\s*(?:null\s*)?$/.test(text)

/** The object that a text is in JSON; undefined if it is none. */
export function objectIn(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
