import { NetworkError, type Unheard } from '../../lib/http.ts'
import type { Leash } from '../../lib/leash.ts'
import { Fault } from '../../model/fault.ts'
import { type Kind, kindOfCode } from '../../policy/verdict.ts'
import { Failed } from './failed.ts'

const sentences: Readonly<Record<Exclude<Unheard, 'left'>, string>> = {
  refused: 'refused the connection. Is it running, and is its base_url right?',
  'no-such-host': 'has no address: its host name could not be found. Check its base_url.',
  tls: 'could not be reached by TLS. Check its base_url and its certificate.',
  reset: 'closed the connection before its reply was whole.',
  stale: 'closed the connection before it began to reply.',
  'too-large': 'sent a reply that is too large to hold.',
  other: 'could not be reached.',
}

const kinds: Readonly<Partial<Record<Unheard, Kind>>> = { 'too-large': 'unreadable', stale: 'stale' }

/** What a failure means to the caller, and of which kind it is; the runtime's own words stay in the cause. */
export function failedBy(error: unknown, leash: Leash, provider: string): Failed {
  if (error instanceof Failed && error.kind === 'left') return error
  if (leash.why === 'left' || leash.why === 'lost')
    return new Failed(new Fault('client_closed', 'The caller left.', { cause: error }), 'left')
  if (leash.why === 'late')
    return new Failed(
      new Fault('upstream_timeout', `${provider} took too long over ${leash.overdue}. Try again, or another model.`),
      'timeout',
    )
  if (error instanceof Failed) return error
  if (!(error instanceof NetworkError)) return ofFault(Fault.from(error))
  const why = error.reason === 'left' ? 'other' : error.reason
  const fault = new Fault('upstream_failed', `${provider} ${sentences[why]}`, { cause: error })
  return new Failed(fault, kinds[error.reason] ?? 'network')
}

const ofFault = (fault: Fault): Failed => new Failed(fault, kindOfCode(fault.code))
