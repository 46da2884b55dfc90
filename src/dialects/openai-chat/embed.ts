import type { Embed, EmbedInput, EmbedTask, Vectors } from '../../model/embed.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { modelOf } from '../../model/sealed.ts'
import { beyond, each, invalid, maybe, name, text, whole } from '../check.ts'
import type { Aim, CallerEmbeddings, Composed, Making, ProviderEmbeddings } from '../dialect.ts'
import { enough, listIn, oneForEach, saidOf, textOf, titlesIn, vectorIn } from '../embed.ts'
import { odd } from '../provider-fault.ts'
import { place, word } from '../told.ts'
import { withoutRefused } from './compose.ts'
import { faultInside } from './fault.ts'
import { dialectId } from './id.ts'
import { tellingTo } from './telling.ts'
import { readUsage, writeUsage } from './usage.ts'

/** Embeddings of OpenAI's API. */
export const embeddings: ProviderEmbeddings & CallerEmbeddings = { understand, compose, read, write, check }

/** OpenAI's own models know no tasks; providers of its API that do have this field for them, in words of their own. */
const tasks: ReadonlyMap<Json | undefined, EmbedTask> = new Map([
  ['query', 'query'],
  ['search_query', 'query'],
  ['document', 'document'],
  ['passage', 'document'],
  ['search_document', 'document'],
  ['classification', 'classification'],
  ['clustering', 'clustering'],
])

const places = { dimensions: 'dimensions', task: 'input_type', user: 'user' } as const

/** Fields that are read here or by us. What they are called here is where they stand. */
const known: ReadonlySet<string> = new Set(['model', 'input', 'encoding_format', 'dimensions', 'user'])

function understand(body: JsonObject): Embed {
  const { input, encoding_format: format, dimensions, user, input_type: type } = body
  maybe(encoding, format, 'encoding_format')
  const task = tasks.get(type)
  const fields = Object.fromEntries(beyond(body, task === undefined ? known : new Set([...known, places.task])))
  return {
    inputs: inputsIn(input),
    dimensions: maybe(whole, dimensions, places.dimensions),
    task,
    user: maybe(text, user, places.user),
    places,
    apart: [],
    extras: { dialect: dialectId, fields },
  }
}

function encoding(value: Json | undefined, at: string): void {
  if (value !== 'float' && value !== 'base64') throw invalid(at, "must be 'float' or 'base64'", value)
}

/** One text, or one list of tokens, or a list of these. */
function inputsIn(input: Json | undefined): readonly EmbedInput[] {
  if (!Array.isArray(input) || typeof input[0] === 'number') return [inputIn(input, 'input')]
  if (input.length === 0) throw invalid('input', 'must have at least one element', input)
  return each(input, 'input', inputIn)
}

function inputIn(value: Json | undefined, at: string): EmbedInput {
  if (!Array.isArray(value)) return { type: 'parts', at, parts: [{ type: 'text', text: name(value, at), at }] }
  if (value.length === 0) throw invalid(at, 'must have at least one token', value)
  return { type: 'tokens', at, tokens: each(value, at, whole) }
}

/** Vectors come as numbers where nobody asks for base64. */
function compose(embed: Embed, aim: Aim): Composed {
  const telling = tellingTo(aim, false)
  const { inputs, dimensions, user, extras } = embed
  const isOwn = extras.dialect === dialectId
  const body = {
    model: aim.model,
    input: inputs.map(input => (input.type === 'tokens' ? input.tokens : textOf(input, aim))),
    ...(dimensions !== undefined && { [aim.quirks.dimensionsField ?? places.dimensions]: dimensions }),
    ...(user !== undefined && { user }),
    ...(isOwn && extras.fields),
  }
  const others = isOwn ? [] : Object.keys(extras.fields)
  const lost = [...saidOf(embed, ['task', 'truncate']), ...titlesIn(embed), ...others]
  for (const each of lost) telling.lost.add(each)
  return { body: withoutRefused(body, telling), lost: [...telling.lost] }
}

function read(body: JsonObject, wire: string, inputs: number): Vectors {
  const fault = faultInside(body, wire)
  if (fault) throw fault
  const data = oneForEach(listIn(body.data, 'data'), inputs)
  const byPlace = new Map(data.map(placed))
  const vectors = data.map((_, i) => byPlace.get(i)).filter(vector => vector !== undefined)
  return { vectors: oneForEach(vectors, inputs), model: word(body.model), usage: readUsage(body.usage) }
}

/** Some call several of one input `embeddings` (Jina). */
function check({ data }: JsonObject, { input }: JsonObject): void {
  const vectors = listIn(data, 'data').map(each => (isObject(each) ? (each.embedding ?? each.embeddings) : undefined))
  enough(vectors, Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1)
}

function placed(element: Json, i: number): readonly [number, readonly number[]] {
  const { index, embedding } = isObject(element) ? element : {}
  const at = index === undefined ? i : place(index)
  if (at === undefined) throw odd(`data[${i}].index`, index)
  return [at, vectorIn(embedding, `data[${i}].embedding`)]
}

function write({ vectors, model, usage }: Vectors, { maker, body }: Making): JsonObject {
  const form = body.encoding_format === 'base64' ? inBase64 : (vector: readonly number[]) => vector
  return {
    object: 'list',
    data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: form(vector) })),
    model: model ?? modelOf(maker),
    ...(usage && { usage: usageOf(writeUsage(usage)) }),
  }
}

/** Nothing was completed, and no details are told. */
const usageOf = ({ prompt_tokens, total_tokens }: JsonObject): JsonObject => ({ prompt_tokens, total_tokens })

/** As OpenAI packs them: 32-bit floats, the lowest byte first, as on every machine that the runtime is made for. */
const inBase64 = (vector: readonly number[]): string => Buffer.from(new Float32Array(vector).buffer).toString('base64')
