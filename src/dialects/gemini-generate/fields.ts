import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'

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
    if (!isObject(value)) throw invalid(at, 'must be an object', value)
    this.at = at
    this.#value = value
  }

  /** The object as it came. */
  get raw(): JsonObject {
    return this.#value
  }

  /** A field's value, which counts as read only if `json` asks for it as well. */
  peek(name: string): Json | undefined {
    return this.#value[name] ?? this.#value[snake(name)] ?? undefined
  }

  path(name: string): string {
    return this.at === '' ? name : `${this.at}.${name}`
  }

  json(name: string): Json | undefined {
    const spelled = this.#value[name] === undefined ? snake(name) : name
    this.#read.add(spelled)
    return this.#value[spelled] ?? undefined
  }

  has(name: string): boolean {
    return this.peek(name) !== undefined
  }

  text(name: string): string | undefined {
    const value = this.json(name)
    if (value === undefined || typeof value === 'string') return value
    throw invalid(this.path(name), 'must be a string', value)
  }

  /** Proto JSON takes numbers in quotes as well. */
  number(name: string): number | undefined {
    const value = this.json(name)
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (number === undefined || (typeof number === 'number' && Number.isFinite(number))) return number
    throw invalid(this.path(name), 'must be a number', value)
  }

  flag(name: string): boolean | undefined {
    const value = this.json(name)
    if (value === undefined || typeof value === 'boolean') return value
    throw invalid(this.path(name), 'must be true or false', value)
  }

  /** A name among others, in capitals. */
  word(name: string): string | undefined {
    return this.text(name)?.toUpperCase()
  }

  list(name: string): readonly Json[] | undefined {
    const value = this.json(name)
    if (value === undefined || Array.isArray(value)) return value as readonly Json[] | undefined
    throw invalid(this.path(name), 'must be an array', value)
  }

  texts(name: string): readonly string[] | undefined {
    return this.list(name)?.map((value, i) => {
      if (typeof value === 'string') return value
      throw invalid(`${this.path(name)}[${i}]`, 'must be a string', value)
    })
  }

  /** Free JSON, whose names are nobody's fields. */
  object(name: string): JsonObject | undefined {
    const value = this.json(name)
    if (value === undefined || isObject(value)) return value
    throw invalid(this.path(name), 'must be an object', value)
  }

  fields(name: string): Fields | undefined {
    const value = this.json(name)
    return value === undefined ? undefined : new Fields(value, this.path(name))
  }

  each(name: string): readonly Fields[] {
    return (this.list(name) ?? []).map((value, i) => new Fields(value, `${this.path(name)}[${i}]`))
  }

  /** Puts what was not read where it is kept. */
  leave(into: Leftovers): void {
    for (const [name, value] of Object.entries(this.#value)) {
      if (!this.#read.has(name) && value !== undefined && value !== null) into[this.path(name)] = value
    }
  }
}

const spellings = new Map<string, string>()

function snake(name: string): string {
  const known = spellings.get(name)
  if (known !== undefined) return known
  const spelled = name.replace(/[A-Z]/g, capital => `_${capital.toLowerCase()}`)
  spellings.set(name, spelled)
  return spelled
}

export function invalid(param: string, rule: string, seen: unknown): Fault {
  const shown = seen === undefined ? 'it is missing' : `it is ${JSON.stringify(seen).slice(0, 60)}`
  const named = param === '' ? 'The request' : `'${param}'`
  return new Fault('invalid_request', `${named} ${rule}; ${shown}.`, param === '' ? {} : { param })
}
