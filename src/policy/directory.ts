import type { Target } from '../model/plan.ts'

/** What can be asked for here: the operator's aliases, and the providers that can be reached. */
export type Directory = {
  readonly aliases: ReadonlyMap<string, readonly Target[]>
  readonly providers: readonly Reachable[]
}

export type Reachable = {
  readonly id: string
  /** Has its key, or needs none. */
  readonly ready: boolean
  /** What to set when it is not ready: the environment variable's name. */
  readonly keyName: string | undefined
  /** The only models that it has; undefined if any name may be sent on. */
  readonly models: readonly string[] | undefined
  /** Its models' names may go on after this mark, with wishes of their own (`echo+slow=200`). */
  readonly suffix?: string
  /** Beginnings of the names of models of its own. */
  readonly serves: readonly string[]
  /** From the operator's config: asked before those that are merely known. */
  readonly configured: boolean
  /** Models known by name, for listing and for "did you mean". */
  readonly listed: readonly string[]
}
