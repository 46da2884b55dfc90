import { resolve } from 'node:path'
import type { Secret } from '../lib/secret.ts'
import type { Written } from './schema.ts'

/** How the house is to be furnished: all that a configuration says, with defaults filled in, frozen. */
export type Config = {
  readonly server: ServerConfig
  readonly admin: { readonly host: string; readonly port: number; readonly token?: Secret }
  /** `sqlite` is a path, or `:memory:`. */
  readonly store: { readonly sqlite: string; readonly synchronous: 'normal' | 'full' }
  readonly shared: 'memory'
  readonly providers: Readonly<Record<string, ProviderConfig>>
  readonly models: Readonly<Record<string, { readonly targets: readonly string[] }>>
  readonly defaults: { readonly timeout: TimeoutConfig; readonly strict: boolean }
  readonly keys: readonly KeyConfig[]
  readonly pricing: { readonly overrides: Readonly<Record<string, PriceConfig>> }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
}

export type ServerConfig = {
  readonly host: string
  readonly port: number
  /** In bytes. */
  readonly maxBody: number
  readonly drainMs: number
  readonly disclose: 'none' | 'basic' | 'full'
  readonly maskModel: boolean
  /** Files that are fetched for providers: at most so many bytes each, and whether from private addresses too. */
  readonly media: { readonly max: number; readonly private: boolean }
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** In milliseconds. */
export type TimeoutConfig = { readonly firstToken: number; readonly idle: number; readonly total: number }

export type ProviderConfig = {
  readonly enabled: boolean
  readonly dialect?: Written['providers'][string]['dialect'] & {}
  /** Without a slash at the end. */
  readonly baseUrl?: string
  readonly key?: Secret
  readonly models?: readonly string[]
  readonly price?: PriceConfig
}

/** In USD per million tokens. */
export type PriceConfig = {
  readonly input: number
  readonly output: number
  readonly cache_read?: number
  readonly cache_write?: number
}

export type KeyConfig = {
  readonly name: string
  readonly secret: Secret
  readonly team?: string
  /** Globs over what may be asked for. */
  readonly models: readonly string[]
  readonly rpm?: number
}

/** What a file's references lead to. */
export type References = {
  secret(reference: string): Secret
  readonly folder: string
}

/** Builds the config from a file in which nothing is wrong. */
export function toConfig(written: Written, references: References): Config {
  return frozen({
    server: serverOf(written.server, references.folder),
    admin: adminOf(written.admin, references),
    store: storeOf(written.store),
    shared: 'memory',
    providers: record(written.providers, provider => providerOf(provider, references)),
    models: record(written.models, ({ targets }) => ({ targets: targets.map(targetName) })),
    defaults: { timeout: timeoutOf(written.defaults.timeout), strict: written.defaults.strict },
    keys: written.keys.map(key => keyOf(key, references)),
    pricing: { overrides: record(written.pricing.overrides, price => price) },
    log: { level: written.log.level },
  })
}

function serverOf({ max_body, drain, mask_model, tls, ...rest }: Written['server'], folder: string): ServerConfig {
  const paths = tls && { tls: { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) } }
  return { ...rest, maxBody: max_body, drainMs: drain, maskModel: mask_model, ...paths }
}

function adminOf({ token, ...rest }: Written['admin'], { secret }: References): Config['admin'] {
  return token === undefined ? rest : { ...rest, token: secret(token) }
}

function storeOf(written: Written['store']): Config['store'] {
  const { url, synchronous } = typeof written === 'string' ? { url: written, synchronous: 'normal' as const } : written
  return { sqlite: url.slice('sqlite:'.length), synchronous }
}

function providerOf(
  { dialect, base_url, keys, ...rest }: Written['providers'][string],
  { secret }: References,
): ProviderConfig {
  const [key] = keys ?? []
  return {
    ...rest,
    ...(dialect !== undefined && { dialect }),
    ...(base_url !== undefined && { baseUrl: base_url }),
    ...(key !== undefined && { key: secret(typeof key === 'string' ? key : key.secret) }),
  }
}

const targetName = (target: Written['models'][string]['targets'][number]): string =>
  typeof target === 'string' ? target : target.model

const timeoutOf = ({ first_token, idle, total }: Written['defaults']['timeout']): TimeoutConfig => ({
  firstToken: first_token,
  idle,
  total,
})

function keyOf({ name, secret, team, models, rpm }: Written['keys'][number], references: References): KeyConfig {
  return {
    name,
    secret: references.secret(secret),
    models,
    ...(team !== undefined && { team }),
    ...(rpm !== undefined && { rpm }),
  }
}

/** Without a prototype: the names come from callers too, and `constructor` must not be found among them. */
function record<A, B>(entries: Readonly<Record<string, A>>, make: (entry: A) => B): Readonly<Record<string, B>> {
  const made: Record<string, B> = Object.create(null)
  for (const [name, entry] of Object.entries(entries)) made[name] = make(entry)
  return made
}

function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) frozen(inner)
  return Object.freeze(value)
}
