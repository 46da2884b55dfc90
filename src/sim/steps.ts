/** A reply's body as a row of steps, made one at a time as the socket takes them. Faults are changes to the row. */

export type Headers = Readonly<Record<string, string>>

export type Step =
  | { readonly type: 'send'; readonly kind: Kind; readonly bytes: string | Uint8Array }
  /** 0 is the next turn of the event loop: enough to make two writes two packets. */
  | { readonly type: 'wait'; readonly ms: number }
  /** Silence until the caller leaves. */
  | { readonly type: 'hang' }
  /** The connection goes with the body unfinished: with a reset, or with an orderly close. */
  | { readonly type: 'break'; readonly how: 'reset' | 'close' }

/** What a sent piece is to the conversation, so that a fault can say where it strikes. */
type Kind = 'open' | 'token' | 'finish' | 'usage' | 'done' | 'noise'

export const send = (kind: Kind, bytes: string | Uint8Array): Step => ({ type: 'send', kind, bytes })
export const wait = (ms: number): Step => ({ type: 'wait', ms })

/** What is sent back for one request. */
export type Reply =
  | {
      readonly type: 'whole'
      readonly status: number
      readonly headers: Headers
      readonly body: string
    }
  | {
      readonly type: 'steps'
      readonly status: number
      readonly headers: Headers
      readonly steps: Iterable<Step>
      /** The headers go at once, before the first byte of the body is there. */
      readonly early: boolean
    }
  | { readonly type: 'silence' }
  | { readonly type: 'reset' }
