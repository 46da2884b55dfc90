import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, Part, TextPart } from '../../model/part.ts'
import { toDataUrl } from '../data-url.ts'
import { dialectId } from './id.ts'
import { audioFormat, fileName } from './media.ts'
import { cannot, lose, markOf, type Telling } from './telling.ts'

/** A part of what the user or the system says; nothing if it has no place there. */
export function writePart(part: Part, telling: Telling): readonly JsonObject[] {
  switch (part.type) {
    case 'text':
      return [writeText(part, telling)]
    case 'refusal':
      return [{ type: 'text', text: part.text }]
    case 'media':
      return [{ ...writeMedia(part, telling), ...markOf(part, telling) }]
    case 'reasoning':
    case 'tool-call':
    case 'tool-result':
    case 'opaque':
      lose(telling, part)
      return []
    default:
      return part satisfies never
  }
}

export const writeText = (part: TextPart, telling: Telling): JsonObject => ({
  type: 'text',
  text: part.text,
  ...markOf(part, telling),
})

/** One plain text stands as it is; anything else is an array of parts. */
export function contentOf(parts: readonly JsonObject[]): string | readonly JsonObject[] {
  const [part, ...more] = parts
  if (!part) return ''
  const { type, text, ...rest } = part
  const plain = more.length === 0 && type === 'text' && typeof text === 'string' && Object.keys(rest).length === 0
  return plain ? text : parts
}

/** A medium as a part of a user's message, in the form that OpenAI or most of its followers have for it. */
export function writeMedia(part: MediaPart, telling: Telling): JsonObject {
  const { source } = part
  if (source.from === 'file') return fileById(part, source, telling)
  loseWords(part, telling)
  switch (part.kind) {
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: urlOf(part, telling), ...(part.detail && { detail: part.detail }) },
      }
    case 'video':
      return { type: 'video_url', video_url: { url: urlOf(part, telling) } }
    case 'audio':
      return writeAudio(part, telling)
    case 'document':
      return writeDocument(part, telling)
    default:
      return part.kind satisfies never
  }
}

type From<F> = Extract<MediaPart['source'], { readonly from: F }>

/** A file can only be told to whoever keeps it. */
function fileById(part: MediaPart, { id, dialect }: From<'file'>, telling: Telling): JsonObject {
  if (dialect !== dialectId) throw cannot(telling, part, 'a file that was uploaded elsewhere')
  loseWords(part, telling)
  return { type: 'file', file: { file_id: id, ...(part.title && { filename: part.title }) } }
}

function urlOf(part: MediaPart, telling: Telling): string {
  const { source } = part
  if (source.from === 'data') return toDataUrl(source.mediaType, source.data)
  if (source.from === 'url') return source.url
  throw cannot(telling, part, `a text in the place of ${part.kind === 'image' ? 'an image' : 'a video'}`)
}

function writeAudio(part: MediaPart, telling: Telling): JsonObject {
  const { source } = part
  if (source.from !== 'data') throw cannot(telling, part, 'audio that is not in the request itself')
  return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat(source.mediaType) } }
}

/** A document of plain text is told as a text: few providers take files of text. */
function writeDocument(part: MediaPart, telling: Telling): JsonObject {
  const { source, title } = part
  if (source.from === 'text' || (source.from === 'data' && source.mediaType.startsWith('text/'))) {
    if (title !== undefined) lose(telling, part, 'title')
    return { type: 'text', text: source.from === 'text' ? source.text : Buffer.from(source.data, 'base64').toString() }
  }
  const mediaType = source.mediaType ?? 'application/pdf'
  const data = source.from === 'data' ? toDataUrl(mediaType, source.data) : urlOf(part, telling)
  if (telling.quirks.documentsIn)
    return { type: 'document_url', document_url: data, ...(title !== undefined && { document_name: title }) }
  return { type: 'file', file: { filename: title ?? fileName(mediaType), file_data: data } }
}

/** What else is said of a document, and has no place here. */
function loseWords(part: MediaPart, telling: Telling): void {
  if (part.context !== undefined) lose(telling, part, 'context')
  if (part.cite) lose(telling, part, 'citations')
}
