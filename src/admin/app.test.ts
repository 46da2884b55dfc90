import { expect, test } from 'bun:test'
import { z } from '@hono/zod-openapi'
import { sha256 } from '../lib/hash.ts'
import { Fault } from '../model/fault.ts'
import type { Record } from '../model/record.ts'
import type { Key, KeyDesk } from '../ports/keys.ts'
import type { LedgerReader } from '../ports/ledger.ts'
import { type AdminOptions, adminApp } from './app.ts'
import { type AdminRoute, contract, errorShape, explainedShape, keyShape, requestShape } from './contract.ts'
import { sampleRecord } from './sample.test-data.ts'
import { tokenCheck } from './token.ts'

const routes: readonly AdminRoute[] = contract
const adminToken = 'thal_admin_c4n4ry'
const now = Date.parse('2026-11-22T10:00:00Z')

/** Newest first; the cursor is an index. */
const readerOf = (records: readonly Record[]): LedgerReader => ({
  find: async id => records.find(record => record.id === id),
  page: async ({ limit, cursor }) => {
    const start = cursor === undefined ? 0 : Number(cursor)
    if (!Number.isInteger(start)) throw new Fault('invalid_request', 'This cursor is not one that a page gave.')
    const next = start + limit < records.length ? `${start + limit}` : undefined
    return { records: records.slice(start, start + limit), next }
  },
})

function deskOf(): KeyDesk & { readonly hashes: Map<string, Key> } {
  const hashes = new Map<string, Key>()
  const list = () => [...hashes.values()]
  return {
    hashes,
    find: hash => hashes.get(hash),
    add: (key, hash) => {
      const used = list().some(each => each.keyName === key.keyName && each.revokedAt === undefined)
      if (used) throw new Fault('invalid_request', `A key named ${key.keyName} is in use.`)
      hashes.set(hash, key)
    },
    list,
    revoke: (idOrName, at) => {
      for (const [hash, key] of hashes) {
        if (key.revokedAt !== undefined || (key.keyId !== idOrName && key.keyName !== idOrName)) continue
        hashes.set(hash, { ...key, revokedAt: at })
        return true
      }
      return false
    },
  }
}

function setUp(changes: Partial<AdminOptions> = {}) {
  const desk = deskOf()
  const events: object[] = []
  const errors: unknown[] = []
  let secrets = 0
  const app = adminApp({
    reader: readerOf([]),
    health: { places: () => [], keys: () => [] },
    providers: () => [],
    keys: desk,
    fileKeys: () => [],
    metrics: { text: async () => 'up 1\n', contentType: 'text/plain; version=0.0.4; charset=utf-8' },
    log: { event: (name, fields) => events.push({ name, ...fields }), error: (_message, cause) => errors.push(cause) },
    tokenIs: tokenCheck(sha256(adminToken)),
    now: () => now,
    newSecret: () => `thal_secret_${++secrets}`,
    hash: sha256,
    version: '1.2.3',
    ...changes,
  })
  const headers = { authorization: `Bearer ${adminToken}` }
  const ask = async (method: string, path: string, body?: unknown, more: object = {}) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    return app.fetch(new Request(`http://x${path}`, { method, headers: { ...headers, ...type, ...more }, ...json }))
  }
  const tell = async (method: string, path: string, body?: unknown) => {
    const response = await ask(method, path, body)
    return { status: response.status, body: (await response.json()) as never }
  }
  return { app, ask, tell, desk, events, errors }
}

const pageOf = <Row extends z.ZodType>(row: Row) =>
  z.strictObject({
    object: z.literal('list'),
    data: z.array(row),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  })

const operations = routes.map(route => [route.method.toUpperCase(), route.path, route['x-role']] as const)

test('what is served is what the contract declares, and each operation names its role', async () => {
  expect(operations).toEqual([
    ['GET', '/healthz', 'public'],
    ['GET', '/readyz', 'public'],
    ['GET', '/admin/v1/requests', 'admin'],
    ['GET', '/admin/v1/requests/{id}', 'admin'],
    ['GET', '/admin/v1/providers', 'admin'],
    ['GET', '/admin/v1/keys', 'admin'],
    ['POST', '/admin/v1/keys', 'admin'],
    ['DELETE', '/admin/v1/keys/{id}', 'admin'],
    ['GET', '/admin/v1/openapi.json', 'public'],
    ['GET', '/metrics', 'public'],
  ])
  const { paths } = (await (await setUp().ask('GET', '/admin/v1/openapi.json')).json()) as {
    paths: { [path: string]: { [method: string]: { 'x-role'?: unknown; security: unknown[]; responses: object } } }
  }
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => [method.toUpperCase(), path, told['x-role']]),
  )
  expect(new Set(served.map(String))).toEqual(new Set(operations.map(String)))
  for (const methods of Object.values(paths)) {
    for (const told of Object.values(methods)) {
      expect(told.security).toHaveLength(told['x-role'] === 'admin' ? 1 : 0)
      expect('401' in told.responses).toBe(told['x-role'] === 'admin')
    }
  }
})

