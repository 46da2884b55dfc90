/**
 * What a reply is made of. A dialect says notes, one meaning each; a framing makes bytes of them; the body is then a row
 * of steps, made one at a time as the socket takes them. Faults are changes to either row.
 */

export type Headers = Readonly<Record<string, string>>

/** What a piece is to the conversation, so that a fault can say where it strikes. */
export type Kind = 'open' | 'token' | 'argument' | 'finish' | 'usage' | 'done' | 'noise'

/** One event of a stream before it is framed. What holds both the finish and the usage is `usage`. */
export type Note = {
  readonly kind: Kind
  /** Its name, in dialects whose events have one. */
  readonly event?: string
  /** JSON, unless something is wrong with it on purpose. */
  readonly data: string | Uint8Array
  /** Says that the answer failed; told apart only where frames have types. */
  readonly exception?: true
  /** Its frame is to be broken, where frames can tell. */
  readonly spoiled?: true
}

export type Notes = Iterable<Note>

export type Step =
  | { readonly type: 'send'; readonly kind: Kind; readonly bytes: string | Uint8Array }
  /** 0 is the next turn of the event loop: enough to make two writes two packets. */
  | { readonly type: 'wait'; readonly ms: number }
  /** Silence until the caller leaves. */
  | { readonly type: 'hang' }
  /** The connection goes with the body unfinished: with a reset, or with an orderly close. */
  | { readonly type: 'break'; readonly how: 'reset' | 'close' }

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
