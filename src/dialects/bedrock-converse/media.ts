import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, MediaSource } from '../../model/part.ts'
import { quoted, say } from '../../model/sentence.ts'
import { refuse } from '../check.ts'
import { dialectId } from './id.ts'

/** Converse's names of formats, by media types and by the endings of files, of which the first is told. */
const formats: Readonly<Record<MediaPart['kind'], Readonly<Record<string, readonly string[]>>>> = {
  image: {
    png: ['image/png'],
    jpeg: ['image/jpeg', 'image/jpg', 'jpg'],
    gif: ['image/gif'],
    webp: ['image/webp'],
  },
  document: {
    pdf: ['application/pdf'],
    csv: ['text/csv'],
    doc: ['application/msword'],
    docx: ['application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    xls: ['application/vnd.ms-excel'],
    xlsx: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    html: ['text/html', 'htm'],
    md: ['text/markdown', 'text/x-markdown'],
    // What can be read as text is text.
    txt: ['text/plain', 'application/json', 'application/xml', 'application/yaml', 'application/javascript'],
  },
  audio: {
    mp3: ['audio/mpeg', 'audio/mp3'],
    wav: ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
    opus: ['audio/opus'],
    aac: ['audio/aac'],
    'x-aac': ['audio/x-aac'],
    flac: ['audio/flac', 'audio/x-flac'],
    ogg: ['audio/ogg'],
    m4a: ['audio/m4a', 'audio/x-m4a'],
    mp4: ['audio/mp4'],
    mka: ['audio/x-matroska', 'audio/matroska'],
    mpga: ['audio/mpga'],
    webm: ['audio/webm'],
    pcm: ['audio/pcm', 'audio/l16'],
  },
  video: {
    mp4: ['video/mp4'],
    mov: ['video/quicktime'],
    mkv: ['video/x-matroska', 'video/matroska'],
    webm: ['video/webm'],
    flv: ['video/x-flv'],
    mpeg: ['video/mpeg'],
    mpg: ['video/mpg'],
    wmv: ['video/x-ms-wmv'],
    three_gp: ['video/3gpp', '3gp'],
  },
}

function formatOf({ kind, source, at }: MediaPart): string {
  const type = plainType(source)
  const found = Object.entries(formats[kind]).find(([name, types]) => types.includes(type) || name === type)?.[0]
  if (found) return found
  if (kind === 'document' && type.startsWith('text/')) return 'txt'
  throw refuse(
    at,
    say`Bedrock takes no ${kind} of the type '${quoted(type)}'. Send ${Object.keys(formats[kind]).join(', ')}.`,
  )
}

/** The media type without its parameters, or a file's ending where there is none. */
function plainType(source: MediaSource): string {
  if (source.from === 'text') return 'text/plain'
  const named = source.mediaType?.split(';')[0]?.trim().toLowerCase()
  if (named || source.from === 'data') return named ?? ''
  return /\.([a-z\d_]+)$/i.exec(source.from === 'url' ? source.url : source.id)?.[1]?.toLowerCase() ?? ''
}

/** An image, a document, audio or video as a block; a document under the name that it is given. */
export function mediaBlock(part: MediaPart, documentName: (title: string | undefined) => string): JsonObject {
  const format = formatOf(part)
  const source = sourceOf(part)
  if (part.kind !== 'document') return { [part.kind]: { format, source } }
  const { title, context, cite } = part
  return {
    document: {
      format,
      name: documentName(title),
      source,
      ...(context === undefined ? {} : { context }),
      ...(cite === true ? { citations: { enabled: true } } : {}),
    },
  }
}

function sourceOf({ source, at, kind }: MediaPart): JsonObject {
  switch (source.from) {
    case 'data':
      return { bytes: source.data.replaceAll(/\s/g, '') }
    case 'text':
      return { bytes: Buffer.from(source.text).toString('base64') }
    case 'url':
      if (source.url.startsWith('s3://')) return { s3Location: { uri: source.url } }
      throw refuse(at, `Bedrock fetches no URLs. Send the ${kind} itself, or keep it in S3 and name it as s3://….`)
    case 'file':
      if (source.dialect === dialectId && source.id.startsWith('s3://')) return { s3Location: { uri: source.id } }
      throw refuse(at, say`The file '${quoted(source.id)}' is not at Bedrock. Send the ${kind} itself.`)
    default:
      return source satisfies never
  }
}

/**
 * Names for documents: letters, digits, single spaces, hyphens and brackets, at most 200, and no name twice in a request.
 * The name is only a label, so a letter that is not allowed becomes a space.
 */
export function documentNames(): (title: string | undefined) => string {
  const given = new Set<string>()
  return title => {
    const plain = plainName(title ?? '')
    let name = plain || `Document ${given.size + 1}`
    for (let n = 2; given.has(name); n++) name = `${plain || 'Document'} ${n}`
    given.add(name)
    return name
  }
}

const plainName = (title: string): string =>
  title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z\d()[\]-]+/g, ' ')
    .trim()
    .slice(0, 190)
    .trimEnd()
