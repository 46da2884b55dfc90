import { isObject, type JsonObject } from '../../model/json.ts'
import type { MediaPart, MediaSource, Part } from '../../model/part.ts'
import { base64, each, invalid, maybe, object, text } from '../check.ts'
import { dialectId } from './id.ts'
import type { Origin } from './seals.ts'

/** Images, documents and search results of a request. */

export function readImage(block: JsonObject, at: string): Part {
  return { type: 'media', kind: 'image', source: readSource(block, at) }
}

function readSource(block: JsonObject, at: string): MediaSource {
  const place = `${at}.source`
  const source = object(block.source, `${at}.source`)
  const type = text(source.type, `${place}.type`)
  switch (type) {
    case 'base64':
      return {
        from: 'data',
        mediaType: text(source.media_type, `${place}.media_type`),
        data: readBase64(source, place),
      }
    case 'url':
      return { from: 'url', url: text(source.url, `${place}.url`) }
    case 'file':
      return { from: 'file', id: text(source.file_id, `${place}.file_id`), dialect: dialectId }
    case 'text':
      return { from: 'text', text: text(source.data, `${place}.data`) }
    default:
      throw invalid(`${place}.type`, "must be 'base64', 'url', 'file', 'text' or 'content'", type)
  }
}

function readBase64(source: JsonObject, at: string): string {
  const { data } = source
  if (typeof data === 'string' && data.startsWith('data:'))
    throw invalid(`${at}.data`, 'must be base64 without a data: prefix', data)
  return base64(data, `${at}.data`)
}

export function readDocument(block: JsonObject, at: string, { origin }: { readonly origin: Origin }): Part {
  const source = object(block.source, `${at}.source`)
  if (source.type === 'content') return readWritten(block, source, at, origin)
  return { type: 'media', kind: 'document', source: readSource(block, at), ...aboutDocument(block, at) }
}

function aboutDocument(block: JsonObject, at: string): Pick<MediaPart, 'title' | 'context' | 'cite'> {
  const title = maybe(text, block.title, `${at}.title`)
  const context = maybe(text, block.context, `${at}.context`)
  const cite = maybe(object, block.citations, `${at}.citations`)?.enabled === true
  return {
    ...(title === undefined ? {} : { title }),
    ...(context === undefined ? {} : { context }),
    ...(cite ? { cite } : {}),
  }
}

/** A document of the caller's own blocks. Other dialects get its words; one with images in it only this one understands. */
function readWritten(block: JsonObject, source: JsonObject, at: string, origin: Origin): Part {
  const seal = origin(JSON.stringify(block))
  const text = typeof source.content === 'string' ? source.content : wordsOf(source, `${at}.source`)
  if (text === undefined) return { type: 'opaque', label: 'document', seal }
  return { type: 'media', kind: 'document', source: { from: 'text', text }, ...aboutDocument(block, at), seal }
}

/** A search result is a short document to be cited, with an address that only this dialect has a place for. */
export function readSearchResult(block: JsonObject, at: string, { origin }: { readonly origin: Origin }): Part {
  const words = wordsOf(block, at) ?? ''
  const title = text(block.title, `${at}.title`)
  const cite = isObject(block.citations) && block.citations.enabled === true ? { cite: true } : {}
  const seal = origin(JSON.stringify(block))
  return { type: 'media', kind: 'document', source: { from: 'text', text: words }, title, ...cite, seal }
}

/** The texts of a list of blocks, if they are all texts. */
function wordsOf(holder: JsonObject, at: string): string | undefined {
  const blocks = each(holder.content, `${at}.content`, object)
  const texts = blocks.map(({ type, text }) => (type === 'text' && typeof text === 'string' ? text : undefined))
  return texts.includes(undefined) ? undefined : texts.join('\n')
}
