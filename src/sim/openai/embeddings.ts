/** `/v1/embeddings`: one vector for each input, as numbers or in base64. */

import type { Dialect } from '../dialect.ts'
import { marksOf, usualSize, vector } from '../embed.ts'
import { Field } from '../field.ts'
import { isList, type Json } from '../json.ts'
import { isTokenList } from './ask.ts'
import { openai, page } from './manners.ts'
import { words } from './words.ts'

export const openaiEmbeddings: Dialect = {
  ...openai,
  use: 'embed',
  summons: body => ({ model: body.model, stream: false }),
  read(json, { name, behaving }) {
    const body = new Field(words, json)
    const inputs = readInputs(body.get('input'))
    const size = body.get('dimensions').integer({ min: 1, max: 4096 }) ?? usualSize
    const write = writerFor(body.get('encoding_format'))
    const used = inputs.reduce((sum, marks) => sum + marks.length, 0)
    const usage = behaving['no-usage'] === undefined ? { usage: { prompt_tokens: used, total_tokens: used } } : {}
    const data = () =>
      inputs.map((marks, index) => ({ object: 'embedding', index, embedding: write(vector(marks, size)) }))
    return {
      stream: false,
      tokens: used,
      said: inputs.length,
      whole: () => page({ object: 'list', data: data(), model: name, ...usage }),
      notes: () => [],
    }
  },
}

const mostInputs = 2048

/** Each input as one number a token. */
function readInputs(input: Field): readonly (readonly number[])[] {
  const { value = null } = input.needed()
  const several = isList(value) && !isTokenList(value) ? value : [value]
  if (several.length === 0) throw input.wrong("Invalid 'input': input cannot be an empty array.")
  if (several.length > mostInputs) throw input.wrong(`Invalid 'input': at most ${mostInputs} inputs at a time.`)
  return several.map(each => readInput(input, each))
}

function readInput(field: Field, input: Json): readonly number[] {
  if (isTokenList(input)) return input
  if (typeof input !== 'string')
    throw field.wrongType('a string, array of strings, array of tokens, or array of token arrays')
  if (input === '') throw field.wrong("Invalid 'input': input cannot be an empty string.")
  return marksOf(input)
}

function writerFor(format: Field): (values: Float32Array) => string | readonly number[] {
  if (format.text() === 'base64') return values => Buffer.from(values.buffer).toString('base64')
  if (format.text() === 'float' || format.isAbsent) return values => [...values]
  throw format.wrong("Invalid value for 'encoding_format'. Supported values are: 'float' and 'base64'.")
}
