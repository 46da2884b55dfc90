import type { Chat } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Composing } from './compose-parts.ts'
import { composeThinking } from './compose-thinking.ts'
import { counts, measures } from './config.ts'
import type { Draft } from './extras.ts'

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
    thinkingConfig: composeThinking(chat, of),
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

/** Speech is raw samples of 24 kHz, whatever is asked for. */
function speech({ voice }: Chat, { lost }: Composing): JsonObject {
  if (voice?.format !== undefined && voice.format !== 'pcm16') lost.push('voice')
  return voice?.name === undefined
    ? {}
    : { speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: voice.name } } } }
}
