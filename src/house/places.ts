import type { Config, ProviderConfig } from '../config/config.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { providers as rows } from '../providers/index.ts'
import type { Provider } from '../providers/provider.ts'
import { sim } from '../providers/sim.ts'

/** A provider's row, what the config says of it, and the key that was found for it. */
export type Placed = {
  readonly row: Provider
  readonly settings: ProviderConfig | undefined
  readonly key: string | undefined
}

export type Environment = { readonly [name: string]: string | undefined }

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
    const row = known.get(id) ?? customRow(id)
    const fromEnv = row.keyFrom.map(name => env[name]).find(value => value)
    return [{ row, settings, key: settings?.key?.reveal() ?? fromEnv }]
  })
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
