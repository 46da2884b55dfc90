/** `/v2/embed`: a vector for each text, in the types that are asked for; only numbers and base64 are made. */

import type { Dialect } from '../dialect.ts'
import { marksOf, usualSize, vector } from '../embed.ts'
import { Field } from '../field.ts'
import { isImageAddress } from '../image.ts'
import { mediaTokens } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { cohere } from './manners.ts'
import { idOf } from './parts.ts'
import { words } from './words.ts'

const known = new Set([
  ...['embedding_types', 'images', 'input_type', 'inputs', 'max_tokens', 'model', 'output_dimension', 'priority'],
  ...['texts', 'truncate'],
])

const inputTypes = ['search_document', 'search_query', 'classification', 'clustering', 'image']
const mostInputs = 96

const types = ['float', 'base64'] as const
type Type = (typeof types)[number]

const writers: Readonly<Record<Type, (values: Float32Array) => string | readonly number[]>> = {
  float: values => [...values],
  base64: values => Buffer.from(values.buffer).toString('base64'),
}

export const cohereEmbed: Dialect = {
  ...cohere,
  says: {
    ...cohere.says,
    'wrong-use': name => new Refusal(400, `model '${name}' is not supported by the embed API`),
  },
  use: 'embed',
  summons: ({ model }) => ({ model, stream: false }),
  read(json, desk) {
    const body = new Field(words, json).only(known)
    const inputs = readInputs(body)
    const wish = readWish(body)
    const texts = inputs.reduce((sum, { marks }) => sum + marks.length, 0)
    const images = inputs.reduce((sum, { pictures }) => sum + pictures, 0) * mediaTokens
    const billed = { input_tokens: texts, ...(images === 0 ? {} : { image_tokens: images }) }
    const meta = {
      api_version: { version: '2' },
      ...(desk.behaving['no-usage'] === undefined && { billed_units: billed }),
    }
    return {
      stream: false,
      tokens: texts + images,
      said: inputs.length,
      whole: () =>
        JSON.stringify({
          id: idOf(desk),
          texts: inputs.map(({ text }) => text),
          embeddings: vectorsOf(inputs, wish),
          meta,
          response_type: 'embeddings_by_type',
        }),
      notes: () => [],
    }
  },
}

type Wish = { readonly size: number; readonly types: readonly Type[] }

function readWish(body: Field): Wish {
  body.get('input_type').needed().among(inputTypes)
  if (!body.get('truncate').isAbsent) body.get('truncate').among(['NONE', 'START', 'END'])
  const wanted = body.get('embedding_types')
  return {
    size: body.get('output_dimension').integer({ min: 1, max: 4096 }) ?? usualSize,
    types: wanted.isAbsent ? ['float'] : wanted.items().map(each => each.among(types)),
  }
}

function vectorsOf(inputs: readonly Input[], { size, types: wanted }: Wish) {
  const vectors = inputs.map(({ marks }) => vector(marks, size))
  return Object.fromEntries(wanted.map(type => [type, vectors.map(values => writers[type](values))]))
}

type Input = { readonly text: string; readonly marks: readonly number[]; readonly pictures: number }

const inputOf = (text: string, pictures: number): Input => ({ text, marks: marksOf(text), pictures })

function readInputs(body: Field): readonly Input[] {
  const texts = body.get('texts').items(mostInputs)
  const contents = body.get('inputs').items(mostInputs)
  if (texts.length + contents.length === 0) throw words.missing('texts')
  return [...texts.map(each => inputOf(each.needed().text(), 0)), ...contents.map(readContents)]
}

function readContents(input: Field): Input {
  const contents = input.get('content').needed().items()
  const pictures = contents.filter(content => content.get('type').among(['text', 'image_url']) === 'image_url')
  for (const picture of pictures) checkImage(picture.get('image_url').needed().get('url'))
  return inputOf(contents.map(content => content.get('text').text()).join(''), pictures.length)
}

function checkImage(url: Field): void {
  if (!isImageAddress(url.needed().text())) throw url.wrong('is not an image.')
}
