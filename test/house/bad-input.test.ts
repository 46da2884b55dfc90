import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { sha256 } from '../../src/lib/hash.ts'
import { eventually, metric, rowOf, rows, settled } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { type Reply, type Wire, wireTo } from '../fakes/wire.ts'

/**
 * What a caller may send that it should not, over bare sockets, because an HTTP client is too polite for most of it.
 * Each is told what is wrong, leaves the process unharmed, and is in the ledger once if it came so far as to be asked.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const maxBody = 64 * 1024
const chat = '/v1/chat/completions'
const good = body({})
let house: Thalamus
/** How often each code must stand in the ledger when all is over. */
const owed = new Map<string, number>()

beforeAll(async () => {
  house = await startThalamus({ config: { server: { max_body: '64KiB' } } })
})
afterAll(() => house.stop())

type Bad = {
  readonly name: string
  readonly sent: () => string | Uint8Array
  readonly status: number
  readonly code: string
  readonly type: string
  /** What OpenAI's `error.code` says, where it is not ours. */
  readonly wireCode?: string
  readonly param?: string
  readonly says: RegExp
}

const invalid = { status: 400, code: 'invalid_request', type: 'invalid_request_error' }
const unauthenticated = {
  status: 401,
  code: 'unauthenticated',
  type: 'authentication_error',
  wireCode: 'invalid_api_key',
}

