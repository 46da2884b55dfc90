import { asciiJson, bytesOf, plainText } from '../../lib/byte-text.ts'
import { dropFields, fieldsOf, maxDepth, setFields, UneditableJson } from '../../lib/json-edit.ts'
import type { Call, Letter, Operation } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import { invalid } from '../check.ts'
import type { Address, Quirks, RequestReader, RequestWriter, Wording } from '../dialect.ts'
import { saidNames } from '../said-names.ts'
import { compose, prefills, routingFields, takesUrls } from './compose.ts'
import { nouns, severalNames } from './nouns.ts'
import { understand } from './understand.ts'

type PromptField = { readonly name: string; readonly nullable?: true }

/**
 * The field that carries the prompt, by operation: without it no provider can answer. For a completion a null is the beginning
 * of a document (`CreateCompletionRequest` in OpenAI's published schema).
 */
const promptFields: Readonly<Partial<Record<Operation, PromptField>>> = {
  chat: { name: 'messages' },
  completions: { name: 'prompt', nullable: true },
  embeddings: { name: 'input' },
}

/** Requests of OpenAI's API: read for the few fields that we act on, and reworded in place for a target. */
export const request: RequestReader & RequestWriter = {
  read,
  reword,
  understand,
  nouns,
  nounsIn: body => saidNames(severalNames, body),
  compose,
  prefills,
  takesUrls,
}

function read(body: JsonObject, { operation }: Address): Call {
  const { model, stream, stream_options: options } = body
  if (typeof model !== 'string' || model === '') throw invalid('model', 'must name a model, as a string', model)
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean')
    throw invalid('stream', 'must be true or false', stream)
  if (options !== undefined && options !== null && !isObject(options))
    throw invalid('stream_options', 'must be an object', options)
  checkPrompt(body, operation)
  const call = {
    operation,
    model,
    stream: operation !== 'embeddings' && stream === true,
    wantsUsage: isObject(options) && options.include_usage === true,
  }
  const choices = choicesAsked(body)
  return call.stream && choices > 1 ? { ...call, choices } : call
}

/** `n` for each prompt. What is no number, or no list of prompts, is the provider's to judge. */
function choicesAsked({ n, prompt }: JsonObject): number {
  const each = Number.isInteger(n) ? Number(n) : 1
  const isOfPrompts = Array.isArray(prompt) && typeof prompt[0] !== 'number'
  return isOfPrompts ? each * prompt.length : each
}

function checkPrompt(body: JsonObject, operation: Operation): void {
  const field = promptFields[operation]
  if (field === undefined) throw new Fault('invalid_request', `OpenAI's API has no '${operation}'.`)
  const { name, nullable } = field
  const prompt = body[name]
  if (prompt === undefined || (prompt === null && !nullable)) throw invalid(name, 'is required', prompt)
  if (operation !== 'chat') return
  if (!Array.isArray(prompt) || prompt.length === 0)
    throw invalid(name, 'must be an array of at least one message', prompt)
  const odd = prompt.findIndex(message => !isObject(message) || typeof message.role !== 'string')
  if (odd !== -1) throw invalid(`${name}[${odd}]`, 'must be an object with a role', prompt[odd])
}

function reword(letter: Letter, { model, quirks }: { model: string; quirks: Quirks }): Wording {
  const { fields } = letter
  const asks = asksUsage(letter.call, quirks)
  const json = new Map<string, string>()
  if (model !== letter.call.model) json.set('model', asciiJson(model))
  if (asks) json.set('stream_options', withUsage(letter.text, fields))
  const lost = quirks.routesItself ? none : routingIn(letter.outline)
  const text = setFields(letter.text, fields, json)
  return { body: bytesOf(dropNamed(text, lost)), askedUsage: asks, lost }
}

const asksUsage = (call: Call, quirks: Quirks): boolean =>
  call.stream && !call.wantsUsage && (quirks.streamUsage ?? 'ask') === 'ask'

/** The caller's own stream options, if it gave some, with the usage report switched on. */
function withUsage(text: string, fields: ReturnType<typeof fieldsOf>): string {
  const field = fields.find(({ name }) => name === 'stream_options')
  const written = field && text.slice(field.start, field.end)
  if (!written?.startsWith('{')) return '{"include_usage":true}'
  return setFields(written, fieldsIn('stream_options', written), new Map([['include_usage', 'true']]))
}

/** The fields of an object within the request, refused where two parsers could read it differently. */
function fieldsIn(name: string, text: string): ReturnType<typeof fieldsOf> {
  try {
    return fieldsOf(text, plainText)
  } catch (error) {
    if (!(error instanceof UneditableJson)) throw error
    const field = error.field.slice(0, 80)
    throw new Fault(
      'invalid_request',
      error.reason === 'duplicate'
        ? `The field '${field}' stands twice in '${name}': a provider could read the other one. Send it once.`
        : `'${name}' is nested deeper than ${maxDepth} levels.`,
      { cause: error, param: `${name}.${field}` },
    )
  }
}

const none: readonly string[] = []

/** What tells a router where to go, as far as a request has it. */
function routingIn(body: JsonObject): readonly string[] {
  let names = none
  for (const name of routingFields) if (Object.hasOwn(body, name)) names = [...names, name]
  return names
}

const dropNamed = (text: string, names: readonly string[]): string =>
  names.length === 0 ? text : dropped(text, new Set(names))

const dropped = (text: string, names: ReadonlySet<string>): string =>
  dropFields(text, fieldsOf(text), name => names.has(name))
