import { isAscii, isUtf8 } from 'node:buffer'
import { byteText, isAscii as isAsciiText, plainText } from '../../lib/byte-text.ts'
import { fieldsOf, maxDepth, UneditableJson } from '../../lib/json-edit.ts'
import type { Call, Letter } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { quoted, type Sentence, say } from '../../model/sentence.ts'

/**
 * A request's body, read no further than it has to be: as a byte text, and parsed as that, which is all that most need.
 * What it says beyond ASCII is read when it is asked for. Refuses with `invalid_request` what is no JSON object in UTF-8,
 * and what two parsers could understand differently.
 */
export class Written implements Pick<Letter, 'text' | 'fields' | 'outline' | 'body'> {
  readonly text: string
  readonly fields: Letter['fields']
  readonly outline: JsonObject
  #body: JsonObject | undefined

  constructor(bytes: Uint8Array) {
    if (bytes.length === 0) throw invalid('The body is empty: send a JSON object.')
    const ascii = isAscii(bytes)
    if (!ascii && !isUtf8(bytes)) throw invalid('The body is not valid UTF-8.')
    this.text = byteText(bytes)
    this.outline = outlineOf(this.text, ascii)
    this.fields = scan(this.text)
    if (ascii) this.#body = this.outline
  }

  get body(): JsonObject {
    this.#body ??= parse(plainText(this.text))
    return this.#body
  }

  /** Read in outline, unless something beyond ASCII is to be told of: a model's name, or what is wrong. */
  call(read: (body: JsonObject) => Call): Call {
    try {
      const call = read(this.outline)
      if (this.outline === this.#body || isAsciiText(call.model)) return call
    } catch (error) {
      if (this.outline === this.#body) throw error
    }
    return read(this.body)
  }
}

/** What does not parse is told of in its own letters. */
function outlineOf(text: string, ascii: boolean): JsonObject {
  try {
    return parse(text)
  } catch (error) {
    if (ascii) throw error
    return parse(plainText(text))
  }
}

function parse(text: string): JsonObject {
  let body: Json
  try {
    body = JSON.parse(text) as Json
  } catch (error) {
    throw invalid(
      say`The body is not valid JSON: ${quoted(error instanceof Error ? error.message : 'it does not parse')}.`,
    )
  }
  if (!isObject(body)) throw invalid('The body must be a JSON object.')
  return body
}

function scan(text: string): Letter['fields'] {
  try {
    return fieldsOf(text, plainText)
  } catch (error) {
    if (!(error instanceof UneditableJson)) throw error
    const { reason, field } = error
    throw invalid(
      reason === 'duplicate'
        ? say`The field '${quoted(field.slice(0, 80))}' stands twice in the body: a provider could read the other one. Send it once.`
        : `The body is nested deeper than ${maxDepth} levels.`,
      field,
    )
  }
}

/** A refusal of what was sent. What the parser has to say quotes it, and is no cause besides. */
export function invalid(sentence: string | Sentence, param?: string): Fault {
  return new Fault('invalid_request', sentence, param === undefined ? {} : { param: param.slice(0, 80) })
}
