import type { Chat, Extras, Noun } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Aim, Composed, Quirks } from '../dialect.ts'
import { fittingUser, toolNames } from '../openai-limits.ts'
import { type Named, withFittingNames } from '../tool-names.ts'
import { writeMessages } from './compose-messages.ts'
import { contentOf, writePart } from './compose-parts.ts'
import { writeFormat, writeTools } from './compose-tools.ts'
import { dialectId } from './id.ts'
import { nouns, writePlain } from './nouns.ts'
import { writeReasoning } from './reasoning.ts'
import { type Telling, tellingTo } from './telling.ts'

/** OpenRouter's routing wishes: addressed to the gateway, refused as unknown fields by other providers. */
export const routingFields: readonly string[] = ['models', 'provider']

/** A chat as a request for a provider of OpenAI's API, with what is particular to this one. */
export function compose(asked: Chat, aim: Aim): Composed {
  const own = asked.extras.dialect === dialectId
  const { chat, names }: Named = own ? { chat: asked } : withFittingNames(asked, toolNames)
  const telling = tellingTo(aim, own)
  const body = {
    model: aim.model,
    messages: prefilled(writeMessages(chat.messages, telling), aim.quirks),
    ...writeTools(chat, telling),
    ...plainFields(chat, telling),
    ...otherFields(chat, telling),
    ...wished(chat, aim, telling),
    ...streaming(aim),
  }
  const whole = withExtras(body, chat.extras, telling)
  return { body: withoutRefused(whole, telling), lost: [...telling.lost], ...(names && { names }) }
}

export const prefills = ({ quirks }: Pick<Aim, 'quirks'>): boolean => quirks.prefillBy !== undefined

/** A last message of the model's own is the beginning of its reply, where that has to be said. */
function prefilled(messages: readonly JsonObject[], { prefillBy }: Quirks): readonly JsonObject[] {
  const last = messages.at(-1)
  if (prefillBy === undefined || last?.role !== 'assistant' || last.tool_calls !== undefined) return messages
  return [...messages.slice(0, -1), { ...last, [prefillBy]: true }]
}

/** Nothing but a picture or a film is usually fetched from its URL. */
export const takesUrls = (kind: 'image' | 'document' | 'audio' | 'video', { fetches }: Quirks): boolean =>
  (fetches ?? ['image', 'video']).includes(kind)

function streaming({ stream, quirks }: Aim): JsonObject {
  if (!stream) return {}
  return { stream, ...((quirks.streamUsage ?? 'ask') === 'ask' && { stream_options: { include_usage: true } }) }
}

/** Names that Anthropic and Google give to what is the default here. */
const tiers: ReadonlyMap<string, string> = new Map([
  ['standard_only', 'default'],
  ['standard', 'default'],
])

function plainFields(chat: Chat, { own, quirks }: Telling): JsonObject {
  const { seed, service_tier: tier, parallel_tool_calls: parallel, user, ...fields } = writePlain(chat)
  return {
    ...fields,
    ...(typeof user === 'string' && { user: own ? user : fittingUser(user) }),
    ...(seed !== undefined && { [quirks.seedField ?? 'seed']: seed }),
    ...(typeof tier === 'string' && { service_tier: tiers.get(tier) ?? tier }),
    ...(parallel !== undefined && chat.tools.length > 0 && { parallel_tool_calls: parallel }),
  }
}

function otherFields(chat: Chat, telling: Telling): JsonObject {
  const { format, maxTokens, stop, logprobs, voice, prediction } = chat
  return {
    ...(format && { response_format: writeFormat(format, telling) }),
    ...(maxTokens !== undefined && { [telling.quirks.maxTokensField ?? 'max_completion_tokens']: maxTokens }),
    ...(stop && { stop: writeStop(stop, telling) }),
    ...(logprobs && { logprobs: true, ...(logprobs.top > 0 && { top_logprobs: logprobs.top }) }),
    ...(voice && { audio: writeVoice(voice, telling) }),
    ...(prediction && {
      prediction: { type: 'content', content: contentOf(prediction.flatMap(part => writePart(part, telling))) },
    }),
  }
}

function wished({ reasoning }: Chat, aim: Aim, telling: Telling): JsonObject {
  if (!reasoning) return {}
  const { fields, lost } = writeReasoning(reasoning, aim, telling.own)
  for (const half of lost) telling.lost.add(half)
  return fields
}

/** "Invalid 'stop': array too long. Expected an array with maximum length 4" (continuedev/continue#2461). */
const mostStops = 4

function writeStop(stop: readonly string[], { own, quirks, lost }: Telling): readonly string[] {
  const most = quirks.stops ?? mostStops
  if (own || stop.length <= most) return stop
  lost.add('stop')
  return stop.slice(0, most)
}

/** Both halves are required; a stream can only be of raw samples. */
const writeVoice = ({ name, format }: NonNullable<Chat['voice']>, { stream }: Telling): JsonObject => ({
  voice: name ?? 'alloy',
  format: format ?? (stream ? 'pcm16' : 'wav'),
})

/** Fields of the caller's own that nobody else knows go on in their own dialect. */
function withExtras(body: JsonObject, { dialect, fields }: Extras, telling: Telling): JsonObject {
  const whole: Draft = { ...body }
  for (const [field, value] of Object.entries(fields)) {
    const kept = dialect === dialectId && value !== undefined && isPut(whole, field, value, telling.quirks)
    if (!kept) telling.lost.add(field)
  }
  return whole
}

type Draft = { [field: string]: Json | undefined }

/** Puts a field at its place: one with a dot into an object, if that is there. */
function isPut(body: Draft, field: string, value: Json, { routesItself }: Quirks): boolean {
  if (routingFields.includes(field) && !routesItself) return false
  const dot = field.indexOf('.')
  const [name, inner] = dot === -1 ? [field, undefined] : [field.slice(0, dot), field.slice(dot + 1)]
  const parent = body[name]
  if (inner === undefined) body[name] = value
  else if (isObject(parent)) body[name] = { ...parent, [inner]: value }
  return inner === undefined || isObject(parent)
}

const nounsByField: ReadonlyMap<string, string> = new Map(
  (Object.entries(nouns) as [Noun, string][]).map(([noun, field]) => [field, noun]),
)

/** What the provider is known to refuse is left out, and told. */
export function withoutRefused(body: JsonObject, { quirks, lost }: Telling): JsonObject {
  const refused = (quirks.refuses ?? []).filter(field => body[field] !== undefined)
  for (const field of refused) lost.add(nounsByField.get(field) ?? field)
  return refused.length === 0
    ? body
    : Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)))
}
