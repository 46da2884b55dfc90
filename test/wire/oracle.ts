import { isObject, type JsonObject } from '../../src/model/json.ts'
import type { ExpectedUsage, Recording } from './recording.ts'
import { signsOf } from './signs.ts'

/**
 * What a caller must see of a recording, worked out from the recorded bytes alone and in another way than the relay
 * does it: frame by frame, every frame parsed.
 */

/** Reads a reply into its JSON texts: one of a whole reply, one of each event of a stream. */
export const saidIn = (recording: Recording): readonly JsonObject[] =>
  framesIn(recording)
    .map(chunkOf)
    .filter(chunk => chunk !== undefined)

/** The frames of a stream, each with the blank lines that end it; a whole reply is one. */
function framesIn({ bytes, streamed, array }: Recording): readonly string[] {
  const text = bytes.toString()
  if (array) return (JSON.parse(text) as JsonObject[]).map(element => `data: ${JSON.stringify(element)}`)
  return streamed ? framesOf(text) : [`data: ${text.replaceAll(/[\r\n]/g, ' ').trim()}`]
}

const framesOf = (text: string): readonly string[] =>
  text.match(/[\s\S]*?(?:\r\n|\n|\r)(?:\r\n|\n|\r)+|[\s\S]+$/g) ?? []

function chunkOf(frame: string): JsonObject | undefined {
  const data = dataOf(frame)
  return data?.startsWith('{') ? (JSON.parse(data) as JsonObject) : undefined
}

function dataOf(frame: string): string | undefined {
  const lines = [...frame.replaceAll('\r', '\n').matchAll(/^data:[ ]?(.*)$/gm)].map(([, line]) => line)
  return lines.length > 0 ? lines.join('\n') : undefined
}

/** Where a reply departs from what was recorded, and why. */
export type Departure =
  | { readonly type: 'none' }
  /** The usage report was the relay's wish, not the caller's. */
  | { readonly type: 'usage hidden'; readonly bytes: Buffer }
  /** The provider failed inside a 200 before anything was handed on: the caller gets its JSON with an error status. */
  | { readonly type: 'failed inside'; readonly status: number; readonly bytes: Buffer }
  /** The provider ended in the middle: the reply ends with an error event. */
  | { readonly type: 'cut' }
  /** Not a word of it is in this dialect (Writer's old stream): the caller is told so. */
  | { readonly type: 'said nothing' }
  /** It did not like the key that is configured for it here: the caller is told that, and nothing that it could act on. */
  | { readonly type: 'key refused'; readonly status: number }

/** `reads` are the sizes in which a stream arrived: what comes together with the first content is not yet handed on. */
export function departureOf(recording: Recording, reads: readonly number[] = []): Departure {
  const { status, streamed, bytes, dialect } = recording
  // OpenAI's own word for a spent account inside a stream has no status with it; elsewhere it is a 429.
  if (isOfKey(recording)) return { type: 'key refused', status: status === 200 ? 429 : status }
  if (status !== 200) return { type: 'none' }
  const { speaks, stop } = signsOf(dialect)
  const frames = framesIn(recording)
  const chunks = frames.map(frame => chunkOf(frame) ?? {})
  const failed = chunks.findIndex(chunk => chunk.error)
  const began = chunks.findIndex(chunk => speaks(chunk) || stop(chunk) !== undefined)
  if (failed !== -1 && (began === -1 || arrived(frames, began, reads) >= endOf(frames, failed)))
    return failure(recording, frames[failed] ?? '')
  if (!streamed) return { type: 'none' }
  if (began === -1) return { type: 'said nothing' }
  if (failed === -1 && !chunks.some(stop) && !bytes.includes('[DONE]')) return { type: 'cut' }
  return asksUsage(recording) ? { type: 'none' } : withoutUsage(bytes)
}

/** By its status, or by its words where the status says something else. What a filter forbids is about the prompt. */
export function isOfKey({ status, bytes }: Pick<Recording, 'status' | 'bytes'>): boolean {
  const words = bytes.toString()
  if ([401, 402, 403].includes(status)) return !words.includes('violates usage guidelines')
  return status !== 404 && /"insufficient_quota"|API.key not valid|Incorrect API key/.test(words)
}

