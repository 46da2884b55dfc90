import { NetworkError, type Unheard } from '../../lib/http.ts'
import type { Leash } from '../../lib/leash.ts'
import { Fault } from '../../model/fault.ts'

const sentences: Readonly<Record<Exclude<Unheard, 'left'>, string>> = {
  refused: 'refused the connection. Is it running, and is its base_url right?',
  'no-such-host': 'has no address: its host name could not be found. Check its base_url.',
  tls: 'could not be reached by TLS. Check its base_url and its certificate.',
  reset: 'closed the connection before its reply was whole.',
  'too-large': 'sent a reply that is too large to hold.',
  other: 'could not be reached.',
}

/** What a failure means to the caller; the runtime's own words stay in the cause. */
export function faultOf(error: unknown, leash: Leash, provider: string): Fault {
  if (leash.why === 'left') return new Fault('client_closed', 'The caller left.', { cause: error })
  if (leash.why === 'late')
    return new Fault('upstream_timeout', `${provider} took too long over ${leash.late}. Try again, or another model.`)
  if (!(error instanceof NetworkError)) return Fault.from(error)
  const why = error.reason === 'left' ? 'other' : error.reason
  return new Fault('upstream_failed', `${provider} ${sentences[why]}`, { cause: error })
}