/** Bad, but understood so far that it has a row. */
const onTheLine: readonly Bad[] = [
  { name: 'JSON that breaks off', ...invalid, says: /not valid JSON/, sent: () => post('{"model":') },
  { name: 'JSON with a comma too many', ...invalid, says: /not valid JSON/, sent: () => post('{"model":"sim/echo",}') },
  { name: 'an empty body', ...invalid, says: /empty: send a JSON object/, sent: () => post('') },
  { name: 'no body at all', ...invalid, says: /empty: send a JSON object/, sent: () => headOf('POST', chat) },
  ...['[]', '"text"', '7', 'null', 'true'].map(text => ({
    name: `the JSON ${text}, which is not an object`,
    ...invalid,
    says: /must be a JSON object/,
    sent: () => post(text),
  })),
  {
    name: 'invalid UTF-8',
    ...invalid,
    says: /not valid UTF-8/,
    sent: () => post(Buffer.from(good.replace('hi', '\xff\xfe'), 'latin1')),
  },
  {
    name: 'UTF-8 that breaks off in a character',
    ...invalid,
    says: /not valid UTF-8/,
    sent: () => post(Buffer.from(`${good.slice(0, -1)},"x":"\xe2\x82"}`, 'latin1')),
  },
  {
    name: 'a name that stands twice',
    ...invalid,
    param: 'model',
    says: /'model' stands twice.*Send it once/,
    sent: () => post(good.replace('{', '{"model":"sim/lorem",')),
  },
  {
    name: 'a name that stands twice, once with an escape',
    ...invalid,
    param: 'model',
    says: /'model' stands twice/,
    sent: () => post(good.replace('{', '{"\\u006dodel":"sim/lorem",')),
  },
  {
    name: 'arrays of depth 10,000',
    ...invalid,
    param: 'deep',
    says: /deeper than \d+ levels/,
    sent: () => post(nested('[', ']', '')),
  },
  {
    name: 'objects of depth 10,000',
    ...invalid,
    param: 'deep',
    says: /deeper than \d+ levels/,
    sent: () => post(nested('{"":', '}', '1')),
  },
  {
    name: 'a model that is a number',
    ...invalid,
    param: 'model',
    says: /as a string; it is 7/,
    sent: () => post(body({ model: 7 })),
  },
  {
    name: 'a model that is empty',
    ...invalid,
    param: 'model',
    says: /must name a model/,
    sent: () => post(body({ model: '' })),
  },
  { name: 'no model', ...invalid, param: 'model', says: /it is missing/, sent: () => post('{"messages":[]}') },
  {
    name: 'stream as a text',
    ...invalid,
    param: 'stream',
    says: /true or false; it is "yes"/,
    sent: () => post(body({ stream: 'yes' })),
  },
  {
    name: 'messages as a text',
    ...invalid,
    param: 'messages',
    says: /array of at least one/,
    sent: () => post(body({ messages: 'hi' })),
  },
  { name: 'no messages', ...invalid, param: 'messages', says: /is required/, sent: () => post('{"model":"sim/echo"}') },
  {
    name: 'an empty list of messages',
    ...invalid,
    param: 'messages',
    says: /at least one/,
    sent: () => post(body({ messages: [] })),
  },
  {
    name: 'a message that is a text',
    ...invalid,
    param: 'messages[1]',
    says: /an object with a role/,
    sent: () => post(body({ messages: [{ role: 'user', content: 'hi' }, 'hi'] })),
  },
  {
    name: 'stream_options that are a list',
    ...invalid,
    param: 'stream_options',
    says: /must be an object/,
    sent: () => post(body({ stream: true, stream_options: [] })),
  },
  {
    name: 'no prompt for /v1/completions',
    ...invalid,
    param: 'prompt',
    says: /is required/,
    sent: () => post('{"model":"sim/echo"}', { path: '/v1/completions' }),
  },
  {
    name: 'no input for /v1/embeddings',
    ...invalid,
    param: 'input',
    says: /is required/,
    sent: () => post('{"model":"sim/embed"}', { path: '/v1/embeddings' }),
  },
  {
    name: 'another content type',
    ...invalid,
    says: /content-type: application\/json instead of 'text\/plain'/,
    sent: () => post(good, { fields: `${mine()}content-type: text/plain\r\n` }),
  },
  {
    name: 'a form',
    ...invalid,
    says: /content-type: application\/json/,
    sent: () => post('model=x', { fields: `${mine()}content-type: application/x-www-form-urlencoded\r\n` }),
  },
  {
    name: 'a model that nobody serves',
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    param: 'model',
    says: /'sim\/ecko'.*Did you mean 'sim\/echo'/,
    sent: () => post(body({ model: 'sim/ecko' })),
  },
  {
    name: 'a model unlike any other',
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    param: 'model',
    says: /GET \/v1\/models lists/,
    sent: () => post(body({ model: 'zzzzzzzzzzzzzzzzzzzzzzzz' })),
  },
  {
    name: 'a model whose name is longer than any',
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    param: 'model',
    says: /has 50008 characters, and no model here has more than 256/,
    sent: () => post(body({ model: `sim/echo${'x'.repeat(50_000)}` })),
  },
  {
    name: 'a model whose provider has no key',
    status: 503,
    code: 'no_target',
    type: 'api_error',
    param: 'model',
    says: /Set OPENAI_API_KEY/,
    sent: () => post(body({ model: 'openai/gpt-5' })),
  },
  {
    name: 'no key',
    ...unauthenticated,
    says: /no key. Send it as Authorization: Bearer/,
    sent: () => post(good, { fields: '' }),
  },
  {
    name: 'a wrong key',
    ...unauthenticated,
    says: /not known here/,
    sent: () => post(good, { fields: bearer('thal_wrong') }),
  },
  {
    // GHSA-69x8-hrgq-fjj8: who has read the database has what opens the door.
    name: 'what is kept of a key in place of it',
    ...unauthenticated,
    says: /not known here/,
    sent: () => post(good, { fields: bearer(sha256(house.key)) }),
  },
  {
    name: 'a key with a character too many',
    ...unauthenticated,
    says: /not known here/,
    sent: () => post(good, { fields: bearer(`${house.key}x`) }),
  },
  {
    name: 'another scheme of authorization',
    ...unauthenticated,
    says: /Authorization: Bearer/,
    sent: () => post(good, { fields: `authorization: Basic ${btoa(`:${house.key}`)}\r\n` }),
  },
  {
    name: 'an Authorization of 8 KB',
    ...unauthenticated,
    says: /not known here/,
    sent: () => post(good, { fields: bearer('a'.repeat(8 * 1024)) }),
  },
]

