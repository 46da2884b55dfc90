import type { Json, JsonObject } from '../../model/json.ts'
import type { MediaPart, MediaSource } from '../../model/part.ts'
import { base64, invalid, isSaid, maybe, object, text } from '../check.ts'
import { sourceAt, toDataUrl } from '../data-url.ts'
import { dialectId } from './id.ts'

/** Images, files, sounds and films in a prompt: `input_image`, `input_file`, `input_audio`, `input_video`. */
export const mediaReaders: ReadonlyMap<string, (part: JsonObject, at: string) => MediaPart> = new Map([
  ['input_image', readImage],
  ['input_file', readFile],
  ['input_audio', readAudio],
  ['input_video', readVideo],
])

function readImage(part: JsonObject, at: string): MediaPart {
  const detail = maybe(text, part.detail, `${at}.detail`)
  const source = isSaid(part.file_id)
    ? fileSource(text(part.file_id, `${at}.file_id`))
    : urlSource(part.image_url, `${at}.image_url`)
  return { type: 'media', kind: 'image', source, ...(detail === undefined ? {} : { detail }), at }
}

function readFile(part: JsonObject, at: string): MediaPart {
  const title = maybe(text, part.filename, `${at}.filename`)
  const detail = maybe(text, part.detail, `${at}.detail`)
  return {
    type: 'media',
    kind: 'document',
    source: fileIn(part, at),
    ...(title === undefined ? {} : { title }),
    ...(detail === undefined ? {} : { detail }),
    at,
  }
}

function fileIn(part: JsonObject, at: string): MediaSource {
  if (isSaid(part.file_id)) return fileSource(text(part.file_id, `${at}.file_id`))
  if (isSaid(part.file_url)) return { from: 'url', url: text(part.file_url, `${at}.file_url`) }
  if (!isSaid(part.file_data)) throw invalid(at, 'must have file_data, file_url or file_id', undefined)
  const data = text(part.file_data, `${at}.file_data`)
  if (data.startsWith('data:')) return sourceAt(data, `${at}.file_data`)
  // Bare base64 is taken for what OpenAI takes it for.
  return { from: 'data', mediaType: 'application/pdf', data: base64(data, `${at}.file_data`) }
}

function readAudio(part: JsonObject, at: string): MediaPart {
  const audio = object(part.input_audio, `${at}.input_audio`)
  const data = base64(audio.data, `${at}.input_audio.data`)
  const format = text(audio.format, `${at}.input_audio.format`)
  const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${format}`
  return { type: 'media', kind: 'audio', source: { from: 'data', mediaType, data }, at }
}

function readVideo(part: JsonObject, at: string): MediaPart {
  return { type: 'media', kind: 'video', source: urlSource(part.video_url, `${at}.video_url`), at }
}

const urlSource = (value: Json | undefined, at: string): MediaSource => sourceAt(text(value, at), at)

const fileSource = (id: string): MediaSource => ({ from: 'file', id, dialect: dialectId })

/** A medium as a part of a prompt; undefined if this wire has no place for it. */
export function writeMedia(part: MediaPart): JsonObject | undefined {
  switch (part.kind) {
    case 'image':
      return writeImage(part)
    case 'document':
      return writeFile(part)
    case 'audio':
      return writeAudio(part.source)
    case 'video':
      return writeVideo(part.source)
    default:
      return part.kind satisfies never
  }
}

/** Files of the chat API are the same files: both are OpenAI's. */
const ours: readonly string[] = [dialectId, 'openai-chat']

const isOurs = (source: MediaSource): source is Extract<MediaSource, { readonly from: 'file' }> =>
  source.from === 'file' && ours.includes(source.dialect)

function writeImage({ source, detail }: MediaPart): JsonObject | undefined {
  const detailed = detail === undefined ? {} : { detail }
  if (isOurs(source)) return { type: 'input_image', file_id: source.id, ...detailed }
  const url = urlOf(source)
  return url === undefined ? undefined : { type: 'input_image', image_url: url, ...detailed }
}

function writeFile({ source, title, detail }: MediaPart): JsonObject | undefined {
  const named = { ...(title === undefined ? {} : { filename: title }), ...(detail === undefined ? {} : { detail }) }
  if (isOurs(source)) return { type: 'input_file', file_id: source.id, ...named }
  if (source.from === 'url' && !source.url.startsWith('data:'))
    return { type: 'input_file', file_url: source.url, ...named }
  const url = urlOf(source)
  // OpenAI refuses a file's data without a name.
  return url === undefined ? undefined : { type: 'input_file', filename: nameFor(source), ...named, file_data: url }
}

const nameFor = (source: MediaSource): string =>
  source.from === 'data' && source.mediaType === 'application/pdf' ? 'document.pdf' : 'document.txt'

function writeAudio(source: MediaSource): JsonObject | undefined {
  if (source.from !== 'data') return undefined
  const format = source.mediaType === 'audio/mpeg' ? 'mp3' : source.mediaType.replace(/^audio\/(x-)?/, '')
  return { type: 'input_audio', input_audio: { data: source.data, format } }
}

function writeVideo(source: MediaSource): JsonObject | undefined {
  const url = urlOf(source)
  return url === undefined ? undefined : { type: 'input_video', video_url: url }
}

function urlOf(source: MediaSource): string | undefined {
  switch (source.from) {
    case 'url':
      return source.url
    case 'data':
      return toDataUrl(source.mediaType, source.data)
    case 'text':
      return toDataUrl('text/plain', Buffer.from(source.text).toString('base64'))
    case 'file':
      return undefined
    default:
      return source satisfies never
  }
}
