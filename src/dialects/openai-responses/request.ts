import { asciiJson, bytesOf } from '../../lib/byte-text.ts'
import { dropFields, fieldsOf, setFields } from '../../lib/json-edit.ts'
import type { Call, Letter } from '../../model/call.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import { flag, invalid, isSaid, maybe, name, text } from '../check.ts'
import type { Address, Dialect, Quirks, Wording } from '../dialect.ts'
import { saidNames } from '../said-names.ts'
import { compose, takesUrls } from './compose.ts'
import { nouns, routingFields, severalNames } from './nouns.ts'
import { understand } from './understand.ts'

/** What may stand for the prompt where `input` is left out. */
const instead = ['previous_response_id', 'conversation', 'prompt'] as const

/** Requests of OpenAI's Responses API. */
export const request: Dialect['request'] = {
  read,
  reword,
  understand,
  compose,
  takesUrls,
  nouns,
  nounsIn: body => saidNames(severalNames, body),
}

function read(body: JsonObject, { operation }: Address): Call {
  const model = name(body.model, 'model')
  const stream = maybe(flag, body.stream, 'stream') === true
  maybe(text, body.instructions, 'instructions')
  maybe(text, body.previous_response_id, 'previous_response_id')
  maybe(flag, body.background, 'background')
  checkInput(body)
  return { operation, model, stream: stream && operation === 'chat', wantsUsage: true }
}

function checkInput(body: JsonObject): void {
  const { input } = body
  if (!isSaid(input) && instead.some(field => isSaid(body[field]))) return
  if (typeof input === 'string') return
  if (!Array.isArray(input)) throw invalid('input', 'must be a string, or an array of items', input)
  const odd = input.findIndex(item => !isObject(item))
  if (odd !== -1) throw invalid(`input[${odd}]`, 'must be an object', input[odd])
}

/** A stream's usage is always told at its end, so it need not be asked for. */
function reword({ text, fields, call }: Letter, { model, quirks }: { model: string; quirks: Quirks }): Wording {
  const json = new Map(model === call.model ? [] : [['model', asciiJson(model)]])
  const lost = quirks.routesItself ? [] : routingFields.filter(name => fields.some(field => field.name === name))
  return { body: bytesOf(dropNamed(setFields(text, fields, json), lost)), askedUsage: false, lost }
}

const dropNamed = (text: string, names: readonly string[]): string =>
  names.length === 0 ? text : dropFields(text, fieldsOf(text), name => names.includes(name))
