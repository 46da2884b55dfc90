/** `:embedContent` and `:batchEmbedContents`: a vector for each content. */

import type { Dialect } from '../dialect.ts'
import { marksOf, usualSize, vector } from '../embed.ts'
import type { Field } from '../field.ts'
import { fieldOf } from './ask.ts'
import { readContent } from './contents.ts'
import { geminiManners } from './manners.ts'

export const geminiEmbed = (model: string, method: 'embedContent' | 'batchEmbedContents'): Dialect => ({
  ...geminiManners('whole', method),
  use: 'embed',
  summons: () => ({ model, stream: false }),
  read(json) {
    const body = fieldOf(json)
    const isOne = method === 'embedContent'
    const inputs = isOne ? [readInput(body)] : body.get('requests').needed().items().map(readInput)
    return {
      stream: false,
      tokens: inputs.reduce((sum, { marks }) => sum + marks.length, 0),
      said: inputs.length,
      whole() {
        const embeddings = inputs.map(({ marks, size }) => ({ values: [...vector(marks, size)] }))
        return JSON.stringify(isOne ? { embedding: embeddings[0] } : { embeddings })
      },
      notes: () => [],
    }
  },
})

function readInput(request: Field) {
  const { parts } = readContent(request.get('content').needed())
  const size = request.get('outputDimensionality').integer({ min: 1, max: 4096 }) ?? usualSize
  return { marks: marksOf(parts.map(({ text }) => text).join('')), size }
}
