import { dropFields, fieldsOf, setFields, UneditableJson } from '../../lib/json-edit.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'

/** What a message on a socket says: a request, with the body it would have had over HTTP, or a wish to stop the reply. */
export type Speech = { readonly type: 'request'; readonly body: string } | { readonly type: 'cancel' }

/**
 * Chat completions: the message is the request's body. Responses: OpenAI's client events, `response.create` with the body
 * beside `type` or under `response`. `{"type":"cancel"}` and `response.cancel` stop the reply that is under way.
 * A reply is streamed unless the request says `"stream": false`.
 */
export function readSpeech(text: string): Speech {
  const message = parse(text)
  if (message.type === 'cancel' || message.type === 'response.cancel') return { type: 'cancel' }
  if (message.type === 'response.create') return { type: 'request', body: streamed(bodyOf(text, message)) }
  if (message.type === undefined) return { type: 'request', body: streamed(text) }
  throw new Fault(
    'invalid_request',
    `A message of the type ${JSON.stringify(message.type).slice(0, 60)} is not understood: send a request, or {"type":"cancel"}.`,
    { param: 'type' },
  )
}

function bodyOf(text: string, { response }: JsonObject): string {
  if (isObject(response)) return JSON.stringify(response)
  const fields = editable(text)
  return fields ? dropFields(text, fields, name => name === 'type') : text
}

function streamed(body: string): string {
  const fields = editable(body)
  if (!fields || fields.some(({ name }) => name === 'stream')) return body
  return setFields(body, fields, new Map([['stream', 'true']]))
}

/** A body that cannot be edited (a field stands twice) is the line's to refuse, as it would be over HTTP. */
function editable(body: string): ReturnType<typeof fieldsOf> | undefined {
  try {
    return fieldsOf(body)
  } catch (error) {
    if (error instanceof UneditableJson) return undefined
    throw error
  }
}

function parse(text: string): JsonObject {
  let message: Json
  try {
    message = JSON.parse(text) as Json
  } catch (cause) {
    throw new Fault('invalid_request', 'A message must be one JSON object; this one does not parse.', { cause })
  }
  if (!isObject(message)) throw new Fault('invalid_request', 'A message must be one JSON object.')
  return message
}
