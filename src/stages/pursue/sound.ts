import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { MediaPart, Part } from '../../model/part.ts'
import { quoted, type Sentence, say } from '../../model/sentence.ts'

/**
 * Refuses what no provider could do anything with, at its place in the caller's request: a schema that is none, an image
 * that is none, an address that is none. `formatIn` is what the caller calls the output format.
 */
export function sound(chat: Chat, formatIn: string): Chat {
  for (const tool of chat.tools) if (tool.type === 'function') checkSchema(tool.schema, tool.at ?? 'tools')
  if (chat.format?.type === 'schema') checkSchema(chat.format.schema, formatIn)
  for (const { parts } of chat.messages) parts.forEach(checkPart)
  return chat
}

function checkSchema(schema: JsonObject | undefined, at: string): void {
  const wrong = schema && complaint(schema, '')
  if (wrong === undefined) return
  throw new Fault('invalid_request', say`The schema in '${at}' is no JSON Schema: ${wrong}.`, { param: at })
}

/** What is wrong with a schema, and where in it; undefined if nothing is. Words that are not known are not judged. */
function complaint(schema: Json | undefined, at: string): Sentence | undefined {
  if (typeof schema === 'boolean' && at !== '') return undefined
  if (!isObject(schema)) return wrong(at, 'must be an object', schema)
  return wrongType(schema.type, below(at, 'type')) ?? wrongInside(schema, at)
}

const types: readonly Json[] = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

function wrongType(type: Json | undefined, at: string): Sentence | undefined {
  if (type === undefined || type === null) return undefined
  const odd = [type].flat().find(each => !types.includes(each))
  return odd === undefined ? undefined : wrong(at, `must be one of ${types.map(String).join(', ')}`, odd)
}

const maps = ['properties', '$defs', 'definitions', 'patternProperties']
const lists = ['anyOf', 'oneOf', 'allOf', 'prefixItems']
const single = ['items', 'additionalProperties', 'not']

function wrongInside(schema: JsonObject, at: string): Sentence | undefined {
  for (const [name, value] of Object.entries(schema)) {
    const found = value === null || value === undefined ? undefined : wrongIn(name, value, below(at, name))
    if (found !== undefined) return found
  }
  return undefined
}

function wrongIn(name: string, value: Json, at: string): Sentence | undefined {
  if (maps.includes(name)) {
    if (!isObject(value)) return wrong(at, 'must be an object', value)
    return first(Object.entries(value), ([key, inner]) => complaint(inner, below(at, key)))
  }
  if (lists.includes(name) && !Array.isArray(value)) return wrong(at, 'must be an array', value)
  if (!lists.includes(name) && !single.includes(name)) return undefined
  return Array.isArray(value)
    ? first([...value.entries()], ([i, inner]) => complaint(inner, `${at}[${i}]`))
    : complaint(value, at)
}

function first<T>(all: readonly T[], look: (one: T) => Sentence | undefined): Sentence | undefined {
  for (const one of all) {
    const found = look(one)
    if (found !== undefined) return found
  }
  return undefined
}

const below = (at: string, name: string): string => (at === '' ? name : `${at}.${name}`)

/** Properties have the caller's names. */
const wrong = (at: string, rule: string, seen: Json | undefined): Sentence =>
  say`'${quoted(at)}' ${rule}, not ${quoted((JSON.stringify(seen) ?? 'nothing').slice(0, 60))}`

function checkPart(part: Part): void {
  if (part.type === 'tool-result') part.parts.forEach(checkPart)
  else if (part.type === 'media') checkMedia(part)
}

function checkMedia(part: MediaPart): void {
  const { kind, source } = part
  if (source.from === 'url' && !URL.canParse(source.url))
    throw oddMedia(part, say`its address is none: '${quoted(source.url.slice(0, 60))}'`)
  if (source.from === 'data' && kind === 'image' && isNoImage(source))
    throw oddMedia(part, say`its data is no image: ${source.mediaType} begins otherwise`)
}

/** The formats that all providers read, and how each begins; other media types are not judged. */
const judged = /^image\/(?:png|jpe?g|gif|webp)$/
const beginnings: readonly RegExp[] = [/^\x89PNG/, /^\xff\xd8\xff/, /^GIF8/, /^RIFF[\s\S]{4}WEBP/]

function isNoImage({ mediaType, data }: { readonly mediaType: string; readonly data: string }): boolean {
  if (!judged.test(mediaType)) return false
  const head = Buffer.from(data.slice(0, 24), 'base64').toString('latin1')
  return !beginnings.some(beginning => beginning.test(head))
}

const oddMedia = ({ kind, at }: MediaPart, why: Sentence): Fault =>
  new Fault(
    'invalid_request',
    say`The ${kind}${at === undefined ? '' : ` at '${at}'`} cannot be sent: ${why}.`,
    at === undefined ? {} : { param: at },
  )
