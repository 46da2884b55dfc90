import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/** The object that a text is in JSON; undefined if it is none. */
export function objectIn(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
