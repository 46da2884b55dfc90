import type { $ZodIssue, $ZodRawIssue } from 'zod/v4/core'
import { nearest } from '../lib/nearest.ts'
import { isObject, type JsonObject } from '../model/json.ts'
import { configJsonSchema } from './json-schema.ts'
import { type Complaint, type Path, pathText } from './problem.ts'
import { isSecretPlace } from './secrets.ts'

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

const containers: ReadonlySet<string> = new Set(['array', 'object', 'record'])

/** What was expected where the schema does not say it in words of its own. Handed to the parser. */
export function expectation(issue: $ZodRawIssue): string {
  if (issue.code === 'invalid_type') return kinds[issue.expected] ?? issue.expected
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String))
  if (issue.code === 'too_small')
    return issue.origin === 'array' ? 'a list that is not empty' : 'text that is not empty'
  return 'another value'
}

/** Makes sentences of what the schema found wrong with `value`: where, what was expected, what is there, what is near. */
export const explain = (issues: readonly $ZodIssue[], value: unknown): readonly Complaint[] =>
  issues.flatMap(issue => complaints(issue, [], value))

function complaints(issue: $ZodIssue, base: Path, value: unknown): readonly Complaint[] {
  const path = [...base, ...issue.path.map(step => (typeof step === 'number' ? step : String(step)))]
  if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownField([...path, key]))
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors)
    if (meant !== undefined) return meant.flatMap(inner => complaints(inner, path, value))
  }
  if (issue.code === 'invalid_key')
    return [wrong(path, 'key', issue.issues[0]?.message ?? issue.message, path.at(-1), show(path.at(-1)))]
  const seen = at(value, path)
  // Where a map or list belongs, a text may well be a secret in the wrong place: `providers: {openai: sk-…}`.
  const hidden = isSecretPlace(path) || (issue.code === 'invalid_type' && containers.has(issue.expected))
  return [wrong(path, 'value', issue.message, seen, hidden ? kindOf(seen) : show(seen))]
}

/** Of several forms the one that was meant: the only one whose kind (text, map) is that of what was written. */
function meantBranch(branches: readonly (readonly $ZodIssue[])[]): readonly $ZodIssue[] | undefined {
  const fitting = branches.filter(
    issues => !issues.some(issue => issue.code === 'invalid_type' && issue.path.length === 0),
  )
  return fitting.length === 1 ? fitting[0] : undefined
}

function wrong(path: Path, on: Complaint['on'], expected: string, seen: unknown, shown: string): Complaint {
  const where = pathText(path)
  if (seen === undefined) return { path, on, message: `${where} is missing: expected ${expected}.` }
  if (seen === null) return { path, on, message: `${where} is empty: expected ${expected}. Fill it in or remove it.` }
  const near = nearAmong(seen, valuesAt(path))
  return { path, on, message: `${where}: expected ${expected}, but saw ${shown}.${near}` }
}

function unknownField(path: Path): Complaint {
  const owner = path.slice(0, -1)
  const name = String(path.at(-1))
  const names = Object.keys(fieldsOf(schemasAt(owner)))
  const place = owner.length === 0 ? 'the top level' : pathText(owner)
  const advice = nearAmong(name, names) || ` Known are ${names.join(', ')}.`
  // A secret may have become a name by a slip of the colon. Names of fields have no digits; most secrets do.
  if (isSecretPlace(owner) || /\d|.{40}/.test(name)) {
    return { path: owner, on: 'value', message: `${place} has a field that is not known.${advice}` }
  }
  return { path, on: 'key', message: `${place} has a field ${JSON.stringify(name)} that is not known.${advice}` }
}

const nearAmong = (seen: unknown, names: readonly string[]): string => {
  const [near] = typeof seen === 'string' ? nearest(seen, names, 1) : []
  return near === undefined ? '' : ` Did you mean ${near}?`
}

/** The value as it may be printed: short, and without what an address may hide before its @ or behind its path. */
function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') return kindOf(value)
  const bare = value.replace(/\/\/.*@/s, '//•••@').replace(/[?#].*/s, mark => `${mark[0]}•••`)
  return JSON.stringify(bare.length > 80 ? `${bare.slice(0, 80)}…` : bare)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return kinds[typeof value] ?? 'nothing'
}

function at(value: unknown, path: Path): unknown {
  let inner = value
  for (const step of path) {
    if (Array.isArray(inner)) inner = inner[Number(step)]
    else inner = isObject(inner) && Object.hasOwn(inner, step) ? inner[step] : undefined
  }
  return inner
}

const oneOf = (names: readonly string[]): string =>
  names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`

const valuesAt = (path: Path): readonly string[] =>
  schemasAt(path).flatMap(schema => (Array.isArray(schema.enum) ? schema.enum.map(String) : []))

const fieldsOf = (schemas: readonly JsonObject[]): JsonObject =>
  Object.assign({}, ...schemas.map(schema => schema.properties ?? {}))

// Made once, and only by whoever makes a mistake.
let schema: object | undefined

/** The forms that the language allows at a path, read from its JSON Schema because that is plain data. */
function schemasAt(path: Path): readonly JsonObject[] {
  schema ??= configJsonSchema()
  let schemas = forms(schema)
  for (const step of path) schemas = schemas.flatMap(each => forms(below(each, step)))
  return schemas
}

function below(schema: JsonObject, step: string | number): unknown {
  if (typeof step === 'number') return schema.items
  const fields = isObject(schema.properties) ? schema.properties : {}
  return Object.hasOwn(fields, step) ? fields[step] : schema.additionalProperties
}

function forms(schema: unknown): readonly JsonObject[] {
  if (!isObject(schema)) return []
  return Array.isArray(schema.anyOf) ? schema.anyOf.flatMap(forms) : [schema]
}
