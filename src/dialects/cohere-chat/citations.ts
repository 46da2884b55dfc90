import { isObject, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { placeOf } from './documents.ts'
import { dialectId } from './id.ts'

/**
 * The sources of a citation, each as one of ours; the first carries the citation as Cohere told it. `said` is the text
 * that it is about, as far as it is known.
 */
export function readCitations(wire: JsonObject, said: string, maker: string): readonly Citation[] {
  const sources = Array.isArray(wire.sources) ? wire.sources.filter(isObject) : []
  const place = offsets(wire, said)
  const seal: Sealed = { dialect: dialectId, maker, value: JSON.stringify(wire) }
  const [first = {}, ...others] = sources
  return [{ ...sourceOf(first), ...place, seal }, ...others.map(source => ({ ...sourceOf(source), ...place }))]
}

function sourceOf({ id, document }: JsonObject): Citation {
  const { url, title, text: quoted } = isObject(document) ? document : {}
  const place = typeof id === 'string' ? placeOf(id) : undefined
  return {
    ...(typeof url === 'string' ? { url } : {}),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof quoted === 'string' ? { quoted } : {}),
    ...(place === undefined ? {} : { document: place }),
  }
}

/** Cohere counts characters; ours are units of UTF-16. Whatever it counts, the cited words must stand there. */
function offsets({ start, end, text }: JsonObject, said: string): Pick<Citation, 'start' | 'end'> {
  if (typeof start !== 'number' || typeof end !== 'number') return {}
  if (said.slice(start, end) === text) return { start, end }
  const characters = Array.from(said)
  const from = characters.slice(0, start).join('').length
  const cited = characters.slice(start, end).join('')
  return cited === text ? { start: from, end: from + cited.length } : {}
}
