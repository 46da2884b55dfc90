import { Fault } from '../model/fault.ts'
import type { Target } from '../model/plan.ts'
import { type Candidate, candidateOf, type Directory, type Manner, type Reachable } from './directory.ts'

/** Where a model's name leads, in which manner it is to be followed, and in a few words why. */
export type Resolved = {
  readonly targets: readonly Target[]
  readonly candidates: readonly Candidate[]
  readonly manner: Manner
  readonly reason: string
}

/** The names near one that is not known, best first. Handed in: it is a tool, and policy imports none. */
export type Near = (written: string, names: Iterable<string>) => readonly string[]

/**
 * An alias, `provider/model`, or a bare name that belongs to a provider, in this order. Refuses with `model_not_found`
 * and the nearest names, or with `no_target` where only the provider's key is missing.
 */
export function resolve(asked: string, directory: Directory, near: Near): Resolved {
  const alias = directory.aliases.get(asked)
  if (alias) {
    if (alias.candidates.length === 0) throw noKey(alias.targets[0]?.provider ?? '', directory)
    return { ...alias, reason: `alias ${asked}` }
  }
  return addressed(asked, directory, near) ?? byName(asked, directory) ?? refuse(asked, directory, near)
}

function addressed(asked: string, directory: Directory, near: Near): Resolved | undefined {
  const slash = asked.indexOf('/')
  const named = slash > 0 ? asked.slice(0, slash) : undefined
  const provider = directory.providers.find(each => each.id === named)
  if (!provider) return undefined
  const model = asked.slice(slash + 1)
  if (!has(provider, model)) throw notFound(asked, near(asked, namesOf(directory)))
  return lead(directory, provider, model, `provider ${provider.id} was named`)
}

/** The list of a configured provider, then the families of names, then a configured provider that takes any name. */
function byName(asked: string, directory: Directory): Resolved | undefined {
  const { providers } = directory
  const listing = providers.find(each => each.models?.includes(asked))
  if (listing) return lead(directory, listing, asked, `${listing.id} lists it`)
  const families = providers.filter(each => !each.models && each.serves.some(start => asked.startsWith(start)))
  const ready = families.filter(each => each.ready)
  const family = ready.find(each => each.configured) ?? ready[0]
  if (family) return lead(directory, family, asked, `${family.id} serves models of this name`)
  const any = providers.find(each => each.configured && each.ready && !each.models && each.serves.length === 0)
  if (any) return lead(directory, any, asked, `${any.id} takes any name`)
  return families[0] && lead(directory, families[0], asked, '')
}

function lead(directory: Directory, provider: Reachable, model: string, reason: string): Resolved {
  if (!provider.ready) throw noKey(provider.id, directory)
  const candidate = candidateOf(provider, model)
  return { targets: [candidate.target], candidates: [candidate], manner: directory.manner, reason }
}

function noKey(id: string, { providers }: Pick<Directory, 'providers'>): Fault {
  const keyName = providers.find(each => each.id === id)?.keyName
  const set = keyName ? `Set ${keyName}` : `Give it a key under providers.${id}`
  return new Fault('no_target', `${id} has no key here. ${set} and start again.`, { param: 'model' })
}

function has({ models, suffix }: Reachable, model: string): boolean {
  if (models === undefined) return model !== ''
  return models.includes(suffix === undefined ? model : (model.split(suffix)[0] ?? model))
}

function refuse(asked: string, directory: Directory, near: Near): never {
  throw notFound(asked, near(asked, namesOf(directory)))
}

function notFound(asked: string, similar: readonly string[]): Fault {
  const hint =
    similar.length > 0
      ? `Did you mean ${similar.map(name => `'${name}'`).join(', ')}?`
      : 'Name it as provider/model; GET /v1/models lists what this key can reach.'
  return new Fault('model_not_found', `No provider here serves the model '${asked.slice(0, 200)}'. ${hint}`, {
    param: 'model',
  })
}

/** Every name that can be asked for and is known by name: aliases, and `provider/model` of what is ready. */
export function namesOf(directory: Directory): string[] {
  const models = directory.providers
    .filter(provider => provider.ready)
    .flatMap(provider => provider.listed.map(model => `${provider.id}/${model}`))
  return [...directory.aliases.keys(), ...models]
}
