import type { Json, JsonObject } from '../../model/json.ts'
import { objectIn } from '../../model/json.ts'
import type { Citation } from '../../model/part.ts'
import { type Sealed, seal, unseal } from '../../model/sealed.ts'
import { dialectId } from './id.ts'

/** Citations of a text: of a web page, of a passage in a document, of a search result that the caller brought. */

/** `sealed` says whose a text in Anthropic's words is. */
export function readCitation(wire: JsonObject, sealed: (value: string) => Sealed): Citation {
  const foreign = unseal(text(wire.encrypted_index) ?? '')
  return {
    ...given('url', text(wire.url) ?? text(wire.source)),
    ...given('title', text(wire.title) ?? text(wire.document_title)),
    ...given('quoted', text(wire.cited_text)),
    ...given('document', typeof wire.document_index === 'number' ? wire.document_index : undefined),
    ...given('fileId', text(wire.file_id)),
    seal: foreign ?? sealed(JSON.stringify(wire)),
  }
}

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined)

const given = <N extends string, V>(name: N, value: V | undefined): { readonly [K in N]?: V } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: V }

/** The citation as Anthropic told it, if it did. */
export function ownCitation(
  { seal: sealed }: Citation,
  value: (sealed: Sealed) => string | undefined,
): JsonObject | undefined {
  const wire = sealed && value(sealed)
  return wire === undefined ? undefined : objectIn(wire)
}

/** A citation for a client. One that another dialect made keeps its own words in the index that clients hand back. */
export function writeCitation(citation: Citation): JsonObject {
  const own = ownCitation(citation, sealed => (sealed.dialect === dialectId ? sealed.value : undefined))
  if (own) return own
  const { url, title, quoted, document, fileId, seal: sealed } = citation
  if (url === undefined && (document !== undefined || fileId !== undefined)) {
    return {
      type: 'char_location',
      cited_text: quoted ?? '',
      document_index: document ?? 0,
      document_title: title ?? null,
      file_id: fileId ?? null,
      // Where in the document is not known.
      start_char_index: 0,
      end_char_index: 0,
    }
  }
  return {
    type: 'web_search_result_location',
    cited_text: quoted ?? '',
    encrypted_index: sealed ? seal(sealed) : '',
    title: title ?? null,
    url: url ?? '',
  }
}
