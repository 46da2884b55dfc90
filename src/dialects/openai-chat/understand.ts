import type { Chat } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { beyond, count, flag, isSaid, maybe, object, text, texts, whole } from '../check.ts'
import { callFormOf } from './call-form.ts'
import { dialectId } from './id.ts'
import { nouns, readPlain } from './nouns.ts'
import { otherReasoning, readReasoning, reasoningFields } from './reasoning.ts'
import { readMessages } from './understand-messages.ts'
import { readContent } from './understand-parts.ts'
import { readFormat, readToolChoice, readTools } from './understand-tools.ts'

/** All that a caller's chat request says, checked as far as we tell it again. */
export function understand(body: JsonObject): Chat {
  return {
    messages: readMessages(body.messages),
    tools: readTools(body),
    toolChoice: readToolChoice(body),
    format: readFormat(body),
    reasoning: readReasoning(body),
    maxTokens:
      maybe(whole, body.max_completion_tokens, 'max_completion_tokens') ?? maybe(whole, body.max_tokens, 'max_tokens'),
    stop: readStop(body.stop),
    logprobs: readLogprobs(body),
    voice: readVoice(body.audio),
    prediction: readPrediction(body.prediction),
    ...oneCall(body),
    ...readPlain(body),
    user: maybe(text, body.user, 'user') ?? maybe(text, body.safety_identifier, 'safety_identifier'),
    extras: { dialect: dialectId, fields: extrasIn(body) },
  }
}

/** The reply to `functions` has a place for one call. */
const oneCall = (body: JsonObject): Pick<Chat, 'parallelTools'> =>
  callFormOf(body) === 'function' ? { parallelTools: false } : {}

const readStop = (stop: Json | undefined): readonly string[] | undefined =>
  typeof stop === 'string' ? [stop] : maybe(texts, stop, 'stop')

function readLogprobs(body: JsonObject): Chat['logprobs'] {
  const top = maybe(count, body.top_logprobs, 'top_logprobs')
  if (maybe(flag, body.logprobs, 'logprobs') !== true) return undefined
  return { top: top ?? 0 }
}

function readVoice(audio: Json | undefined): Chat['voice'] {
  const wire = maybe(object, audio, 'audio')
  if (!wire) return undefined
  return {
    name: typeof wire.voice === 'string' ? wire.voice : undefined,
    format: maybe(text, wire.format, 'audio.format'),
  }
}

function readPrediction(prediction: Json | undefined): Chat['prediction'] {
  const wire = maybe(object, prediction, 'prediction')
  return wire && readContent(wire.content, 'prediction.content')
}

/** Fields that are read above or by us, besides those of the nouns. */
const read: ReadonlySet<string> = new Set([
  ...Object.values(nouns),
  ...reasoningFields,
  'model',
  'messages',
  'tools',
  'functions',
  'function_call',
  'stream',
  'stream_options',
  'max_tokens',
  'top_logprobs',
  'safety_identifier',
])

function extrasIn(body: JsonObject): JsonObject {
  return {
    ...Object.fromEntries(beyond(body, read)),
    ...otherReasoning(body),
    ...leftOver(body),
    ...otherOptions(body.stream_options),
  }
}

/** What is said in two fields of which only one has gone into a noun. */
function leftOver({ user, safety_identifier: identifier, logprobs, top_logprobs: top, audio }: JsonObject): JsonObject {
  const voice = maybe(object, audio, 'audio')?.voice
  return {
    ...(isSaid(user) && isSaid(identifier) && { safety_identifier: identifier }),
    ...(logprobs !== true && isSaid(top) && { top_logprobs: top }),
    ...(isSaid(voice) && typeof voice !== 'string' && { 'audio.voice': voice }),
  }
}

const ourOptions: ReadonlySet<string> = new Set(['include_usage'])

function otherOptions(options: Json | undefined): JsonObject {
  const wire = maybe(object, options, 'stream_options') ?? {}
  return Object.fromEntries(beyond(wire, ourOptions, 'stream_options.'))
}
