import type { Chat, Effort, Reasoning } from '../../model/chat.ts'
import { budgetOf } from '../../model/effort.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Composing } from './compose-parts.ts'
import { counts, efforts, measures } from './config.ts'
import { type Draft, filled } from './extras.ts'
import { generation } from './generation.ts'

/** Nouns that have no place on this wire. */
const unknown = [
  'minP',
  'repetitionPenalty',
  'logitBias',
  'verbosity',
  'prediction',
  'metadata',
  'user',
  'cacheKey',
  'cacheRetention',
] as const satisfies readonly (keyof Chat)[]

/** `generationConfig`. */
export function composeConfig(chat: Chat, of: Composing): Draft {
  for (const noun of unknown) if (chat[noun] !== undefined) of.lost.push(noun)
  // Parallel calls cannot be forbidden; that they are allowed need not be said.
  if (chat.parallelTools === false) of.lost.push('parallelTools')
  return {
    ...Object.fromEntries(Object.entries({ ...counts, ...measures }).map(([name, noun]) => [name, chat[noun]])),
    stopSequences: chat.stop,
    responseModalities: chat.modalities?.map(each => each.toUpperCase()),
    ...(chat.logprobs && { responseLogprobs: true }),
    ...(chat.logprobs && chat.logprobs.top > 0 ? { logprobs: chat.logprobs.top } : {}),
    ...format(chat),
    ...thinking(chat, of),
    ...speech(chat, of),
  }
}

/** A schema's name is a label that the other wires demand; that it binds goes without saying here. */
function format({ format }: Chat): JsonObject {
  if (!format) return {}
  if (format.type === 'text') return { responseMimeType: 'text/plain' }
  if (format.type === 'json') return { responseMimeType: 'application/json' }
  const { schema, description } = format
  const described = description !== undefined && schema.description === undefined ? { ...schema, description } : schema
  return { responseMimeType: 'application/json', responseJsonSchema: described }
}

function thinking({ reasoning }: Chat, of: Composing): JsonObject {
  if (!reasoning) return {}
  const config = filled({
    ...depth(reasoning, of),
    includeThoughts: reasoning.shown ?? (reasoning.summary === undefined ? undefined : true),
  })
  return config ? { thinkingConfig: config } : {}
}

/** Levels since the third generation, which for models before it are an error; budgets otherwise. Never both. */
function depth(reasoning: Reasoning, of: Composing): JsonObject {
  const { effort, budget } = reasoning
  if (budget === undefined && effort !== undefined && generation(of.aim.model) >= 3) return level(effort, of)
  return { thinkingBudget: budgetOf(reasoning) }
}

/** There are four levels: not at all is the least of them, and more than high is high, which is told. */
function level(effort: Effort, { lost }: Composing): JsonObject {
  const exact = Object.keys(efforts).find(name => efforts[name] === effort)
  if (exact === undefined) lost.push('reasoning')
  return { thinkingLevel: exact ?? (effort === 'none' ? 'MINIMAL' : 'HIGH') }
}

/** Speech is raw samples of 24 kHz, whatever is asked for. */
function speech({ voice }: Chat, { lost }: Composing): JsonObject {
  if (voice?.format !== undefined && voice.format !== 'pcm16') lost.push('voice')
  return voice?.name === undefined
    ? {}
    : { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice.name } } } }
}
