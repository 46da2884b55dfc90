import { type Asked, type Exchange, head, type Script, scriptedUpstream } from '../fakes/upstream.ts'

/**
 * A provider that does what no HTTP server will: the first part of the path says what. It has the words of its replies
 * from the sim, where they are needed.
 */
export type Vandal = { readonly origin: string; stop(): Promise<void> }

export async function startVandal(simOrigin: string): Promise<Vandal> {
  const upstream = await scriptedUpstream(exchange => scriptFor(exchange.asked, simOrigin)(exchange))
  return { origin: new URL(upstream.url).origin, stop: () => upstream.stop() }
}

/** `/what/rest`: what is to be done, and where the sim would have been asked. */
const parted = ({ path }: Asked): readonly [string, string] => {
  const [, what = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(path) ?? []
  return [what, rest]
}

const yearAhead = 365 * 86_400

/** What a 429 says of when to come back. */
const retryAfters: Readonly<Record<string, () => string>> = {
  '429-year': () => `${yearAhead}`,
  '429-negative': () => '-5',
  '429-date': () => new Date(Date.now() + 30_000).toUTCString(),
  '429-past': () => new Date(Date.now() - yearAhead * 1000).toUTCString(),
  '429-nonsense': () => 'when the cows come home, 1e999',
}

function scriptFor(asked: Asked, simOrigin: string): Script {
  const [what, rest] = parted(asked)
  const retryAfter = retryAfters[what]
  if (retryAfter) return limited(retryAfter())
  if (what === 'half-close') return ({ end }) => end()
  if (what === 'headers') return floods
  if (what === 'trickle') return ({ write, closed }) => drip(head({}), write, closed)
  if (what.startsWith('trickle-')) return trickling(`${simOrigin}${rest}`, asked, what.slice('trickle-'.length))
  throw new Error(`The vandal does not know ${asked.path}`)
}

function limited(retryAfter: string): Script {
  const body = '{"message":"Slow down.","error":{"message":"Slow down."}}'
  const headers = { 'content-type': 'application/json', 'content-length': `${body.length}`, 'retry-after': retryAfter }
  return ({ write }) => write(head({ status: 429, headers }) + body)
}

const mostHeaders = 100_000_000
const oneHeader = `x-flood: ${'a'.repeat(8_000)}\r\n`

/** Nobody reads so much: the connection is closed long before. */
const floods: Script = async ({ write, end, closed }) => {
  let gone = false
  void closed.then(() => {
    gone = true
  })
  await write('HTTP/1.1 200 OK\r\n')
  const block = oneHeader.repeat(32)
  for (let sent = 0; sent < mostHeaders && !gone; sent += block.length) await Promise.race([write(block), closed])
  end()
}

/** As much of the sim's reply as comes before the place, and the rest of it at one byte a second. */
const trickling =
  (url: string, asked: Asked, place: string): Script =>
  async ({ write, closed }) => {
    const [part, whole] = await Promise.all([heard(url, asked, `close=${place}`), heard(url, asked, '')])
    await write(head({ headers: { 'content-type': whole.contentType, connection: 'close' } }))
    await write(part.bytes)
    await drip(whole.bytes.subarray(part.bytes.length), write, closed)
  }

const dripMs = 1_000

async function drip(bytes: string | Uint8Array, write: Exchange['write'], closed: Promise<void>): Promise<void> {
  for (const byte of Buffer.from(bytes)) {
    const gone = await Promise.race([write(Buffer.of(byte)).then(() => Bun.sleep(dripMs)), closed.then(() => true)])
    if (gone) return
  }
}

async function heard(url: string, { headers, body }: Asked, behaviour: string) {
  const passed = [...headers].filter(([name]) => !['host', 'content-length', 'connection'].includes(name))
  const response = await fetch(url, { method: 'POST', headers: [...passed, ['x-sim', behaviour]], body })
  return { contentType: response.headers.get('content-type') ?? '', bytes: await response.bytes() }
}
