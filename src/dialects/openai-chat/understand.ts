import type { Chat } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { count, flag, isMissing, maybe, object, text, texts } from './check.ts'
import { dialectId } from './fault.ts'
import { fieldNames, readPlain } from './fields.ts'
import { readMessages } from './read-messages.ts'
import { readContent } from './read-parts.ts'
import { readFormat, readToolChoice, readTools } from './read-tools.ts'
import { otherReasoning, readReasoning, reasoningFields } from './reasoning.ts'

/** All that a caller's chat request says, checked as far as we tell it again. */
export function understand(body: JsonObject): Chat {
  return {
    messages: readMessages(body.messages),
    tools: readTools(body),
    toolChoice: readToolChoice(body),
    format: readFormat(body),
    reasoning: readReasoning(body),
    maxTokens:
      maybe(count, body.max_completion_tokens, 'max_completion_tokens') ?? maybe(count, body.max_tokens, 'max_tokens'),
    stop: readStop(body.stop),
    logprobs: readLogprobs(body),
    voice: readVoice(body.audio),
    prediction: readPrediction(body.prediction),
    ...readPlain(body),
    user: maybe(text, body.user, 'user') ?? maybe(text, body.safety_identifier, 'safety_identifier'),
    extras: { dialect: dialectId, fields: extrasIn(body) },
  }
}

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
  ...Object.values(fieldNames),
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
  const more = Object.entries(body).filter(([field, value]) => !read.has(field) && !isMissing(value))
  return {
    ...Object.fromEntries(more),
    ...otherReasoning(body),
    ...leftOver(body),
    ...otherOptions(body.stream_options),
  }
}

/** What is said in two fields of which only one has gone into a noun. */
function leftOver({ user, safety_identifier: identifier, logprobs, top_logprobs: top, audio }: JsonObject): JsonObject {
  const voice = maybe(object, audio, 'audio')?.voice
  return {
    ...(!(isMissing(user) || isMissing(identifier)) && { safety_identifier: identifier }),
    ...(logprobs !== true && !isMissing(top) && { top_logprobs: top }),
    ...(!isMissing(voice) && typeof voice !== 'string' && { 'audio.voice': voice }),
  }
}

function otherOptions(options: Json | undefined): JsonObject {
  const wire = maybe(object, options, 'stream_options') ?? {}
  const more = Object.entries(wire).filter(([field, value]) => field !== 'include_usage' && !isMissing(value))
  return Object.fromEntries(more.map(([field, value]) => [`stream_options.${field}`, value]))
}
