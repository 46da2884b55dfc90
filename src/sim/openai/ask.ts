/** Reads what OpenAI's endpoints have in common out of a body, and refuses as OpenAI does. */

import { hash } from '../chance.ts'
import type { Field } from '../field.ts'
import { isList, type Json } from '../json.ts'
import { longest } from '../models.ts'
import { type Ask, plainAsk } from '../script.ts'

/** The same in chats and completions, and what a plain text completion does without. */
export function readCommon(body: Field): Omit<Ask, 'prompts'> {
  body.get('temperature').decimal({ min: 0, max: 2 })
  body.get('top_p').decimal({ min: 0, max: 1 })
  return {
    ...plainAsk,
    copies: body.get('n').integer({ min: 1, max: 128 }) ?? 1,
    limit: readLimit(body),
    stops: readStops(body.get('stop')),
    seed: body.get('seed').integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }) ?? 0,
  }
}

function readLimit(body: Field): number | undefined {
  const range = { min: 1, max: longest }
  const older = body.get('max_tokens').integer(range)
  const newer = body.get('max_completion_tokens').integer(range)
  if (older === undefined || newer === undefined) return newer ?? older
  throw body
    .get('max_tokens')
    .wrong("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
}

function readStops(stop: Field): readonly string[] {
  if (typeof stop.value === 'string') return stop.value === '' ? [] : [stop.value]
  if (!stop.isAbsent && !isList(stop.value)) throw stop.wrongType('a string or an array of strings')
  if (stop.items().length > 4)
    throw stop.wrong("Invalid 'stop': array too long. Expected an array with maximum length 4.")
  return stop
    .items()
    .map(each => each.text())
    .filter(each => each !== '')
}

export type StreamStyle = {
  readonly stream: boolean
  readonly includeUsage: boolean
  /** The padding that hides the lengths of tokens; OpenAI sends it unless told not to. */
  readonly obfuscate: boolean
}

export function readStreamStyle(body: Field): StreamStyle {
  const stream = body.get('stream').flag()
  const options = body.get('stream_options')
  if (options.isAbsent) return { stream, includeUsage: false, obfuscate: true }
  const { include_obfuscation: obfuscate } = options.object()
  if (!stream) throw options.wrong("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
  return { stream, includeUsage: options.get('include_usage').flag(), obfuscate: obfuscate !== false }
}

/** Tokens that are numbers already stand for themselves. */
export const isTokenList = (value: Json | undefined): value is readonly number[] =>
  isList(value) && value.length > 0 && value.every(each => Number.isInteger(each))

/** A log probability that depends on the token alone. */
export const logprobOf = (token: string): number => -(hash(token) % 4000) / 2000
