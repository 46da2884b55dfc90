import type { Clock } from '../lib/clock.ts'
import { send } from '../lib/http.ts'
import { Leash } from '../lib/leash.ts'
import type { Forwarded } from '../line.ts'
import { Fault } from '../model/fault.ts'
import type { among } from './routes.ts'

const longestMs = 60_000
const mostBytes = 64 * 1024 * 1024

/** Asks a provider in the caller's own dialect, with our key, and repeats what it says. */
export const forwardTo =
  (routeTo: ReturnType<typeof among>, clock: Clock) =>
  async ({ provider, dialect, method, path, request }: Forwarded): Promise<Response> => {
    const route = routeTo(provider, dialect, undefined)
    if (route?.dialect.id !== dialect)
      throw new Fault('no_target', `${provider}, which keeps this reply, is not configured any more.`)
    const leash = new Leash(clock, request.signal)
    leash.within(longestMs, 'the reply')
    const url = route.url({ operation: 'chat', stream: false, model: '' }) + path
    const headers = route.headers(request, false)
    try {
      const heard = await send(method === 'POST' ? { url, headers, body: '' } : { url, headers, method }, leash.signal)
      const text = new TextDecoder().decode(await heard.whole(mostBytes))
      if (route.shows(text)) throw new Fault('upstream_failed', `${provider}'s words may not be repeated here.`)
      return new Response(text, { status: heard.status, headers: { 'content-type': heard.contentType } })
    } catch (error) {
      throw error instanceof Fault
        ? error
        : new Fault('upstream_failed', `${provider} could not be asked.`, { cause: error })
    } finally {
      leash.free()
    }
  }
