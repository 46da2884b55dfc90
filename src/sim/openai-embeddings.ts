/** `/v1/embeddings`: vectors of length 1 that are the same for the same text and near for texts that share words. */

import { hash, mix } from './chance.ts'
import type { Dialect } from './dialect.ts'
import { integer, isList, type Json, type JsonObject, missing, text, wrongType, wrongValue } from './json.ts'
import { openai, page } from './openai.ts'
import { isTokenList } from './openai-ask.ts'
import { tokens } from './words.ts'

export const openaiEmbeddings: Dialect = {
  ...openai,
  use: 'embed',
  read(body, { name, behaving }) {
    const inputs = readInputs(body)
    const size = integer(body, 'dimensions', { min: 1, max: 4096 }) ?? usualSize
    const write = writerFor(text(body, 'encoding_format'))
    const used = inputs.reduce((sum, marks) => sum + marks.length, 0)
    const usage = behaving['no-usage'] === undefined ? { usage: { prompt_tokens: used, total_tokens: used } } : {}
    const data = () =>
      inputs.map((marks, index) => ({ object: 'embedding', index, embedding: write(vector(marks, size)) }))
    return {
      stream: false,
      tokens: used,
      said: inputs.length,
      whole: () => page({ object: 'list', data: data(), model: name, ...usage }),
      events: () => [],
    }
  },
}

const usualSize = 256
const mostInputs = 2048

/** Each input as one number a token. */
function readInputs(body: JsonObject): readonly (readonly number[])[] {
  const { input } = body
  if (input === undefined || input === null) throw missing('input')
  const several = isList(input) && !isTokenList(input) ? input : [input]
  if (several.length === 0) throw wrongValue('input', "Invalid 'input': input cannot be an empty array.")
  if (several.length > mostInputs) throw wrongValue('input', `Invalid 'input': at most ${mostInputs} inputs at a time.`)
  return several.map(readInput)
}

function readInput(input: Json): readonly number[] {
  if (isTokenList(input)) return input
  if (typeof input !== 'string')
    throw wrongType('input', 'a string, array of strings, array of tokens, or array of token arrays', input)
  if (input === '') throw wrongValue('input', "Invalid 'input': input cannot be an empty string.")
  return [...tokens(input)].map(token => hash(token.trim().toLowerCase()))
}

function writerFor(format: string): (values: Float32Array) => string | readonly number[] {
  if (format === 'base64') return values => Buffer.from(values.buffer).toString('base64')
  if (format === 'float' || format === '') return values => [...values]
  throw wrongValue(
    'encoding_format',
    "Invalid value for 'encoding_format'. Supported values are: 'float' and 'base64'.",
  )
}

/** The sum of a direction for each token, brought to length 1. */
function vector(marks: readonly number[], size: number): Float32Array {
  const values = new Float32Array(size)
  for (const mark of marks) {
    for (let i = 0; i < size; i++) values[i] = (values[i] ?? 0) + mix(mark, i) / 2 ** 31 - 1
  }
  const length = Math.hypot(...values) || 1
  return values.map(value => value / length)
}
