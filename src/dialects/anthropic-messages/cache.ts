import type { JsonObject } from '../../model/json.ts'
import type { CacheMark } from '../../model/part.ts'
import { invalid, maybe } from './check.ts'

/** The mark up to which a prompt is kept for the next call. */

/** `cache_control` of a block or a tool. */
export function readCache(object: JsonObject, at: string): CacheMark | undefined {
  const mark = maybe('object', object, 'cache_control', at)
  if (!mark) return undefined
  const ttl = maybe('text', mark, 'ttl', `${at}.cache_control`)
  if (ttl !== undefined && ttl !== '5m' && ttl !== '1h')
    throw invalid(`${at}.cache_control.ttl`, "must be '5m' or '1h'", ttl)
  return ttl === undefined ? {} : { ttl }
}

export const writeCache = (cache: CacheMark | undefined): JsonObject =>
  cache ? { cache_control: { type: 'ephemeral', ...(cache.ttl === undefined ? {} : { ttl: cache.ttl }) } } : {}
