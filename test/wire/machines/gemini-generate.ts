import { eachUnnamed, type Loose, parse } from './frames.ts'

/**
 * What Google's clients expect of a stream: whole responses, each with one candidate or more, each of these with parts that
 * hold exactly one thing; one last response that tells why each candidate stopped, with the usage, and nothing after it; or
 * an error as the last thing. The SDK's chat forgets a reply that had a response without parts. Written from the published
 * description and the SDK's behaviour, not from the code that it judges.
 */

/** What is wrong with the text of a stream of server-sent events; empty if nothing is. */
export function complaintsAbout(text: string): string[] {
  const complaints: string[] = []
  const chunks: Loose[] = []
  const complain = (words: string): void => void complaints.push(words)
  eachUnnamed(text, '\\r\\n', complain, data => {
    const chunk = parse(data)
    if (chunk === undefined) complain(`no JSON: ${data.slice(0, 60)}`)
    else chunks.push(chunk)
  })
  return [...complaints, ...aboutChunks(chunks)]
}

/** What is wrong with the text of a stream that is one JSON array. */
export function complaintsAboutArray(text: string): string[] {
  const chunks = parse(text)
  return Array.isArray(chunks) ? aboutChunks(chunks) : ['the stream is no JSON array']
}

function aboutChunks(chunks: readonly Loose[]): string[] {
  if (chunks.length === 0) return ['there is nothing']
  const last = chunks.at(-1)
  const bodies = last.error ? chunks.slice(0, -1) : chunks
  return [
    ...(last.error ? aboutError(last.error) : aboutEnd(bodies)),
    ...bodies.flatMap(aboutChunk),
    ...(bodies.length > 0 ? aboutIdentity(bodies) : []),
  ]
}

function aboutError(error: Loose): string[] {
  const whole = Number.isInteger(error.code) && typeof error.message === 'string' && /^[A-Z_]+$/.test(error.status)
  return whole ? [] : ['an error without code, message or status']
}

/** A candidate stops once, in the last response. A prompt that was blocked has no candidates. */
function aboutEnd(chunks: readonly Loose[]): string[] {
  const last = chunks.at(-1)
  if (last.promptFeedback?.blockReason && !last.candidates) return []
  const seen = new Set(chunks.flatMap(chunk => (chunk.candidates ?? []).map((each: Loose) => each.index)))
  const stopped = (last.candidates ?? []).filter((each: Loose) => each.finishReason).map((each: Loose) => each.index)
  const early = chunks
    .slice(0, -1)
    .flatMap(chunk => (chunk.candidates ?? []).filter((each: Loose) => each.finishReason))
  return [
    ...[...seen].filter(index => !stopped.includes(index)).map(index => `candidate ${index} does not stop`),
    ...(early.length > 0 ? ['a candidate stops before the end'] : []),
    ...(chunks.slice(0, -1).some(chunk => chunk.usageMetadata) ? ['usage before the end'] : []),
  ]
}

/** What is said about what a part holds. A kind that is newer than this machine is one too. */
const beside = ['thought', 'thoughtSignature', 'partMetadata', 'videoMetadata', 'mediaResolution']

function aboutChunk(chunk: Loose, n: number): string[] {
  if (chunk.error) return [`chunk ${n} is an error, and more follows`]
  if (chunk.promptFeedback && !chunk.candidates) return []
  if (!Array.isArray(chunk.candidates) || chunk.candidates.length === 0) return [`chunk ${n} has no candidates`]
  return chunk.candidates.flatMap((candidate: Loose) => {
    const parts = candidate.content?.parts
    if (candidate.content?.role !== 'model') return [`chunk ${n} is not the model's`]
    if (!Array.isArray(parts) || parts.length === 0) return [`chunk ${n} has no parts`]
    return parts.flatMap((part: Loose) => aboutPart(part, n))
  })
}

function aboutPart(part: Loose, n: number): string[] {
  const held = Object.keys(part).filter(name => !beside.includes(name) && part[name] !== undefined)
  if (held.length !== 1) return [`chunk ${n}: a part holds ${held.join(' and ') || 'nothing'}`]
  const { functionCall: call, thoughtSignature: signature } = part
  const loose = call && (typeof call.name !== 'string' || call.willContinue || typeof call.args !== 'object')
  return [
    ...(loose ? [`chunk ${n}: a call that is not whole`] : []),
    ...(signature !== undefined && !/^[\w+/-]*={0,2}$/.test(signature)
      ? [`chunk ${n}: a signature that is no base64`]
      : []),
  ]
}

/** All responses are of one reply. */
function aboutIdentity(chunks: readonly Loose[]): string[] {
  if (chunks.length === 0) return []
  return ['responseId', 'modelVersion'].flatMap(name => {
    const values = new Set(chunks.map(chunk => chunk[name]))
    return values.size === 1 && typeof [...values][0] === 'string'
      ? []
      : [`${name} is not one text: ${[...values].join(', ')}`]
  })
}
