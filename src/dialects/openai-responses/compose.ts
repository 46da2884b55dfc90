import type { Chat, Noun, OutputFormat, Reasoning } from '../../model/chat.ts'
import { effortOf } from '../../model/effort.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { modelOf } from '../../model/sealed.ts'
import type { Aim, Composed, RequestWriter } from '../dialect.ts'
import { effortsOf, fittedEffort } from '../openai-efforts.ts'
import { fittingUser, toolNames } from '../openai-limits.ts'
import { type Named, withFittingNames } from '../tool-names.ts'
import { customCalls, type Writing, writeInput } from './compose-messages.ts'
import { said, writeToolChoice, writeTools } from './compose-tools.ts'
import { dialectId } from './id.ts'
import { includes, nouns, routingFields, tiers } from './nouns.ts'
import { ownFields } from './seals.ts'

/** A video may be told by its address too; a sound only by its data. */
export const takesUrls: RequestWriter['takesUrls'] = (kind, { fetches }) => fetches?.includes(kind) ?? kind !== 'audio'

/** The smallest reply that OpenAI lets be asked for. */
const leastTokens = 16

/** A chat, told to a provider that speaks the Responses API. */
export function compose(asked: Chat, { provider, model, quirks, stream }: Aim): Composed {
  const own = asked.extras.dialect === dialectId
  const { chat, names }: Named = own ? { chat: asked } : withFittingNames(asked, toolNames)
  const writing: Writing = {
    maker: `${provider}/${model}`,
    own,
    quirks,
    customs: customCalls(chat),
    lost: [...lostNouns(chat, own)],
  }
  const body = {
    model,
    ...writePrompt(chat, writing),
    ...writeSettings(chat, writing),
    ...(stream ? { stream } : {}),
  }
  const whole = own ? withExtras(body, chat.extras.fields, writing) : body
  if (!own) writing.lost.push(...Object.keys(chat.extras.fields))
  return { body: withoutRefused(whole, writing), lost: [...new Set(writing.lost)], ...(names && { names }) }
}

/** `instructions` where the caller had it there; a system's message in `input` is kept for later turns, it is not. */
function writePrompt({ messages }: Chat, writing: Writing): JsonObject {
  const [first] = messages
  const [part] = first?.parts ?? []
  const leading = first?.at === 'instructions' && part?.type === 'text' ? part.text : undefined
  const input = writeInput(leading === undefined ? messages : messages.slice(1), writing)
  return said({ instructions: leading, input })
}

function writeSettings(chat: Chat, writing: Writing): JsonObject {
  const tools = writeTools(chat, writing.own, writing.lost)
  return said({
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: chat.toolChoice && writeToolChoice(chat.toolChoice, chat.tools),
    parallel_tool_calls: chat.parallelTools,
    text: writeText(chat, writing),
    reasoning: writeReasoning(chat, writing),
    max_output_tokens: writeMaxTokens(chat, writing),
    temperature: chat.temperature,
    top_p: chat.topP,
    presence_penalty: writing.own ? chat.presencePenalty : undefined,
    frequency_penalty: writing.own ? chat.frequencyPenalty : undefined,
    top_logprobs: chat.logprobs && chat.logprobs.top > 0 ? chat.logprobs.top : undefined,
    include: writeInclude(chat, writing),
    stream_options: writing.own ? chat.extras.form?.stream_options : undefined,
    service_tier: writeTier(chat, writing),
    metadata: chat.metadata,
    user: writing.own || chat.user === undefined ? chat.user : fittingUser(chat.user),
    store: writeStore(chat, writing),
    prompt_cache_key: chat.cacheKey,
    prompt_cache_retention: chat.cacheRetention,
  })
}

/** This API keeps every reply unless told not to. A caller of another never agreed to that. */
const writeStore = ({ store }: Chat, { own }: Writing): boolean | undefined => (own ? store : store === true)

/**
 * A caller of this dialect gets what it asked for. For any other, thoughts are asked for in their sealed form wherever the
 * model is known to think: without it the next turn, which may go out with another key, could not hand them back, and the
 * model would start anew after each tool. A model that does not think refuses the wish, so it is sent on evidence only:
 * the caller wants thinking, or hands such thoughts back.
 */
function writeInclude(chat: Chat, { maker, own }: Writing): Json | undefined {
  const { fields, form } = chat.extras
  const thoughts = own ? listIn(form?.include) : thinks(chat, maker) ? [includes.thoughts] : []
  const include = [...(own ? listIn(fields.include) : []), ...thoughts, ...(chat.logprobs ? [includes.logprobs] : [])]
  return include.length > 0 ? include : undefined
}

const listIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])

const thinks = ({ reasoning, messages }: Chat, maker: string): boolean =>
  (reasoning !== undefined && effortOf(reasoning) !== 'none' && canThink(modelOf(maker))) ||
  messages.some(({ parts }) => parts.some(part => part.type === 'reasoning' && ownFields(part.seal, maker)))

