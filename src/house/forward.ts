import type { Clock } from '../lib/clock.ts'
import { type Heard, NetworkError, send, type Wire } from '../lib/http.ts'
import { Leash } from '../lib/leash.ts'
import { type Forwarded, givenIn } from '../line.ts'
import { Fault } from '../model/fault.ts'
import { type Kind, kindOf } from '../policy/verdict.ts'
import type { Route } from '../stages/pursue/route.ts'
import type { everyWay } from './routes.ts'

const longestMs = 60_000
const mostBytes = 64 * 1024 * 1024

/**
 * Asks a provider in the caller's own dialect, with our key, and repeats what it says. Of several keys any may be of the
 * account that keeps the reply, so they are asked in their order until one has it.
 */
export const forwardTo =
  (routesTo: ReturnType<typeof everyWay>, clock: Clock) =>
  async (asked: Forwarded): Promise<Response> => {
    const { provider, dialect, request } = asked
    const routes = routesTo(provider, dialect)
    if (routes.length === 0)
      throw new Fault('no_target', `${provider}, which keeps this reply, is not configured any more.`)
    const leash = new Leash(clock, request.signal)
    leash.within(longestMs, 'the reply')
    try {
      return await anyAnswer(asked, routes, leash.signal)
    } catch (error) {
      throw error instanceof Fault
        ? error
        : new Fault('upstream_failed', `${provider} could not be asked.`, { cause: error })
    } finally {
      leash.free()
    }
  }

type Told = { readonly status: number; readonly contentType: string; readonly text: string }

/** What says something of our key and nothing of the reply, which another account may keep all the same. */
const ofTheKey: ReadonlySet<Kind> = new Set(['key_refused', 'key_spent', 'forbidden'])
const ofTheAccount: ReadonlySet<Kind> = new Set(['not_found', 'other_account'])

async function anyAnswer(asked: Forwarded, routes: readonly Route[], signal: AbortSignal): Promise<Response> {
  let notThere: Told | undefined
  let refused: Told | undefined
  for (const route of routes) {
    const told = await ask(asked, route, signal)
    const kind = told.status < 400 ? undefined : kindOf({ status: told.status, words: told.text })
    if (kind !== undefined && ofTheAccount.has(kind)) notThere ??= told
    else if (kind !== undefined && ofTheKey.has(kind)) refused ??= told
    else return repeated(told)
  }
  if (notThere) return repeated(notThere)
  throw new Fault(
    'upstream_failed',
    `${asked.provider} refused the key that is configured for it here (${refused?.status}). Its operator has to see to it.`,
  )
}

const repeated = ({ status, contentType, text }: Told): Response =>
  new Response(text, { status, headers: { 'content-type': contentType } })

async function ask({ provider, method, path, request }: Forwarded, route: Route, signal: AbortSignal): Promise<Told> {
  const url = route.url({ operation: 'chat', stream: false, model: '' }) + path
  const headers = route.headers(givenIn(request.headers), false)
  const heard = await sent(method === 'POST' ? { url, headers, body: '' } : { url, headers, method }, signal)
  const text = new TextDecoder().decode(await heard.whole(mostBytes))
  if (route.shows(text)) throw new Fault('upstream_failed', `${provider}'s words may not be repeated here.`)
  return { status: heard.status, contentType: heard.contentType, text }
}

/** What is asked here is the same when it is asked twice: to read, to delete, to cancel (RFC 9110, 9.2.2). */
async function sent(wire: Wire, signal: AbortSignal): Promise<Heard> {
  try {
    return await send(wire, signal)
  } catch (error) {
    if (!(error instanceof NetworkError && error.reason === 'stale')) throw error
    return await send({ ...wire, afresh: true }, signal)
  }
}
