/**
 * What the mock upstream says, as data, and whether a reply that came through a gateway still says all of it. Both
 * ends read this file, so a gateway that loses a word is found out and not merely fast.
 */
export const MODEL = 'gpt-bench'

/** Replies by model name, in bytes of JSON; a stream has the same twenty events whichever model is named. */
export const REPLY_BYTES: Readonly<Record<string, number>> = {
  [MODEL]: 900,
  [`${MODEL}-10k`]: 10_000,
  [`${MODEL}-100k`]: 100_000,
}

/** A stream under this name sends an event every so many milliseconds. */
export function pacedModel(everyMs: number): string {
  return `${MODEL}-paced-${everyMs}`
}

export function paceOf(model: string): number | undefined {
  const [, every] = /-paced-(\d+)$/.exec(model) ?? []
  return every === undefined ? undefined : Number(every)
}

/** Text of exactly so many characters, all one byte each and none of them escaped in JSON. */
export function filler(length: number): string {
  const words = 'The relay hears every signal, weighs it, and passes on what belongs where it belongs. '
  return words.repeat(Math.ceil(length / words.length)).slice(0, length)
}

export function jsonReply(bytes: number): string {
  const frame = replyAround('').length
  return replyAround(filler(bytes - frame))
}

function replyAround(content: string): string {
  const message = { role: 'assistant', content, refusal: null }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
  const usage = { prompt_tokens: 60, completion_tokens: 120, total_tokens: 180 }
  return JSON.stringify({ ...BIRTH, object: 'chat.completion', choices, usage })
}

const BIRTH = { id: 'chatcmpl-bench0000000000000000000000', created: 1_750_000_000, model: MODEL }

/** Eighteen words between the event that names the role and the one that names the reason to stop. */
export const WORDS: readonly string[] = Array.from({ length: 18 }, (_, place) => ` word-${place}`)

/** The events of a stream; `stamp` stands before the first word, so that a reader can tell when it was sent. */
export function streamEvents(stamp: string, withUsage: boolean): readonly string[] {
  const words = WORDS.map((word, place) => event({ content: place === 0 ? stamp + word : word }, null, withUsage))
  const usage = {
    ...BIRTH,
    object: CHUNK,
    choices: [],
    usage: { prompt_tokens: 60, completion_tokens: 20, total_tokens: 80 },
  }
  return [
    event({ role: 'assistant', content: '' }, null, withUsage),
    ...words,
    event({}, 'stop', withUsage),
    ...(withUsage ? [`data: ${JSON.stringify(usage)}\n\n`] : []),
    'data: [DONE]\n\n',
  ]
}

const CHUNK = 'chat.completion.chunk'

function event(delta: object, reason: string | null, withUsage: boolean): string {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }]
  return `data: ${JSON.stringify({ ...BIRTH, object: CHUNK, choices, ...(withUsage ? { usage: null } : {}) })}\n\n`
}

/** A wall clock that two processes share, to the microsecond, in a fixed width: a reply's length must not vary. */
export function stampNow(): string {
  return `@${clock().toFixed(3)}@`
}

export function stampIn(text: string): number | undefined {
  const [, stamp] = /@(\d+\.\d{3})@/.exec(text) ?? []
  return stamp === undefined ? undefined : Number(stamp)
}

export function clock(): number {
  return performance.timeOrigin + performance.now()
}

/** What is wrong with the reply to a JSON request, in a few words; undefined when it says all that the mock said. */
export function faultOfJson(body: string, bytes: number): string | undefined {
  const sent: unknown = JSON.parse(jsonReply(bytes))
  return contentOf(body) === contentOf(JSON.stringify(sent)) ? undefined : `another content: ${body.slice(0, 200)}`
}

export function faultOfStream(body: string): string | undefined {
  if (!body.endsWith('data: [DONE]\n\n')) return `no [DONE] at its end: ${body.slice(-200)}`
  const said = body.match(/ word-\d+/g) ?? []
  return said.join() === WORDS.join() ? undefined : `other words: ${said.join()}`
}

type Whole = { readonly choices?: readonly { readonly message?: { readonly content?: string } }[] }

function contentOf(body: string): string | undefined {
  const whole = JSON.parse(body) as Whole
  return whole.choices?.[0]?.message?.content
}
