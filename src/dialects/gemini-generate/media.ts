import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, MediaSource } from '../../model/part.ts'
import { quoted, say } from '../../model/sentence.ts'
import { dialectId } from './id.ts'

/** Media: bytes in base64 (`inlineData`) or an address (`fileData`), and what kind of thing they are. */

const kinds = ['image', 'audio', 'video'] as const

/** Endings of addresses whose media type is not told. */
const endings = {
  image: /\.(?:png|jpe?g|webp|gif|heic|heif)$/i,
  audio: /\.(?:mp3|wav|ogg|flac|aac|m4a)$/i,
  video: /\.(?:mp4|mov|webm|mpe?g|avi)$/i,
}

export const kindOf = (mediaType: string | undefined, url = ''): MediaPart['kind'] =>
  kinds.find(kind => (mediaType === undefined ? endings[kind].test(plain(url)) : mediaType.startsWith(`${kind}/`))) ??
  (isYouTube(url) ? 'video' : 'document')

const plain = (url: string): string => url.replace(/[?#].*$/, '')

/** The one site whose pages Gemini takes for videos. */
const isYouTube = (url: string): boolean => /^https?:\/\/(?:www\.|m\.)?(?:youtube\.com|youtu\.be)\//.test(url)

/** A base64 text in the usual alphabet; proto JSON takes both. */
export const base64 = (data: string): string => data.replaceAll('-', '+').replaceAll('_', '/')

export function sourceAt(uri: string, mediaType: string | undefined): MediaSource {
  const typed = mediaType === undefined ? {} : { mediaType }
  return isUploaded(uri) ? { from: 'file', id: uri, dialect: dialectId, ...typed } : { from: 'url', url: uri, ...typed }
}

/** Files that only Google can read: uploaded to it, or in its storage. */
const isUploaded = (uri: string): boolean =>
  /^(?:gs:\/\/|files\/|https:\/\/generativelanguage\.googleapis\.com\/)/.test(uri)

/** The part that holds media. Refuses a file that was uploaded to somebody else. */
export function wireMedia({ source, at }: Pick<MediaPart, 'source' | 'at'>): JsonObject {
  switch (source.from) {
    case 'data':
      return { inlineData: { mimeType: source.mediaType, data: source.data } }
    case 'text':
      return { inlineData: { mimeType: 'text/plain', data: Buffer.from(source.text).toString('base64') } }
    case 'url':
      return { fileData: fileData(source.url, source.mediaType) }
    case 'file':
      if (source.dialect !== dialectId) throw elsewhere(source.id, at)
      return { fileData: fileData(source.id, source.mediaType) }
    default:
      return source satisfies never
  }
}

const fileData = (fileUri: string, mimeType: string | undefined): JsonObject => ({
  fileUri,
  ...(mimeType === undefined ? {} : { mimeType }),
})

const elsewhere = (id: string, at: string | undefined): Fault =>
  new Fault(
    'invalid_request',
    say`The file '${quoted(id)}' was uploaded to another provider, and Gemini cannot read it. Send its bytes, or ask a model of that provider.`,
    at === undefined ? {} : { param: at },
  )
