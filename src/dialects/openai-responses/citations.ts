import type { Json, JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { isSaid } from '../check.ts'
import { place } from '../told.ts'
import { ownFields, ownSeal } from './seals.ts'

/** The fields of an annotation that a citation has nouns for; one with more keeps all in its seal. */
const told: ReadonlySet<string> = new Set(['type', 'url', 'title', 'start_index', 'end_index'])

/** The field of an annotation that says where it stands, and says no place. */
export const misplaced = (annotation: JsonObject): string | undefined =>
  ['start_index', 'end_index', 'index'].find(
    field => isSaid(annotation[field]) && place(annotation[field]) === undefined,
  )

export function readCitation(annotation: JsonObject, maker?: string): Citation {
  const { type, url, title, filename, file_id, start_index, end_index, index } = annotation
  const plain = type === 'url_citation' && Object.keys(annotation).every(key => told.has(key))
  return known({
    url: text(url),
    title: text(title) ?? text(filename),
    fileId: text(file_id),
    start: place(start_index) ?? place(index),
    end: place(end_index) ?? place(index),
    seal: plain ? undefined : ownSeal(annotation, maker),
  })
}

/**
 * A citation as an annotation of a text so long; undefined if it names neither an address nor a file, which is all that
 * this wire can cite. One without a place is of the whole text.
 */
export function writeCitation(citation: Citation, length: number, maker: string): JsonObject | undefined {
  const own = ownFields(citation.seal, maker)
  if (own && own.type !== 'url_citation') return own
  const { url, title, fileId, start = 0, end = length } = citation
  if (url !== undefined)
    return {
      type: 'url_citation',
      url,
      title: title ?? url,
      start_index: start,
      end_index: Math.max(start, end),
      ...own,
    }
  return fileId === undefined
    ? undefined
    : { type: 'file_citation', file_id: fileId, filename: title ?? fileId, index: end }
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

const known = (citation: Citation): Citation =>
  Object.fromEntries(Object.entries(citation).filter(([, value]) => value !== undefined))
