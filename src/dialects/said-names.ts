import type { HalfNoun, Noun } from '../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import { isSaid } from './check.ts'

/** The fields that a noun may be read from, as paths; the one that is read where several are there stands first. */
export type Names = Readonly<Partial<Record<Noun | HalfNoun, readonly string[]>>>

/** Of each noun the field that this request says it in; none where it says nothing of it. */
export const saidNames = (names: Names, body: JsonObject): Readonly<Partial<Record<Noun | HalfNoun, string>>> =>
  Object.fromEntries(
    Object.entries(names).flatMap(([noun, paths]) => {
      const path = paths.find(each => isSaid(valueAt(body, each.split('.'))))
      return path === undefined ? [] : [[noun, path]]
    }),
  )

function valueAt(body: JsonObject, [step = '', ...rest]: readonly string[]): Json | undefined {
  const value = body[step]
  if (rest.length === 0) return value
  return isObject(value) ? valueAt(value, rest) : undefined
}
