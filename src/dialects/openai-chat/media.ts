import type { MediaPart } from '../../model/part.ts'

/** What kinds of media there are, and the short names of audio formats. */

/** What kind of medium a media type is: a document, if nothing else. */
export function kindOf(mediaType: string): MediaPart['kind'] {
  const [family] = mediaType.split('/')
  return family === 'image' || family === 'audio' || family === 'video' ? family : 'document'
}

/** Formats of audio whose name is not the media type's second half. */
const audioTypes: ReadonlyMap<string, string> = new Map([
  ['mp3', 'audio/mpeg'],
  ['pcm16', 'audio/pcm'],
])
const audioFormats: ReadonlyMap<string, string> = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/pcm', 'pcm16'],
  ['audio/x-wav', 'wav'],
  ['audio/wave', 'wav'],
])

export const audioType = (format: string): string => audioTypes.get(format) ?? `audio/${format}`

export const audioFormat = (mediaType: string): string =>
  audioFormats.get(mediaType) ?? (mediaType.split(/[/;]/)[1] || mediaType)

/** The beginnings, in base64, of the audio files that OpenAI makes. A reply does not say what was asked for. */
const audioStarts: readonly (readonly [string, string])[] = [
  ['UklGR', 'audio/wav'],
  ['SUQz', 'audio/mpeg'],
  ['//', 'audio/mpeg'],
  ['T2dn', 'audio/ogg'],
  ['ZkxhQ', 'audio/flac'],
]

/** Streams are always of raw samples (platform.openai.com/docs/guides/audio). */
export const heardType = (data: string): string =>
  audioStarts.find(([start]) => data.startsWith(start))?.[1] ?? 'audio/pcm'

/** OpenAI takes no file without a name. */
export const fileName = (mediaType: string): string => `document.${mediaType.split(/[/;]/)[1] || 'pdf'}`
