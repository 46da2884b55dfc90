import { objectIn } from '../../src/model/json.ts'
import { type Cell, lineOf, nameOf } from './cells.ts'
import { messageMark } from './endpoints.ts'
import type { Stage } from './stage.ts'

/** What a caller got: everything, as it came. */
export type Got = {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
  /** The connection broke, or the reply never ended. */
  readonly broke: string | undefined
  readonly began: number
  readonly ended: number
}

/** Longer than any cell takes. */
const patienceMs = 15_000

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

/** On a socket a refusal is a message, and has no status. */
export const notTold = 0

/** Asks what the cell says, and reads the reply to its end. */
export async function ask(cell: Cell, stage: Stage): Promise<Got> {
  const began = performance.now()
  const got = cell.endpoint.carried === 'messages' ? await bySocket(cell, stage) : await byHttp(cell, stage)
  return { ...got, began, ended: performance.now() }
}

const bodyOf = (cell: Cell): string => {
  const wish = { said: lineOf(cell.id), ...(cell.call && { tools: [{ name: 'weather', schema }] }) }
  return JSON.stringify(cell.endpoint.tongue.body(nameOf(cell), cell.stream, wish))
}

async function byHttp(cell: Cell, { url, key }: Stage): Promise<Omit<Got, 'began' | 'ended'>> {
  const { endpoint, stream } = cell
  const path = (endpoint.path ?? endpoint.tongue.path)(nameOf(cell), stream)
  let response: Response | undefined
  const parts: Uint8Array[] = []
  let broke: string | undefined
  try {
    response = await fetch(url + path, {
      method: 'POST',
      headers: {
        ...endpoint.tongue.headers,
        ...credentials(endpoint.tongue.headers, key),
        'content-type': 'application/json',
      },
      body: bodyOf(cell),
      signal: AbortSignal.timeout(patienceMs),
    })
    for await (const part of response.body ?? []) parts.push(part)
  } catch (error) {
    broke = String(error)
  }
  return {
    status: response?.status ?? 0,
    headers: response?.headers ?? new Headers(),
    bytes: Buffer.concat(parts),
    broke,
  }
}

/** The tongue's own, with another secret. */
const credentials = (headers: Readonly<Record<string, string>>, key: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([, value]) => value.includes('sim-key'))
      .map(([name, value]) => [name, value.replace('sim-key', key)]),
  )

/** One request on a socket of its own. The last message of a reply is known by what it says. */
async function bySocket(cell: Cell, { url, key }: Stage): Promise<Omit<Got, 'began' | 'ended'>> {
  const path = cell.endpoint.tongue.path(nameOf(cell), true)
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, { headers: { authorization: `Bearer ${key}` } })
  const messages: string[] = []
  const over = Promise.withResolvers<string | undefined>()
  const late = setTimeout(() => over.resolve('nothing came any more'), patienceMs)
  socket.onopen = () => socket.send(bodyOf(cell))
  socket.onclose = () => over.resolve('the socket was closed')
  socket.onmessage = ({ data }) => {
    messages.push(String(data))
    if (isLast(String(data))) over.resolve(undefined)
  }
  const broke = await over.promise
  clearTimeout(late)
  socket.close()
  const refused = messages.length === 1 && isError(messages[0] ?? '')
  return {
    status: refused ? notTold : 200,
    headers: new Headers(),
    bytes: Buffer.from(messages.join(messageMark)),
    broke,
  }
}

const isLast = (message: string): boolean =>
  message === '[DONE]' || isError(message) || /"type":"response\.(completed|incomplete|failed)"/.test(message)

function isError(message: string): boolean {
  const said = objectIn(message)
  return said?.type === 'error' || (said?.error !== undefined && said.error !== null)
}
