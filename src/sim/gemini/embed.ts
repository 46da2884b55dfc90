/** `:embedContent` and `:batchEmbedContents`: a vector for each content. */

import type { Dialect } from '../dialect.ts'
import { marksOf, usualSize, vector } from '../embed.ts'
import type { Field } from '../field.ts'
import { fieldOf } from './ask.ts'
import { readContent } from './contents.ts'
import { geminiManners } from './manners.ts'

const taskTypes = [
  ...['TASK_TYPE_UNSPECIFIED', 'RETRIEVAL_QUERY', 'RETRIEVAL_DOCUMENT', 'SEMANTIC_SIMILARITY', 'CLASSIFICATION'],
  ...['CLUSTERING', 'QUESTION_ANSWERING', 'FACT_VERIFICATION', 'CODE_RETRIEVAL_QUERY'],
]

const known = new Set(['content', 'embedContentConfig', 'model', 'outputDimensionality', 'taskType', 'title'])

/** As many as Google takes in one batch. */
const mostRequests = 100

export const geminiEmbed = (model: string, method: 'embedContent' | 'batchEmbedContents'): Dialect => ({
  ...geminiManners('whole', method),
  use: 'embed',
  summons: () => ({ model, stream: false }),
  read(json, { behaving }) {
    const body = fieldOf(json)
    const isOne = method === 'embedContent'
    const inputs = isOne ? [readInput(body)] : body.get('requests').needed().items(mostRequests).map(readInput)
    const tokens = inputs.reduce((sum, { marks }) => sum + marks.length, 0)
    const usage = behaving['no-usage'] === undefined ? { usageMetadata: { promptTokenCount: tokens } } : {}
    return {
      stream: false,
      tokens,
      said: inputs.length,
      whole() {
        const embeddings = inputs.map(({ marks, size }) => ({ values: [...vector(marks, size)] }))
        return JSON.stringify({ ...(isOne ? { embedding: embeddings[0] } : { embeddings }), ...usage })
      },
      notes: () => [],
    }
  },
})

function readInput(request: Field) {
  const { parts } = readContent(request.only(known).get('content').needed())
  const config = request.get('embedContentConfig')
  const wishes = config.isAbsent ? [request] : [config, request]
  for (const wish of wishes) if (!wish.get('taskType').isAbsent) wish.get('taskType').among(taskTypes)
  const sizes = wishes.map(wish => wish.get('outputDimensionality').integer({ min: 1, max: 4096 }))
  const size = sizes.find(each => each !== undefined) ?? usualSize
  return { marks: marksOf(parts.map(({ text }) => text).join('')), size }
}
