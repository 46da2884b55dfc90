import { asciiJson, bytesOf } from '../../lib/byte-text.ts'
import { setFields } from '../../lib/json-edit.ts'
import type { Call, Letter } from '../../model/call.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import { flag, invalid, maybe } from '../check.ts'
import type { Address, RequestReader, RequestWriter, Wording } from '../dialect.ts'
import { compose } from './compose.ts'
import { traitsOf } from './models.ts'
import { nouns } from './nouns.ts'
import { understand } from './understand.ts'

/** Requests of Anthropic's API: read for what we act on, reworded in place, understood, and composed. */
export const request: RequestReader & RequestWriter = {
  read,
  reword,
  understand,
  compose,
  prefills: ({ model }) => traitsOf(model).prefills,
  takesUrls: kind => kind === 'image' || kind === 'document',
  nouns,
}

function read(body: JsonObject, { operation }: Address): Call {
  const { model, messages } = body
  if (typeof model !== 'string' || model === '') throw invalid('model', 'must name a model, as a string', model)
  const stream = maybe(flag, body.stream, 'stream') ?? false
  if (!Array.isArray(messages) || messages.length === 0)
    throw invalid('messages', 'must be an array of at least one message', messages)
  const odd = messages.findIndex(message => !isObject(message) || typeof message.role !== 'string')
  if (odd !== -1) throw invalid(`messages[${odd}]`, 'must be an object with a role', messages[odd])
  // A stream's usage always comes; there is no asking for it.
  return { operation, model, stream: stream && operation === 'chat', wantsUsage: true }
}

function reword({ text, fields, call }: Letter, { model }: { readonly model: string }): Wording {
  const json = new Map(model === call.model ? [] : [['model', asciiJson(model)]])
  return { body: bytesOf(setFields(text, fields, json)), askedUsage: false, lost: [] }
}
