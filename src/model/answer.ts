import type { StopReason, TokenLogprob } from './delta.ts'
import type { Json } from './json.ts'
import type { Part } from './part.ts'
import type { Usage } from './usage.ts'

/** A whole reply, in no one's dialect: what its deltas amount to (`fold`), and told again as deltas (`unfold`). */
export type Answer = {
  readonly id?: string | undefined
  /** As the provider named it. */
  readonly model?: string | undefined
  /** Seconds since 1970. */
  readonly created?: number | undefined
  readonly choices: readonly Choice[]
  readonly usage?: Usage | undefined
  readonly tier?: string | undefined
  readonly extras?: { readonly dialect: string; readonly fields: { readonly [name: string]: Json } } | undefined
}

export type Choice = {
  readonly parts: readonly Part[]
  readonly stop?:
    | { readonly reason: StopReason; readonly raw?: string | undefined; readonly sequence?: string | undefined }
    | undefined
  readonly logprobs?: readonly TokenLogprob[] | undefined
}
