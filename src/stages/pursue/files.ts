import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import { quoted, type Sentence, say } from '../../model/sentence.ts'

/** Fetches what a URL stands for. Rejects with a sentence for the caller as its message. */
export type FetchFile = (
  url: string,
  signal: AbortSignal,
) => Promise<{ readonly mediaType: string; readonly bytes: Buffer }>

type Kind = MediaPart['kind']

/** The most files that one request may have us fetch. */
const mostFiles = 32

/** Whether a chat names files by URL that a provider cannot fetch itself. */
export const namesFiles = (chat: Chat, takes: (kind: Kind) => boolean): boolean =>
  chat.messages.some(({ parts }) => parts.some(part => urlsIn(part, takes).length > 0))

/** The chat with the files themselves in the place of their URLs. Refuses with the place of a file that does not come. */
export async function withFiles(
  chat: Chat,
  takes: (kind: Kind) => boolean,
  fetchFile: FetchFile,
  signal: AbortSignal,
): Promise<Chat> {
  const wanted = chat.messages.flatMap(({ parts }) => parts.flatMap(part => urlsIn(part, takes)))
  if (wanted.length > mostFiles)
    throw new Fault(
      'invalid_request',
      `This request names ${wanted.length} files by URL; at most ${mostFiles} are fetched.`,
    )
  const fetched = new Map<MediaPart, MediaPart>()
  await Promise.all(
    wanted.map(async part => {
      fetched.set(part, await fetchedPart(part, fetchFile, signal))
    }),
  )
  const messages = chat.messages.map(message => ({
    ...message,
    parts: message.parts.map(part => replaced(part, fetched)),
  }))
  return { ...chat, messages }
}

function urlsIn(part: Part, takes: (kind: Kind) => boolean): readonly MediaPart[] {
  if (part.type === 'tool-result') return part.parts.flatMap(inner => urlsIn(inner, takes))
  const named = part.type === 'media' && part.source.from === 'url' && isWeb(part.source.url) && !takes(part.kind)
  return named ? [part] : []
}

/** Others (`s3://`, `gs://`) are known to certain providers alone. */
const isWeb = (url: string): boolean => /^https?:/i.test(url)

function replaced(part: Part, fetched: ReadonlyMap<MediaPart, MediaPart>): Part {
  if (part.type === 'tool-result') return { ...part, parts: part.parts.map(inner => replaced(inner, fetched)) }
  return part.type === 'media' ? (fetched.get(part) ?? part) : part
}

async function fetchedPart(part: MediaPart, fetchFile: FetchFile, signal: AbortSignal): Promise<MediaPart> {
  if (part.source.from !== 'url') return part
  const { url, mediaType: said } = part.source
  const file = await fetchFile(url, signal).catch((cause: unknown) => {
    throw signal.aborted ? cause : notFetched(part, cause instanceof Error ? cause.message : 'it did not come', cause)
  })
  const mediaType = said ?? file.mediaType
  if (!fits(part.kind, mediaType))
    throw notFetched(part, say`it is ${mediaType ? quoted(mediaType) : 'of no known type'}`)
  return { ...part, source: { from: 'data', mediaType, data: file.bytes.toString('base64') } }
}

/** A page of HTML in the place of an image is a log-in or an error. */
const fits = (kind: Kind, mediaType: string): boolean =>
  kind === 'document' ? /^(?:application|text)\/(?!html)/.test(mediaType) : mediaType.startsWith(`${kind}/`)

const notFetched = ({ kind, at }: MediaPart, why: string | Sentence, cause?: unknown): Fault =>
  new Fault(
    'invalid_request',
    say`The ${kind}${at === undefined ? '' : ` at ${at}`} could not be fetched from its URL: ${why}. Send it as base64 data.`,
    { cause, ...(at === undefined ? {} : { param: at }) },
  )
