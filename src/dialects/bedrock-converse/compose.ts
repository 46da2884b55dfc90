import type { Chat, Noun } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Aim, Composed } from '../dialect.ts'
import { enforced } from '../enforced-schema.ts'
import { type NameRule, withFittingNames } from '../tool-names.ts'
import { bedrockCallIds } from './call-ids.ts'
import { longestOf } from './claude.ts'
import { systemOf, turnsOf } from './compose-messages.ts'
import type { Telling } from './compose-parts.ts'
import { type Thinking, think } from './compose-thinking.ts'
import { toolConfig } from './compose-tools.ts'
import { dialectId } from './id.ts'
import { documentNames } from './media.ts'
import { names, vendorOf } from './vendor.ts'

/** Nouns that Converse has no place for. */
const placeless: readonly Noun[] = [
  'minP',
  'presencePenalty',
  'frequencyPenalty',
  'repetitionPenalty',
  'logitBias',
  'seed',
  'logprobs',
  'verbosity',
  'voice',
  'prediction',
  'webSearch',
  'user',
  'cacheKey',
  'cacheRetention',
]

/** A chat for `Converse` and `ConverseStream`, which read the same body; the model stands in the address. */
export function compose(asked: Chat, aim: Aim): Composed {
  const lost = new Set<string>()
  const telling: Telling = {
    maker: `${aim.provider}/${aim.model}`,
    vendor: vendorOf(aim.model),
    lose: name => lost.add(name),
    documentName: documentNames(),
    calls: bedrockCallIds(),
  }
  const { chat: named, names } = withFittingNames(asked, toolNames)
  const chat = withinLength(named, aim, telling)
  const thinking = think(chat, aim)
  const extras = extrasOf(chat, telling)
  loseNouns(chat, thinking, telling)
  const body = {
    ...extras,
    messages: turnsOf(chat.messages, telling),
    system: filled(systemOf(chat.messages, telling)),
    inferenceConfig: filled(inference(chat, thinking, telling)),
    toolConfig: toolConfig(chat, telling),
    additionalModelRequestFields: filled(additional(chat, thinking, extras, telling)),
    outputConfig: filled(outputConfig(chat, thinking, telling)),
    requestMetadata: metadata(chat, telling),
    serviceTier: tier(chat, telling),
  }
  return { body: withoutGaps(body), lost: [...lost], ...(names && { names }) }
}

/** docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html, "name". */
const toolNames: NameRule = { most: 64 }

/** The chat with no longer a reply than the model gives, as far as that is known. */
function withinLength(chat: Chat, { model }: Aim, { lose }: Telling): Chat {
  const most = names(model, 'anthropic.') ? longestOf(model) : undefined
  if (most === undefined || chat.maxTokens === undefined || chat.maxTokens <= most) return chat
  lose('maxTokens')
  return { ...chat, maxTokens: most }
}

function withoutGaps(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Nothing, where there is nothing in it. */
const filled = <T extends JsonObject | readonly Json[]>(value: T): T | undefined =>
  Object.keys(value).length === 0 ? undefined : value

function extrasOf({ extras }: Chat, { lose }: Telling): JsonObject {
  if (extras.dialect === dialectId) return extras.fields
  for (const name of Object.keys(extras.fields)) lose(name)
  return {}
}

function loseNouns(chat: Chat, thinking: Thinking, { lose }: Telling): void {
  for (const noun of placeless) if (chat[noun] !== undefined) lose(noun)
  if (thinking.unheard) lose(thinking.unheard)
  if (chat.parallelTools === false && chat.tools.length > 0) lose('parallelTools')
  if ((chat.candidates ?? 1) > 1) lose('candidates')
  if (chat.modalities?.some(modality => modality !== 'text')) lose('modalities')
  // Bedrock keeps nothing: that is what `false` asks for.
  if (chat.store === true) lose('store')
}

/** Converse's temperatures end at 1, where those of other wires go to 2. */
function inference(chat: Chat, { unsampled = [] }: Thinking, { lose }: Telling): JsonObject {
  const { maxTokens, temperature, topP, stop } = chat
  const may = (noun: 'temperature' | 'topP'): boolean => {
    if (!unsampled.includes(noun)) return true
    // One is what a model does by itself: saying nothing says the same.
    if (chat[noun] !== 1) lose(noun)
    return false
  }
  if (temperature !== undefined && temperature > 1) lose('temperature')
  return withoutGaps({
    maxTokens,
    temperature: temperature !== undefined && may('temperature') ? Math.min(temperature, 1) : undefined,
    topP: topP !== undefined && may('topP') ? topP : undefined,
    stopSequences: stop && filled(stop.filter(sequence => sequence !== '')),
  })
}

/** What only this model understands. */
function additional(chat: Chat, thinking: Thinking, extras: JsonObject, { vendor, lose }: Telling): JsonObject {
  const { topK } = chat
  const own = isObject(extras.additionalModelRequestFields) ? extras.additionalModelRequestFields : {}
  const sampled = topK === undefined || thinking.unsampled?.includes('topK') ? undefined : vendor.topK?.(topK)
  if (topK !== undefined && !sampled) lose('topK')
  return { ...own, ...sampled, ...thinking.fields }
}

function outputConfig({ format }: Chat, { effort }: Thinking, { lose }: Telling): JsonObject {
  // There is no "any JSON" here, only JSON of a schema.
  if (format?.type === 'json') lose('format')
  if (format?.type !== 'schema') return effort === undefined ? {} : { effort }
  const { name, description } = format
  const closed = enforced(format.schema)
  if (closed.lost) lose('format')
  const jsonSchema = withoutGaps({ schema: JSON.stringify(closed.schema), name, description })
  return withoutGaps({ textFormat: { type: 'json_schema', structure: { jsonSchema } }, effort })
}

const allowed = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/

/** Up to sixteen pairs of short texts, by which invocations can be found in logs. */
function metadata({ metadata: wanted }: Chat, { lose }: Telling): JsonObject | undefined {
  const entries = Object.entries(wanted ?? {})
  if (entries.length === 0) return undefined
  const fits = entries.every(
    ([key, value]) => key !== '' && [key, value].every(text => typeof text === 'string' && allowed.test(text)),
  )
  if (fits && entries.length <= 16) return wanted
  lose('metadata')
  return undefined
}

/** The tiers that Bedrock has, and other wires' names for its usual one. */
const tiers: ReadonlyMap<string, string> = new Map([
  ['default', 'default'],
  ['standard', 'default'],
  ['standard_only', 'default'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['reserved', 'reserved'],
])

function tier({ serviceTier }: Chat, { lose }: Telling): JsonObject | undefined {
  if (serviceTier === undefined || serviceTier === 'auto') return undefined
  const type = tiers.get(serviceTier)
  if (type === undefined) lose('serviceTier')
  return type === undefined ? undefined : { type }
}
