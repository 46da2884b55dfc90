import { resolve } from 'node:path'
import type { Secret } from '../lib/secret.ts'
import { over, type Resilience, resilienceOf } from './resilience.ts'
import type { Written } from './schema.ts'

/** How the house is to be furnished: all that a configuration says, with defaults filled in, frozen. */
export type Config = {
  readonly server: ServerConfig
  readonly admin: { readonly host: string; readonly port: number; readonly token?: Secret }
  /** `sqlite` is an absolute path, or `:memory:`. */
  readonly store: { readonly sqlite: string; readonly synchronous: 'normal' | 'full' }
  readonly shared: 'memory'
  readonly providers: Readonly<Record<string, ProviderConfig>>
  readonly models: Readonly<Record<string, ModelConfig>>
  readonly defaults: Resilience & { readonly strict: boolean }
  readonly keys: readonly KeyConfig[]
  readonly pricing: { readonly overrides: Readonly<Record<string, PriceConfig>> }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent' }
}

export const inMemory = ':memory:'

export type ServerConfig = {
  readonly host: string
  readonly port: number
  /** In bytes. */
  readonly maxBody: number
  readonly drainMs: number
  readonly disclose: 'none' | 'basic' | 'full'
  readonly maxInFlight: number
  readonly maxQueued: number
  readonly maxLagMs: number
  /** The pause between two signs of life of a stream that has not begun; off if left out. */
  readonly keepAliveMs?: number
  readonly maskModel: boolean
  /** Files that are fetched for providers: at most so many bytes each, and whether from private addresses too. */
  readonly media: { readonly max: number; readonly private: boolean }
  /** Absolute paths of PEM files. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A name of the operator's own, with all that holds for it: its own words, and the defaults for what it leaves out. */
export type ModelConfig = Resilience & {
  readonly targets: readonly { readonly name: string; readonly weight: number }[]
  readonly strategy: Written['models'][string]['strategy'] & {}
  readonly weigh: { readonly cost: number; readonly latency: number; readonly quality: number }
}

export type ProviderConfig = {
  readonly enabled: boolean
  readonly dialect?: Written['providers'][string]['dialect'] & {}
  /** Without a slash at the end. */
  readonly baseUrl?: string
  readonly keys?: readonly ProviderKeyConfig[]
  readonly models?: readonly string[]
  readonly price?: PriceConfig
  readonly drainForUsage?: boolean
}

/** One of a provider's keys, and what the provider allows it in a minute. */
export type ProviderKeyConfig = {
  readonly secret: Secret
  readonly weight: number
  readonly rpm?: number
  readonly tpm?: number
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
  readonly secret: (reference: string) => Secret
  readonly folder: string
}

/** Builds the config from a file in which nothing is wrong. */
export function toConfig(written: Written, references: References): Config {
  return frozen({
    server: serverOf(written.server, references.folder),
    admin: adminOf(written.admin, references),
    store: storeOf(written.store, references.folder),
    shared: 'memory',
    providers: record(written.providers, provider => providerOf(provider, references)),
    models: record(written.models, model => modelOf(model, written.defaults)),
    defaults: { ...resilienceOf(written.defaults), strict: written.defaults.strict },
    keys: written.keys.map(key => keyOf(key, references)),
    pricing: { overrides: record(written.pricing.overrides, price => price) },
    log: { level: written.log.level },
  })
}

function serverOf(written: Written['server'], folder: string): ServerConfig {
  const { host, port, disclose, media, tls, keep_alive: keepAliveMs } = written
  return {
    host,
    port,
    disclose,
    media,
    maxBody: written.max_body,
    drainMs: written.drain,
    maxInFlight: written.max_in_flight,
    maxQueued: written.max_queued,
    maxLagMs: written.max_lag,
    maskModel: written.mask_model,
    ...(keepAliveMs !== undefined && { keepAliveMs }),
    ...(tls && { tls: { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) } }),
  }
}

function adminOf({ token, ...rest }: Written['admin'], { secret }: References): Config['admin'] {
  return token === undefined ? rest : { ...rest, token: secret(token) }
}

function storeOf(written: Written['store'], folder: string): Config['store'] {
  const { url, synchronous } = typeof written === 'string' ? { url: written, synchronous: 'normal' as const } : written
  const path = url.slice('sqlite:'.length)
  return { sqlite: path === inMemory ? path : resolve(folder, path), synchronous }
}

function providerOf(
  { dialect, base_url, keys, drain_for_usage, ...rest }: Written['providers'][string],
  { secret }: References,
): ProviderConfig {
  return {
    ...rest,
    ...(drain_for_usage && { drainForUsage: true }),
    ...(dialect !== undefined && { dialect }),
    ...(base_url !== undefined && { baseUrl: base_url }),
    ...(keys !== undefined && { keys: keys.map(key => providerKeyOf(key, secret)) }),
  }
}

function providerKeyOf(
  key: (Written['providers'][string]['keys'] & {})[number],
  secret: References['secret'],
): ProviderKeyConfig {
  if (typeof key === 'string') return { secret: secret(key), weight: 1 }
  return { weight: 1, ...key, secret: secret(key.secret) }
}

/** Unless it says otherwise, a score looks at cost and latency alike. */
const evenly = { cost: 0.5, latency: 0.5, quality: 0 }
const nothing = { cost: 0, latency: 0, quality: 0 }

function modelOf(
  { targets, strategy, weigh, ...own }: Written['models'][string],
  defaults: Written['defaults'],
): ModelConfig {
  return {
    targets: targets.map(target =>
      typeof target === 'string' ? { name: target, weight: 1 } : { name: target.model, weight: target.weight ?? 1 },
    ),
    strategy: strategy ?? 'ordered',
    weigh: weigh ? { ...nothing, ...weigh } : evenly,
    ...resilienceOf(over(own, defaults)),
  }
}

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