function writeReasoning({ reasoning }: Chat, { own, maker, lost }: Writing): JsonObject | undefined {
  if (!reasoning) return undefined
  const fitted = own ? { effort: effortOf(reasoning), lost: [] } : fittedEffort(reasoning, modelOf(maker))
  lost.push(...fitted.lost)
  const fields = said({
    effort: fitted.effort,
    summary: writeSummary(reasoning, own || canThink(modelOf(maker)), lost),
  })
  return Object.keys(fields).length > 0 ? fields : undefined
}

/** A model that does not think refuses to sum up its thoughts. */
function writeSummary({ summary, shown }: Reasoning, thinks: boolean, lost: string[]): string | undefined {
  const wished = summary ?? (shown ? 'auto' : undefined)
  if (wished === undefined || thinks) return wished
  lost.push(summary === undefined ? 'reasoning.shown' : 'reasoning.summary')
  return undefined
}

const canThink = (model: string): boolean => effortsOf(model)?.length !== 0

function writeText({ format, verbosity }: Chat, writing: Writing): JsonObject | undefined {
  const fields = said({ format: format && writeFormat(format, writing), verbosity })
  return Object.keys(fields).length > 0 ? fields : undefined
}

function writeFormat(format: OutputFormat, { quirks, lost }: Writing): JsonObject {
  if (format.type === 'text') return { type: 'text' }
  if (format.type === 'json') return { type: 'json_object' }
  if (quirks.noSchemas) {
    lost.push('format')
    return { type: 'json_object' }
  }
  const { name = 'reply', schema, description, strict } = format
  // The name is required here, and says nothing to the model that the schema does not.
  return said({ type: 'json_schema', name, description, schema, strict })
}

function writeMaxTokens({ maxTokens }: Chat, { own, lost }: Writing): number | undefined {
  if (own || maxTokens === undefined || maxTokens >= leastTokens) return maxTokens
  lost.push('maxTokens')
  return leastTokens
}

function writeTier({ serviceTier }: Chat, { own, lost }: Writing): string | undefined {
  if (own || serviceTier === undefined || tiers.has(serviceTier)) return serviceTier
  lost.push('serviceTier')
  return undefined
}

/** Nouns that this API has no field for. */
const without = ['topK', 'minP', 'repetitionPenalty', 'logitBias', 'seed', 'stop', 'voice', 'prediction'] as const

/** OpenAI's reference does not have the penalties; a caller of this dialect may know a provider that does. */
const withoutUnlessOwn = ['presencePenalty', 'frequencyPenalty'] as const

function lostNouns(chat: Chat, own: boolean): readonly Noun[] {
  const names: readonly Noun[] = own ? without : [...without, ...withoutUnlessOwn]
  return [
    ...names.filter(name => chat[name] !== undefined),
    ...(chat.candidates !== undefined && chat.candidates > 1 ? (['candidates'] as const) : []),
    ...(chat.modalities?.some(modality => modality !== 'text') ? (['modalities'] as const) : []),
  ]
}

/** The caller's own fields, each where it stood. */
function withExtras(body: JsonObject, fields: JsonObject, { quirks, lost }: Writing): JsonObject {
  let whole = body
  for (const [path, value] of Object.entries(fields)) {
    if (path === 'include') continue
    if (routingFields.includes(path) && !quirks.routesItself) lost.push(path)
    else whole = put(whole, stepsOf(path), value)
  }
  return whole
}

/** Only what was taken from these objects is put back into them: a field's own name may have a dot. */
const stepsOf = (path: string): readonly string[] => {
  const [, holder, field] = /^(text|reasoning|tools\[\d+\])\.(.+)$/s.exec(path) ?? []
  return holder === undefined || field === undefined ? [path] : [holder, field]
}

function put(body: JsonObject, [step = '', ...rest]: readonly string[], value: Json | undefined): JsonObject {
  if (rest.length === 0) return { ...body, [step]: value }
  const [, list = '', index] = /^(\w+)\[(\d+)\]$/.exec(step) ?? []
  const there = body[index === undefined ? step : list]
  if (index === undefined) return { ...body, [step]: put((there ?? {}) as JsonObject, rest, value) }
  const entries = Array.isArray(there) ? there : []
  return {
    ...body,
    [list]: entries.map((entry, i) => (i === Number(index) ? put(entry as JsonObject, rest, value) : entry)),
  }
}

/** What the provider is known to refuse stays out. */
function withoutRefused(body: JsonObject, { quirks, lost }: Writing): JsonObject {
  const refused = (quirks.refuses ?? []).filter(field => body[field] !== undefined)
  if (refused.length === 0) return body
  lost.push(...refused.map(nounOf))
  return Object.fromEntries(Object.entries(body).filter(([field]) => !refused.includes(field)))
}

const nounOf = (field: string): string => Object.entries(nouns).find(([, name]) => name === field)?.[0] ?? field
