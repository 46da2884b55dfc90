import { resolve } from 'node:path'
import { nearest } from '../lib/nearest.ts'
import { Secret } from '../lib/secret.ts'
import { find, liesIn } from './find.ts'
import { type Complaint, type Path, pathText } from './problem.ts'

/** Where in the language a secret may stand. What is written there is never shown unless it is a reference. */
export const secretPlaces = ['admin.token', 'providers.*.keys.*', 'providers.*.keys.*.secret', 'keys.*.secret'] as const

/** Where somebody may have put a secret, including by mistake: in a list's place, or as a field's name. */
export const isSecretPlace = (path: Path): boolean =>
  ['admin.token', 'providers.*.keys', 'keys.*.secret'].some(place => liesIn(path, place))

/** What references are resolved against. */
export type SecretWorld = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The folder that relative paths start from. */
  readonly folder: string
  /** Throws what `readFileSync` throws. */
  readonly readFile: (path: string) => string
}

/** The secrets of a file by reference, and what is wrong with its references. */
export type Secrets = { readonly found: ReadonlyMap<string, Secret>; readonly complaints: readonly Complaint[] }

export function resolveSecrets(value: unknown, world: SecretWorld): Secrets {
  const found = new Map<string, Secret>()
  const complaints: Complaint[] = []
  for (const { path, value: reference } of secretPlaces.flatMap(place => find(value, place))) {
    if (typeof reference !== 'string' || isLater(reference)) continue
    const outcome = resolveReference(reference, world)
    if (outcome instanceof Secret) found.set(reference, outcome)
    else complaints.push({ path, on: 'value', message: `${pathText(path)} ${outcome}` })
  }
  return { found, complaints }
}

/** How a reference to a secret begins, whether its store is built or not. */
export const reference = /^(env:[A-Za-z_]\w*$|(file|vault|aws-sm|gcp-sm):.)/

/** References to stores that belong to the language and are not built yet. */
export const isLater = (reference: string): boolean => /^(vault|aws-sm|gcp-sm):/.test(reference)

/** The secret, or the rest of a sentence that says what is wrong with the reference. */
function resolveReference(reference: string, world: SecretWorld): Secret | string {
  const [, kind, name] = /^(env|file):(.*)$/s.exec(reference) ?? []
  if (kind === 'env' && /^[A-Za-z_]\w*$/.test(name ?? '')) return fromEnvironment(name ?? '', world.env)
  if (kind === 'file' && name) return fromFile(name, world)
  if (kind === 'env') return 'is not the name of an environment variable: write env:NAME.'
  return 'is not a reference: a secret in this file leaks with it. Put it elsewhere and write env:NAME or file:/path.'
}

function fromEnvironment(name: string, env: SecretWorld['env']): Secret | string {
  const value = env[name]
  if (value === undefined) return `refers to the environment variable ${name}, which is not set.${similar(name, env)}`
  return checked(value, `the environment variable ${name}`)
}

function similar(name: string, env: SecretWorld['env']): string {
  const [near] = nearest(name, Object.keys(env), 1)
  return near === undefined ? '' : ` Did you mean ${near}?`
}

function fromFile(name: string, { folder, readFile }: SecretWorld): Secret | string {
  const path = resolve(folder, name)
  try {
    return checked(readFile(path), `the file ${path}`)
  } catch (error) {
    return `refers to the file ${path}, which cannot be read (${causeOf(error)}).`
  }
}

export const causeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error)

/** Without the line break that most editors put at the end. Every secret travels in a header, so no others may be in it. */
function checked(value: string, origin: string): Secret | string {
  const trimmed = value.replace(/\r?\n$/, '')
  if (trimmed === '') return `refers to ${origin}, which is empty.`
  if (/[^\x21-\x7e]/.test(trimmed)) {
    return `refers to ${origin}, which holds a space, a line break or another character that no HTTP header can carry.`
  }
  return new Secret(trimmed)
}
