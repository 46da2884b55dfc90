import type { Chat } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { dialectId } from './id.ts'

/** JSON that is being made. */
export type Draft = { [name: string]: Json | undefined }

/**
 * The caller's fields that have no noun, on their way back to where they stood. Those of another dialect have no place here,
 * and neither have those whose part is gone: what was not put back is lost.
 */
export class Extras {
  readonly #fields: ReadonlyMap<string, Json>
  /** Their paths, by the last place in a list that they lead through: each part looks among its own. */
  readonly #below: ReadonlyMap<string, readonly string[]>
  /** The caller speaks this dialect itself. */
  readonly own: boolean
  readonly #back: Set<string> = new Set()

  constructor({ dialect, fields }: Chat['extras']) {
    this.own = dialect === dialectId
    this.#fields = new Map(Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined))
    this.#below = Map.groupBy(this.#fields.keys(), listed)
  }

  /** Puts the fields that stood below a place into what has come of it. */
  restore<T extends Draft>(draft: T, at: string | undefined): T {
    if (!this.own || at === undefined) return draft
    for (const path of this.#below.get(listed(at)) ?? [])
      if (path.startsWith(`${at}.`)) this.#put(draft, path, at.length + 1)
    return draft
  }

  /** Puts back the fields of the request itself: those that belong to no content and no tool. */
  restoreAll(body: Draft): void {
    if (!this.own) return
    for (const path of this.#below.get('') ?? []) this.#put(body, path, 0)
  }

  lost(): readonly string[] {
    return [...this.#fields.keys()].filter(path => !this.#back.has(path))
  }

  #put(draft: Draft, path: string, from: number): void {
    const names = path.slice(from).split('.')
    if (leadsToList(draft, names)) return
    setAt(draft, names, this.#fields.get(path) ?? null)
    this.#back.add(path)
  }
}

/** A path that leads deeper (`parts[0].x`) belongs to a place of its own. */
const listed = (path: string): string => path.slice(0, path.lastIndexOf(']') + 1)

/** Below a list stands what belongs to its elements, be it the only one and written without the list. */
function leadsToList(draft: JsonObject, [name = '', ...more]: readonly string[]): boolean {
  const there = draft[name]
  if (more.length === 0) return false
  return Array.isArray(there) || (isObject(there) && leadsToList(there, more))
}

function setAt(draft: Draft, [name = '', ...more]: readonly string[], value: Json): void {
  const there = draft[name]
  if (more.length === 0) {
    draft[name] = value
    return
  }
  const inner: Draft = isObject(there) ? { ...there } : {}
  setAt(inner, more, value)
  draft[name] = inner
}

/** An object without the fields that are undefined; undefined if none is left. */
export function filled(draft: JsonObject): JsonObject | undefined {
  const entries = Object.entries(draft).filter(([, value]) => value !== undefined)
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}
