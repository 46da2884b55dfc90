import { asciiJson, bytesOf, byteText, plainText } from '../../lib/byte-text.ts'
import { fieldsOf, setFields, UneditableJson } from '../../lib/json-edit.ts'
import type { Call, Letter, Operation } from '../../model/call.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import { invalid } from '../check.ts'
import type { Address, Quirks, RequestReader, RequestWriter, Wording } from '../dialect.ts'
import { compose } from './compose.ts'
import { elementsIn } from './elements.ts'
import { Fields } from './fields.ts'
import { nouns, partNouns } from './nouns.ts'
import { resource } from './path.ts'
import { understand } from './understand.ts'

/** Requests of Gemini's API: what they are for stands in their address, and the text says the rest. */
export const request: RequestReader & RequestWriter = { read, reword, understand, compose, takesUrls, nouns, partNouns }

function read(body: JsonObject, { operation, model, stream, array, batch }: Address): Call {
  if (model === undefined || model === '') throw invalid('model', 'must be named in the path', model)
  if (batch) checkBatch(body)
  else checkPrompt(body, operation)
  const call = { operation, model: model.replace(/^models\//, ''), stream: stream === true, wantsUsage: true }
  if (batch) return { ...call, batch }
  const form = array && call.stream ? { ...call, array } : call
  const choices = choicesAsked(body)
  return call.stream && choices > 1 ? { ...form, choices } : form
}

/** What is no number is the provider's to judge. */
function choicesAsked({ generationConfig, generation_config: config = generationConfig }: JsonObject): number {
  if (!isObject(config)) return 1
  const count = Number(new Fields(config, '').peek('candidateCount'))
  return Number.isInteger(count) ? count : 1
}

function checkBatch(body: JsonObject): void {
  const requests = new Fields(body, '').each('requests')
  if (requests.length === 0) throw invalid('requests', 'must be an array of at least one request', body.requests)
  for (const request of requests)
    if (!isObject(request.json('content')))
      throw invalid(request.path('content'), 'must be an object', request.peek('content'))
}

/** `countTokens` may hold the whole request that is to be counted. */
function checkPrompt(body: JsonObject, operation: Operation): void {
  const request = new Fields(body, '')
  if (operation === 'embeddings') {
    if (!isObject(request.json('content'))) throw invalid('content', 'must be an object', body.content)
    return
  }
  const asked = (operation === 'count_tokens' ? request.fields('generateContentRequest') : undefined) ?? request
  const contents = asked.elements('contents')
  if (contents.length === 0)
    throw invalid(asked.path('contents'), 'must be an array of at least one content', asked.peek('contents'))
  for (const [content, at] of contents)
    if (!isObject(content)) throw invalid(at, 'must be an object with parts', content)
}

/** The text goes on unchanged, but where it names the model a second time. */
function reword(
  { text, fields, call }: Letter,
  { model }: { readonly model: string; readonly quirks: Quirks },
): Wording {
  const json = model === call.model ? new Map<string, string>() : renamed(text, fields, model)
  return { body: bytesOf(json.size === 0 ? text : setFields(text, fields, json)), askedUsage: false, lost: [] }
}

function renamed(text: string, fields: Letter['fields'], model: string): ReadonlyMap<string, string> {
  const json = new Map<string, string>()
  for (const { name, start, end } of fields) {
    if (name === 'model') json.set(name, asciiJson(resource(model)))
    if (name === 'requests') json.set(name, renamedEach(text.slice(start, end), model))
    if (name !== 'generateContentRequest' && name !== 'generate_content_request') continue
    const inner = text.slice(start, end)
    if (!inner.startsWith('{')) continue
    const within = fieldsIn(inner, name)
    json.set(name, setFields(inner, within, renamed(inner, within, model)))
  }
  return json
}

/** An array of requests, each of which names the model. */
function renamedEach(text: string, model: string): string {
  const bytes = bytesOf(text)
  let done = 0
  let edited = ''
  for (const element of elementsIn(bytes)) {
    const from = element.byteOffset - bytes.byteOffset
    const inner = byteText(element)
    const within = fieldsIn(inner, 'requests')
    edited += text.slice(done, from) + setFields(inner, within, renamed(inner, within, model))
    done = from + element.length
  }
  return edited + text.slice(done)
}

/** A name that stands twice would mean one thing here and another at the provider. */
function fieldsIn(text: string, name: string): ReturnType<typeof fieldsOf> {
  try {
    return fieldsOf(text, plainText)
  } catch (error) {
    if (error instanceof UneditableJson) throw invalid(name, `may not be ${error.reason}`, error.field)
    throw error
  }
}

/**
 * Gemini reads videos where they are (a video site's pages it understands, nobody else can). Pictures and documents need
 * their media type, which an address does not tell, so they are fetched.
 */
function takesUrls(kind: 'image' | 'document' | 'audio' | 'video', quirks: Quirks): boolean {
  return quirks.fetches?.includes(kind) ?? kind === 'video'
}
