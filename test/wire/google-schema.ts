import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a JSON text has that Google's published description of its API does not allow: unknown fields, wrong types, values
 * outside their enumeration. The description lies beside the repository; undefined without it.
 */
export type Complaints = (schema: string, value: unknown) => readonly string[]

type Schema = {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
}

const file = join(import.meta.dir, '../../../shared/specs/gemini-generativelanguage-discovery.json')

/** Enumerations that grow on the wire before they do in the description; a client takes any word there. */
const growing: ReadonlySet<string> = new Set(['finishReason', 'blockReason'])

/** What the wire has and the description does not (createTime is Vertex's). */
const beyond: ReadonlySet<string> = new Set(['createTime', 'trafficType', 'blockReasonMessage'])

export function googleSchema(): Complaints | undefined {
  if (!existsSync(file)) return undefined
  const { schemas } = JSON.parse(readFileSync(file, 'utf8')) as { readonly schemas: Readonly<Record<string, Schema>> }

  function check(schema: Schema, value: unknown, at: string): string[] {
    if (schema.$ref !== undefined) {
      const named = schemas[schema.$ref]
      // The description refers to a schema that it does not hold (MediaResolution).
      return named ? check(named, value, at) : []
    }
    switch (schema.type ?? 'any') {
      case 'object':
        return object(schema, value, at)
      case 'array':
        return Array.isArray(value)
          ? value.flatMap((each, i) => check(schema.items ?? { type: 'any' }, each, `${at}[${i}]`))
          : [`${at} is no array`]
      case 'string':
        return word(schema, value, at)
      case 'integer':
        return Number.isInteger(value) ? [] : [`${at} is no integer`]
      case 'number':
        return typeof value === 'number' ? [] : [`${at} is no number`]
      case 'boolean':
        return typeof value === 'boolean' ? [] : [`${at} is no boolean`]
      default:
        return []
    }
  }

  function object({ properties, additionalProperties }: Schema, value: unknown, at: string): string[] {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at} is no object`]
    return Object.entries(value).flatMap(([name, inner]) => {
      if (inner === undefined || beyond.has(name)) return []
      const schema = properties?.[name] ?? additionalProperties
      return schema ? check(schema, inner, `${at}.${name}`) : [`${at}.${name} is unknown`]
    })
  }

  return (name, value) => check({ $ref: name }, value, name)
}

function word({ enum: words }: Schema, value: unknown, at: string): string[] {
  if (typeof value !== 'string') return [`${at} is no string`]
  const free = !words || words.includes(value) || growing.has(at.slice(at.lastIndexOf('.') + 1))
  return free ? [] : [`${at} is '${value}', none of ${words.join(', ')}`]
}
