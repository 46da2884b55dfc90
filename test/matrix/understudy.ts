import {
  request as ask,
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import { tongues } from '../fakes/tongues.ts'

/**
 * The second target: a provider of every dialect that is well. It keeps who has asked it, and where it is asked to go on
 * with a text that broke off, it does: a model that follows instructions, played by the sim's echo.
 */
export type Understudy = {
  readonly port: number
  /** What stands before the operations of that dialect. */
  baseUrl(dialect: string): string
  /** Whether a request with this mark has come. */
  wasAsked(mark: string): boolean
  /** Of requests with a mark those that it has not answered to the end. */
  asked(): readonly Asked[]
  stop(): Promise<void>
}

/** A request: its mark, the port that it came from, and what the sim is asked to do beside. */
export type Asked = { readonly mark: string; readonly port: number; readonly mood: string }

/** What stands before the paths of each dialect. */
export const beginnings: Readonly<Record<string, string>> = {
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  'anthropic-messages': '/v1',
  'gemini-generate': '/v1beta',
  'bedrock-converse': '',
  'cohere-chat': '/v2',
}

type Options = {
  /** Any free one if left out. */
  readonly port?: number
  /** What the sim is asked to do beside (`x-sim`), by the request's mark. */
  readonly mood?: (mark: string | undefined) => string
  /** Told of each request with a mark. What it answers is told when that is answered to the end, or its connection is gone. */
  readonly heard?: (asked: Asked) => () => void
}

/** `lineOf` gives the whole text of the request whose mark this is. */
export function startUnderstudy(
  simOrigin: string,
  lineOf: (mark: string) => string,
  { port = 0, mood = () => '', heard = () => () => undefined }: Options = {},
): Understudy {
  const asked = new Set<string>()
  const open = new Map<ServerResponse, { readonly asked: Asked; readonly over: () => void }>()
  const server = createServer((request, response) => {
    let left = false
    response.once('close', () => {
      left = true
      open.get(response)?.over()
      open.delete(response)
    })
    collect(request, body => {
      if (left) return
      const mark = markIn(body)
      if (mark !== undefined) asked.add(mark)
      const [, dialect = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? []
      const text = restIn(body, mark, lineOf)
      const said = text === undefined ? body : JSON.stringify(sayingIn(dialect, body, text))
      const does = mood(mark)
      // Who only looks whether all is well is nobody's, and comes again and again.
      if (mark !== undefined) {
        const asked = { mark, port: request.socket.remotePort ?? 0, mood: does }
        open.set(response, { asked, over: heard(asked) })
      }
      repeat(`${simOrigin}${path}`, { ...passed(request.headers), 'x-sim': does }, said, response)
    })
  })
  server.keepAliveTimeout = 0
  server.listen(port, '127.0.0.1')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error(`The understudy cannot listen on ${port}.`)
  return {
    port: address.port,
    baseUrl: dialect => `http://127.0.0.1:${address.port}/${dialect}${beginnings[dialect] ?? ''}`,
    wasAsked: mark => asked.has(mark),
    asked: () => [...open.values()].map(({ asked }) => asked),
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function collect(request: IncomingMessage, whole: (body: string) => void): void {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => whole(Buffer.concat(parts).toString()))
}

/** The sim's reply as it comes; where the sim breaks it off, so is this one, and who leaves here leaves there. */
function repeat(url: string, headers: OutgoingHttpHeaders, body: string, response: ServerResponse): void {
  const breakOff = (): void => void response.socket?.resetAndDestroy()
  const asking = ask(url, { method: 'POST', headers: { ...headers, 'content-length': Buffer.byteLength(body) } })
  asking.on('error', breakOff)
  asking.on('response', reply => {
    response.writeHead(reply.statusCode ?? 500, reply.headers)
    response.flushHeaders()
    reply.on('error', breakOff)
    reply.on('aborted', breakOff)
    reply.pipe(response)
  })
  response.on('close', () => asking.destroy())
  asking.end(body)
}

/** What tells one request from another, whichever dialect it is told in. */
export const markIn = (text: string): string | undefined => /cell-\d+/.exec(text)?.[0]

const anchorIn = (body: string): string | undefined => {
  const found = /<<<((?:[^"\\]|\\.)*?)>>>/.exec(body)?.[1]
  return found === undefined ? undefined : (JSON.parse(`"${found}"`) as string)
}

/** What is to be said where a text broke off: from the last words that the caller has, as asked for. */
function restIn(body: string, mark: string | undefined, lineOf: (mark: string) => string): string | undefined {
  const anchor = anchorIn(body)
  if (anchor === undefined || mark === undefined) return undefined
  const line = lineOf(mark)
  return line.slice(Math.max(0, line.indexOf(anchor)))
}

function sayingIn(dialect: string, body: string, said: string): object {
  const tongue = tongues.find(({ id }) => id === dialect)
  if (!tongue) throw new Error(`Nobody speaks ${dialect}.`)
  const { model, stream } = JSON.parse(body) as { readonly model?: string; readonly stream?: boolean }
  return tongue.body(model ?? '', stream ?? false, { said })
}

const ofTheConnection = ['host', 'content-length', 'connection', 'accept-encoding']

const passed = (headers: IncomingMessage['headers']): OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheConnection.includes(name)))
