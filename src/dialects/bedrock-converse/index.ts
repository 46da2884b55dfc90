import { Fault } from '../../model/fault.ts'
import type { ProviderDialect } from '../dialect.ts'
import { answer } from './answer.ts'
import { compose } from './compose.ts'
import { fault } from './fault.ts'
import { dialectId } from './id.ts'
import { stream } from './stream.ts'

/** Amazon Bedrock's Converse API, one wire for the models of many makers. Spoken to providers only. */
export const bedrockConverse: ProviderDialect = {
  id: dialectId,
  // A model's id may be an ARN, with slashes in it: the whole of it is one piece of the path.
  path: ({ model, stream: streamed }) => `/model/${piece(model)}/${streamed ? 'converse-stream' : 'converse'}`,
  request: { compose, takesUrls: () => false },
  answer,
  stream,
  fault,
}

/** A piece of dots would lead out of the collection, however it is escaped. */
function piece(model: string): string {
  if (model !== '.' && model !== '..' && model.isWellFormed()) return encodeURIComponent(model)
  throw new Fault('model_not_found', `'${model.toWellFormed().slice(0, 200)}' cannot be the name of a model.`, {
    param: 'model',
  })
}
