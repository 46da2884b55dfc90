import type { FaultCode } from '../model/fault.ts'

/**
 * What kind of failure a try met. The names are public: they are the `reason` of metrics, log lines and ledger rows.
 */
export type Kind =
  | 'network'
  | 'stale'
  | 'timeout'
  | 'server_error'
  | 'overloaded'
  | 'rate_limited'
  | 'unreadable'
  | 'cut_short'
  | 'conflict'
  | 'transient'
  | 'key_refused'
  | 'key_spent'
  | 'forbidden'
  | 'other_account'
  | 'not_found'
  | 'unwilling'
  | 'untold'
  | 'too_long'
  | 'filtered'
  | 'callers_fault'
  | 'left'
  | 'ours'

/** Where the same request may yet be answered. */
export type Again =
  /** At the same place, at once and on a connection of its own. */
  | 'at-once'
  /** At the same place, after a pause. */
  | 'here'
  /** With another key or at another target at once; at the same place only when it has had the time it asked for. */
  | 'around'
  /** With another key, or at another provider: this one does not work. */
  | 'other-key'
  /** At another target. */
  | 'other-target'
  /** Nowhere: asking again would be told the same. */
  | 'never'

export type Verdict = {
  readonly kind: Kind
  readonly again: Again
  /** Whether it says something of the target's health. The caller's faults, and our own, do not. */
  readonly counts: boolean
}

type Row = Omit<Verdict, 'kind'>

const rows: Readonly<Record<Kind, Row>> = {
  network: { again: 'here', counts: true },
  // A kept connection that was closed just when it was used: the provider may well be in good health.
  stale: { again: 'at-once', counts: false },
  timeout: { again: 'here', counts: true },
  server_error: { again: 'here', counts: true },
  overloaded: { again: 'around', counts: true },
  rate_limited: { again: 'around', counts: false },
  // A page of HTML, half a JSON text, nothing at all.
  unreadable: { again: 'here', counts: true },
  cut_short: { again: 'here', counts: true },
  conflict: { again: 'here', counts: false },
  // A provider's own trouble that is told as the caller's fault.
  transient: { again: 'here', counts: true },
  key_refused: { again: 'other-key', counts: false },
  key_spent: { again: 'other-key', counts: false },
  // This key may not use this model: that is no reason to leave the key alone for other models.
  forbidden: { again: 'other-key', counts: false },
  // It holds what only the account that made it can read: thoughts that it sealed, a reply that it keeps.
  other_account: { again: 'other-key', counts: false },
  not_found: { again: 'other-target', counts: false },
  // A status that no API answers a good request with: a wrong base_url, a proxy in between.
  unwilling: { again: 'other-target', counts: true },
  // The request cannot be told in this target's dialect.
  untold: { again: 'other-target', counts: false },
  too_long: { again: 'other-target', counts: false },
  filtered: { again: 'other-target', counts: false },
  callers_fault: { again: 'never', counts: false },
  left: { again: 'never', counts: false },
  // A fault of our own in telling it to this target; another may be told otherwise.
  ours: { again: 'other-target', counts: false },
}

export const verdictOf = (kind: Kind): Verdict => ({ kind, ...rows[kind] })

/** A refusal, as far as it tells what it means: its status, and its body or its words. */
export type Refused = { readonly status: number; readonly words: string }

