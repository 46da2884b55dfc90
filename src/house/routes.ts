import type { Dialect } from '../dialects/dialect.ts'
import type { Clock } from '../lib/clock.ts'
import type { Given } from '../line.ts'
import { Fault } from '../model/fault.ts'
import type { Tongue } from '../providers/provider.ts'
import { sim } from '../providers/sim.ts'
import type { Route } from '../stages/pursue/route.ts'
import type { Placed } from './places.ts'
import { type Manners, mannersOf } from './tongues.ts'

/** The ways to a provider by its keys' ids, in their order; without a key by no name. */
export type Ways = ReadonlyMap<string, readonly Route[]>

export function waysTo(placed: Placed, simUrl: () => string, version: string, clock: Clock): Ways {
  const keys = placed.keys.length > 0 ? placed.keys : [undefined]
  return new Map(keys.map(key => [key?.id ?? '', routesTo(placed, key?.secret, { simUrl, version, clock })]))
}

type Ground = { readonly simUrl: () => string; readonly version: string; readonly clock: Clock }

/**
 * The ways to a provider, with one of its keys: one for each dialect that it speaks, its first choice first. Where the operator says
 * which it is to be spoken to in, there is only that. `simUrl` starts the sim when it is first asked.
 */
function routesTo(placed: Placed, key: string | undefined, ground: Ground): readonly Route[] {
  const { row, settings } = placed
  const base = (): string => settings?.baseUrl ?? (row === sim ? ground.simUrl() : row.baseUrl)
  const way = (tongue: Tongue): Route => routeIn({ placed, key, base, ...ground }, tongue)
  const first = way({ dialect: settings?.dialect ?? row.dialect, baseUrl: '' })
  if (settings?.dialect !== undefined) return [first]
  return [first, ...(row.also ?? []).map(way)]
}

/** The way to a provider that a caller of this dialect takes: in its own words if the provider knows them. */
export const among =
  (providers: ReadonlyMap<string, Ways>) =>
  (provider: string, dialect: Dialect['id'], key: string | undefined): Route | undefined => {
    const ways = providers.get(provider)
    const routes = key === undefined ? ways?.values().next().value : ways?.get(key)
    return routes && (routes.length < 2 ? routes[0] : (inDialect(routes, dialect) ?? routes[0]))
  }

const inDialect = (routes: readonly Route[], dialect: Dialect['id']): Route | undefined =>
  routes.find(route => route.dialect.id === dialect)

/** The ways to a provider in this dialect and no other, one for each of its keys. */
export const everyWay =
  (providers: ReadonlyMap<string, Ways>) =>
  (provider: string, dialect: Dialect['id']): readonly Route[] =>
    [...(providers.get(provider)?.values() ?? [])].flatMap(routes => inDialect(routes, dialect) ?? [])

/** Every header of a caller's that may go along to one of these providers. */
export const passesOf = (placed: readonly Placed[]): readonly string[] => [
  ...new Set([...placed.flatMap(({ row }) => row.passes ?? []), ...[...mannersOf.values()].flatMap(passesIn)]),
]

const passesIn = ({ passes }: Manners): readonly string[] => passes ?? []

type Footing = Ground & { readonly placed: Placed; readonly key: string | undefined; readonly base: () => string }

function routeIn({ placed, key, base, version, clock }: Footing, tongue: Tongue): Route {
  const { row, settings } = placed
  const manners = mannersOf.get(tongue.dialect)
  if (!manners) throw new Fault('internal', `${row.id} speaks ${tongue.dialect}, which is not built.`)
  const { dialect } = manners
  const shown = row.auth ?? manners.auth
  const headers = (accept: string): Headers =>
    new Headers({
      'content-type': 'application/json',
      // Compressed events would be flushed in lumps, and undone here anyway.
      'accept-encoding': 'identity',
      'user-agent': `thalamus/${version}`,
      accept,
      ...manners.headers,
      ...(key === undefined ? {} : shown(key)),
    })
  const whole = headers('application/json')
  const streamed = headers(manners.accept ?? 'text/event-stream')
  const passes = [...(row.passes ?? []), ...(manners.passes ?? [])]
  return {
    provider: row.id,
    dialect,
    quirks: row.quirks ?? {},
    drains: settings?.drainForUsage ?? false,
    url: asking => below(base(), tongue.baseUrl) + dialect.path(asking),
    headers: (given, stream, call) => {
      const passed = withPassed(stream ? streamed : whole, given, passes)
      return call ? signed(passed, call, placed, clock) : passed
    },
    shows: shownBy(placed, key),
  }
}

/** Signed where there is no key to show. What is signed is the call as it goes out, and the moment. */
function signed(headers: Headers, call: Call, { row, credentials }: Placed, clock: Clock): Headers {
  if (!credentials || !row.signing) return headers
  const proven = new Headers(headers)
  for (const [name, value] of Object.entries(row.signing.sign(call, credentials, clock.wall()))) proven.set(name, value)
  return proven
}

type Call = Parameters<Route['headers']>[2] & {}

function shownBy({ row, credentials }: Placed, key: string | undefined): (text: string) => boolean {
  const secrets = [key, ...(row.signing?.secrets ?? []).map(name => credentials?.[name])].filter(secret => secret)
  const shows = (text: string): boolean => secrets.some(secret => secret !== undefined && text.includes(secret))
  return text => shows(text) || (text.includes('\\') && shows(unescaped(text)))
}

/** As a reader of JSON would have it (RFC 8259, section 7). */
const unescaped = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code?: string, letter = '') =>
    code === undefined ? letter : String.fromCharCode(Number.parseInt(code, 16)),
  )

/** An address, or one that is relative to another; no slash at the end. */
function below(base: string, address: string): string {
  return address === '' || address === '.' ? base : new URL(address, `${base}/`).href.replace(/\/$/, '')
}

/** Made once and used for every call, unless something of the caller's goes along. */
const withPassed = (fixed: Headers, given: Given, names: Manners['passes'] & {}): Headers =>
  names.length === 0 ? fixed : withGiven(fixed, given, names)

function withGiven(fixed: Headers, given: Given, names: Manners['passes'] & {}): Headers {
  const passed = names.filter(name => given[name] !== undefined)
  if (passed.length === 0) return fixed
  const headers = new Headers(fixed)
  for (const name of passed) headers.set(name, given[name] ?? '')
  return headers
}
