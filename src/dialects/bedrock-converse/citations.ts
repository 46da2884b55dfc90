import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { dialectId } from './id.ts'

/** Where a text comes from. The places that Converse tells are in the source, not in the text. */
export function readCitation(wire: JsonObject, maker: string): Citation {
  const location = isObject(wire.location) ? Object.values(wire.location).find(isObject) : undefined
  const url = [location?.url, wire.source].find(isUrl)
  const quoted = quotedIn(wire.sourceContent)
  return {
    ...(url === undefined ? {} : { url }),
    ...(typeof wire.title === 'string' ? { title: wire.title } : {}),
    ...(quoted === '' ? {} : { quoted }),
    ...(typeof location?.documentIndex === 'number' ? { document: location.documentIndex } : {}),
    seal: { dialect: dialectId, maker, value: JSON.stringify(wire) },
  }
}

const isUrl = (value: Json | undefined): value is string => typeof value === 'string' && /^https?:\/\//.test(value)

const quotedIn = (content: Json | undefined): string =>
  Array.isArray(content)
    ? content.map(each => (isObject(each) && typeof each.text === 'string' ? each.text : '')).join('')
    : ''
