import type { JsonObject } from './json.ts'

/** What is asked of a model, by the kind of work. */
export type Operation = 'chat' | 'completions' | 'embeddings' | 'count_tokens' | 'compact'

/** What we read of a request in order to route, limit and meter it. The rest stays in the letter, untouched. */
export type Call = {
  readonly operation: Operation
  /** As the caller wrote it: an alias, `provider/model`, or a bare name. */
  readonly model: string
  readonly stream: boolean
  /** The caller asked for the stream's usage report, so it stays in. */
  readonly wantsUsage: boolean
  /** The stream is to be one JSON array instead of server-sent events (Gemini without `alt=sse`). */
  readonly array?: boolean
  /** How many replies a stream is to bring beside each other, where it is more than one (`n`, several prompts). */
  readonly choices?: number
  /** Several are asked for at once, by Gemini's method for that. */
  readonly batch?: boolean
}

/** A top-level field of a letter's text: its name begins at `from`, its value stands at `start`..`end`. */
export type LetterField = { readonly name: string; readonly from: number; readonly start: number; readonly end: number }

/** A request's body and what it says. */
export type Letter = {
  readonly dialect: string
  /** A JSON object, exactly as the caller wrote it, with one character for each of its bytes. */
  readonly text: string
  readonly fields: readonly LetterField[]
  /** The text, parsed as it is: right where it is ASCII. For what a request is led by, which is. */
  readonly outline: JsonObject
  /**
   * What the caller said. What the call leaves out is read from it where a request has to be told in another dialect; most
   * need not, so it may be parsed when it is first asked for.
   */
  readonly body: JsonObject
  /** It holds something that was sealed here, so that it cannot go on to everybody as it is. */
  readonly sealed: boolean
  /** What the caller wrote, where more was put in front of it: replies repeat parts of that. */
  readonly asked?: JsonObject
  readonly call: Call
  /** Requests of one session are led to one place, as long as it does well. */
  readonly session?: string
  /** The caller would rather be refused than have a field left out. */
  readonly strict: boolean
  /** The only provider that can answer, because it alone knows what was said before. */
  readonly boundTo?: string
  /** The greater, the sooner it is let go where requests have to wait; 0 if left out. */
  readonly priority?: number
  /** How long the caller will wait for the whole reply, in milliseconds, if it said so. */
  readonly patienceMs?: number
}
