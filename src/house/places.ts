import type { Config, ProviderConfig } from '../config/config.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { providers as rows } from '../providers/index.ts'
import type { Environment, Provider } from '../providers/provider.ts'
import { sim } from '../providers/sim.ts'

/** A provider's row, what the config says of it, and the key that was found for it. */
export type Placed = {
  readonly row: Provider
  readonly settings: ProviderConfig | undefined
  readonly key: string | undefined
  /** What its requests are signed with, where there is no key and it takes signatures. */
  readonly credentials?: Environment | undefined
}

export type { Environment }

/** The provider rows that the config may name without saying where they are. */
export const knownProviders = [...rows, sim].map(({ id, keyFrom }) => ({ id, keyless: keyFrom.length === 0 }))

/** The config's providers in its order, then the known ones. */
export function place(config: Config, env: Environment): Placed[] {
  const known = new Map([...rows, sim].map(row => [row.id, row]))
  const configured = Object.entries(config.providers)
  const names = new Set([...configured.map(([id]) => id), ...known.keys()])
  return [...names].flatMap(id => {
    const settings = config.providers[id]
    if (settings?.enabled === false) return []
    const row = located(known.get(id) ?? customRow(id), env)
    const fromEnv = row.keyFrom.map(name => env[name]).find(value => value)
    const key = settings?.key?.reveal() ?? fromEnv
    return [{ row, settings, key, credentials: key === undefined ? credentialsOf(row, env) : undefined }]
  })
}

const located = (row: Provider, env: Environment): Provider =>
  row.baseUrlIn ? { ...row, baseUrl: row.baseUrlIn(env) } : row

const credentialsOf = ({ signing }: Provider, env: Environment): Environment | undefined =>
  signing?.needs.every(name => env[name]) ? env : undefined

/** A provider of the operator's own. */
const customRow = (id: string): Provider => ({
  id,
  name: id,
  dialect: openaiChat.id,
  baseUrl: '',
  keyFrom: [],
  docs: '',
})
