import type { Dialect } from '../dialects/dialect.ts'
import { serve } from '../gateway.ts'
import { askedIn } from '../lib/asked.ts'
import { isRequestId, requestId } from '../lib/id.ts'
import { type Given, givenIn, idHeaders, type Visit } from '../line.ts'
import { Diary } from '../model/diary.ts'
import { Fault } from '../model/fault.ts'
import type { Door } from './door.ts'
import { answerKept } from './kept.ts'
import { askerOf, listModels, oneModel } from './models.ts'
import { Stay } from './stay.ts'
import { dialectNear, known, type Place, placeAt } from './table.ts'

/** All headers of a request together. Prompts belong in the body. */
const mostHeaderBytes = 32 * 1024

const probes: Readonly<Record<string, (door: Door) => Response>> = {
  '/healthz': () => new Response('ok\n'),
  '/readyz': door => probe(door.ready()),
}

/** `/readyz`: whether new requests are welcome. */
export const probe = (ready: boolean): Response =>
  ready ? new Response('ready\n') : new Response('draining\n', { status: 503 })

/** One request of the data port: found in the table and handed on. Never throws and never rejects. */
export function answer(request: Request, door: Door, socket = false): Response | Promise<Response> {
  const [path, query] = askedIn(request.url)
  const place = placeAt(path, query)
  const dialect = place?.dialect ?? dialectNear(path)
  try {
    const headers = givenIn(request.headers)
    checkSize(headers)
    if (place)
      return answers(place, request.method)
        ? enter({ request, headers, socket }, door, place)
        : notAllowed(request, door, place, path)
    return probed(request, door, path) ?? refused(nothingAt(path), door, dialect)
  } catch (error) {
    return refused(error, door, dialect)
  }
}

/** HEAD is a GET without its body; a kept reply may also be deleted. */
function answers(place: Place, method: string): boolean {
  if (place.kind === 'kept' && place.what === 'reply' && method === 'DELETE') return true
  return method === place.method || (method === 'HEAD' && place.method === 'GET')
}

/** A refusal outside the line: nothing was asked of a model, so there is no row; the id is for the caller's own log. */
export function refused(
  error: unknown,
  door: Door,
  dialect: Dialect,
  more: Readonly<Record<string, string>> = {},
): Response {
  const fault = Fault.from(error)
  if (fault.code === 'internal') door.failed(fault)
  const id = requestId()
  return new Response(JSON.stringify(dialect.fault.write(fault, id)), {
    status: fault.status,
    headers: { ...idHeaders(id, dialect), 'content-type': 'application/json', ...more },
  })
}

function probed(request: Request, door: Door, path: string): Response | undefined {
  const asked = Object.hasOwn(probes, path) ? probes[path] : undefined
  if (!asked) return undefined
  if (request.method === 'GET' || request.method === 'HEAD') return asked(door)
  return refused(wrongMethod(request.method, path, 'GET'), door, dialectNear(path), { allow: 'GET' })
}

const nothingAt = (path: string): Fault =>
  new Fault('invalid_request', `There is nothing at ${path.slice(0, 200)}. Thalamus answers at ${known.join(', ')}.`, {
    status: 404,
  })

const notAllowed = ({ method }: Request, door: Door, { method: allow, dialect }: Place, path: string): Response =>
  refused(wrongMethod(method, path, allow), door, dialect, { allow })

const wrongMethod = (method: string, path: string, allow: string): Fault =>
  new Fault('invalid_request', `${path} does not answer ${method}: use ${allow}.`, { status: 405 })

function checkSize(headers: Given): void {
  let bytes = 0
  // Several cookies are a list, whatever their type says.
  for (const name in headers) bytes += name.length + String(headers[name]).length
  if (bytes > mostHeaderBytes) {
    throw new Fault('invalid_request', `The headers are ${bytes} bytes; at most ${mostHeaderBytes} are read.`, {
      status: 431,
    })
  }
}

type Entering = Pick<Visit, 'request' | 'headers' | 'socket'>

function enter(entering: Entering, door: Door, place: Place): Response | Promise<Response> {
  switch (place.kind) {
    case 'line':
      return onTheLine(entering, door, place)
    case 'models':
    case 'kept':
    case 'model':
      return beside(entering, door, place)
    default:
      return place satisfies never
  }
}

type BesideTheLine = Exclude<Place, { readonly kind: 'line' }>

/** What is asked beside the line, of us. It has no row, so that its id may be another's too. */
async function beside({ request, headers }: Entering, door: Door, place: BesideTheLine): Promise<Response> {
  const dialect = place.kind === 'kept' ? place.dialect : askerOf(request, place.dialect)
  const own = headers['x-request-id']
  const id = own !== undefined && isRequestId(own) ? own : requestId()
  try {
    const response = await answerBeside(request, door, dialect, place)
    for (const [name, value] of Object.entries(idHeaders(id, dialect))) response.headers.set(name, value)
    return response
  } catch (error) {
    return refused(error, door, dialect)
  }
}

function answerBeside(request: Request, door: Door, dialect: Dialect, place: BesideTheLine): Promise<Response> {
  switch (place.kind) {
    case 'models':
      return listModels(request, door, dialect)
    case 'kept':
      return answerKept(request, door, place)
    case 'model':
      return oneModel(request, door, dialect, place.id)
    default:
      return place satisfies never
  }
}

type OnTheLine = Extract<Place, { readonly kind: 'line' }>

function onTheLine(
  { request, headers, socket }: Entering,
  door: Door,
  { dialect, address }: OnTheLine,
): Promise<Response> {
  const diary = new Diary(door.clock.now(), door.clock.wall())
  const stay = new Stay(request.signal, diary)
  const id = door.identify(headers['x-request-id'])
  return typeof id === 'string'
    ? visited({ id, request, headers, address, dialect, signal: stay, stay, diary, socket }, stay, door)
    : visitedAs(id, { request, headers, address, dialect, signal: stay, stay, diary, socket }, stay, door)
}

/** By the id that the caller chose, or one like it. */
async function visitedAs(id: Promise<string>, visit: Omit<Visit, 'id'>, stay: Stay, door: Door): Promise<Response> {
  let chosen: string
  try {
    chosen = await id
  } catch (error) {
    return refused(error, door, visit.dialect)
  }
  return visited({ ...visit, id: chosen }, stay, door)
}

function visited(visit: Visit, stay: Stay, door: Door): Promise<Response> {
  door.entered(visit.id, stay)
  return serve(door.rooms, visit)
}
