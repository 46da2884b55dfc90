import { describe, expect, test } from 'bun:test'
import type { Fault } from '../../src/model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../src/model/json.ts'
import { type Composition, compositionsOf, requests } from './compositions.ts'
import type { Exchange } from './exchanges.ts'
import { requestJudges } from './judges.ts'

/**
 * Every recorded request, told to a provider of every other dialect, is right by that dialect's published schema, or is
 * refused with the place in it that cannot be told. What is lost on the way is something that was there.
 */
const judges = requestJudges()
const named = requests.map((each): [string, Exchange] => [each.id, each])
const absent = judges === undefined || requests.length === 0

describe.skipIf(absent)('a recorded request (skipped where ../shared is absent)', () => {
  test.each(named)('is right for every provider, or refused: %s', async (_, exchange) => {
    for (const composition of await compositionsOf(exchange)) {
      if ('fault' in composition) expectRefused(composition.fault, exchange)
      else expectRight(composition)
    }
  })

  test.each(Object.keys(beyond))('asks %s for more than OpenAI has', async target => {
    const composed = (await Promise.all(requests.map(compositionsOf))).flat()
    const bodies = composed.flatMap(each => ('body' in each && each.target === target ? [each.body] : []))
    for (const without of beyond[target] ?? [])
      expect(bodies.some(body => !Bun.deepEquals(without(body), body))).toBe(true)
  })
})

function expectRight({ asked, target, body, lost }: Extract<Composition, { readonly body: JsonObject }>): void {
  const known = (beyond[target] ?? []).reduce((rest, without) => without(rest), body)
  expect({ target, complaints: judges?.[target]?.(known) }).toEqual({ target, complaints: [] })
  expect(lost.filter(name => !isThere(asked, name))).toEqual([])
}

function expectRefused({ code, param = '' }: Fault, { request = {} }: Exchange): void {
  expect(code).toBe('invalid_request')
  expect(isThere(request, param) ? 'there' : param).toBe('there')
}

/** What others than OpenAI take who speak as it does, and it refuses itself: videos, and wishes for pictures. */
const beyond: Readonly<Record<string, readonly ((body: JsonObject) => JsonObject)[]>> = {
  'openai-chat': [body => withoutVideos(body, 'messages'), withoutWishes],
  'openai-responses': [body => withoutVideos(body, 'input')],
}

function withoutVideos(body: JsonObject, field: string): JsonObject {
  const said = body[field]
  return Array.isArray(said)
    ? { ...body, [field]: said.map(item => (isObject(item) ? withoutVideo(item) : item)) }
    : body
}

function withoutVideo(message: JsonObject): JsonObject {
  const { content } = message
  if (!Array.isArray(content)) return message
  return { ...message, content: content.filter(part => !isObject(part) || !videos.has(part.type ?? null)) }
}

const videos: ReadonlySet<Json> = new Set(['video_url', 'input_video'])

function withoutWishes(body: JsonObject): JsonObject {
  const { modalities, ...rest } = body
  return Array.isArray(modalities) && modalities.includes('image') ? rest : body
}

/** What is lost of a part or a tool may have a name of its own: then the part or the tool is there. */
const aspects: ReadonlySet<string> = new Set(
  'signature citations title is_error cache_control schema strict'.split(' '),
)

/** Whether a request has something at a path, in either spelling of the names (`inlineData`, `inline_data`). */
function isThere(request: JsonObject, path: string): boolean {
  const steps = path.match(/[^.[\]]+/g) ?? []
  const known = aspects.has(steps.at(-1) ?? '') ? steps.slice(0, -1) : steps
  return known.reduce((value: Json | undefined, step) => inside(value, step), request) !== undefined
}

function inside(value: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(value)) return value[Number(step)]
  if (!isObject(value)) return undefined
  return Object.entries(value).find(([name]) => plain(name) === plain(step))?.[1]
}

const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()