test.each(operations)('%s %s without a token is open only if it is public (%s)', async (method, path, role) => {
  const { app, ask } = setUp()
  const url = `http://x${path.replace('{id}', 'some')}`
  const response = await app.fetch(new Request(url, { method }))
  expect(response.status === 401).toBe(role === 'admin')
  if (role === 'public') return
  expect(response.headers.get('www-authenticate')).toStartWith('Bearer')
  expect(errorShape.parse(await response.json()).error.code).toBe('unauthenticated')
  for (const authorization of ['Bearer wrong', `Basic ${adminToken}`, adminToken, 'Bearer ', `Bearer ${adminToken}x`]) {
    expect((await ask(method, path.replace('{id}', 'some'), undefined, { authorization })).status).toBe(401)
  }
})

test.each([
  '/admin',
  '/admin/v1/nothing',
  '/admin/v1/openapi.json/',
  '/admin/v1//openapi.json',
  '/admin/v1/openapi.json/../keys',
  '/admin/v1/openapi.json%2f..%2fkeys',
  '/ADMIN/v1/keys',
  '/admin/v1/%6beys',
  '/metrics/../admin/v1/keys',
  '/metrics/x',
  '/',
])('a path that is not exactly a public one is closed: %s', async path => {
  const { app } = setUp()
  expect((await app.fetch(new Request(`http://x${path}`))).status).toBe(401)
})

test('a public path is public for reading only', async () => {
  const { app } = setUp()
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    expect((await app.fetch(new Request('http://x/metrics', { method }))).status).toBe(401)
  }
  expect((await app.fetch(new Request('http://x/metrics', { method: 'HEAD' }))).status).toBe(200)
})

