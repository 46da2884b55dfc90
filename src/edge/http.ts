import type { Address, Dialect } from '../dialects/dialect.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { serve } from '../gateway.ts'
import { requestId } from '../lib/id.ts'
import { Diary } from '../model/diary.ts'
import { Fault } from '../model/fault.ts'
import type { Door } from './door.ts'
import { listModels, oneModel } from './models.ts'

type Handler = (request: Request, door: Door, path: string) => Response | Promise<Response>
type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>

/** All headers of a request together. Prompts belong in the body. */
const mostHeaderBytes = 32 * 1024

/** Which path is which operation in which dialect. A path is matched whole; `{…}` at the end matches the rest. */
const routes: Routes = {
  '/v1/chat/completions': { POST: onTheLine({ operation: 'chat' }, openaiChat) },
  '/v1/completions': { POST: onTheLine({ operation: 'completions' }, openaiChat) },
  '/v1/embeddings': { POST: onTheLine({ operation: 'embeddings' }, openaiChat) },
  '/v1/models': { GET: told(listModels) },
  '/v1/models/': { GET: told(oneModel) },
  '/healthz': { GET: () => new Response('ok\n') },
  '/readyz': { GET: (_, door) => probe(door.ready()) },
}

/** `/readyz`: whether new requests are welcome. */
export const probe = (ready: boolean): Response =>
  ready ? new Response('ready\n') : new Response('draining\n', { status: 503 })

/** One request of the data port: found in the table and handed on. Never throws and never rejects. */
export function answer(request: Request, door: Door): Response | Promise<Response> {
  try {
    checkHeaders(request)
    const path = pathOf(request.url)
    return handlerOf(request.method, path)(request, door, path)
  } catch (error) {
    return refused(error, door)
  }
}

/** A refusal outside the line: nothing was asked of a model, so there is no row; the id is for the caller's own log. */
function refused(error: unknown, door: Door, more: Readonly<Record<string, string>> = {}): Response {
  const fault = Fault.from(error)
  if (fault.code === 'internal') door.failed(fault)
  const id = requestId()
  return new Response(JSON.stringify(openaiChat.fault.write(fault, id)), {
    status: fault.status,
    headers: { 'content-type': 'application/json', 'x-request-id': id, 'x-thalamus-request-id': id, ...more },
  })
}

function handlerOf(method: string, path: string): Handler {
  const methods = routes[path] ?? (path.startsWith('/v1/models/') ? routes['/v1/models/'] : undefined)
  if (!methods) {
    throw new Fault('invalid_request', `There is nothing at ${path.slice(0, 200)}. Thalamus answers at ${known}.`, {
      status: 404,
    })
  }
  return methods[method === 'HEAD' ? 'GET' : method] ?? notAllowed(Object.keys(methods).join(', '))
}

const notAllowed =
  (allow: string): Handler =>
  ({ method }, door, path) =>
    refused(new Fault('invalid_request', `${path} does not answer ${method}: use ${allow}.`, { status: 405 }), door, {
      allow,
    })

const known = Object.keys(routes)
  .filter(path => path.startsWith('/v1') && !path.endsWith('/'))
  .join(', ')

function pathOf(url: string): string {
  const from = url.indexOf('/', url.indexOf('://') + 3)
  const query = url.indexOf('?', from)
  return query === -1 ? url.slice(from) : url.slice(from, query)
}

function checkHeaders({ headers }: Request): void {
  let bytes = 0
  headers.forEach((value, name) => {
    bytes += value.length + name.length
  })
  if (bytes > mostHeaderBytes) {
    throw new Fault('invalid_request', `The headers are ${bytes} bytes; at most ${mostHeaderBytes} are read.`, {
      status: 431,
    })
  }
}

function onTheLine(address: Address, dialect: Dialect): Handler {
  return (request, door) => {
    const diary = new Diary(door.clock.now(), door.clock.wall())
    const enter = (id: string): Promise<Response> => {
      door.entered()
      return serve(door.rooms, { id, request, address, dialect, signal: request.signal, diary })
    }
    const id = door.identify(request)
    return typeof id === 'string' ? enter(id) : id.then(enter, error => refused(error, door))
  }
}

/** A handler whose refusals are told in its own answer. */
function told(handler: Handler): Handler {
  return async (request, door, path) => {
    try {
      return await handler(request, door, path)
    } catch (error) {
      return refused(error, door)
    }
  }
}
