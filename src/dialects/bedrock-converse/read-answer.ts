import type { Answer } from '../../model/answer.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import type { Citation, Part } from '../../model/part.ts'
import { quoted } from '../../model/sentence.ts'
import { unreadable, wordsOf } from '../provider-fault.ts'
import { readCitation } from './citations.ts'
import { dialectId } from './id.ts'
import { readExtras } from './reply-extras.ts'
import { redacted } from './seals.ts'
import { readStop } from './stop.ts'
import { readTier, readUsage } from './usage.ts'

/** All that a whole reply says. Converse tells neither an id nor the model's name. */
export function readAnswer(body: JsonObject, _wire: string, maker: string): Answer {
  const message = isObject(body.output) ? body.output.message : undefined
  if (!isObject(message)) throw unreadable(quoted(wordsOf(body) ?? 'it has no message.', 'it has no message.'))
  const content = message.content ?? []
  if (!Array.isArray(content)) throw unreadable('its content is no list.')
  const stop = readStop(body.stopReason, body.additionalModelResponseFields)
  const usage = readUsage(body.usage)
  const tier = readTier(body.serviceTier)
  const fields = readExtras(body)
  return {
    choices: [{ parts: content.flatMap(block => partOf(block, maker)), ...(stop && { stop }) }],
    ...(usage && { usage }),
    ...(tier === undefined ? {} : { tier }),
    ...(Object.keys(fields).length === 0 ? {} : { extras: { dialect: dialectId, fields } }),
  }
}

function partOf(block: Json, maker: string): Part[] {
  if (!isObject(block)) throw unreadable('a block of it is no object.')
  const { text, toolUse, reasoningContent, citationsContent } = block
  if (typeof text === 'string') return text === '' ? [] : [{ type: 'text', text }]
  if (isObject(toolUse) && !isServers(toolUse)) return [callIn(toolUse)]
  if (isObject(reasoningContent)) return thoughtIn(reasoningContent, maker)
  if (isObject(citationsContent)) return [citedIn(citationsContent, maker)]
  return [mediaIn(block) ?? opaque(block, maker)]
}

/** A tool that the provider itself runs; its call and its result are for nobody else. */
export const isServers = ({ type }: JsonObject): boolean => type === 'server_tool_use'

function callIn({ toolUseId, name, input }: JsonObject): Part {
  if (typeof toolUseId !== 'string' || typeof name !== 'string' || name === '')
    throw unreadable('a call of a tool has no id or no name.')
  return { type: 'tool-call', id: toolUseId, name, input: jsonOf(input ?? {}) }
}

function thoughtIn({ reasoningText, redactedContent }: JsonObject, maker: string): Part[] {
  const sealed = (value: string) => ({ seal: { dialect: dialectId, maker, value } })
  if (typeof redactedContent === 'string')
    return [{ type: 'reasoning', text: '', ...sealed(redacted(redactedContent)) }]
  if (!isObject(reasoningText)) return []
  const { text, signature } = reasoningText
  const signed = typeof signature === 'string' && signature !== ''
  const words = typeof text === 'string' ? text : ''
  return words === '' && !signed ? [] : [{ type: 'reasoning', text: words, ...(signed ? sealed(signature) : {}) }]
}

function citedIn({ content, citations }: JsonObject, maker: string): Part {
  const texts = listOf(content).map(({ text }) => (typeof text === 'string' ? text : ''))
  const cited: readonly Citation[] = listOf(citations).map(each => readCitation(each, maker))
  return { type: 'text', text: texts.join(''), ...(cited.length === 0 ? {} : { citations: cited }) }
}

const listOf = (value: Json | undefined): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

function mediaIn(block: JsonObject): Part | undefined {
  for (const kind of ['image', 'audio', 'video'] as const) {
    const medium = block[kind]
    const source = isObject(medium) ? medium.source : undefined
    if (!isObject(medium) || !isObject(source) || typeof source.bytes !== 'string') continue
    const mediaType = mediaTypeOf(kind, medium.format)
    return { type: 'media', kind, source: { from: 'data', mediaType, data: source.bytes } }
  }
  return undefined
}

/** Converse's names of formats are second halves of media types, near enough. */
export const mediaTypeOf = (kind: string, format: Json | undefined): string =>
  `${kind}/${typeof format === 'string' ? format : '*'}`

/** A block that has no noun, under its name. */
export const opaque = (block: JsonObject, maker: string): Extract<Part, { readonly type: 'opaque' }> => ({
  type: 'opaque',
  label: Object.keys(block)[0] ?? 'empty',
  seal: { dialect: dialectId, maker, value: JSON.stringify(block) },
})