/** By the status alone; the rest is below. */
const byStatus: Readonly<Record<number, Kind>> = {
  400: 'callers_fault',
  401: 'key_refused',
  402: 'key_spent',
  403: 'forbidden',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  410: 'not_found',
  413: 'callers_fault',
  422: 'callers_fault',
  425: 'conflict',
  429: 'rate_limited',
  451: 'filtered',
  501: 'not_found',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

/** What a refusal with one of these statuses really is, if its words say this. The first that fits. */
type Reading = { readonly statuses: readonly number[]; readonly says: RegExp; readonly kind: Kind }

const callersStatuses = [400, 413, 422]

const readings: readonly Reading[] = [
  {
    statuses: [400, 413, 422, 500],
    says: /context[ _-]?(length|window|size|limit)|maximum context|prompt[ _]is[ _]too[ _]long|too_many_prompt_tokens|(input|messages?|prompt) (is|are) too long|input token count|exceeds? the (maximum|limit of|max)[^"]{0,40} tokens|too many (input )?tokens|reduce the length of/i,
    kind: 'too_long',
  },
  {
    statuses: [400, 403, 422],
    says: /content[ _-]?(filter|policy|management)|responsibleai|moderation|usage guidelines|usage polic|safety system|flagged|data_inspection_failed|inappropriate content|prohibited_content|content exists risk|considered high risk/i,
    kind: 'filtered',
  },
  {
    statuses: [400, 403, 429],
    says: /insufficient_quota|credit balance|insufficient (balance|credits|funds)|billing_(hard_limit|not_active)|arrearage|payment required/i,
    kind: 'key_spent',
  },
  {
    statuses: [400],
    says: /api[ _-]?key[ _]?(is[ _])?(not valid|invalid|not found|expired)|(invalid|incorrect|expired)[ _]api[ _-]?key|authentication_error|unauthorized/i,
    kind: 'key_refused',
  },
  {
    statuses: [...callersStatuses, 404],
    says: /invalid_encrypted_content|encrypted[ _]content\b[^"]{0,200} could not be (verified|decrypted)|encrypted_content` was not issued|previous_response_not_found|previous response\b[^"]{0,120} not found|invalid `?previous_response_id/i,
    kind: 'other_account',
  },
  {
    statuses: callersStatuses,
    says: /model_not_found|invalid_model|model_decommissioned|modelnotfound|deploymentnotfound|invalid model\b|model identifier is invalid|model\b[^"]{0,120} (does not exist|not found|is not available|has been (removed|deprecated|decommissioned)|was (removed|deprecated)|is unavailable)/i,
    kind: 'not_found',
  },
  {
    statuses: callersStatuses,
    says: /throttl|rate.?limit|too many requests|quota exceeded/i,
    kind: 'rate_limited',
  },
  {
    statuses: callersStatuses,
    // Faults of the provider's, or of the model's own writing, that arrive as a 400.
    says: /temporar(y|ily)|(try again|retry) (later|shortly|in a)|retry your request|overloaded|internal (server )?error|internalservererror|server_error|service ?unavailable|upstream (connect )?error|upstream_unavailable|timed out|timeout while|no available (capacity|channel)|tool_use_failed|json_validate_failed|请稍后/i,
    kind: 'transient',
  },
]

/** Words that stand far inside are mostly the prompt, repeated. */
const mostWords = 2_000

/** What a provider's refusal means, whichever status it was told with. */
export function kindOf({ status, words }: Refused): Kind {
  const said = words.slice(0, mostWords)
  // A refusal without a reason is a gateway's hiccup as often as the caller's fault, and the same request mostly passes.
  if (status === 400 && said.trim() === '') return 'transient'
  const reading = readings.find(each => each.statuses.includes(status) && each.says.test(said))
  return reading?.kind ?? byStatus[status] ?? otherwise(status)
}

const otherwise = (status: number): Kind => (status >= 500 ? 'server_error' : 'unwilling')

/** The kinds that our code for a fault stands for, where no provider's status is known. */
const byCode: Readonly<Record<FaultCode, Kind>> = {
  unauthenticated: 'key_refused',
  forbidden: 'forbidden',
  model_not_found: 'not_found',
  invalid_request: 'callers_fault',
  too_large: 'callers_fault',
  rate_limited: 'rate_limited',
  over_budget: 'key_spent',
  guard_blocked: 'callers_fault',
  no_target: 'ours',
  upstream_failed: 'server_error',
  upstream_timeout: 'timeout',
  overloaded: 'overloaded',
  client_closed: 'left',
  internal: 'ours',
}

export const kindOfCode = (code: FaultCode): Kind => byCode[code]
