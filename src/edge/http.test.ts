import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import { sampleCaller, sampleLetter, samplePlan } from '../../test/fakes/visit.ts'
import type { Rooms } from '../gateway.ts'
import type { Visit } from '../line.ts'
import { Fault } from '../model/fault.ts'
import { openMemory } from '../stores/memory/open.ts'
import type { Door } from './door.ts'
import { answer } from './http.ts'

/** A house of which only the door is real: it says which visit came through. */
function doorTo(more: Partial<Door> = {}, rooms: Partial<Rooms> = {}) {
  const visits: Visit[] = []
  const unused = (): never => {
    throw new Error('This room is not for this test.')
  }
  const door: Door = {
    rooms: {
      authenticate: request => {
        if (request.headers.has('authorization')) return sampleCaller
        throw new Fault('unauthenticated', 'Who are you?')
      },
      open: async visit => {
        visits.push(visit)
        return sampleLetter()
      },
      plan: () => samplePlan([]),
      recall: ({ visit }, ask) => ask(visit),
      admit: async () => ({ headers: {} }) as Awaited<ReturnType<Rooms['admit']>>,
      resume: letter => letter,
      remember: source => source,
      pursue: async () => ({
        type: 'whole',
        dialect: 'openai-chat',
        contentType: '',
        bytes: new Uint8Array(),
        events: [],
      }),
      reply: () => new Response('replied'),
      refuse: fault => new Response(`refused ${fault.code}`, { status: fault.status }),
      settle: async () => undefined,
      ...rooms,
    },
    clock: fakeClock(),
    replies: openMemory().replies,
    forward: () => Promise.reject(new Error('Nobody is asked here.')),
    models: () => ['smart', 'openai/gpt-5', 'meta/llama 3'],
    checkModel(_, name) {
      if (name !== 'openai/gpt-5') throw new Fault('model_not_found', `There is no model '${name}'.`)
    },
    identify: () => 'req_1',
    ready: () => true,
    entered: () => undefined,
    failed: () => undefined,
    ...more,
  }
  return { door, visits, unused }
}

const ask = (
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = { authorization: 'Bearer k' },
): Request => new Request(`http://gateway.test${path}`, { method, headers })

describe('a path leads to its operation', () => {
  const operations: readonly (readonly [string, string])[] = [
    ['/v1/chat/completions', 'chat'],
    ['/v1/completions', 'completions'],
    ['/v1/embeddings', 'embeddings'],
    ['/v1/embeddings?a=/b', 'embeddings'],
  ]
  test.each([...operations])('POST %s is %s', async (path, operation) => {
    const { door, visits } = doorTo()
    const response = await answer(ask('POST', path), door)
    expect(await response.text()).toBe('replied')
    expect(visits.map(visit => [visit.id, visit.address.operation, visit.dialect.id])).toEqual([
      ['req_1', operation, 'openai-chat'],
    ])
  })

  test('once its id is known, and not before', async () => {
    const id = Promise.withResolvers<string>()
    let entered = 0
    const { door, visits } = doorTo({ identify: () => id.promise, entered: () => void entered++ })
    const answering = answer(ask('POST', '/v1/embeddings'), door)
    await Promise.resolve()
    expect(entered).toBe(0)
    id.resolve('mine')
    await answering
    expect([entered, visits[0]?.id]).toEqual([1, 'mine'])
  })
})

test('a failure of our own outside the line tells the caller nothing, and the operator its cause', async () => {
  const failed: unknown[] = []
  const broken = new Error('the secret detail')
  const { door } = doorTo({ identify: () => Promise.reject(broken), failed: fault => void failed.push(fault.cause) })
  const response = await answer(ask('POST', '/v1/embeddings'), door)
  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('secret detail')
  expect(failed).toEqual([broken])
})