/** How much had arrived when the frame of this index was whole. */
function arrived(frames: readonly string[], index: number, reads: readonly number[]): number {
  let bytes = 0
  for (const read of reads) {
    bytes += read
    if (bytes >= endOf(frames, index)) return bytes
  }
  return bytes
}

const endOf = (frames: readonly string[], index: number): number =>
  Buffer.byteLength(frames.slice(0, index + 1).join(''))

function failure({ streamed, bytes }: Recording, frame: string): Departure {
  const said = streamed ? Buffer.from(dataOf(frame) ?? '') : bytes
  return { type: 'failed inside', status: statusIn(chunkOf(frame) ?? {}), bytes: said }
}

function statusIn({ error }: JsonObject): number {
  const { status_code, code } = isObject(error) ? error : {}
  return [status_code, code].map(Number).find(status => status >= 400 && status < 600) ?? 502
}

/** Of a stream in OpenAI's chats the usage has to be asked for; elsewhere it always comes. */
export const asksUsage = ({ request, dialect }: Recording): boolean =>
  dialect !== 'openai-chat' ||
  request === undefined ||
  (isObject(request.stream_options) && request.stream_options.include_usage === true)

function withoutUsage(answer: Buffer): Departure {
  const kept = framesOf(answer.toString()).map(frame => {
    const chunk = chunkOf(frame)
    if (chunk?.usage === null) return frame.replace(/,"usage": ?null|"usage": ?null,/, '')
    return chunk?.usage && Array.isArray(chunk.choices) && chunk.choices.length === 0 ? '' : frame
  })
  const bytes = Buffer.from(kept.join(''))
  return bytes.equals(answer) ? { type: 'none' } : { type: 'usage hidden', bytes }
}

/** The first stop reason that a reply gives. */
export const stopIn = (recording: Recording): string | null =>
  saidIn(recording).map(signsOf(recording.dialect).stop).find(Boolean) ?? null

/** The last usage report of a reply that counts something. */
export const reportIn = (recording: Recording): JsonObject | undefined =>
  saidIn(recording)
    .flatMap(({ usage }) => (isObject(usage) ? [usage] : []))
    .findLast(report => Number(report.prompt_tokens ?? Number.NaN) >= 0 || Number(report.completion_tokens ?? -1) >= 0)

/** What is wrong with a ledger's usage, measured by the report; empty if nothing is. */
export function wrongIn(usage: ExpectedUsage, report: JsonObject): readonly string[] {
  const { input, cache_read, cache_write, output, reasoning } = usage
  const prompt = Number(report.prompt_tokens ?? 0)
  const completion = Number(report.completion_tokens ?? 0)
  const total = Number(report.total_tokens ?? 0)
  const [cached = 0] = found(
    report,
    /^(?:cached_tokens|prompt_cache_hit_tokens|cache_read_input_tokens|num_cached_tokens)$/,
  )
  const [thought = 0] = found(report, /^reasoning_tokens$/)
  const beside = total > prompt + completion || thought > completion
  const sums: readonly (readonly [string, number, number])[] = [
    ['input + cache_read + cache_write', input + cache_read + cache_write, prompt],
    // Azure's Grok reports 161 cached tokens of a prompt of 7.
    ['cache_read', cache_read, Math.min(prompt, cached)],
    beside
      ? ['output, reasoning beside it', output, completion]
      : ['output + reasoning', output + reasoning, completion],
    ['reasoning', reasoning, total > prompt + completion ? total - prompt - completion : thought],
  ]
  return sums.flatMap(([what, is, due]) => (is === due ? [] : [`${what} is ${is} and not ${due}`]))
}

/** The counts at any depth whose names match, the greatest first: some providers write one twice, once as 0. */
function found(value: unknown, name: RegExp): readonly number[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value)
    .flatMap(([key, inner]) => (name.test(key) && inner !== null ? [Number(inner)] : found(inner, name)))
    .sort((a, b) => b - a)
}