const offTheLine: readonly (Bad & { readonly allow?: string })[] = [
  ...['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map(method => ({
    name: `${method} of an operation`,
    ...invalid,
    status: 405,
    allow: 'POST',
    says: /use POST/,
    sent: () => headOf(method, chat),
  })),
  {
    name: 'POST to the list of models',
    ...invalid,
    status: 405,
    allow: 'GET',
    says: /use GET/,
    sent: () => post(good, { path: '/v1/models' }),
  },
  ...['/', '/v1', `${chat}/`, '/v1/chat/completion', '/__proto__', '/V1/models'].map(path => ({
    name: `the path ${path}`,
    ...invalid,
    status: 404,
    says: /nothing at .*answers at \/v1\/chat\/completions/,
    sent: () => post(good, { path }),
  })),
  {
    name: 'a path of 4 KB',
    ...invalid,
    status: 404,
    says: /nothing at/,
    sent: () => post(good, { path: `/${'a'.repeat(4096)}` }),
  },
  {
    name: 'a header of 64 KB',
    ...invalid,
    status: 431,
    says: /headers are \d+ bytes; at most \d+ are read/,
    sent: () => post(good, { fields: `${mine()}x-wide: ${'a'.repeat(65536)}\r\n` }),
  },
  {
    name: 'an Authorization of 64 KB',
    ...invalid,
    status: 431,
    says: /headers are \d+ bytes/,
    sent: () => post(good, { fields: bearer('a'.repeat(65536)) }),
  },
  {
    name: 'a list of models without a key',
    ...unauthenticated,
    says: /Authorization: Bearer/,
    sent: () => headOf('GET', '/v1/models', ''),
  },
  {
    name: 'a model that is not listed',
    status: 404,
    code: 'model_not_found',
    type: 'invalid_request_error',
    param: 'model',
    says: /GET \/v1\/models lists/,
    sent: () => headOf('GET', '/v1/models/nope'),
  },
]

/** What the HTTP parser of the runtime refuses before we see it. */
const notHttp: readonly { readonly name: string; readonly sent: () => string }[] = [
  { name: 'bytes that are no HTTP', sent: () => '\x16\x03\x01\x00\xa5 hello\r\n\r\n' },
  { name: 'headers of 200 KB', sent: () => headOf('POST', chat, `${mine()}x-wide: ${'a'.repeat(200_000)}\r\n`) },
  { name: 'a negative length', sent: () => headOf('POST', chat, `${mine()}content-length: -5\r\n`) },
  {
    name: 'a length beyond any number',
    sent: () => headOf('POST', chat, `${mine()}content-length: ${'9'.repeat(30)}\r\n`),
  },
  {
    name: 'a length and chunks at once',
    sent: () => `${headOf('POST', chat, `${mine()}content-length: 5\r\ntransfer-encoding: chunked\r\n`)}0\r\n\r\n`,
  },
  { name: 'a path that does not begin with a slash', sent: () => headOf('POST', 'chat') },
  { name: 'a method that does not exist', sent: () => headOf('BREW', chat) },
]

describe('a request that is understood enough to be refused', () => {
  test.each([...onTheLine])('$name', async bad => {
    owe(bad.code)
    const reply = await refused(bad)
    const row = await rowOf(house, reply.id)
    expect(row).toMatchObject({ status: bad.status, code: bad.code, attempts: [] })
  })
})

describe('a request that never gets to the line', () => {
  test.each([...offTheLine])('$name', async bad => {
    const reply = await refused(bad)
    expect(reply.headers.get('allow')).toBe(bad.allow)
  })
})

