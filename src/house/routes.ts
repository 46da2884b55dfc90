import type { Dialect } from '../dialects/dialect.ts'
import type { Clock } from '../lib/clock.ts'
import { Fault } from '../model/fault.ts'
import type { Tongue } from '../providers/provider.ts'
import { sim } from '../providers/sim.ts'
import type { Route } from '../stages/pursue/route.ts'
import type { Placed } from './places.ts'
import { type Manners, mannersOf } from './tongues.ts'

/**
 * The ways to a provider, with its key: one for each dialect that it speaks, its first choice first. Where the operator says
 * which it is to be spoken to in, there is only that. `simUrl` starts the sim when it is first asked.
 */
export function routesTo(placed: Placed, simUrl: () => string, version: string, clock: Clock): readonly Route[] {
  const { row, settings } = placed
  const base = (): string => settings?.baseUrl ?? (row === sim ? simUrl() : row.baseUrl)
  const way = (tongue: Tongue): Route => routeIn(placed, tongue, { base, version, clock })
  const first = way({ dialect: settings?.dialect ?? row.dialect, baseUrl: '' })
  if (settings?.dialect !== undefined) return [first]
  return [first, ...(row.also ?? []).filter(({ dialect }) => mannersOf.has(dialect)).map(way)]
}

/** The way to a provider that a caller of this dialect takes: in its own words if the provider knows them. */
export const among =
  (routes: ReadonlyMap<string, readonly Route[]>) =>
  (provider: string, dialect: Dialect['id']): Route | undefined => {
    const ways = routes.get(provider)
    return ways?.find(way => way.dialect.id === dialect) ?? ways?.[0]
  }

type Ground = { readonly base: () => string; readonly version: string; readonly clock: Clock }

function routeIn(placed: Placed, tongue: Tongue, { base, version, clock }: Ground): Route {
  const { row, key } = placed
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
    url: asking => below(base(), tongue.baseUrl) + dialect.path(asking),
    headers: (request, stream, call) => {
      const passed = withPassed(stream ? streamed : whole, request.headers, passes)
      return call ? signed(passed, call, placed, clock) : passed
    },
    shows: shownBy(placed),
  }
}

/** Signed where there is no key to show. What is signed is the call as it goes out, and the moment. */
function signed(headers: Headers, call: Call, { row, credentials }: Placed, clock: Clock): Headers {
  if (!credentials || !row.signing) return headers
  const proven = new Headers(headers)
  for (const [name, value] of Object.entries(row.signing.sign(call, credentials, clock.wall()))) proven.set(name, value)
  return proven
}

type Call = { readonly url: string; readonly body: string }

function shownBy({ row, key, credentials }: Placed): (text: string) => boolean {
  const secrets = [key, ...(row.signing?.secrets ?? []).map(name => credentials?.[name])].filter(secret => secret)
  return text => secrets.some(secret => secret !== undefined && text.includes(secret))
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
