import { tongues } from '../fakes/tongues.ts'

/**
 * The second target: a provider of every dialect that is well. It keeps who has asked it, and where it is asked to go on
 * with a text that broke off, it does: a model that follows instructions, played by the sim's echo.
 */
export type Understudy = {
  /** What stands before the operations of that dialect. */
  baseUrl(dialect: string): string
  /** Whether a request with this mark has come. */
  wasAsked(mark: string): boolean
  stop(): Promise<void>
}

/** What stands before the paths of each dialect. */
export const beginnings: Readonly<Record<string, string>> = {
  'openai-chat': '/v1',
  'openai-responses': '/v1',
  'anthropic-messages': '/v1',
  'gemini-generate': '/v1beta',
  'bedrock-converse': '',
  'cohere-chat': '/v2',
}

/** `lineOf` gives the whole text of the request whose mark this is. */
export function startUnderstudy(simOrigin: string, lineOf: (mark: string) => string): Understudy {
  const asked = new Set<string>()
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url)
      const [, dialect = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(pathname) ?? []
      const body = await request.text()
      const mark = markIn(body)
      if (mark !== undefined) asked.add(mark)
      const anchor = anchorIn(body)
      const text = anchor === undefined || mark === undefined ? undefined : restOf(lineOf(mark), anchor)
      const said = text === undefined ? body : JSON.stringify(sayingIn(dialect, body, text))
      return fetch(`${simOrigin}${path}${search}`, { method: 'POST', headers: passed(request.headers), body: said })
    },
  })
  return {
    baseUrl: dialect => `http://127.0.0.1:${server.port}/${dialect}${beginnings[dialect] ?? ''}`,
    wasAsked: mark => asked.has(mark),
    stop: () => server.stop(true),
  }
}

/** What tells one request from another, whichever dialect it is told in. */
export const markIn = (text: string): string | undefined => /cell-\d+/.exec(text)?.[0]

const anchorIn = (body: string): string | undefined => {
  const found = /<<<((?:[^"\\]|\\.)*?)>>>/.exec(body)?.[1]
  return found === undefined ? undefined : (JSON.parse(`"${found}"`) as string)
}

/** From the last words that the caller has, as asked for. */
function restOf(line: string, anchor: string): string {
  const from = line.indexOf(anchor)
  if (from === -1) throw new Error(`'${anchor}' is nowhere in '${line}'`)
  return line.slice(from)
}

function sayingIn(dialect: string, body: string, said: string): object {
  const tongue = tongues.find(({ id }) => id === dialect)
  if (!tongue) throw new Error(`Nobody speaks ${dialect}.`)
  const { model, stream } = JSON.parse(body) as { readonly model?: string; readonly stream?: boolean }
  return tongue.body(model ?? '', stream ?? false, { said })
}

function passed(headers: Headers): Headers {
  const kept = new Headers(headers)
  for (const name of ['host', 'content-length', 'connection', 'accept-encoding']) kept.delete(name)
  return kept
}
