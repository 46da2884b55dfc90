import { isObject, type JsonObject } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { place, word } from '../told.ts'
import { dialectId } from './id.ts'

/** Where words come from: OpenAI's annotations, Perplexity's and xAI's lists beside the choices. */

/** One annotation. What is no citation of the web (OpenRouter's parsed files) is kept as it came. */
export function readCitation(annotation: JsonObject, maker?: string): Citation {
  const cited = annotation.url_citation
  const seal = { dialect: dialectId, ...(maker && { maker }), value: JSON.stringify(annotation) }
  if (!isObject(cited)) return { title: titleIn(annotation), seal }
  const end = place(cited.end_index)
  return {
    url: word(cited.url),
    title: word(cited.title),
    quoted: word(cited.content),
    // OpenRouter writes 0 and 0 where it does not know.
    ...(end ? { start: place(cited.start_index), end } : {}),
    seal,
  }
}

const titleIn = ({ file }: JsonObject): string | undefined => (isObject(file) ? word(file.name) : undefined)

/** The sources that stand beside the choices: with titles and words (`search_results`), or as bare URLs. */
export function readSources({ search_results: results, citations }: JsonObject): readonly Citation[] {
  if (Array.isArray(results) && results.length > 0) {
    return results
      .filter(isObject)
      .map(({ url, title, snippet }) => ({ url: word(url), title: word(title), quoted: word(snippet) }))
  }
  return Array.isArray(citations) ? citations.flatMap(url => (typeof url === 'string' ? [{ url }] : [])) : []
}

/** Where the cited text stands in the whole content. */
export type Span = { readonly from: number; readonly length: number }

/** For a caller. This API can only cite the web: undefined for what has no URL. */
export function writeCitation(citation: Citation, text: Span): JsonObject | undefined {
  const { url, title, quoted, start, end, seal } = citation
  if (seal?.dialect === dialectId) return JSON.parse(seal.value) as JsonObject
  if (url === undefined) return undefined
  return {
    type: 'url_citation',
    url_citation: {
      url,
      title: title ?? '',
      start_index: text.from + (start ?? 0),
      end_index: text.from + (end ?? text.length),
      ...(quoted === undefined ? {} : { content: quoted }),
    },
  }
}