test.each(['x/metrics?', 'x/metrics#', 'x/admin/v1/openapi.json?', '/metrics?', 'x\\metrics?', '@/metrics?'])(
  'a Host header that pretends to be a public path opens nothing: %s',
  async host => {
    const { app, desk } = setUp()
    desk.add({ ...sampleKey, keyName: 'hidden-name' }, 'hash')
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: request => app.fetch(request) })
    try {
      const text = await raw(
        server.port ?? 0,
        `GET /admin/v1/keys HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      )
      expect(text).toStartWith('HTTP/1.1 ')
      expect(text).not.toContain('hidden-name')
    } finally {
      await server.stop(true)
    }
  },
)

/** What a server answers to these bytes, until it closes. */
function raw(port: number, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let text = ''
  const socket = {
    open: (each: { write(data: string): number }) => void each.write(request),
    data: (_each: unknown, bytes: Uint8Array) => {
      text += new TextDecoder().decode(bytes)
    },
    close: () => resolve(text),
    error: (_each: unknown, error: Error) => reject(error),
  }
  Bun.connect({ hostname: '127.0.0.1', port, socket }).catch(reject)
  return promise
}

const sampleKey: Key = {
  keyId: 'key_1',
  keyName: 'one',
  team: undefined,
  models: ['*'],
  limits: {},
  createdAt: now,
  revokedAt: undefined,
  hint: 'thal_abc…',
}

test('every answer says that it must be neither kept nor guessed at', async () => {
  const { ask, app } = setUp()
  const answers = [
    await ask('GET', '/admin/v1/requests'),
    await ask('GET', '/admin/v1/nothing'),
    await ask('GET', '/metrics'),
    await ask('GET', '/admin/v1/requests?limit=x'),
    await app.fetch(new Request('http://x/admin/v1/keys')),
  ]
  expect(answers.map(answer => answer.status)).toEqual([200, 404, 200, 400, 401])
  for (const { headers } of answers) {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  }
})

test('all requests are reached once each by walking the pages, newest first', async () => {
  const records = Array.from({ length: 120 }, (_, i) => sampleRecord({ id: `req_${120 - i}` }))
  const { tell } = setUp({ reader: readerOf(records) })
  const seen: string[] = []
  let path = '/admin/v1/requests'
  for (;;) {
    const page = pageOf(requestShape).parse((await tell('GET', path)).body)
    seen.push(...page.data.map(row => row.id))
    expect(page.has_more).toBe(page.next_cursor !== null)
    if (page.next_cursor === null) break
    expect(page.data).toHaveLength(50)
    path = `/admin/v1/requests?cursor=${page.next_cursor}`
  }
  expect(seen).toEqual(records.map(record => record.id))
})

test.each([
  ['limit=0', "'limit'"],
  ['limit=201', "'limit'"],
  ['limit=1.5', "'limit'"],
  ['limit=ten', "'limit'"],
  ['limit=', "'limit'"],
  ['limit=1&limit=2', "'limit'"],
  ['limt=5', "did you mean 'limit'"],
  ['cursor=nonsense', 'cursor'],
])('a list asked for with %s is refused with a sentence', async (query, part) => {
  const { tell } = setUp()
  const { status, body } = await tell('GET', `/admin/v1/requests?${query}`)
  expect(status).toBe(400)
  const { error } = errorShape.parse(body)
  expect(error.code).toBe('invalid_request')
  expect(error.message).toContain(part)
})

test('limits of 1 and of 200 are allowed', async () => {
  const { tell } = setUp({ reader: readerOf([sampleRecord(), sampleRecord({ id: 'req_2' })]) })
  expect(((await tell('GET', '/admin/v1/requests?limit=1')).body as { data: unknown[] }).data).toHaveLength(1)
  expect((await tell('GET', '/admin/v1/requests?limit=200')).status).toBe(200)
})

test('one request is explained; one that is not there is a clear 404', async () => {
  const { tell } = setUp({ reader: readerOf([sampleRecord()]) })
  const found = await tell('GET', '/admin/v1/requests/req_1')
  expect(found.status).toBe(200)
  expect(explainedShape.parse(found.body)).toMatchObject({ id: 'req_1', plan: 'smart is an alias' })
  const missing = await tell('GET', '/admin/v1/requests/req_2')
  expect(missing.status).toBe(404)
  expect(errorShape.parse(missing.body).error).toMatchObject({ code: 'not_found' })
})

test('a key is made, shown with its secret once, listed without it, and revoked', async () => {
  const { ask, tell, desk, events } = setUp()
  const made = await tell('POST', '/admin/v1/keys', { name: 'ci', team: 'core', models: ['openai/*'], rpm: 60 })
  expect(made.status).toBe(201)
  const key = keyShape.extend({ secret: z.string() }).parse(made.body)
  expect(key).toMatchObject({ name: 'ci', team: 'core', models: ['openai/*'], rpm: 60, secret: 'thal_secret_1' })
  expect(key).toMatchObject({ hint: 'thal_sec…', created_at: '2026-11-22T10:00:00.000Z', revoked_at: null })
  expect(await desk.find(sha256('thal_secret_1'))).toMatchObject({ keyName: 'ci', limits: { rpm: 60 } })

  const text = await (await ask('GET', '/admin/v1/keys')).text()
  expect(
    pageOf(keyShape)
      .parse(JSON.parse(text))
      .data.map(each => each.id),
  ).toEqual([key.id])
  expect(text).not.toContain('thal_secret_1')
  expect(text).not.toContain(sha256('thal_secret_1'))

  expect(await tell('DELETE', `/admin/v1/keys/${key.id}`)).toEqual({
    status: 200,
    body: { id: key.id, revoked: true } as never,
  })
  expect((await tell('DELETE', `/admin/v1/keys/${key.id}`)).status).toBe(404)
  expect(desk.list()[0]?.revokedAt).toBe(now)
  expect(events).toMatchObject([
    { name: 'ci', action: 'add' },
    { action: 'revoke', id: key.id },
  ])
  expect(JSON.stringify(events)).not.toContain('thal_secret_1')
})

test('a key of which only the name is said may ask for any model, without a limit', async () => {
  const { tell, desk } = setUp()
  await tell('POST', '/admin/v1/keys', { name: 'any' })
  await tell('POST', '/admin/v1/keys', { name: 'none', models: [] })
  expect(desk.list()).toMatchObject([
    { models: ['*'], limits: {}, team: undefined },
    { models: [], limits: {} },
  ])
})

test.each([0, 1, 2, 4, 5])('%i keys are paged like everything else', async many => {
  const { tell, desk } = setUp()
  for (let i = 0; i < many; i++) desk.add({ ...sampleKey, keyId: `key_${i}`, keyName: `k${i}` }, `hash ${i}`)
  const names: string[] = []
  let pages = 0
  let query = '?limit=2'
  for (;;) {
    const page = pageOf(keyShape).parse((await tell('GET', `/admin/v1/keys${query}`)).body)
    names.push(...page.data.map(key => key.name))
    pages++
    expect(page.has_more).toBe(page.next_cursor !== null)
    if (page.next_cursor === null) break
    query = `?limit=2&cursor=${page.next_cursor}`
  }
  expect(names).toEqual(['k0', 'k1', 'k2', 'k3', 'k4'].slice(0, many))
  expect(pages).toBe(Math.max(1, Math.ceil(many / 2)))
  expect((await tell('GET', '/admin/v1/keys?cursor=key_9')).status).toBe(400)
})

test.each([
  [{}, "'name'"],
  [{ name: '' }, "'name'"],
  [{ name: '   ' }, "'name'"],
  [{ name: 'x'.repeat(101) }, "'name'"],
  [{ name: 'a\nb' }, "'name'"],
  [{ name: 5 }, "'name'"],
  [{ name: 'a', budjet: 5 }, "There is no field 'budjet'; the fields are name, team, models, rpm."],
  [{ name: 'a', modles: [] }, "There is no field 'modles'; did you mean 'models'."],
  [{ name: 'a', rpm: 0 }, "'rpm'"],
  [{ name: 'a', rpm: -1 }, "'rpm'"],
  [{ name: 'a', rpm: 1.5 }, "'rpm'"],
  [{ name: 'a', rpm: '60' }, "'rpm'"],
  [{ name: 'a', rpm: null }, "'rpm'"],
  [{ name: 'a', models: 'gpt' }, "'models'"],
  [{ name: 'a', models: [''] }, "'models.0'"],
  [[], 'The input'],
  [null, 'The input'],
])('a key asked for as %j is refused with a sentence, and not made', async (asked, part) => {
  const { tell, desk } = setUp()
  const { status, body } = await tell('POST', '/admin/v1/keys', asked)
  expect(status).toBe(400)
  const { error } = errorShape.parse(body)
  expect(error.code).toBe('invalid_request')
  expect(error.message).toContain(part)
  expect(desk.list()).toHaveLength(0)
})

test('a key that is revoked by its name is told by its id', async () => {
  const { tell } = setUp()
  const { body: made } = await tell('POST', '/admin/v1/keys', { name: 'ci' })
  const { id } = made as { readonly id: string }
  expect((await tell('DELETE', '/admin/v1/keys/ci')).body).toEqual({ id, revoked: true } as never)
})

test('a name in use is refused in the words of the desk', async () => {
  const { tell } = setUp()
  await tell('POST', '/admin/v1/keys', { name: 'ci' })
  const { status, body } = await tell('POST', '/admin/v1/keys', { name: 'ci' })
  expect(status).toBe(400)
  expect(errorShape.parse(body).error).toEqual({ code: 'invalid_request', message: 'A key named ci is in use.' })
})

test.each([
  ['a body that is not JSON', '{"name":', 'application/json', 400, 'invalid_request'],
  ['a body of another type', 'name=ci', 'application/x-www-form-urlencoded', 415, 'invalid_request'],
  ['a body over 1 MiB', JSON.stringify({ name: 'x'.repeat(1 << 20) }), 'application/json', 413, 'too_large'],
] as const)('%s is refused', async (_name, body, type, status, code) => {
  const { app, desk, tell } = setUp()
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': type }
  const response = await app.fetch(new Request('http://x/admin/v1/keys', { method: 'POST', headers, body }))
  expect(response.status).toBe(status)
  const { error } = errorShape.parse(await response.json())
  expect([error.code, status === 415]).toEqual([code, error.message.includes('application/json')])
  expect(desk.list()).toHaveLength(0)
  const { body: document } = await tell('GET', '/admin/v1/openapi.json')
  const { paths } = document as {
    readonly paths: { readonly [path: string]: { readonly post?: { responses: object } } }
  }
  expect(Object.keys(paths['/admin/v1/keys']?.post?.responses ?? {})).toContain(`${status}`)
})

test('a store that fails is 500 without its details, which the log keeps', async () => {
  const broken = new Error(`disk at ${adminToken}`)
  const reader: LedgerReader = { find: async () => undefined, page: () => Promise.reject(broken) }
  const { ask, errors } = setUp({ reader })
  const response = await ask('GET', '/admin/v1/requests')
  const text = await response.text()
  expect(response.status).toBe(500)
  expect(errorShape.parse(JSON.parse(text)).error.code).toBe('internal')
  expect(text).not.toContain('disk')
  expect(errors).toEqual([broken])
})

test('the figures are served as they are, with their type', async () => {
  const { app } = setUp()
  const response = await app.fetch(new Request('http://x/metrics'))
  expect(await response.text()).toBe('up 1\n')
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
})

test('the OpenAPI document can be asked for twice and names the version and the way to log in', async () => {
  const { tell } = setUp()
  const first = await tell('GET', '/admin/v1/openapi.json')
  expect(await tell('GET', '/admin/v1/openapi.json')).toEqual(first)
  expect(first.body).toMatchObject({
    openapi: '3.1.0',
    info: { version: '1.2.3' },
    components: { securitySchemes: { adminToken: { type: 'http', scheme: 'bearer' } } },
  })
})
