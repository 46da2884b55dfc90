import type { Making } from '../dialect.ts'

/**
 * An id of a response that we wrote tells which target made it, so that a later turn which names it can be led back there.
 * Form: `resp_` and, in base64url, `thal1:`, the target (`provider/model`), `:` and the request's id. Ids that providers
 * make (`resp_` and hexadecimal digits at OpenAI) are repeated as they came, and tell nothing.
 */
export const responseId = ({ id, maker, behind }: Pick<Making, 'id' | 'maker' | 'behind'>): string =>
  typeof behind?.id === 'string' ? behind.id : prefix + Buffer.from(`${mark}${maker}:${id}`).toString('base64url')

const prefix = 'resp_'
const mark = 'thal1:'

/** The target that made a response, as `provider/model`; undefined if its id is not one of ours. */
export function targetOf(responseId: string): string | undefined {
  if (!/^resp_[A-Za-z0-9_-]+$/.test(responseId)) return undefined
  const text = Buffer.from(responseId.slice(prefix.length), 'base64url').toString()
  const end = text.lastIndexOf(':')
  if (!text.startsWith(mark) || end < mark.length) return undefined
  return text.slice(mark.length, end)
}
