/** What can be done with a response that was kept: have it shown, forgotten, cancelled, or its input listed. */

import { isObject, type Json } from '../json.ts'
import { page } from '../openai/manners.ts'
import { Refusal } from '../refusal.ts'
import type { Thread } from '../threads.ts'

type Threads = Map<string, Thread>

function threadOf(threads: Threads, id: string): Thread {
  const thread = threads.get(id)
  if (thread !== undefined) return thread
  throw new Refusal(404, `Response with id '${id}' not found.`)
}

/** One that was being made is ready by the time it is asked for. */
export function showResponse(threads: Threads, id: string): string {
  const thread = threadOf(threads, id)
  threads.set(id, { ...thread, waiting: false })
  return page(thread.response)
}

export function forgetResponse(threads: Threads, id: string): string {
  threadOf(threads, id)
  threads.delete(id)
  return page({ id, object: 'response', deleted: true })
}

export function cancelResponse(threads: Threads, id: string): string {
  const thread = threadOf(threads, id)
  if (thread.response.background !== true) throw new Refusal(400, 'Cannot cancel a synchronous response.')
  if (!thread.waiting) return page(thread.response)
  const response = { ...thread.response, status: 'cancelled', output: [], usage: null, completed_at: null }
  threads.set(id, { ...thread, response, waiting: false })
  return page(response)
}

/** Newest first, unless `order=asc`. */
export function listInput(threads: Threads, id: string, query: URLSearchParams): string {
  const { input } = threadOf(threads, id)
  const items = input.map((item, i) => shownItem(item, `msg_${id.slice(5)}${i}`))
  const data = query.get('order') === 'asc' ? items : items.toReversed()
  const ids = data.map(item => (isObject(item) ? item.id : null))
  return page({ object: 'list', data, first_id: ids[0] ?? null, has_more: false, last_id: ids.at(-1) ?? null })
}

/** As items are shown: with an identifier and with parts. */
function shownItem(item: Json, id: string): Json {
  if (!isObject(item) || (item.type ?? 'message') !== 'message') return item
  const { role = 'user', content = '' } = item
  const type = role === 'assistant' ? 'output_text' : 'input_text'
  const parts = typeof content === 'string' ? [{ type, text: content }] : content
  return { id, type: 'message', status: 'completed', role, ...item, content: parts }
}
