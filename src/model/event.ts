import type { Fault } from './fault.ts'
import type { Usage } from './usage.ts'

/**
 * One thing that a reply says, in the order in which it says it. What a relayed reply is watched for:
 * whether it has begun, what it cost, why it stopped, whether it failed and whether it is whole.
 * `choice` tells the several replies of one request apart, as far as several were asked for; the first if left out.
 */
export type Event =
  /** The model has said something that a caller can use: text, reasoning, a tool call, a refusal. */
  | { readonly type: 'content'; readonly choice?: number }
  /** Tokens so far. A later report replaces an earlier one; they are never added (several providers repeat them). */
  | { readonly type: 'usage'; readonly usage: Usage }
  /** Why the model stopped, in the provider's own word. */
  | { readonly type: 'stop'; readonly reason: string; readonly choice?: number }
  | { readonly type: 'fault'; readonly fault: Fault }
  /** The dialect's own sign that nothing more will come. */
  | { readonly type: 'done' }
