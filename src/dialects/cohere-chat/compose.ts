import type { Chat, Noun, Tool } from '../../model/chat.ts'
import { budgetOf } from '../../model/effort.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { quoted, say } from '../../model/sentence.ts'
import { refuse } from '../check.ts'
import type { Aim, Composed } from '../dialect.ts'
import { messagesOf, type Telling } from './compose-messages.ts'
import { dialectId } from './id.ts'

/** Nouns that Cohere has no place for. */
const placeless: readonly Noun[] = [
  'minP',
  'repetitionPenalty',
  'logitBias',
  'verbosity',
  'voice',
  'prediction',
  'webSearch',
  'metadata',
  'user',
  'cacheKey',
  'cacheRetention',
]

/** A chat for Cohere's API, version 2 (docs.cohere.com/reference/chat). */
export function compose(chat: Chat, aim: Aim): Composed {
  const lost = new Set<string>()
  const telling: Telling = { maker: `${aim.provider}/${aim.model}`, lose: name => lost.add(name), documents: [] }
  const messages = chat.messages.flatMap(message => messagesOf(message, telling))
  if (messages.length === 0) throw refuse('messages', 'Cohere needs a message that says something.')
  loseNouns(chat, telling)
  const body = {
    ...extrasOf(chat, telling),
    model: aim.model,
    stream: aim.stream ? true : undefined,
    messages,
    documents: telling.documents.length === 0 ? undefined : telling.documents,
    ...toolFields(chat, telling),
    response_format: formatOf(chat),
    thinking: thinkingOf(chat),
    ...sampling(chat, telling),
  }
  return { body: withoutGaps(body), lost: [...lost] }
}

function withoutGaps(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function extrasOf({ extras }: Chat, { lose }: Telling): JsonObject {
  if (extras.dialect === dialectId) return extras.fields
  for (const name of Object.keys(extras.fields)) lose(name)
  return {}
}

function loseNouns(chat: Chat, { lose }: Telling): void {
  for (const noun of placeless) if (chat[noun] !== undefined) lose(noun)
  if (chat.parallelTools === false && chat.tools.length > 0) lose('parallelTools')
  if ((chat.candidates ?? 1) > 1) lose('candidates')
  if (chat.modalities?.some(modality => modality !== 'text')) lose('modalities')
  // Only the token that was chosen is told with its probability.
  if ((chat.logprobs?.top ?? 0) > 0) lose('logprobs')
  if (chat.store === true) lose('store')
  if (!['auto', 'default', undefined].includes(chat.serviceTier)) lose('serviceTier')
}

/** A choice of some tools is told by offering no others. */
function toolFields(chat: Chat, telling: Telling): JsonObject {
  const { toolChoice } = chat
  const tools = offeredOf(chat)
  const must =
    toolChoice?.type === 'required' ||
    toolChoice?.type === 'tool' ||
    (toolChoice?.type === 'only' && toolChoice.required)
  if (tools.length === 0) return {}
  return withoutGaps({
    tools: tools.map(tool => toolOf(tool, telling)),
    strict_tools: strictness(tools, telling),
    tool_choice: toolChoice?.type === 'none' ? 'NONE' : must ? 'REQUIRED' : undefined,
  })
}

function offeredOf({ tools, toolChoice }: Chat): readonly Tool[] {
  if (toolChoice?.type !== 'tool' && toolChoice?.type !== 'only') return tools
  const names = toolChoice.type === 'tool' ? [toolChoice.name] : toolChoice.names
  const offered = tools.filter(tool => tool.type === 'hosted' || names.includes(tool.name))
  if (offered.length > 0) return offered
  throw refuse(
    'toolChoice',
    say`There is no tool named ${quoted(names.map(name => `'${name}'`).join(' or '))} among the tools.`,
  )
}

function toolOf(tool: Tool, { lose }: Telling): JsonObject {
  if (tool.type === 'hosted')
    throw refuse(tool.at, `Cohere has no tool of its own for ${tool.kind}. Leave it out, or ask another model.`)
  if (tool.type === 'custom')
    throw refuse(
      tool.at,
      say`Cohere's tools take JSON, and '${quoted(tool.name)}' takes free text. Declare it as a function.`,
    )
  const { name, description, schema, returns, cache, at } = tool
  const place = at === undefined ? '' : `${at}.`
  if (returns !== undefined) lose(`${place}response`)
  if (cache) lose(`${place}cache_control`)
  const parameters = schema ?? { type: 'object', properties: {} }
  return { type: 'function', function: { name, ...(description === undefined ? {} : { description }), parameters } }
}

/** Cohere is strict about all tools or about none. */
function strictness(tools: readonly Tool[], { lose }: Telling): boolean | undefined {
  const strict = tools.filter(tool => tool.type === 'function' && tool.strict === true)
  if (strict.length === 0) return undefined
  if (strict.length === tools.length) return true
  for (const { at } of strict) lose(at === undefined ? 'strict' : `${at}.strict`)
  return undefined
}

function formatOf({ format }: Chat): JsonObject | undefined {
  if (format === undefined || format.type === 'text') return undefined
  return { type: 'json_object', ...(format.type === 'schema' ? { json_schema: format.schema } : {}) }
}

/** It thinks without being asked to, as much as it likes, unless it is told not to or how much. */
function thinkingOf({ reasoning }: Chat): JsonObject | undefined {
  const budget = reasoning && budgetOf(reasoning)
  if (budget === undefined) return undefined
  if (budget === 0) return { type: 'disabled' }
  return { type: 'enabled', ...(budget < 0 ? {} : { token_budget: budget }) }
}

function sampling(chat: Chat, { lose }: Telling): JsonObject {
  const { maxTokens, temperature, topP, topK, seed, stop, logprobs } = chat
  const stops = stop?.filter(sequence => sequence !== '')
  return {
    max_tokens: maxTokens,
    temperature,
    // The range ends just before 1, which elsewhere means all of it.
    p: topP === undefined ? undefined : Math.min(Math.max(topP, 0.01), 0.99),
    k: topK,
    seed,
    stop_sequences: stops && stops.length > 0 ? stops : undefined,
    logprobs: logprobs ? true : undefined,
    frequency_penalty: penalty('frequencyPenalty'),
    presence_penalty: penalty('presencePenalty'),
  }

  /** None is what it does by itself, and some models refuse to be told both. There are no rewards for repeating. */
  function penalty(noun: 'frequencyPenalty' | 'presencePenalty'): number | undefined {
    const wanted = chat[noun] ?? 0
    const kept = Math.min(Math.max(wanted, 0), 1)
    if (kept !== wanted) lose(noun)
    return kept === 0 ? undefined : kept
  }
}
