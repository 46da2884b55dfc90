/** What is left of a limit after a request was counted, or refused. */
export type Taken = {
  readonly ok: boolean
  readonly limit: number
  readonly remaining: number
  /** Until one more would be allowed, in milliseconds: 0 if one is allowed now. */
  readonly retryAfterMs: number
  /** Until the whole limit is free again, in milliseconds. */
  readonly resetMs: number
}

export interface Counters {
  /**
   * Takes one of `limit` in a sliding window. In no window of `windowMs` are more than `limit` taken; a refused
   * request takes nothing.
   */
  take(name: string, limit: number, windowMs: number): Taken | Promise<Taken>
}
