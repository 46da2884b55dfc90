import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a JSON text has that a shape of AWS's published service model does not allow: unknown and missing members, wrong
 * types, values outside their enumeration, pattern or range. The model lies beside the repository; undefined without it.
 */
export type Complaints = (shape: string, value: unknown) => readonly string[]

type Shape = {
  readonly type: string
  readonly required?: readonly string[]
  readonly members?: Readonly<Record<string, { readonly shape: string; readonly location?: string }>>
  readonly member?: { readonly shape: string }
  readonly value?: { readonly shape: string }
  readonly union?: boolean
  readonly document?: boolean
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly min?: number
  readonly max?: number
}

const file = join(import.meta.dir, '../../../shared/specs/aws-bedrock-runtime-service-2.json')

export function awsSchema(): Complaints | undefined {
  if (!existsSync(file)) return undefined
  const { shapes } = JSON.parse(readFileSync(file, 'utf8')) as { readonly shapes: Readonly<Record<string, Shape>> }
  const check = (name: string, value: unknown, at: string): string[] => {
    const shape = shapes[name]
    if (!shape) return [`${at}: no shape ${name}`]
    if (shape.document) return value === undefined ? [`${at}: missing`] : []
    switch (shape.type) {
      case 'structure':
        return structure(shape, value, at, check)
      case 'list':
        return list(shape, value, at, check)
      case 'map':
        return map(shape, value, at, check)
      case 'string':
        return text(shape, value, at)
      case 'blob':
        return typeof value === 'string' && /^[A-Za-z\d+/]*={0,2}$/.test(value) ? [] : [`${at}: no base64`]
      case 'integer':
      case 'float':
        return number(shape, value, at)
      case 'boolean':
        return typeof value === 'boolean' ? [] : [`${at}: no boolean`]
      default:
        return [`${at}: a ${shape.type} is not known here`]
    }
  }
  return (shape, value) => check(shape, value, shape)
}

type Check = (name: string, value: unknown, at: string) => string[]

function structure({ members = {}, required = [], union }: Shape, value: unknown, at: string, check: Check): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: no object`]
  const fields = Object.entries(value)
  const missing = required.filter(name => !(name in value) && members[name]?.location === undefined)
  return [
    ...missing.map(name => `${at}.${name}: missing`),
    ...(union && fields.length !== 1 ? [`${at}: ${fields.length} members of a union`] : []),
    ...fields.flatMap(([name, each]) => {
      const member = members[name]
      return member ? check(member.shape, each, `${at}.${name}`) : [`${at}.${name}: unknown`]
    }),
  ]
}

function list(
  { member, min = 0, max = Number.POSITIVE_INFINITY }: Shape,
  value: unknown,
  at: string,
  check: Check,
): string[] {
  if (!Array.isArray(value)) return [`${at}: no list`]
  const length = value.length < min || value.length > max ? [`${at}: ${value.length} elements`] : []
  return [...length, ...value.flatMap((each, index) => check(member?.shape ?? '', each, `${at}[${index}]`))]
}

function map(
  { value: shape, max = Number.POSITIVE_INFINITY }: Shape,
  value: unknown,
  at: string,
  check: Check,
): string[] {
  if (typeof value !== 'object' || value === null) return [`${at}: no map`]
  const entries = Object.entries(value)
  const size = entries.length > max ? [`${at}: ${entries.length} entries`] : []
  return [...size, ...entries.flatMap(([name, each]) => check(shape?.shape ?? '', each, `${at}.${name}`))]
}

function text(
  { enum: words, pattern, min = 0, max = Number.POSITIVE_INFINITY }: Shape,
  value: unknown,
  at: string,
): string[] {
  if (typeof value !== 'string') return [`${at}: no string`]
  if (words && !words.includes(value)) return [`${at}: '${value}' is not among ${words.join(', ')}`]
  if (value.length < min || value.length > max) return [`${at}: ${value.length} characters`]
  return pattern && !new RegExp(`^(?:${pattern})$`).test(value) ? [`${at}: '${value}' does not match ${pattern}`] : []
}

function number({ type, min = -Infinity, max = Infinity }: Shape, value: unknown, at: string): string[] {
  if (typeof value !== 'number' || (type === 'integer' && !Number.isInteger(value))) return [`${at}: no ${type}`]
  return value < min || value > max ? [`${at}: ${value} is out of range`] : []
}
