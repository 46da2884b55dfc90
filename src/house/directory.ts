import type { Config, ModelConfig } from '../config/config.ts'
import type { Resilience } from '../config/resilience.ts'
import type { Target } from '../model/plan.ts'
import { type Alias, candidateOf, type Directory, type Manner, type Reachable } from '../policy/directory.ts'
import { sim, simModels, simSuffix } from '../providers/sim.ts'
import type { Placed } from './places.ts'

/** What can be asked for, from the providers that have a place here. `listed` are the models that the price list has. */
export function directoryOf(
  config: Config,
  placed: readonly Placed[],
  listed: (provider: string) => readonly string[],
): Directory {
  const anyReal = placed.some(each => each.row !== sim && (each.settings !== undefined || hasProof(each)))
  const showSim = config.providers.sim?.enabled ?? !anyReal
  const simShown = showSim ? simModels : []
  const providers = placed.map(each =>
    toReachable(each, () => (each.row === sim ? simShown : listed(each.row.prices ?? each.row.id))),
  )
  return { aliases: aliasesOf(config, providers), providers, manner: mannerOf(config.defaults) }
}

/** Whether there is anything to show or to sign with. */
const hasProof = ({ keys, credentials }: Pick<Placed, 'keys' | 'credentials'>): boolean =>
  keys.length > 0 || credentials !== undefined

/** The list is asked when it is read: it takes a while to load, and most requests need it not. */
const toReachable = ({ row, settings, keys, ...proof }: Placed, listed: () => readonly string[]): Reachable => ({
  id: row.id,
  ready: hasProof({ keys, ...proof }) || row.keyFrom.length === 0 || settings?.baseUrl !== undefined,
  keyName: row.keyFrom[0],
  keys: keys.map(({ id, weight }) => ({ id, weight })),
  models: row === sim ? simModels : settings?.models,
  ...(row === sim && { suffix: simSuffix }),
  serves: row.serves ?? [],
  configured: settings !== undefined && row !== sim,
  get listed() {
    return settings?.models ?? listed()
  },
})

const aliasesOf = (config: Config, providers: readonly Reachable[]): Directory['aliases'] =>
  new Map(Object.entries(config.models).map(([alias, model]) => [alias, aliasOf(model, providers)]))

/** The config has seen to it that every target names its provider. */
function aliasOf(model: ModelConfig, providers: readonly Reachable[]): Alias {
  const targets = model.targets.map(({ name }) => targetOf(name))
  const candidates = model.targets.flatMap(({ name, weight }) => {
    const target = targetOf(name)
    const provider = providers.find(({ id, ready }) => id === target.provider && ready)
    return provider ? [candidateOf(provider, target.model, weight)] : []
  })
  return { targets, candidates, manner: { ...mannerOf(model), strategy: model.strategy, weigh: model.weigh } }
}

function targetOf(name: string): Target {
  const slash = name.indexOf('/')
  return { provider: name.slice(0, slash), model: name.slice(slash + 1) }
}

/** With one target there is nothing to choose. */
const mannerOf = ({ retry, hedge, hedgeShare, coalesce, standby, timeout }: Resilience): Manner => ({
  strategy: 'ordered',
  weigh: { cost: 0, latency: 0, quality: 0 },
  retry,
  hedge,
  hedgeShare,
  coalesce,
  standby,
  waits: timeout,
})
