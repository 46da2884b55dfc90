import type { Answer } from '../../model/answer.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import type { Part } from '../../model/part.ts'
import { failedInside, unreadable, wordsOf } from '../provider-fault.ts'
import { word } from '../told.ts'
import { readCitations } from './citations.ts'
import { failureOf } from './fault.ts'
import { dialectId } from './id.ts'
import { readLogprobs } from './logprobs.ts'
import { readExtras } from './reply-extras.ts'
import { planSeal } from './seals.ts'
import { readStop } from './stop.ts'
import { readUsage } from './usage.ts'

/** All that a whole reply says. */
export function readAnswer(body: JsonObject, _wire: string, maker: string): Answer {
  const failure = failureOf(body)
  if (failure) throw failure
  const { message, id, usage: report } = body
  if (!isObject(message)) throw failedInside(wordsOf(body) ?? 'it has no message.')
  const stop = readStop(body.finish_reason)
  const logprobs = Array.isArray(body.logprobs) ? readLogprobs(body.logprobs) : undefined
  const usage = readUsage(report)
  const fields = readExtras(report)
  return {
    id: word(id),
    choices: [{ parts: partsOf(message, maker), ...(stop && { stop }), ...(logprobs && { logprobs }) }],
    ...(usage && { usage }),
    ...(Object.keys(fields).length === 0 ? {} : { extras: { dialect: dialectId, fields } }),
  }
}

function partsOf(message: JsonObject, maker: string): readonly Part[] {
  const { tool_plan: plan, tool_calls: calls } = message
  const planned: readonly Part[] =
    typeof plan === 'string' && plan !== '' ? [{ type: 'reasoning', text: plan, seal: planSeal(maker) }] : []
  return [...planned, ...contentOf(message, maker), ...listOf(calls, 'tool_calls').map(callIn)]
}

function contentOf({ content, citations }: JsonObject, maker: string): readonly Part[] {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content, 'content')
  const firstText = blocks.findIndex(({ type }) => type === 'text')
  const cited = listOf(citations, 'citations').filter(isAboutText)
  return blocks.flatMap((block, index) => {
    const about = cited.filter(({ content_index: place = firstText }) => place === index)
    return contentPart(block, about, maker)
  })
}

/** The words of plans and thoughts may be cited too; only texts carry citations here. */
export const isAboutText = ({ type }: JsonObject): boolean =>
  type === undefined || type === null || type === 'TEXT_CONTENT'

function contentPart({ text, thinking }: JsonObject, about: readonly JsonObject[], maker: string): Part[] {
  if (typeof thinking === 'string') return thinking === '' ? [] : [{ type: 'reasoning', text: thinking }]
  if (typeof text !== 'string') throw unreadable('its content has no words.')
  const citations = about.flatMap(each => readCitations(each, text, maker))
  return text === '' ? [] : [{ type: 'text', text, ...(citations.length === 0 ? {} : { citations }) }]
}

function listOf(value: Json | undefined, name: string): readonly JsonObject[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every(isObject)) throw unreadable(`its ${name} are no list of objects.`)
  return value
}

function callIn({ id, function: called }: JsonObject, index: number): Part {
  const { name, arguments: input } = isObject(called) ? called : {}
  if (typeof name !== 'string' || name === '') throw unreadable('a call of a tool has no name.')
  const written = typeof input === 'string' ? input : jsonOf(input ?? {})
  return { type: 'tool-call', id: typeof id === 'string' ? id : `call_${index}`, name, input: written || '{}' }
}
