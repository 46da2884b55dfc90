import type { Json, JsonObject } from '../../model/json.ts'
import type { CacheMark, MediaPart, MediaSource, Part } from '../../model/part.ts'
import { base64, each, invalid, isSaid, maybe, object, text } from '../check.ts'
import { sourceAt, sourceOf } from '../data-url.ts'
import { dialectId } from './id.ts'
import { audioType, kindOf } from './media.ts'

type PartReader = (part: JsonObject, at: string) => Part

/** The parts of a message's content by their type: OpenAI's, and those that other providers of its API added. */
const readers: ReadonlyMap<string, PartReader> = new Map(
  Object.entries<PartReader>({
    text: (part, at) => ({ type: 'text', text: text(part.text, `${at}.text`) }),
    refusal: (part, at) => ({ type: 'refusal', text: text(part.refusal, `${at}.refusal`) }),
    image_url: readImage,
    input_audio: readAudio,
    file: readFile,
    video_url: (part, at) => media('video', urlIn(part, 'video_url', at)),
    document_url: (part, at) => ({
      ...media('document', urlIn(part, 'document_url', at)),
      title: maybe(text, part.document_name, `${at}.document_name`),
    }),
    thinking: (part, at) => ({ type: 'reasoning', text: thinkingIn(part.thinking, `${at}.thinking`) }),
  }),
)

/** A message's content: a text, or parts. Nothing at all is no parts. */
export function readContent(content: Json | undefined, at: string): readonly Part[] {
  if (!isSaid(content)) return []
  if (typeof content === 'string') return [{ type: 'text', text: content, at }]
  return each(content, at, (part, place) => readPart(object(part, place), place))
}

function readPart(part: JsonObject, at: string): Part {
  const reader = typeof part.type === 'string' ? readers.get(part.type) : undefined
  if (!reader) throw invalid(`${at}.type`, `must be one of ${[...readers.keys()].join(', ')}`, part.type)
  return { ...reader(part, at), at, cache: markIn(part, at) }
}

/** `cache_control` as OpenRouter and Anthropic's resellers have it, or OpenAI's own breakpoint. */
export function markIn(wire: JsonObject, at: string): CacheMark | undefined {
  const mark = maybe(object, wire.cache_control, `${at}.cache_control`)
  if (mark) return { ttl: mark.ttl === '5m' || mark.ttl === '1h' ? mark.ttl : undefined }
  return maybe(object, wire.prompt_cache_breakpoint, `${at}.prompt_cache_breakpoint`) && {}
}

const media = (kind: MediaPart['kind'], source: MediaSource): MediaPart => ({ type: 'media', kind, source })

function readImage(part: JsonObject, at: string): MediaPart {
  const source = urlIn(part, 'image_url', at)
  if (source.from === 'data' && kindOf(source.mediaType) !== 'image')
    throw invalid(`${at}.image_url.url`, 'must be an image', source.mediaType)
  const image = part.image_url
  const detail = typeof image === 'string' ? undefined : object(image, `${at}.image_url`).detail
  return { ...media('image', source), detail: maybe(text, detail, `${at}.image_url.detail`) }
}

/** A URL in an object, or bare (Mistral). */
function urlIn(part: JsonObject, field: string, at: string): MediaSource {
  const value = part[field]
  const path = typeof value === 'string' ? `${at}.${field}` : `${at}.${field}.url`
  const url = typeof value === 'string' ? value : text(object(value, `${at}.${field}`).url, path)
  return sourceAt(url, path)
}

/** Base64 and a format, or a bare URL or base64 (Mistral). */
function readAudio(part: JsonObject, at: string): MediaPart {
  if (typeof part.input_audio === 'string') {
    const data = part.input_audio
    return media('audio', sourceOf(data) ?? { from: 'data', mediaType: audioType('wav'), data })
  }
  const audio = object(part.input_audio, `${at}.input_audio`)
  const data = text(audio.data, `${at}.input_audio.data`)
  const mediaType = audioType(text(audio.format, `${at}.input_audio.format`))
  return media('audio', sourceOf(data) ?? { from: 'data', mediaType, data: base64(data, `${at}.input_audio.data`) })
}

/** A file by its id, or its data; some providers take a URL in the place of the data. */
function readFile(part: JsonObject, at: string): MediaPart {
  const file = object(part.file, `${at}.file`)
  const title = maybe(text, file.filename, `${at}.file.filename`)
  const id = maybe(text, file.file_id, `${at}.file.file_id`)
  if (id !== undefined) return { ...media('document', { from: 'file', id, dialect: dialectId }), title }
  const data = text(file.file_data, `${at}.file.file_data`)
  const source = sourceOf(data) ?? { from: 'data', mediaType: 'application/pdf', data }
  return { ...media(source.from === 'data' ? kindOf(source.mediaType) : 'document', source), title }
}

/** Mistral's thoughts: a text, or parts of text. */
function thinkingIn(value: Json | undefined, at: string): string {
  if (typeof value === 'string') return value
  return each(value, at, (part, place) => text(object(part, place).text, `${place}.text`)).join('')
}
