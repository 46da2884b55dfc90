import { nearest } from '../lib/nearest.ts'
import type { Secret } from '../lib/secret.ts'
import { isObject } from '../model/json.ts'
import { usual } from './address.ts'
import { type Found, find } from './find.ts'
import { type Complaint, type Path, pathText } from './problem.ts'

/** A provider that needs no address in the file. */
export type KnownProvider = {
  readonly id: string
  readonly keyless: boolean
  /** The only models that it has, if they are known, and the mark behind which a name goes on with wishes of its own. */
  readonly models?: readonly string[]
  readonly suffix?: string
}

/** What the program knows without a file. */
export type Known = { readonly providers: readonly KnownProvider[] }

/** The providers of a file and those known without one: what it says of each that is configured. */
type Providers = ReadonlyMap<string, Entry>

type Entry = {
  readonly enabled: boolean
  readonly models: readonly string[] | undefined
  readonly own?: Pick<KnownProvider, 'models' | 'suffix'>
}

/**
 * What concerns two fields at once: names that must lead somewhere, and names that must differ. It reads what was
 * written, not what the schema made of it, so that it has its say even where other fields are wrong.
 */
export function breaches(value: unknown, known: Known, secrets: ReadonlyMap<string, Secret>): readonly Complaint[] {
  const providers = providersOf(value, known)
  return [
    ...['server.host', 'admin.host'].flatMap(place => find(value, place)).flatMap(noAddress),
    ...sameListener(value),
    ...strangersWithoutAddress(value, known),
    ...find(value, 'models').flatMap(({ value: models }) => confusingAliases(models, providers)),
    ...targetsOf(value).flatMap(({ path, text }) => unreachable(path, 'value', text, value, providers)),
    ...find(value, 'pricing.overrides.*').flatMap(({ path }) =>
      unreachable(path, 'key', String(path.at(-1)), value, providers),
    ),
    ...hedgesWithoutWait(value),
    ...twice(value, 'keys.*.name', name => name, 'name'),
    ...twice(value, 'keys.*.secret', reference => secrets.get(reference)?.reveal(), 'secret'),
  ]
}

function providersOf(value: unknown, known: Known): Providers {
  const own = new Map(known.providers.map(provider => [provider.id, provider]))
  const providers = new Map<string, Entry>()
  for (const [id, provider] of own) providers.set(id, entryOf(undefined, provider))
  for (const { path, value: entry } of find(value, 'providers.*')) {
    const id = String(path.at(-1))
    providers.set(id, entryOf(entry, own.get(id)))
  }
  return providers
}

function entryOf(entry: unknown, own: Entry['own'] = {}): Entry {
  const { enabled, models } = isObject(entry) ? entry : {}
  const named = Array.isArray(models) ? models.filter(model => typeof model === 'string') : undefined
  return { enabled: enabled !== false, models: named, own }
}

/** What looks like an IP address and is none would be looked up as a name, or be an error without a place. */
function noAddress({ path, value: host }: Found): readonly Complaint[] {
  if (typeof host !== 'string' || !/^[\d.]+$|:/.test(host)) return []
  // An interface may stand behind an address of IPv6 (fe80::1%eth0), and has no place in a URL.
  const [address = ''] = host.split('%')
  if (URL.canParse(`http://${address.includes(':') ? `[${address}]` : address}/`)) return []
  return [{ path, on: 'value', message: `${pathText(path)}: ${JSON.stringify(host)} is no IP address.` }]
}

/** One port for two listeners: the second could not be opened. Any free port (0) is another each time. */
function sameListener(value: unknown): readonly Complaint[] {
  const [server, admin] = [listenerOf(value, 'server'), listenerOf(value, 'admin')]
  const meet = holds(server.host, admin.host) || holds(admin.host, server.host)
  if (typeof server.port !== 'number' || server.port === 0 || server.port !== admin.port || !meet) return []
  const path = [find(value, 'admin.port').length > 0 ? 'admin' : 'server', 'port']
  const message = `${pathText(path)}: clients and operators cannot be answered at one port (${server.port}): choose another.`
  return [{ path, on: 'value', message }]
}

function listenerOf(value: unknown, which: 'server' | 'admin') {
  const said = (field: 'host' | 'port'): unknown => find(value, `${which}.${field}`)[0]?.value ?? usual[which][field]
  return { host: said('host'), port: said('port') }
}

/** Whether who listens at `host` takes what comes to the other; :: takes IPv4 too. */
const holds = (host: unknown, other: unknown): boolean =>
  host === other || host === '::' || (host === '0.0.0.0' && !String(other).includes(':'))

