import type { Json, JsonObject } from '../../model/json.ts'
import type { Citation, Part } from '../../model/part.ts'
import { each, invalid, isSaid, name, object, text } from '../check.ts'
import { misplaced, readCitation } from './citations.ts'
import { mediaReaders } from './media.ts'
import { ownSeal } from './seals.ts'

/** What a message or a tool's result says: one text, or parts. */
export function readContent(content: Json | undefined, at: string): readonly Part[] {
  if (!isSaid(content)) return []
  if (typeof content === 'string') return [{ type: 'text', text: content, at }]
  if (!Array.isArray(content)) throw invalid(at, 'must be a string, or an array of parts', content)
  return each(content, at, (part, place) => readContentPart(object(part, place), place))
}

/** What a text is called where it stands: in a prompt, in a reply that is handed back, in a computer's output. */
const texts: ReadonlySet<string> = new Set(['input_text', 'output_text', 'text', 'summary_text'])

function readContentPart(part: JsonObject, at: string): Part {
  const type = name(part.type, `${at}.type`)
  const marked = isSaid(part.prompt_cache_breakpoint) ? { cache: {} } : {}
  const readMedia = mediaReaders.get(type)
  if (readMedia) return { ...readMedia(part, at), ...marked }
  if (texts.has(type)) return { ...readText(part, at), ...marked }
  if (type === 'refusal') return { type: 'refusal', text: text(part.refusal, `${at}.refusal`), at }
  if (type.startsWith('input_')) return { type: 'opaque', label: type, seal: ownSeal(part), at }
  throw invalid(`${at}.type`, 'must be a kind of content that is known here', part.type)
}

function readAnnotation(value: Json | undefined, at: string): Citation {
  const annotation = object(value, at)
  const wrong = misplaced(annotation)
  if (wrong !== undefined) throw invalid(`${at}.${wrong}`, 'must be a place in the text', annotation[wrong])
  return readCitation(annotation)
}

function readText(part: JsonObject, at: string): Part {
  const annotations = each(part.annotations ?? [], `${at}.annotations`, readAnnotation)
  return {
    type: 'text',
    text: text(part.text, `${at}.text`),
    ...(annotations.length > 0 ? { citations: annotations } : {}),
    at,
  }
}
