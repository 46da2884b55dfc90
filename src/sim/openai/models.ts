/** `/v1/models`: what there is, each as OpenAI describes it. */

import { splitName } from '../behave.ts'
import { findModel, models } from '../models.ts'
import { page } from './manners.ts'

export const listModels = (): string => page({ object: 'list', data: models.map(({ name }) => entry(name)) })

/** One model by the name it is called with, behaviours included. */
export function showModel(id: string): string {
  findModel(splitName(id).model, id)
  return page(entry(id))
}

const entry = (id: string) => ({ id, object: 'model', created: 1735689600, owned_by: 'sim' })