function strangersWithoutAddress(value: unknown, known: Known): readonly Complaint[] {
  const ids = known.providers.map(({ id }) => id)
  return find(value, 'providers.*')
    .filter(({ path, value: entry }) => isObject(entry) && !('base_url' in entry) && !ids.includes(String(path.at(-1))))
    .map(({ path }) => {
      const near = didYouMean(nearest(String(path.at(-1)), ids, 1))
      return { path, on: 'key', message: `${pathText(path)} is not a known provider, so it needs \`base_url\`.${near}` }
    })
}

/** `openai/x` always means the model x at openai, so no name of your own may say something else. */
function confusingAliases(models: unknown, providers: Providers): readonly Complaint[] {
  return Object.keys(isObject(models) ? models : {})
    .filter(alias => alias.includes('/') && providers.has(providerOf(alias)))
    .map(alias => {
      const path = ['models', alias]
      const reason = `always means a model of the provider ${providerOf(alias)}: choose another name`
      return { path, on: 'key', message: `${pathText(path)}: a name that begins with ${providerOf(alias)}/ ${reason}.` }
    })
}

const providerOf = (target: string): string => target.slice(0, target.indexOf('/'))

/** Without the wait there is no hedge, so whoever speaks of one for a name has forgotten it. */
function hedgesWithoutWait(value: unknown): readonly Complaint[] {
  if (find(value, 'defaults.hedge.after').length > 0) return []
  return find(value, 'models.*.hedge')
    .filter(({ value: hedge }) => isObject(hedge) && !('after' in hedge))
    .map(({ path }) => ({ path, on: 'key', message: `${pathText(path)} needs \`after\`, here or in \`defaults\`.` }))
}

function targetsOf(value: unknown): readonly { readonly path: Path; readonly text: string }[] {
  const places = ['models.*.targets.*', 'models.*.targets.*.model']
  return places
    .flatMap(place => find(value, place))
    .flatMap(({ path, value: text }) => (typeof text === 'string' && text !== '' ? [{ path, text }] : []))
}

function unreachable(
  path: Path,
  on: Complaint['on'],
  text: string,
  value: unknown,
  providers: Providers,
): readonly Complaint[] {
  const reason = text.includes('/') ? whyNoProvider(text, providers) : whyNotBare(text, value, providers)
  return reason === undefined ? [] : [{ path, on, message: `${pathText(path)}: ${reason}` }]
}

function whyNoProvider(text: string, providers: Providers): string | undefined {
  const id = providerOf(text)
  const model = text.slice(id.length + 1)
  const provider = providers.get(id)
  if (provider === undefined) {
    const near = nearest(id, providers.keys(), 1).map(each => `${each}/${model}`)
    return `${JSON.stringify(text)} names the provider ${id}, which is neither known nor configured.${didYouMean(near)}`
  }
  if (model === '') return `${JSON.stringify(text)} names no model: write ${id}/ and the name of one.`
  if (!provider.enabled)
    return `${JSON.stringify(text)} needs the provider ${id}, which is switched off (\`enabled: false\`).`
  const { models, suffix } = provider.own ?? {}
  if (models && !models.includes((suffix && model.split(suffix)[0]) ?? model)) {
    const near = nearest(model, models, 1).map(each => `${id}/${each}`)
    return `the provider ${id} has no model ${JSON.stringify(model)}.${didYouMean(near)}`
  }
  if (models || provider.models === undefined || provider.models.includes(model)) return undefined
  const near = nearest(model, provider.models, 1).map(each => `${id}/${each}`)
  return `the \`models\` of the provider ${id} do not list ${JSON.stringify(model)}.${didYouMean(near)}`
}

function whyNotBare(text: string, value: unknown, providers: Providers): string {
  const aliases = find(value, 'models.*').map(({ path }) => path.at(-1))
  if (aliases.includes(text))
    return `${JSON.stringify(text)} is a name of your own: write the provider/model it stands for.`
  const server = [...providers].find(([, { models }]) => models?.includes(text))?.[0] ?? 'openai'
  return `${JSON.stringify(text)} names no provider: write provider/model, for example ${server}/${text}.`
}

/** Complains of each value that was there before, without showing it unless it is a name. */
function twice(
  value: unknown,
  place: string,
  read: (written: string) => string | undefined,
  what: 'name' | 'secret',
): readonly Complaint[] {
  const seen = new Map<string, Path>()
  return find(value, place).flatMap(({ path, value: written }) => {
    const text = typeof written === 'string' ? read(written) : undefined
    if (text === undefined) return []
    const first = seen.get(text)
    if (first === undefined) seen.set(text, path)
    return first === undefined ? [] : [{ path, on: 'value', message: sameSentence(path, first, what) }]
  })
}

const sameSentence = (path: Path, first: Path, what: string): string =>
  `${pathText(path)} is the same as ${pathText(first)}: each key needs a ${what} of its own.`

const didYouMean = ([near]: readonly string[]): string => (near === undefined ? '' : ` Did you mean ${near}?`)
