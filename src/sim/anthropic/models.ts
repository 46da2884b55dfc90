/** `/v1/models` as Anthropic describes them. */

import { splitName } from '../behave.ts'
import { findModel, longest, models } from '../models.ts'

export const listModels = (): string => {
  const data = models.filter(({ use }) => use === 'chat').map(({ name }) => entry(name))
  return JSON.stringify({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null })
}

export function showModel(id: string): string {
  findModel(splitName(id).model, id)
  return JSON.stringify(entry(id))
}

const entry = (id: string) => ({
  type: 'model',
  id,
  display_name: id,
  created_at: '2025-01-01T00:00:00Z',
  max_input_tokens: 1_000_000,
  max_tokens: longest,
})
