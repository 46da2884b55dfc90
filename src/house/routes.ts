import type { Dialect } from '../dialects/dialect.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { Fault } from '../model/fault.ts'
import { sim } from '../providers/sim.ts'
import type { Route } from '../stages/pursue/route.ts'
import type { Placed } from './places.ts'

const dialects: ReadonlyMap<string, Dialect> = new Map([[openaiChat.id, openaiChat]])

/** How a provider is reached, with its key. `simUrl` starts the sim when it is first asked. */
export function routeTo({ row, settings, key }: Placed, simUrl: () => string, version: string): Route {
  const dialect = dialects.get(settings?.dialect ?? row.dialect)
  if (!dialect) throw new Fault('internal', `${row.id} speaks ${row.dialect}, which is not built.`)
  const base = (): string => settings?.baseUrl ?? (row === sim ? simUrl() : row.baseUrl)
  const headers = (accept: string): Headers =>
    new Headers({
      'content-type': 'application/json',
      // Compressed events would be flushed in lumps, and undone here anyway.
      'accept-encoding': 'identity',
      'user-agent': `thalamus/${version}`,
      accept,
      ...(key === undefined ? {} : row.auth(key)),
    })
  const whole = headers('application/json')
  const streamed = headers('text/event-stream')
  const passes = row.passes ?? []
  return {
    provider: row.id,
    dialect,
    quirks: row.quirks ?? {},
    url: operation => base() + dialect.path(operation),
    headers: (request, stream) => withPassed(stream ? streamed : whole, request.headers, passes),
    shows: text => key !== undefined && text.includes(key),
  }
}

/** Made once and used for every call, unless something of the caller's goes along. */
function withPassed(fixed: Headers, given: Headers, names: readonly string[]): Headers {
  const passed = names.filter(name => given.has(name))
  if (passed.length === 0) return fixed
  const headers = new Headers(fixed)
  for (const name of passed) headers.set(name, given.get(name) ?? '')
  return headers
}
