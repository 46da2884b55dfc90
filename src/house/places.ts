import type { Config, ProviderConfig } from '../config/config.ts'
import type { KnownProvider } from '../config/rules.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { onlyKey, type PoolKey } from '../policy/directory.ts'
import { providers as rows } from '../providers/index.ts'
import type { Environment, Provider } from '../providers/provider.ts'
import { sim, simModels, simSuffix } from '../providers/sim.ts'

/** A provider's row, what the config says of it, and the keys that were found for it. */
export type Placed = {
  readonly row: Provider
  readonly settings: ProviderConfig | undefined
  readonly keys: readonly PlacedKey[]
  /** What its requests are signed with, where there is no key and it takes signatures. */
  readonly credentials?: Environment | undefined
}

/** A key by its place in the config: `k1` is the first. */
export type PlacedKey = PoolKey & {
  readonly secret: string
  readonly rpm?: number
  readonly tpm?: number
}

export type { Environment }

/** The provider rows that the config may name without saying where they are. */
export const knownProviders: readonly KnownProvider[] = [
  ...rows.map(({ id, keyFrom }) => ({ id, keyless: keyFrom.length === 0 })),
  { id: sim.id, keyless: true, models: simModels, suffix: simSuffix },
]

/** The config's providers in its order, then the known ones. */
export function place(config: Config, env: Environment): Placed[] {
  const known = new Map([...rows, sim].map(row => [row.id, row]))
  const configured = Object.entries(config.providers)
  const names = new Set([...configured.map(([id]) => id), ...known.keys()])
  return [...names].flatMap(id => {
    const settings = config.providers[id]
    if (settings?.enabled === false) return []
    const row = located(known.get(id) ?? customRow(id), env)
    const keys = keysOf(settings) ?? keyFrom(row, env)
    return [{ row, settings, keys, credentials: keys.length === 0 ? credentialsOf(row, env) : undefined }]
  })
}

const located = (row: Provider, env: Environment): Provider =>
  row.baseUrlIn ? { ...row, baseUrl: row.baseUrlIn(env) } : row

const credentialsOf = ({ signing }: Provider, env: Environment): Environment | undefined =>
  signing?.needs.every(name => env[name]) ? env : undefined

const keysOf = (settings: ProviderConfig | undefined): readonly PlacedKey[] | undefined =>
  settings?.keys?.map(({ secret, ...key }, n) => ({ id: `k${n + 1}`, ...key, secret: secret.reveal() }))

function keyFrom({ keyFrom: names }: Provider, env: Environment): readonly PlacedKey[] {
  const secret = names.map(name => env[name]).find(value => value)
  return secret ? [{ id: onlyKey, weight: 1, secret }] : []
}

/** A provider of the operator's own. */
const customRow = (id: string): Provider => ({
  id,
  name: id,
  dialect: openaiChat.id,
  baseUrl: '',
  keyFrom: [],
  docs: '',
})
