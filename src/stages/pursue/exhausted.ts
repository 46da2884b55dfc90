import { Fault, type FaultCode } from '../../model/fault.ts'
import type { Plan } from '../../model/plan.ts'
import type { Try } from '../../model/record.ts'
import { type Sentence, say } from '../../model/sentence.ts'
import type { Kind } from '../../policy/verdict.ts'
import type { Failure } from './outcome.ts'

/** Failures that say more of the request than of the target. */
const ofTheRequest: ReadonlySet<Kind> = new Set([
  'other_account',
  'untold',
  'not_found',
  'too_long',
  'filtered',
  'callers_fault',
])

/**
 * What the caller is told when nobody answered. One failure is told as it is; of several the message names each, and
 * the earliest moment to ask again is theirs.
 */
export function exhausted(failures: readonly Failure[], tries: readonly Try[], walked: Walked): Fault {
  const [first] = failures
  if (!first) return nobodyAsked(walked, tries)
  if (failures.length === 1) return first.fault
  const ours = failures.filter(({ verdict }) => !ofTheRequest.has(verdict.kind))
  // Every target refused the request itself: the first one's words are as good as any.
  if (ours.length === 0) return first.fault
  const waits = ours.flatMap(({ fault }) => fault.retryAfterMs ?? [])
  return new Fault(codeOf(ours), sentence(failures, tries), {
    retryAfterMs: waits.length === 0 ? undefined : Math.min(...waits),
    cause: failures.map(({ fault }) => fault),
  })
}

/** What there was to walk, and how long until the first of it may be asked. */
export type Walked = { readonly plan: Pick<Plan, 'legs' | 'tries'>; readonly restMs: number | undefined }

/** Of a stream that broke off: the budget is the whole request's, and its own target does not go on with it. */
function nobodyAsked({ plan, restMs }: Walked, { length }: readonly Try[]): Fault {
  if (plan.legs.length === 0) return new Fault('no_target', 'This model has no other target.')
  if (plan.tries > 0) return resting(restMs)
  return new Fault('upstream_failed', `All tries that this request may have, ${length}, are used up.`)
}

/** Every place is left alone for a while: a breaker, a limit, a key that was refused. */
const resting = (ms: number | undefined): Fault =>
  new Fault(
    'no_target',
    'Every target of this model is resting after failures, or has no limit or key left. Try again later, or another model.',
    { retryAfterMs: ms },
  )

/** The code that they share; else the one that says most about when to ask again. */
function codeOf(failures: readonly Failure[]): FaultCode {
  const codes = new Set(failures.map(({ fault }) => fault.code))
  const [code] = codes
  if (codes.size === 1 && code) return code
  return [...codes].every(each => each === 'rate_limited' || each === 'overloaded') ? 'overloaded' : 'upstream_failed'
}

const sentence = (failures: readonly Failure[], tries: readonly Try[]): Sentence => {
  const failed = tries.filter(each => each.outcome !== 'ok' && each.outcome !== 'lost' && !each.part)
  const last = failures.at(-1)?.fault ?? ''
  return say`None of ${failed.length} tries was answered: ${failed.map(tryText).join(', ')}. The last: ${last}`
}

function tryText({ target, status, reason, outcome, tookMs }: Try): string {
  const what = status === undefined ? (reason ?? outcome) : `${status} ${reason ?? outcome}`
  return `${target.provider}/${target.model} ${what} (${Math.round(tookMs ?? 0)} ms)`
}
