import type { Dialect } from '../dialects/dialect.ts'
import { Fault } from '../model/fault.ts'
import type { Tongue } from '../providers/provider.ts'
import { sim } from '../providers/sim.ts'
import type { Route } from '../stages/pursue/route.ts'
import type { Placed } from './places.ts'
import { type Manners, mannersOf } from './tongues.ts'

/** The ways to a provider by its keys' ids, in their order; without a key by no name. */
export type Ways = ReadonlyMap<string, readonly Route[]>

export function waysTo(placed: Placed, simUrl: () => string, version: string): Ways {
  const keys = placed.keys.length > 0 ? placed.keys : [undefined]
  return new Map(keys.map(key => [key?.id ?? '', routesTo(placed, key?.secret, simUrl, version)]))
}

/**
 * The ways to a provider, with one of its keys: one for each dialect that it speaks, its first choice first. Where the operator says
 * which it is to be spoken to in, there is only that. `simUrl` starts the sim when it is first asked.
 */
function routesTo(placed: Placed, key: string | undefined, simUrl: () => string, version: string): readonly Route[] {
  const { row, settings } = placed
  const base = (): string => settings?.baseUrl ?? (row === sim ? simUrl() : row.baseUrl)
  const first = routeIn(placed, key, { dialect: settings?.dialect ?? row.dialect, baseUrl: '' }, base, version)
  if (settings?.dialect !== undefined) return [first]
  return [
    first,
    ...(row.also ?? [])
      .filter(({ dialect }) => mannersOf.has(dialect))
      .map(tongue => routeIn(placed, key, tongue, base, version)),
  ]
}

/** The way to a provider that a caller of this dialect takes: in its own words if the provider knows them. */
export const among =
  (providers: ReadonlyMap<string, Ways>) =>
  (provider: string, dialect: Dialect['id'], key: string | undefined): Route | undefined => {
    const ways = providers.get(provider)
    const routes = key === undefined ? ways?.values().next().value : ways?.get(key)
    return routes?.find(route => route.dialect.id === dialect) ?? routes?.[0]
  }

function routeIn(
  { row, settings }: Placed,
  key: string | undefined,
  tongue: Tongue,
  base: () => string,
  version: string,
): Route {
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
    headers: (request, stream) => withPassed(stream ? streamed : whole, request.headers, passes),
    shows: text => key !== undefined && text.includes(key),
  }
}

/** An address, or one that is relative to another; no slash at the end. */
function below(base: string, address: string): string {
  return address === '' || address === '.' ? base : new URL(address, `${base}/`).href.replace(/\/$/, '')
}

/** Made once and used for every call, unless something of the caller's goes along. */
function withPassed(fixed: Headers, given: Headers, names: Manners['passes'] & {}): Headers {
  const passed = names.filter(name => given.has(name))
  if (passed.length === 0) return fixed
  const headers = new Headers(fixed)
  for (const name of passed) headers.set(name, given.get(name) ?? '')
  return headers
}
