import type { Vectors } from '../../model/embed.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { CallerEmbeddings, Making, ProviderEmbeddings } from '../dialect.ts'
import { enough, listIn, oneForEach, vectorIn } from '../embed.ts'
import { composeEmbed } from './compose-embed.ts'
import { faultInside } from './fault.ts'
import { understandEmbed } from './understand-embed.ts'
import { readUsage } from './usage.ts'

/** Embeddings of Gemini's API: one by `embedContent`, several by `batchEmbedContents`. */
export const embeddings: ProviderEmbeddings & CallerEmbeddings = {
  understand: understandEmbed,
  compose: composeEmbed,
  read,
  write,
  check,
}

function read(body: JsonObject, wire: string, inputs: number): Vectors {
  const fault = faultInside(body, wire)
  if (fault) throw fault
  const { embedding, usageMetadata } = body
  const found = embedding === undefined ? listIn(body.embeddings, 'embeddings') : [embedding]
  const vectors = oneForEach(found, inputs).map((each, i) =>
    vectorIn(isObject(each) ? each.values : undefined, `embeddings[${i}].values`),
  )
  return { vectors, usage: readUsage(usageMetadata) }
}

function check({ embedding, embeddings }: JsonObject, { requests }: JsonObject): void {
  const found = embedding === undefined ? listIn(embeddings, 'embeddings') : [embedding]
  const vectors = found.map(each => (isObject(each) ? each.values : undefined))
  enough(vectors, Array.isArray(requests) ? requests.length : 1)
}

function write({ vectors, usage }: Vectors, { call }: Making): JsonObject {
  const embeddings = vectors.map(values => ({ values }))
  return {
    ...(call.batch ? { embeddings } : { embedding: embeddings[0] }),
    ...(usage && { usageMetadata: { promptTokenCount: usage.input + usage.cacheRead + usage.cacheWrite } }),
  }
}
