import type { Embed, EmbedInput, EmbedTask, Vectors } from '../../model/embed.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { MediaPart, TextPart } from '../../model/part.ts'
import { refuse } from '../check.ts'
import { toDataUrl } from '../data-url.ts'
import type { Aim, Composed, ProviderEmbeddings } from '../dialect.ts'
import { listIn, oneForEach, partsOf, saidOf, textOf, titlesIn, vectorIn } from '../embed.ts'
import { failedInside, wordsOf } from '../provider-fault.ts'
import { failureOf } from './fault.ts'
import { readUsage } from './usage.ts'

/** Embeddings of Cohere's API, version 2 (docs.cohere.com/reference/embed). */
export const embeddings: ProviderEmbeddings = { compose, read }

/** What Cohere's models tell apart. Questions are queries to it, whatever is asked for; nothing is only alike. */
const types: Readonly<Record<EmbedTask, string | undefined>> = {
  query: 'search_query',
  document: 'search_document',
  similarity: undefined,
  classification: 'classification',
  clustering: 'clustering',
  question: 'search_query',
  fact: 'search_query',
  'code-query': 'search_query',
}

/** Tasks that are told as what they are. */
const exact: ReadonlySet<EmbedTask> = new Set(['query', 'document', 'classification', 'clustering'])

/** A type is required, and texts that are kept to be searched are what most vectors are made of. */
const usualType = 'search_document'

function compose(embed: Embed, aim: Aim): Composed {
  const { task, dimensions, truncate, extras } = embed
  const body = {
    model: aim.model,
    ...inputsOf(embed, aim),
    input_type: (task && types[task]) ?? usualType,
    embedding_types: ['float'],
    ...(dimensions !== undefined && { output_dimension: dimensions }),
    ...(truncate !== undefined && { truncate: truncate ? 'END' : 'NONE' }),
  }
  const inexact = task !== undefined && !exact.has(task)
  const lost = [
    ...saidOf(embed, inexact ? ['user', 'task'] : ['user']),
    ...titlesIn(embed),
    ...Object.keys(extras.fields),
  ]
  return { body, lost }
}

/** Texts; contents where there are images among them. */
function inputsOf({ inputs }: Embed, aim: Aim): JsonObject {
  const hasMedia = (input: EmbedInput): boolean => partsOf(input, aim).some(part => part.type === 'media')
  if (!inputs.some(hasMedia)) return { texts: inputs.map(input => textOf(input, aim)) }
  return { inputs: inputs.map(input => ({ content: partsOf(input, aim).map(contentOf) })) }
}

function contentOf(part: TextPart | MediaPart): JsonObject {
  if (part.type === 'text') return { type: 'text', text: part.text }
  const { kind, source, at } = part
  if (kind !== 'image' || source.from !== 'data')
    throw refuse(at, 'Cohere makes vectors of texts and of images in base64. Leave this out, or ask another model.')
  return { type: 'image_url', image_url: { url: toDataUrl(source.mediaType, source.data) } }
}

function read(body: JsonObject, _wire: string, inputs: number): Vectors {
  const failure = failureOf(body)
  if (failure) throw failure
  if (!isObject(body.embeddings)) throw failedInside(wordsOf(body) ?? 'it has no embeddings.')
  const vectors = listIn(body.embeddings.float, 'embeddings.float')
  return {
    vectors: oneForEach(vectors, inputs).map((vector, i) => vectorIn(vector, `embeddings.float[${i}]`)),
    usage: usageIn(body),
  }
}

/** No more than what was billed is usually told, and of an embedding that is all. */
function usageIn({ meta }: JsonObject): Vectors['usage'] {
  if (!isObject(meta)) return undefined
  return readUsage(meta) ?? readUsage({ tokens: meta.billed_units })
}
