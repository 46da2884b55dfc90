import type { Json, JsonObject } from '../../model/json.ts'

/** The fields that are not among the known ones, by their path. Looked for in every chunk, and hardly one has any. */
export function others(object: JsonObject, known: ReadonlySet<string>, prefix = ''): Record<string, Json> {
  const found: Record<string, Json> = {}
  for (const name of Object.keys(object)) {
    const value = known.has(name) ? undefined : object[name]
    if (value !== undefined) found[prefix + name] = value
  }
  return found
}
