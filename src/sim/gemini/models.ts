/** `/v1beta/models`: what there is, each as Google describes it. */

import { splitName } from '../behave.ts'
import { findModel, longest, type Model, models } from '../models.ts'

export const listModels = (): string => JSON.stringify({ models: models.map(each => entry(each, each.name)) })

export const showModel = (id: string): string => JSON.stringify(entry(findModel(splitName(id).model, id), id))

const methods = { chat: ['generateContent', 'countTokens'], embed: ['embedContent'] } as const

const entry = ({ use }: Model, id: string) => ({
  name: `models/${id}`,
  version: '001',
  displayName: id,
  description: 'A simulated model.',
  inputTokenLimit: 1_048_576,
  outputTokenLimit: longest,
  supportedGenerationMethods: methods[use],
  ...(use === 'chat' ? { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2, thinking: true } : {}),
})
