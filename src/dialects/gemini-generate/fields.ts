import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { beyond, flag, invalid, list, maybe, object, schema, text, texts, whole } from '../check.ts'

/** Fields that have no noun, by their paths. */
export type Leftovers = { [path: string]: Json }

/**
 * An object of a request, read field by field. Proto JSON knows each field by two spellings, `topP` and `top_p`, and a null
 * is a field that is not there. What nobody has asked for is left over, under its path and as the caller spelled it.
 */
export class Fields {
  readonly at: string
  readonly #value: JsonObject
  readonly #read: Set<string> = new Set()

  constructor(value: Json | undefined, at: string) {
    this.at = at
    this.#value = object(value, at)
  }

  /** The object as it came. */
  get raw(): JsonObject {
    return this.#value
  }

  /** A field's value, which counts as read only if `json` asks for it as well. */
  peek(name: string): Json | undefined {
    return this.#value[name] ?? this.#value[snake(name)] ?? undefined
  }

  /** A field's place, as the caller spelled it. */
  path(name: string): string {
    const spelled = this.#value[name] === undefined && this.#value[snake(name)] !== undefined ? snake(name) : name
    return this.at === '' ? spelled : `${this.at}.${spelled}`
  }

  json(name: string): Json | undefined {
    const spelled = this.#value[name] === undefined ? snake(name) : name
    const value = this.#value[spelled]
    if (value === undefined) return undefined
    this.#read.add(spelled)
    return value ?? undefined
  }

  has(name: string): boolean {
    return this.peek(name) !== undefined
  }

  text(name: string): string | undefined {
    return maybe(text, this.json(name), this.path(name))
  }

  /** Proto JSON takes numbers in quotes as well. */
  number(name: string): number | undefined {
    const value = this.json(name)
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (number === undefined || (typeof number === 'number' && Number.isFinite(number))) return number
    throw invalid(this.path(name), 'must be a number', value)
  }

  whole(name: string): number | undefined {
    return maybe(whole, this.number(name), this.path(name))
  }

  flag(name: string): boolean | undefined {
    return maybe(flag, this.json(name), this.path(name))
  }

  /** A name among others, in capitals. */
  word(name: string): string | undefined {
    return this.text(name)?.toUpperCase()
  }

  /**
   * The elements of a list, each with its place. Google takes an object where a list of them is meant for a list of one (its
   * own samples of the REST API write it so), which then stands where the list would.
   */
  elements(name: string): readonly (readonly [value: Json, at: string])[] {
    const value = this.json(name)
    const at = this.path(name)
    if (isObject(value)) return [[value, at]]
    return list(value ?? [], at).map((element, i) => [element, `${at}[${i}]`])
  }

  texts(name: string): readonly string[] | undefined {
    return maybe(texts, this.json(name), this.path(name))
  }

  /** Free JSON, whose names are nobody's fields. */
  object(name: string): JsonObject | undefined {
    return maybe(object, this.json(name), this.path(name))
  }

  schema(name: string): JsonObject | undefined {
    return maybe(schema, this.json(name), this.path(name))
  }

  fields(name: string): Fields | undefined {
    const value = this.json(name)
    return value === undefined ? undefined : new Fields(value, this.path(name))
  }

  each(name: string): readonly Fields[] {
    return this.elements(name).map(([value, at]) => new Fields(value, at))
  }

  /** Puts what was not read where it is kept. */
  leave(into: Leftovers): void {
    for (const [path, value] of beyond(this.#value, this.#read, this.path(''))) into[path] = value
  }
}

/** The objects of a list, whatever else is in it. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return (Array.isArray(value) ? value : [value]).filter(isObject)
}

const spellings = new Map<string, string>()

function snake(name: string): string {
  const known = spellings.get(name)
  if (known !== undefined) return known
  const spelled = name.replace(/[A-Z]/g, capital => `_${capital.toLowerCase()}`)
  spellings.set(name, spelled)
  return spelled
}
