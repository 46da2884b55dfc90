import { eventsIn, type SseEvent } from '../../lib/sse.ts'
import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import { isSaid } from '../check.ts'
import type { Keeping, Reference, ReplyWatcher } from '../dialect.ts'

/**
 * How responses are kept: here if the caller asks with `store: true`, and then whole, so that any provider can go on. OpenAI's
 * own default is to keep. Where the provider does that by itself we only remember which one it was, and elsewhere the
 * response for a while, because clients rely on it: they refer to items by their ids (Vercel's AI SDK does by itself).
 */
export const keeping: Keeping = { wish, references, continued, resolved, itemsOf, inputOf, watcher }

function wish({ store }: JsonObject): ReturnType<Keeping['wish']> {
  if (store === true) return 'all'
  return store === false ? 'nothing' : 'usual'
}

function references({ previous_response_id: reply, conversation, input }: JsonObject): readonly Reference[] {
  const items = Array.isArray(input) ? input : []
  return [
    ...named('reply', reply, 'previous_response_id'),
    ...named('conversation', isObject(conversation) ? conversation.id : conversation, 'conversation'),
    ...items.flatMap((item, index) => named('item', referredBy(item), `input[${index}]`)),
  ]
}

const named = (to: Reference['to'], id: Json | undefined, at: string): readonly Reference[] =>
  typeof id === 'string' && id !== '' ? [{ to, id, at }] : []

/** The id of an item that stands for another. OpenAI's schema lets its type be left out. */
function referredBy(item: Json): string | undefined {
  if (!isObject(item)) return undefined
  const { type, role, id } = item
  const refers = type === 'item_reference' || (!isSaid(type) && !isSaid(role))
  return refers && typeof id === 'string' ? id : undefined
}

function resolved(body: JsonObject, items: ReadonlyMap<string, JsonObject>): JsonObject {
  const input = (body.input as readonly Json[]).map(item => items.get(referredBy(item) ?? '') ?? item)
  return { ...body, input }
}

function itemsOf(reply: string): ReadonlyMap<string, JsonObject> {
  const { output } = JSON.parse(reply) as { readonly output?: readonly Json[] }
  return new Map(
    (output ?? []).flatMap(item => (isObject(item) && typeof item.id === 'string' ? [[item.id, item] as const] : [])),
  )
}

/** What went in before, what came out, and then what is new. Instructions are not carried over (OpenAI's reference). */
function continued(body: JsonObject, before: { readonly input: string; readonly reply: string }): JsonObject {
  const { previous_response_id: _, ...rest } = body
  const { output } = JSON.parse(before.reply) as { readonly output?: readonly Json[] }
  const input = (JSON.parse(before.input) as readonly Json[]).map(withoutOurId)
  return { ...rest, input: [...input, ...(output ?? []), ...inputIn(body)] }
}

/** OpenAI takes ids of its own forms alone. */
function withoutOurId(item: Json): Json {
  if (!isObject(item) || typeof item.id !== 'string' || !item.id.startsWith(ours)) return item
  const { id: _, ...rest } = item
  return rest
}

const ours = 'item_'

/** A text is short for one message of the user's. */
function inputIn({ input }: JsonObject): readonly Json[] {
  if (Array.isArray(input)) return input
  if (typeof input !== 'string') return []
  return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }]
}

/** The items of a request, those without an id with one of the request's. */
function inputOf(body: JsonObject, id: string): string {
  const items = inputIn(body).map((item, index) =>
    isObject(item) && item.id === undefined ? { id: `${ours}${plain(id)}_${index}`, ...item } : item,
  )
  return JSON.stringify(items)
}

const plain = (id: string): string => id.replace(/[^\w-]/g, '')

/** The events that end a response carry it whole. */
const lastEvents = /^response\.(?:completed|incomplete|failed|cancelled)$/
const lastMarks = ['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled']

function watcher(): ReplyWatcher {
  let reply: JsonObject | undefined
  let id: string | undefined

  function see(bytes: Uint8Array): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    id ??= /"id"\s*:\s*"(resp_[\w-]+)"/.exec(text.toString('latin1', 0, 4096))?.[1]
    if (text[0] === OPEN_BRACE) reply = objectIn(text.toString())
    else if (lastMarks.some(mark => text.includes(mark))) reply = lastOf(bytes) ?? reply
  }

  return {
    see,
    get id() {
      return typeof reply?.id === 'string' ? reply.id : id
    },
    get reply() {
      return reply && JSON.stringify(reply)
    },
  }
}

const OPEN_BRACE = 123

function lastOf(frames: Uint8Array): JsonObject | undefined {
  for (const { data } of eventsOf(frames)) {
    const event = objectIn(data)
    if (typeof event?.type === 'string' && lastEvents.test(event.type) && isObject(event.response))
      return event.response
  }
  return undefined
}

/** What is no UTF-8 is handed on all the same, and is nothing to be kept. */
function eventsOf(frames: Uint8Array): readonly SseEvent[] {
  try {
    return eventsIn(frames)
  } catch (error) {
    if (error instanceof TypeError) return []
    throw error
  }
}
