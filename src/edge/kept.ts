import { askedIn } from '../lib/asked.ts'
import { Fault } from '../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../model/json.ts'
import type { Exchange, KeptReply } from '../ports/replies.ts'
import type { Door } from './door.ts'
import type { Place } from './table.ts'

export type KeptPlace = Extract<Place, { readonly kind: 'kept' }>

/**
 * Replies of OpenAI's Responses that were kept: shown, deleted, what went into them, and cancelled. Where only the provider
 * has one, it is asked. A reply belongs to the key that caused it; for every other it is not there.
 */
export async function answerKept(request: Request, door: Door, place: KeptPlace): Promise<Response> {
  const caller = await door.rooms.authenticate(request)
  const found = door.replies.find(place.id, caller.keyId)
  if (!found) throw notThere(place.id)
  return found.kept ? ofOurs(request, door, place, found, found.kept) : ofProviders(request, door, place, found)
}

const notThere = (id: string): Fault =>
  new Fault(
    'invalid_request',
    `There is no response '${id.slice(0, 100)}' for this key. Replies are kept when they are asked for with "store": true.`,
    { status: 404, param: 'id' },
  )

function ofOurs(request: Request, door: Door, { what }: KeptPlace, { id, keyId }: KeptReply, kept: Exchange): Response {
  if (what === 'cancel')
    throw new Fault('invalid_request', 'This response is over: only one that runs in the background can be cancelled.')
  if (what === 'items') return Response.json(itemsOf(kept, new URLSearchParams(askedIn(request.url)[1])))
  if (request.method === 'DELETE') {
    door.replies.drop(id, keyId)
    return Response.json({ id, object: 'response', deleted: true })
  }
  if (isStream(request)) throw notStreamed()
  return new Response(kept.reply, { headers: { 'content-type': 'application/json' } })
}

/** Its client would read one JSON text as a stream of nothing. */
const isStream = ({ url }: Request): boolean => new URLSearchParams(askedIn(url)[1]).get('stream') === 'true'

const notStreamed = (): Fault =>
  new Fault('invalid_request', "This response is over, and is shown whole: leave 'stream' out.", { param: 'stream' })

async function ofProviders(
  request: Request,
  door: Door,
  { what, dialect }: KeptPlace,
  found: KeptReply,
): Promise<Response> {
  const method = what === 'cancel' ? 'POST' : request.method === 'DELETE' ? 'DELETE' : 'GET'
  const more = { reply: '', items: '/input_items', cancel: '/cancel' }[what]
  const provider = found.maker.slice(0, found.maker.indexOf('/'))
  const path = `/${found.id}${more}${passed(request.url)}`
  const response = await door.forward({ provider, dialect: dialect.id, method, path, request })
  if (method === 'DELETE' && response.ok) door.replies.drop(found.id, found.keyId)
  return response
}

/** What OpenAI's reference knows of a kept response's query. Nothing else goes on: a caller's key may stand there. */
const parameters = [
  'include',
  'include[]',
  'include_obfuscation',
  'stream',
  'starting_after',
  'limit',
  'order',
  'after',
  'before',
]

function passed(url: string): string {
  const asked = new URLSearchParams(askedIn(url)[1])
  const known = new URLSearchParams([...asked].filter(([name]) => parameters.includes(name)))
  return known.size === 0 ? '' : `?${known.toString()}`
}

const mostItems = 100

/** A page of the items that went in, newest first unless `order=asc`. */
function itemsOf({ input }: Exchange, asked: URLSearchParams): JsonObject {
  const all = JSON.parse(input) as readonly Json[]
  const ordered = asked.get('order') === 'asc' ? all : [...all].reverse()
  const after = asked.get('after')
  const from = after === null ? 0 : ordered.findIndex(item => idOf(item) === after) + 1
  const limit = Math.min(Math.max(Number(asked.get('limit') ?? 20) || 20, 1), mostItems)
  const data = ordered.slice(from, from + limit)
  return {
    object: 'list',
    data,
    first_id: idOf(data[0]),
    last_id: idOf(data.at(-1)),
    has_more: from + limit < ordered.length,
  }
}

const idOf = (item: Json | undefined): Json => (isObject(item) ? (item.id ?? null) : null)
