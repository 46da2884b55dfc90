import type { Chat, OutputFormat, Reasoning } from '../../model/chat.ts'
import { invalid } from '../check.ts'
import { counts, efforts, measures } from './config.ts'
import type { Fields, Leftovers } from './fields.ts'
import { readSchema } from './understand-tools.ts'

/** `generationConfig`: how the reply is to be made. */
export function understandConfig(request: Fields, left: Leftovers): Partial<Chat> {
  const config = request.fields('generationConfig')
  if (!config) return {}
  const chat = {
    ...Object.fromEntries(Object.entries(counts).map(([name, noun]) => [noun, config.whole(name)])),
    ...Object.fromEntries(Object.entries(measures).map(([name, noun]) => [noun, config.number(name)])),
    stop: config.texts('stopSequences'),
    modalities: config.texts('responseModalities')?.map(each => each.toLowerCase()),
    logprobs: readLogprobs(config),
    format: readFormat(config, left),
    reasoning: readThinking(config, left),
    voice: readVoice(config, left),
  }
  config.leave(left)
  return chat
}

function readLogprobs(config: Fields): Chat['logprobs'] {
  if (config.peek('responseLogprobs') !== true) return undefined
  config.json('responseLogprobs')
  return { top: config.whole('logprobs') ?? 0 }
}

/** The older pair of a media type and a schema, or `responseFormat.text`, which holds both. */
function readFormat(config: Fields, left: Leftovers): OutputFormat | undefined {
  const format = config.fields('responseFormat')
  const text = format?.fields('text')
  format?.leave(left)
  if (!text) return formatOf(config, 'responseMimeType', readAnySchema)
  const read = formatOf(text, 'mimeType', of => of.schema('schema'))
  text.leave(left)
  return read
}

const readAnySchema = (config: Fields) =>
  config.schema('_responseJsonSchema') ?? readSchema(config, 'responseSchema', 'responseJsonSchema')

type SchemaIn = (fields: Fields) => ReturnType<typeof readSchema>

/** A choice among words (`text/x.enum`) has no noun: it stays as it is written, schema and all. */
function formatOf(fields: Fields, mediaType: string, schemaIn: SchemaIn): OutputFormat | undefined {
  const wanted = fields.peek(mediaType)
  if (wanted === 'text/x.enum') return undefined
  const name = fields.text(mediaType)?.toLowerCase()
  const schema = schemaIn(fields)
  if (schema) return { type: 'schema', schema }
  if (name === undefined || name === '' || name === 'mime_type_unspecified') return undefined
  if (name === 'application/json' || name === 'application_json') return { type: 'json' }
  if (name === 'text/plain' || name === 'text_plain') return { type: 'text' }
  throw invalid(fields.path(mediaType), 'must be text/plain, application/json or text/x.enum', wanted)
}

function readThinking(config: Fields, left: Leftovers): Reasoning | undefined {
  const thinking = config.fields('thinkingConfig')
  if (!thinking) return undefined
  const level = thinking.word('thinkingLevel')
  const reasoning = {
    ...(level === undefined || level === 'THINKING_LEVEL_UNSPECIFIED' ? {} : { effort: effortAt(thinking, level) }),
    ...defined('budget', thinking.whole('thinkingBudget')),
    ...defined('shown', thinking.flag('includeThoughts')),
  }
  thinking.leave(left)
  return Object.keys(reasoning).length > 0 ? reasoning : undefined
}

function effortAt(thinking: Fields, level: string): Reasoning['effort'] {
  if (Object.hasOwn(efforts, level)) return efforts[level]
  throw invalid(thinking.path('thinkingLevel'), `must be ${Object.keys(efforts).join(', ')}`, level)
}

const defined = <T>(name: string, value: T | undefined): Readonly<Record<string, T>> =>
  value === undefined ? {} : { [name]: value }

/** One of the voices that are there by name; several speakers have no noun. */
function readVoice(config: Fields, left: Leftovers): Chat['voice'] {
  const speech = config.fields('speechConfig')
  const voice = speech?.fields('voiceConfig')
  const prebuilt = voice?.fields('prebuiltVoiceConfig')
  const name = prebuilt?.text('voiceName')
  for (const fields of [speech, voice, prebuilt]) fields?.leave(left)
  return name === undefined ? undefined : { name }
}
