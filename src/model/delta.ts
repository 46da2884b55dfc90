import type { Fault } from './fault.ts'
import type { Json } from './json.ts'
import type { Citation, MediaSource } from './part.ts'
import type { Sealed } from './sealed.ts'
import type { Usage } from './usage.ts'

/**
 * One thing that a reply says, as it is said. There are no brackets: a block begins when its index `at` first appears,
 * with the kind of the delta that brings it, and ends when a block with a higher index begins or the reply stops.
 * Blocks may interleave (two tool calls in alternation); indices rise in the order of beginning and have no gaps. Nothing
 * is said after the stop.
 * `choice` is the place among several replies to one request, 0 if left out.
 */
export type Delta =
  | {
      readonly type: 'start'
      readonly id?: string | undefined
      readonly model?: string | undefined
      readonly created?: number | undefined
    }
  | (Block & { readonly type: 'text'; readonly text: string })
  | (Block & { readonly type: 'reasoning'; readonly text: string; readonly summary?: boolean | undefined })
  | (Block & { readonly type: 'refusal'; readonly text: string })
  | (Block & {
      readonly type: 'tool'
      readonly id: string
      readonly name: string
      readonly custom?: boolean | undefined
    })
  /** More of the JSON text of a tool call's arguments. */
  | (Block & { readonly type: 'input'; readonly text: string })
  /** Belongs to the block `at`: a reasoning, text, tool or media block; with none begun, to a reasoning without words. */
  | (Block & { readonly type: 'seal'; readonly seal: Sealed })
  | (Block & { readonly type: 'citation'; readonly citation: Citation })
  /** Media that the model made, whole or (audio) in pieces of base64 that are to be joined. */
  | (Block & {
      readonly type: 'media'
      readonly kind: 'image' | 'audio' | 'video' | 'document'
      readonly source: MediaSource
      readonly transcript?: string | undefined
    })
  | (Block & { readonly type: 'opaque'; readonly label: string; readonly seal: Sealed })
  | { readonly type: 'logprobs'; readonly choice?: number | undefined; readonly tokens: readonly TokenLogprob[] }
  /** A later report replaces an earlier one. `tier` is the service tier that answered. */
  | { readonly type: 'usage'; readonly usage: Usage; readonly tier?: string | undefined }
  | {
      readonly type: 'stop'
      readonly choice?: number | undefined
      readonly reason: StopReason
      readonly raw?: string | undefined
      readonly sequence?: string | undefined
    }
  /** Facts about the reply without a noun (safety ratings, grounding), for the maker's own dialect. */
  | { readonly type: 'extras'; readonly dialect: string; readonly fields: { readonly [name: string]: Json } }
  | { readonly type: 'fault'; readonly fault: Fault }
  /** The dialect's own sign that nothing more will come. */
  | { readonly type: 'done' }

/** What belongs to a block. */
export type BlockDelta = Extract<Delta, { readonly at: number }>

/** What belongs to one of several replies; the rest is about all of them. */
export type ChoiceDelta = BlockDelta | Extract<Delta, { readonly type: 'logprobs' | 'stop' }>
export type ReplyDelta = Exclude<Delta, ChoiceDelta>

export const isOfBlock = (delta: Delta): delta is BlockDelta => 'at' in delta

export const isOfChoice = (delta: Delta): delta is ChoiceDelta =>
  isOfBlock(delta) || delta.type === 'logprobs' || delta.type === 'stop'

type Block = { readonly at: number; readonly choice?: number | undefined }

export type TokenLogprob = {
  readonly token: string
  readonly logprob: number
  readonly bytes?: readonly number[] | null | undefined
  readonly top: readonly {
    readonly token: string
    readonly logprob: number
    readonly bytes?: readonly number[] | null | undefined
  }[]
}

/** Why the model stopped. `raw` beside it is the provider's own word. */
export type StopReason =
  /** It had said all. */
  | 'end'
  | 'sequence'
  /** `maxTokens` was reached. */
  | 'length'
  /** The context window was. */
  | 'context'
  | 'tools'
  /** The model would not. */
  | 'refused'
  /** A filter of the provider's would not. */
  | 'filtered'
  /** A long turn of a provider's own tools; to be sent back and continued (Anthropic's `pause_turn`). */
  | 'paused'
  /** The model wrote a call that could not be read (Gemini's MALFORMED_FUNCTION_CALL). */
  | 'malformed'
  | 'other'
