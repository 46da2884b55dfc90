import type { Answer } from '../../model/answer.ts'
import { modelOf } from '../../model/sealed.ts'
import type { Making } from '../dialect.ts'

export type Head = { readonly id: string; readonly created: number; readonly model: string }

/** What every reply begins with. An id of another dialect's form would tell who was asked; one that was told stays. */
export const headOf = ({ id, created, model }: Pick<Answer, 'id' | 'created' | 'model'>, making: Making): Head => ({
  id: id !== undefined && (id.startsWith('chatcmpl-') || making.behind?.id === id) ? id : `chatcmpl-${making.id}`,
  created: created ?? making.created,
  model: model ?? modelOf(making.maker),
})