describe('a body over max_body', () => {
  const tooLarge = {
    status: 413,
    code: 'too_large',
    type: 'invalid_request_error',
    says: /larger than the 65536 bytes/,
  }

  test('of declared length is refused before a byte of it is sent', async () => {
    owe('too_large')
    const wire = await wireTo(house.url)
    await wire.send(headOf('POST', chat, `${mine()}content-length: ${maxBody + 1}\r\n`))
    expectRefusal(await wire.reply(), tooLarge)
    await leave(wire)
  })

  test('in chunks is refused at the chunk that passes the limit, while more could still come', async () => {
    owe('too_large')
    const wire = await wireTo(house.url)
    await wire.send(headOf('POST', chat, `${mine()}transfer-encoding: chunked\r\n`))
    for (let i = 0; i < 17; i++) await wire.send(`1000\r\n${'a'.repeat(4096)}\r\n`)
    expectRefusal(await wire.reply(), tooLarge)
    await leave(wire)
  })

  test('is a 413 also for a client that goes on sending', async () => {
    owe('too_large')
    const wire = await wireTo(house.url)
    await wire.send(headOf('POST', chat, `${mine()}content-length: ${8 << 20}\r\n`))
    const sending = wire.send(Buffer.alloc(8 << 20, 'a'))
    expectRefusal(await wire.reply(), tooLarge)
    await leave(wire)
    await sending.catch(() => undefined)
  })

  test.each(['a declared length', 'chunks'])('begins one byte after the limit, with %s', async how => {
    owe('ok')
    const wire = await wireTo(house.url)
    const text = body({ messages: [{ role: 'user', content: 'hi' }] }).padEnd(maxBody)
    await wire.send(how === 'chunks' ? chunked(text) : post(text))
    expect((await wire.reply()).status).toBe(200)
    await leave(wire)
  })
})

describe('a caller that leaves', () => {
  const ways: readonly (readonly [string, (wire: Wire) => void])[] = [
    ['a FIN', wire => wire.end()],
    ['a RST', wire => wire.reset()],
  ]

  describe.each([...ways])('with %s', (_, go) => {
    test.each([
      ['half its declared length', 'content-length: 1000\r\n', good.slice(0, 20)],
      ['nothing of its declared length', 'content-length: 1000\r\n', ''],
      ['half a chunk', 'transfer-encoding: chunked\r\n', '100\r\n{"model":'],
    ])('having sent %s, is settled as client_closed', async (_, length, part) => {
      const id = await abandoned(headOf('POST', chat, mine() + length) + part, go)
      expect(await rowOf(house, id)).toMatchObject({ status: 499, code: 'client_closed', model_asked: null })
    })

    test.each([
      ['whole', false],
      ['streamed', true],
    ])('before its %s reply, is settled as client_closed', async (_, stream) => {
      const id = await abandoned(post(body({ model: 'sim/echo+delay=60000', stream })), go)
      expect(await rowOf(house, id)).toMatchObject({ status: 499, code: 'client_closed', provider: 'sim', stream })
    })

    test('in the middle of a stream, is settled as client_closed', async () => {
      const id = await abandoned(post(body({ model: 'sim/lorem+stall=3', stream: true })), async wire => {
        await wire.until('"finish_reason":null')
        go(wire)
      })
      expect(await rowOf(house, id)).toMatchObject({ status: 499, code: 'client_closed', provider: 'sim' })
    })
  })

  test('with half a head, is no request', async () => {
    const wire = await wireTo(house.url)
    await wire.send(headOf('POST', chat).slice(0, 60))
    await leave(wire)
    await unharmed()
  })

  /** The id of the one request of a caller that goes once its request has come in. */
  async function abandoned(sent: string | Uint8Array, go: (wire: Wire) => void | Promise<void>): Promise<string> {
    owe('client_closed')
    const wire = await wireTo(house.url)
    await wire.send(sent)
    await eventually(
      () => metric(house, 'thalamus_in_flight'),
      count => count === 1,
    )
    await go(wire)
    await wire.closed
    await settled(house)
    return (await rows(house))[0]?.id ?? ''
  }
})

describe('what is not HTTP', () => {
  test.each([...notHttp])('$name: the connection is closed, and nobody else notices', async ({ sent }) => {
    const wire = await wireTo(house.url)
    await wire.send(sent())
    await wire.closed
    expect(wire.heard()).toMatch(/^(HTTP\/1\.1 4\d\d .*)?/)
    expect(wire.heard()).not.toContain(' 200 ')
    await unharmed()
  })
})

