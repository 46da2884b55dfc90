/**
 * `sim`: a provider that needs no key. A real HTTP server that speaks as providers do, answers by rule, and misbehaves on
 * demand. On `node:http`, because `Bun.serve` sends the headers only with the first byte of the body and cannot break a
 * connection before it (measured on Bun 1.4.5).
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answered, answer, answerPlain, furnish, type House } from './answer.ts'
import { mix } from './chance.ts'
import { type Caller, callerOf, play } from './play.ts'
import { refusalFor } from './refusal.ts'
import { routeOf } from './routes.ts'
import { type Received, type Seen, type SimStats, watch } from './seen.ts'

export type { SimStats } from './seen.ts'

export type Sim = {
  readonly port: number
  /** `http://127.0.0.1:PORT/v1` */
  readonly url: string
  /** The same without the path, where dialects other than OpenAI's have theirs. */
  readonly origin: string
  /** Live: read it again and it has moved on. */
  readonly stats: SimStats
  /** Breaks every open connection and ends when all are gone. */
  stop(): Promise<void>
}

export type SimOptions = {
  /** 0, the default, is any free port. */
  readonly port?: number
  readonly hostname?: string
  /** Decides the failures of `flaky` and, with the port, the identifiers. */
  readonly seed?: number
}

export function startSim(options: SimOptions = {}): Sim {
  const { port = 0, hostname = '127.0.0.1', seed = 1 } = options
  const house = furnish(seed)
  const seen = watch()
  let nth = 0
  const server = createServer((request, response) => {
    welcome(house, seen, request, response, mix(mix(seed, address.port), nth++))
  })
  // Callers decide how long a connection stays: an idle one is not closed from this side.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  // Bun tells why a port cannot be had in the next turn, when it is too late to throw: no address says it now.
  server.once('error', () => undefined)
  server.listen(port, hostname)
  const address = addressOf(server, `${hostname}:${port}`)
  const host = hostname.includes(':') ? `[${hostname}]` : hostname
  const origin = `http://${host}:${address.port}`
  return { port: address.port, url: `${origin}/v1`, origin, stats: seen.stats, stop: () => stop(server) }
}

function addressOf(server: Server, wanted: string): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new Error(`The sim cannot listen on ${wanted}: is the port taken?`)
  return address
}

function stop(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function welcome(house: House, seen: Seen, request: IncomingMessage, response: ServerResponse, mark: number): void {
  const caller = callerOf(response)
  const path = request.url ?? '/'
  const end = path.startsWith('/sim/') ? () => undefined : seen.begin()
  response.once('close', () => {
    caller.leave()
    end(response.writableFinished ? 'finished' : caller.broken ? 'broken' : 'aborted')
  })
  collect(request, (body, tooLarge) => {
    const received = receivedOf(request, path, body)
    if (!path.startsWith('/sim/')) seen.keep(received)
    const answered = tooLarge ? refuseTooLarge(house, received, mark) : attend(house, seen, received, mark)
    perform(seen, response, caller, answered).catch(cause => {
      // A mistake in the sim itself, after the headers: the caller sees a broken answer, the operator why.
      process.emitWarning(cause)
      caller.breakOff('close')
    })
  })
}

/** More than this is not read. */
const mostBytes = 64 * 1024 * 1024

/** What is over the limit is read to its end and thrown away; the empty body that remains is told apart by `tooLarge`. */
function collect(request: IncomingMessage, whole: (body: Buffer, tooLarge: boolean) => void): void {
  const parts: Buffer[] = []
  let size = 0
  request.on('data', (part: Buffer) => {
    size += part.length
    if (size <= mostBytes) parts.push(part)
    else parts.length = 0
  })
  request.on('end', () =>
    whole(parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts), size > mostBytes),
  )
}

function receivedOf(request: IncomingMessage, path: string, body: Buffer): Received {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return { method: request.method ?? 'GET', path, headers, rawHeaders: request.rawHeaders, body }
}

async function perform(seen: Seen, response: ServerResponse, caller: Caller, answered: Answered): Promise<void> {
  const close = answered.stream ? seen.openStream() : undefined
  try {
    if (answered.delay > 0) await caller.pause(answered.delay)
    if (!caller.gone) await play(response, caller, answered.reply)
  } finally {
    close?.()
  }
}

function attend(house: House, seen: Seen, received: Received, mark: number): Answered {
  if (received.path.startsWith('/sim/')) return report(seen, received.method, received.path.split('?', 1)[0] ?? '')
  const route = routeOf(received, house.threads)
  return route.type === 'dialect'
    ? answer(house, route.dialect, received, mark)
    : answerPlain(house, route.manners, received, mark, route.body)
}

/** More than anyone reads. */
function refuseTooLarge(house: House, received: Received, mark: number): Answered {
  const route = routeOf(received, house.threads)
  const manners = route.type === 'dialect' ? route.dialect : route.manners
  return answerPlain(house, manners, received, mark, () => {
    throw refusalFor(413)
  })
}

/** What a test asks the sim about itself. */
function report(seen: Seen, method: string, path: string): Answered {
  switch (`${method} ${path}`) {
    case 'GET /sim/stats':
      return plain(200, seen.stats)
    case 'GET /sim/requests':
      return plain(200, seen.requests())
    case 'DELETE /sim/requests':
      seen.forget()
      return plain(200, { deleted: true })
    default:
      return plain(404, { error: `The sim has no ${method} ${path}.` })
  }
}

const plain = (status: number, body: object): Answered => ({
  reply: { type: 'whole', status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  delay: 0,
  stream: false,
})
