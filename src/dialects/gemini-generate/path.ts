import type { Operation } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import type { Asking } from '../dialect.ts'

const methods: Readonly<Partial<Record<Operation, string>>> = {
  chat: 'generateContent',
  count_tokens: 'countTokens',
  embeddings: 'embedContent',
}

/** Names that say themselves in which collection they stand; all others are models. */
const collections = ['models/', 'tunedModels/']

/** Where a model is asked: its name and the method stand in the path, and what shape a stream has in the query. */
export function path({ operation, model, stream, array }: Asking): string {
  const method = methods[operation]
  if (method === undefined) throw cannot(operation, model)
  const name = `/${resource(model).split('/').map(encodeURIComponent).join('/')}`
  if (operation !== 'chat' || !stream) return `${name}:${method}`
  return `${name}:streamGenerateContent${array ? '' : '?alt=sse'}`
}

/** A model's full name, as bodies that name it write it. */
export const resource = (model: string): string =>
  collections.some(start => model.startsWith(start)) ? checked(model) : `models/${checked(model)}`

/** `..` would lead out of the collection, however it is escaped. */
function checked(model: string): string {
  if (!model.split('/').some(segment => segment === '' || segment === '.' || segment === '..')) return model
  throw new Fault('model_not_found', `'${model.slice(0, 200)}' cannot be the name of a model.`, { param: 'model' })
}

const cannot = (operation: Operation, model: string): Fault =>
  new Fault(
    'invalid_request',
    `${model} is reached by Gemini's API, which cannot do '${operation}'. Ask another model.`,
    {
      param: 'model',
    },
  )
