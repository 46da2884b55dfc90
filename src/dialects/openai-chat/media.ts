import type { MediaPart, MediaSource } from '../../model/part.ts'

/** How media stand in texts: data URLs, and the short names of audio formats. */

const dataUrl = /^data:([^;,]*)((?:;[^;,]*)*),/

/** A URL, or what a data URL holds; undefined if it is neither. */
export function sourceOf(url: string): MediaSource | undefined {
  const found = dataUrl.exec(url)
  if (found) {
    const [head, mediaType = '', parameters = ''] = found
    const data = url.slice(head.length)
    if (parameters.endsWith(';base64')) return isBase64(data) ? { from: 'data', mediaType, data } : undefined
    return { from: 'data', mediaType: mediaType || 'text/plain', data: Buffer.from(unescaped(data)).toString('base64') }
  }
  return /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? { from: 'url', url } : undefined
}

function unescaped(data: string): string {
  try {
    return decodeURIComponent(data)
  } catch {
    // A stray percent sign: the text is meant as it stands.
    return data
  }
}

/** Its beginning only: a whole film is not read for this. */
const isBase64 = (data: string): boolean => data !== '' && /^[A-Za-z\d+/_\-\s]+={0,2}\s*$/.test(data.slice(0, 128))

export const toDataUrl = (mediaType: string, data: string): string => `data:${mediaType};base64,${data}`

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
