/** Reads what `/v1/chat/completions` and `/v1/completions` have in common out of a body, and refuses as OpenAI does. */

import { hash } from './chance.ts'
import { decimal, flag, integer, isList, isObject, type Json, type JsonObject, wrongType, wrongValue } from './json.ts'
import { longest } from './models.ts'
import type { Ask } from './script.ts'

/** The same in both endpoints, and what a plain text completion does without. */
export function readCommon(body: JsonObject): Omit<Ask, 'prompts'> {
  decimal(body, 'temperature', { min: 0, max: 2 })
  decimal(body, 'top_p', { min: 0, max: 1 })
  return {
    copies: integer(body, 'n', { min: 1, max: 128 }) ?? 1,
    limit: readLimit(body),
    stops: readStops(body.stop),
    tools: [],
    choice: { type: 'none' },
    answered: false,
    format: { type: 'text' },
    thinking: 0,
    seed: integer(body, 'seed', { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }) ?? 0,
  }
}

function readLimit(body: JsonObject): number | undefined {
  const range = { min: 1, max: longest }
  const older = integer(body, 'max_tokens', range)
  const newer = integer(body, 'max_completion_tokens', range)
  if (older === undefined || newer === undefined) return newer ?? older
  throw wrongValue('max_tokens', "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
}

function readStops(stop: Json | undefined): readonly string[] {
  if (stop === undefined || stop === null) return []
  const stops = typeof stop === 'string' ? [stop] : stop
  if (!isList(stops)) throw wrongType('stop', 'a string or an array of strings', stop)
  if (stops.length > 4)
    throw wrongValue('stop', "Invalid 'stop': array too long. Expected an array with maximum length 4.")
  return stops.map(String).filter(each => each !== '')
}

export type StreamStyle = {
  readonly stream: boolean
  readonly includeUsage: boolean
  /** The padding that hides the lengths of tokens; OpenAI sends it unless told not to. */
  readonly obfuscate: boolean
}

export function readStreamStyle(body: JsonObject): StreamStyle {
  const stream = flag(body, 'stream')
  const options = body.stream_options
  if (options === undefined || options === null) return { stream, includeUsage: false, obfuscate: true }
  if (!isObject(options)) throw wrongType('stream_options', 'an object', options)
  if (!stream)
    throw wrongValue('stream_options', "The 'stream_options' parameter is only allowed when 'stream' is enabled.")
  return {
    stream,
    includeUsage: flag(options, 'include_usage'),
    obfuscate: options.include_obfuscation !== false,
  }
}

const efforts: Readonly<Record<string, number>> = {
  none: 0,
  minimal: 16,
  low: 64,
  medium: 256,
  high: 1024,
  xhigh: 2048,
}

/** How many tokens the model thinks for; a model that shows its thinking thinks a little unless told otherwise. */
export function readThinking(body: JsonObject, shown: boolean): number {
  const effort = body.reasoning_effort ?? undefined
  if (effort === undefined) return shown ? 64 : 0
  const tokens = typeof effort === 'string' ? efforts[effort] : undefined
  if (tokens !== undefined) return tokens
  const known = Object.keys(efforts).map(each => `'${each}'`)
  throw wrongValue(
    'reasoning_effort',
    `Invalid value for 'reasoning_effort'. Supported values are: ${known.join(', ')}.`,
  )
}

/** Tokens that are numbers already stand for themselves. */
export const isTokenList = (value: Json): value is readonly number[] =>
  isList(value) && value.length > 0 && value.every(each => Number.isInteger(each))

/** The parts of a content that are text, together, and how many there are that are not. */
export function readContent(
  content: Json | undefined,
  name: string,
): { readonly text: string; readonly media: number } {
  if (content === undefined || content === null) return { text: '', media: 0 }
  if (typeof content === 'string') return { text: content, media: 0 }
  if (!isList(content)) throw wrongType(name, 'one of a string or array of objects', content)
  const texts = content.map((part, i) => readPart(part, `${name}[${i}]`))
  return { text: texts.join(''), media: texts.filter(each => each === undefined).length }
}

function readPart(part: Json, name: string): string | undefined {
  if (!isObject(part)) throw wrongType(name, 'an object', part)
  const said = part.text ?? part.refusal
  if (typeof said === 'string') return said
  if (typeof part.type !== 'string') throw wrongType(`${name}.type`, 'a string', part.type ?? null)
  if (part.type === 'text') throw wrongType(`${name}.text`, 'a string', said ?? null)
  return undefined
}

/** A log probability that depends on the token alone. */
export const logprobOf = (token: string): number => -(hash(token) % 4000) / 2000
