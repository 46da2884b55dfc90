import { type JsonObject, objectIn } from '../model/json.ts'

/** A call's arguments, of which some models write none, or null; undefined if they are no object. */
export const argumentsIn = (text: string): JsonObject | undefined => (saysNothing(text) ? {} : objectIn(text))

export const saysNothing = (text: string): boolean => /^\s*(?:null\s*)?$/.test(text)