describe('what is on no path is refused in the dialect, and says what to do:', () => {
  const all = { authorization: 'Bearer k' }
  const huge = { ...all, 'x-a': 'a'.repeat(20_000), 'x-b': 'b'.repeat(20_000) }
  const cases: readonly (readonly [string, string, Readonly<Record<string, string>>, number, string])[] = [
    ['GET', '/v1/chat/completions', all, 405, 'use POST'],
    ['DELETE', '/v1/models', all, 405, 'use GET'],
    ['PUT', '/v1/models/smart', all, 405, 'use GET'],
    ['POST', '/v1/chat/completions/', all, 404, 'Thalamus answers at /v1/chat/completions'],
    ['POST', '/V1/chat/completions', all, 404, 'There is nothing at'],
    ['GET', '/', all, 404, 'There is nothing at /'],
    ['GET', '/constructor', all, 404, 'There is nothing at'],
    ['POST', '/v1/nothing', all, 404, 'There is nothing at /v1/nothing'],
    ['POST', '/v1beta/models/gemini-3:explain', all, 404, 'There is nothing at /v1beta'],
    ['POST', '/v1/responses/resp_1', all, 405, 'use GET'],
    ['DELETE', '/v1/responses/resp_1/cancel', all, 405, 'use POST'],
    ['GET', '/v1/models', {}, 401, 'Who are you?'],
    ['GET', '/v1/models/smart', {}, 401, 'Who are you?'],
    ['GET', '/v1/models/other', all, 404, "no model 'other'"],
    ['POST', '/v1/embeddings', huge, 431, 'at most 32768'],
    ['POST', '/v1/embeddings', { ...all, 'set-cookie': 'a'.repeat(40_000) }, 431, 'at most 32768'],
  ]
  test.each([...cases])('%s %s', async (method, path, headers, status, words) => {
    const { door, visits } = doorTo()
    const response = await answer(ask(method, path, headers), door)
    const body = (await response.json()) as { readonly error: { readonly message: string }; readonly thalamus: object }
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/json'])
    expect(body.error.message).toContain(words)
    expect(body.thalamus).toHaveProperty('code')
    expect(response.headers.get('allow')).toBe(status === 405 ? (words.split(' ')[1] ?? '') : null)
    expect(visits).toEqual([])
  })

  test('a path that is long is not repeated at length', async () => {
    const response = await answer(ask('GET', `/${'x'.repeat(9000)}`), doorTo().door)
    expect((await response.text()).length).toBeLessThan(800)
  })
})

describe('probes', () => {
  const probes: readonly (readonly [string, boolean, number, string])[] = [
    ['/healthz', true, 200, 'ok\n'],
    ['/healthz', false, 200, 'ok\n'],
    ['/readyz', true, 200, 'ready\n'],
    ['/readyz', false, 503, 'draining\n'],
  ]
  test.each([...probes])('%s of a house that is ready: %p', async (path, ready, status, text) => {
    const response = await answer(ask('GET', path, {}), doorTo({ ready: () => ready }).door)
    expect([response.status, await response.text()]).toEqual([status, text])
  })

  test('may be asked by HEAD', async () => {
    expect((await answer(ask('HEAD', '/healthz', {}), doorTo().door)).status).toBe(200)
  })
})

describe('the models', () => {
  test('are listed in the form of OpenAI, with whom they belong to', async () => {
    const response = await answer(ask('GET', '/v1/models'), doorTo().door)
    expect(await response.json()).toEqual({
      object: 'list',
      data: [
        { id: 'smart', object: 'model', created: 0, owned_by: 'thalamus' },
        { id: 'openai/gpt-5', object: 'model', created: 0, owned_by: 'openai' },
        { id: 'meta/llama 3', object: 'model', created: 0, owned_by: 'meta' },
      ],
    })
  })

  test.each([
    ['anthropic-version', { data: [{ type: 'model' }, {}, {}], has_more: false }],
    ['x-goog-api-key', { models: [{ name: 'models/smart' }, {}, {}] }],
  ])('are told to whoever sends %s in its own form, and refused in it', async (header, expected) => {
    const asked = (path: string) => ask('GET', path, { authorization: 'Bearer k', [header]: 'x' })
    expect(await (await answer(asked('/v1/models'), doorTo().door)).json()).toMatchObject(expected)
    const refused = await (await answer(asked('/v1/models/other'), doorTo().door)).json()
    expect(refused).toMatchObject(header === 'x-goog-api-key' ? { error: { code: 404 } } : { type: 'error' })
  })

  const spellings = ['/v1/models/openai/gpt-5', '/v1/models/openai%2Fgpt-5']
  test.each(spellings)('are found one by one at %s', async path => {
    expect(await (await answer(ask('GET', path), doorTo().door)).json()).toMatchObject({ id: 'openai/gpt-5' })
  })

  test.each(['/v1/models', '/v1/models/openai/gpt-5'])(
    'carry an id at %s, its caller’s own where it has one',
    async path => {
      const idOf = async (own: object): Promise<string | null> =>
        (await answer(ask('GET', path, { authorization: 'Bearer k', ...own }), doorTo().door)).headers.get(
          'x-request-id',
        )
      expect(await idOf({})).toMatch(/^req_\w{32}$/)
      expect(await idOf({ 'x-request-id': 'mine-1' })).toBe('mine-1')
      expect(await idOf({ 'x-request-id': 'a b' })).toMatch(/^req_/)
    },
  )

  test('are not found by a name that cannot be decoded', async () => {
    expect((await answer(ask('GET', '/v1/models/%E0%A4%A'), doorTo().door)).status).toBe(404)
  })
})

test('a door that breaks answers as an internal failure, without its reasons', async () => {
  const broken = () => Promise.reject(new Error('secret place'))
  for (const more of [{ identify: broken }, { models: (): never => doorTo().unused() }]) {
    const path = 'models' in more ? '/v1/models' : '/v1/embeddings'
    const response = await answer(ask('models' in more ? 'GET' : 'POST', path), doorTo(more).door)
    expect(response.status).toBe(500)
    expect(await response.text()).toMatch(/^(?!.*(?:secret|room)).*"code":"internal"/)
  }
})
