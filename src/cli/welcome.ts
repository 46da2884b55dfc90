import type { Config } from '../config/config.ts'
import type { House } from '../house/house.ts'
import type { Store } from '../stores/store.ts'
import { version } from '../version.ts'
import { createKey } from './keys.ts'

/** What a start has to tell a person. */
export type Greeting = {
  readonly url: string
  readonly adminUrl: string
  readonly file: string | undefined
  readonly newToken: string | undefined
  /** The first virtual key, made just now. */
  readonly newKey: string | undefined
}

/** Makes the first virtual key where there is none, in the config or in the store. */
export function firstKey(config: Config, store: Store, now: number): string | undefined {
  if (config.keys.length > 0 || store.keys.list().length > 0) return undefined
  return createKey(store.keys, { name: 'default', models: ['*'] }, now).secret
}

/** The greeting, in the order in which a newcomer needs it: where, with what, and a line to paste. */
export function greet(greeting: Greeting, house: Pick<House, 'directory'>): string {
  const { url, adminUrl, file, newKey: key, newToken } = greeting
  const ready = house.directory.providers
    .filter(provider => provider.ready && isWorthNaming(provider))
    .map(({ id }) => id)
  return [
    `Thalamus ${version}`,
    `  listening   ${url}/v1   (config: ${file ?? 'none, defaults'})`,
    `  admin       ${adminUrl}   (metrics: ${adminUrl}/metrics)`,
    `  providers   ${ready.join(', ')}`,
    ...(newToken ? [`  admin token ${newToken}   (shown once)`] : []),
    ...(key ? [`  first key   ${key}   (shown once)`] : []),
    '',
    ...example(url, key, exampleModel(house)),
    '',
  ].join('\n')
}

function example(url: string, key: string | undefined, model: string | undefined): readonly string[] {
  if (model === undefined) return ['No provider has its key yet, so no model can be asked.']
  const head = key ? 'Try it:' : 'Try it with a key of yours (`thalamus keys create NAME` makes one):'
  return [head, '', curl(url, key ?? '$THALAMUS_KEY', model)]
}

/** Servers on this machine that need no key may not be running: they are named only if the config does. */
const isWorthNaming = (provider: House['directory']['providers'][number]): boolean =>
  provider.configured || provider.keyName !== undefined || (provider.suffix !== undefined && provider.listed.length > 0)

/** One that is answered: by a provider that has its key, or by the sim where it is not switched off. */
function exampleModel({ directory: { aliases, providers } }: Pick<House, 'directory'>): string | undefined {
  const [alias] = [...aliases].find(([, { candidates }]) => candidates.length > 0) ?? []
  if (alias !== undefined) return alias
  const ready = providers.filter(provider => provider.ready && isWorthNaming(provider))
  const listed = ready.find(({ configured, models }) => configured && models?.[0])
  if (listed) return `${listed.id}/${listed.models?.[0]}`
  const sim = providers.find(({ suffix, models }) => suffix !== undefined && models?.[0])
  if (sim) return `${sim.id}/${sim.models?.[0]}`
  return ready[0] && `${ready[0].id}/MODEL`
}

const curl = (url: string, key: string, model: string): string =>
  `  curl ${url}/v1/chat/completions -H "authorization: Bearer ${key}" -H 'content-type: application/json' \\\n` +
  `    -d ${quoted(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello, Thalamus!' }] }))}`

/** For a shell: between single quotes nothing is special but their end. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
