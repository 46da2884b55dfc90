import type { Config } from '../config/config.ts'
import type { Target } from '../model/plan.ts'
import type { Directory, Reachable } from '../policy/directory.ts'
import { sim, simModels } from '../providers/sim.ts'
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
  return { aliases: aliasesOf(config), providers }
}

/** Whether there is anything to show or to sign with. */
const hasProof = ({ key, credentials }: Pick<Placed, 'key' | 'credentials'>): boolean =>
  key !== undefined || credentials !== undefined

/** The list is asked when it is read: it takes a while to load, and most requests need it not. */
const toReachable = ({ row, settings, ...proof }: Placed, listed: () => readonly string[]): Reachable => ({
  id: row.id,
  ready: hasProof(proof) || row.keyFrom.length === 0 || settings?.baseUrl !== undefined,
  keyName: row.keyFrom[0],
  models: row === sim ? simModels : settings?.models,
  ...(row === sim && { suffix: '+' }),
  serves: row.serves ?? [],
  configured: settings !== undefined && row !== sim,
  get listed() {
    return settings?.models ?? listed()
  },
})

/** The config has seen to it that every target names its provider. */
const aliasesOf = (config: Config): Directory['aliases'] =>
  new Map(Object.entries(config.models).map(([alias, { targets }]) => [alias, targets.map(targetOf)]))

function targetOf(name: string): Target {
  const slash = name.indexOf('/')
  return { provider: name.slice(0, slash), model: name.slice(slash + 1) }
}
