import { isRequestId, requestId, token } from '../lib/id.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { InFlight } from './in-flight.ts'

/**
 * The id of a request, which is its row's too, so no two may share one. A caller's own `x-request-id` stands if it is
 * well formed; used a second time (a client that retries keeps it), it gets an ending.
 */
export function identify(own: string | undefined, ledger: Ledger, inFlight: InFlight): string | Promise<string> {
  return own === undefined || !isRequestId(own) ? requestId() : unused(own, ledger, inFlight)
}

async function unused(own: string, ledger: Ledger, inFlight: InFlight): Promise<string> {
  const free = inFlight.choose(own) && !(await ledger.has(own))
  return free ? own : token(`${own}-`, 8)
}
