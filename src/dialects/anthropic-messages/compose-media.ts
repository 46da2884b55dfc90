import type { JsonObject } from '../../model/json.ts'
import { objectIn } from '../../model/json.ts'
import type { MediaPart, MediaSource } from '../../model/part.ts'
import { quoted, say } from '../../model/sentence.ts'
import { writeCache } from './cache.ts'
import { dialectId } from './id.ts'
import { refuse, type Telling } from './telling.ts'

/** Images and documents for a request. What the model could not see is refused: the request was about it. */
export function writeMedia(part: MediaPart, telling: Telling): readonly JsonObject[] {
  const { kind, seal, cache, detail, at } = part
  const own = objectIn(telling.open(seal) ?? '')
  if (own) return [own]
  if (detail !== undefined && detail !== 'auto') telling.lose(`${at ?? kind}.detail`)
  switch (kind) {
    case 'image':
      return [{ type: 'image', source: imageSource(part, telling), ...writeCache(cache) }]
    case 'document':
      return [{ type: 'document', source: documentSource(part, telling), ...aboutDocument(part), ...writeCache(cache) }]
    case 'audio':
    case 'video':
      return writeTranscript(part, telling)
    default:
      return kind satisfies never
  }
}

/** What is heard, where its words are known. */
function writeTranscript({ kind, transcript, at }: MediaPart, { lose, provider }: Telling): readonly JsonObject[] {
  if (!transcript) throw refuse(at ?? kind, `${provider} takes no ${kind}. Ask a model that does.`)
  lose(at ?? kind)
  return [{ type: 'text', text: transcript }]
}

function imageSource({ source, at, kind }: MediaPart, telling: Telling): JsonObject {
  if (source.from === 'text') throw refuse(at ?? kind, 'an image cannot be text.')
  if (source.from !== 'data') return elsewhere(source, at ?? kind, telling)
  // The name that many programs give to JPEG is not its registered one.
  const mediaType = source.mediaType === 'image/jpg' ? 'image/jpeg' : source.mediaType
  return { type: 'base64', media_type: mediaType, data: source.data }
}

function documentSource({ source, at, kind }: MediaPart, telling: Telling): JsonObject {
  switch (source.from) {
    case 'text':
      return { type: 'text', media_type: 'text/plain', data: source.text }
    case 'data':
      return documentData(source, at ?? kind, telling)
    case 'url':
    case 'file':
      return elsewhere(source, at ?? kind, telling)
    default:
      return source satisfies never
  }
}

type DataSource = Extract<MediaSource, { readonly from: 'data' }>

function documentData({ mediaType, data }: DataSource, at: string, { provider, own }: Telling): JsonObject {
  if (mediaType === 'application/pdf' || own) return { type: 'base64', media_type: mediaType, data }
  if (/^text\/|[/+]json$/.test(mediaType)) {
    return { type: 'text', media_type: 'text/plain', data: Buffer.from(data, 'base64').toString() }
  }
  throw refuse(at, say`${provider} reads documents of PDF and plain text, not ${quoted(mediaType)}.`)
}

type FarSource = Extract<MediaSource, { readonly from: 'url' | 'file' }>

function elsewhere(source: FarSource, at: string, { provider }: Telling): JsonObject {
  if (source.from === 'url') return { type: 'url', url: source.url }
  if (source.dialect === dialectId) return { type: 'file', file_id: source.id }
  throw refuse(
    at,
    say`the file ${quoted(source.id)} was uploaded elsewhere, and ${provider} cannot see it. Send its content.`,
  )
}

const aboutDocument = ({ title, context, cite }: MediaPart): JsonObject => ({
  ...(title ? { title } : {}),
  ...(context ? { context } : {}),
  ...(cite ? { citations: { enabled: true } } : {}),
})