describe('after all of this', () => {
  test('nothing is on its way, and every request that was asked has one row with its code', async () => {
    await settled(house)
    const all = await rows(house)
    const counted = new Map<string, number>()
    for (const { code } of all) counted.set(code, (counted.get(code) ?? 0) + 1)
    expect(Object.fromEntries(counted)).toEqual(Object.fromEntries(owed))
    expect(new Set(all.map(row => row.id)).size).toBe(all.length)
    expect(await metric(house, 'thalamus_requests_total')).toBe(all.length)
    expect(await metric(house, 'thalamus_events_dropped_total')).toBe(0)
  })

  test('nothing was called a failure of ours, and no key is in the log', () => {
    expect(house.logLines().filter(line => line.level === 'error')).toEqual([])
    expect(house.stdout().includes(house.key)).toBe(false)
  })
})

function owe(code: string): void {
  owed.set(code, (owed.get(code) ?? 0) + 1)
}

/** The refusal of a request, on a connection that then serves a good one. */
async function refused(bad: Bad): Promise<Reply & { readonly id: string }> {
  const wire = await wireTo(house.url)
  await wire.send(bad.sent())
  const reply = await wire.reply()
  const id = expectRefusal(reply, bad)
  await serves(wire)
  await leave(wire)
  return { ...reply, id }
}

type Shape = {
  readonly error: { readonly message: string } & object
  readonly thalamus: { readonly request_id: string }
}

/** In OpenAI's shape, with a sentence. Gives the request's id. */
function expectRefusal(reply: Reply, bad: Omit<Bad, 'name' | 'sent'>): string {
  const { status, code, type, wireCode = code, param = null, says } = bad
  expect(reply.body).toStartWith('{"error":')
  const said = JSON.parse(reply.body) as Shape
  expect(said).toEqual({
    error: { message: expect.stringMatching(says), type, param, code: wireCode },
    thalamus: { code, request_id: expect.stringMatching(/^req_\w{16,}$/) },
  } as unknown as Shape)
  expect(said.error.message).toMatch(/^['/\w].*[.?…]$/)
  expect(reply.status).toBe(status)
  expect(reply.headers.get('content-type')).toBe('application/json')
  expect(reply.headers.get('x-request-id')).toBe(said.thalamus.request_id)
  return said.thalamus.request_id
}

async function serves(wire: Wire): Promise<void> {
  owe('ok')
  await wire.send(post(good))
  const reply = await wire.reply()
  expect(reply.status).toBe(200)
  expect(JSON.parse(reply.body)).toMatchObject({ choices: [{ message: { content: 'hi' } }] })
}

async function unharmed(): Promise<void> {
  const wire = await wireTo(house.url)
  await serves(wire)
  await leave(wire)
}

async function leave(wire: Wire): Promise<void> {
  wire.reset()
  await wire.closed
}

function body(fields: object): string {
  return JSON.stringify({ model: 'sim/echo', messages: [{ role: 'user', content: 'hi' }], ...fields })
}

function nested(open: string, close: string, core: string): string {
  const depth = 10_000
  return `${good.slice(0, -1)},"deep":${open.repeat(depth)}${core}${close.repeat(depth)}}`
}

function bearer(key: string): string {
  return `authorization: Bearer ${key}\r\n`
}

const mine = (): string => bearer(house.key)

function headOf(method: string, path: string, fields = mine()): string {
  return `${method} ${path} HTTP/1.1\r\nhost: thalamus\r\n${fields}\r\n`
}

type Posted = { readonly path?: string; readonly fields?: string }

function post(text: string | Uint8Array, { path = chat, fields = mine() }: Posted = {}): Uint8Array {
  const head = headOf('POST', path, `${fields}content-length: ${Buffer.byteLength(text)}\r\n`)
  return Buffer.concat([Buffer.from(head), Buffer.from(text as string)])
}

function chunked(text: string): string {
  const chunk = `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`
  return headOf('POST', chat, `${mine()}transfer-encoding: chunked\r\n`) + chunk
}
