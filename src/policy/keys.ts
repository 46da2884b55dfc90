/**
 * Whether a provider's key is worth trying. A key that was refused is left alone for a while, longer each time, and then
 * tried by one request at a time: if that is well it is back. Where there is no other way the key is asked before: the
 * provider may think otherwise by now, and its own words say most. It is a value, as the breaker is.
 */
export type KeyState = Enabled | Disabled

type Enabled = { readonly type: 'enabled' }
type Disabled = {
  readonly type: 'disabled'
  readonly until: number
  /** How often in a row. */
  readonly times: number
  /** The status that it was refused with. */
  readonly status: number | undefined
  /** A trial is under way, and counts as lost from then on. */
  readonly trialUntil: number | undefined
}

const firstPauseMs = 10_000
const longestPauseMs = 600_000
const longestTrialMs = 60_000

export const enabled: KeyState = { type: 'enabled' }

export type LetIn = { readonly state: KeyState; readonly trial: number | undefined }

/** A try with the key begins. `trial` says of which disabling it is a trial. */
export function beginWith(state: KeyState, now: number): LetIn {
  if (state.type === 'enabled') return { state, trial: undefined }
  return { state: state.until > now ? state : { ...state, trialUntil: now + longestTrialMs }, trial: state.until }
}

/** What became of a try, as far as it concerns its key: `other` says nothing of it. */
export type KeyVerdict =
  | { readonly type: 'well' | 'other' }
  | { readonly type: 'refused'; readonly status?: number | undefined }

/** A try is over. While a key is disabled, what began before says nothing new; nor does a refusal before its time. */
export function endWith(state: KeyState, trial: number | undefined, verdict: KeyVerdict, now: number): KeyState {
  if (state.type === 'enabled') return verdict.type === 'refused' ? disabled(1, verdict.status, now) : state
  if (trial !== state.until) return state
  switch (verdict.type) {
    case 'well':
      return enabled
    case 'refused':
      return state.trialUntil === undefined ? state : disabled(state.times + 1, verdict.status, now)
    case 'other':
      return { ...state, trialUntil: undefined }
    default:
      return verdict satisfies never
  }
}

const disabled = (times: number, status: number | undefined, now: number): KeyState => ({
  type: 'disabled',
  until: now + Math.min(firstPauseMs * 2 ** (times - 1), longestPauseMs),
  times,
  status,
  trialUntil: undefined,
})

/** From when it is worth trying; the past if it is now. */
export const keyFreeAt = (state: KeyState): number =>
  state.type === 'enabled' ? Number.NEGATIVE_INFINITY : (state.trialUntil ?? state.until)
