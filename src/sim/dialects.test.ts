import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { ask, eventsOf, type Heard, type Tongue, tongues, type Wish } from '../../test/fakes/tongues.ts'
import { type Sim, startSim } from './sim.ts'
import { count, lorem } from './words.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

async function whole(tongue: Tongue, model: string, wish: Wish = {}): Promise<Heard> {
  const response = await ask(sim.origin, tongue, model, false, wish)
  const body = await response.json()
  if (!response.ok) throw new Error(JSON.stringify(body))
  return tongue.read(body)
}

async function streamed(tongue: Tongue, model: string, wish: Wish = {}): Promise<Heard> {
  const response = await ask(sim.origin, tongue, model, true, wish)
  return tongue.hear(eventsOf(tongue, new Uint8Array(await response.arrayBuffer())))
}

const weather = {
  name: 'weather',
  schema: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 3 } },
    required: ['city', 'days'],
  },
}
const clock = { name: 'clock', schema: { type: 'object', properties: {} } }
const tools = [weather, clock]

const thing = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red'] }, size: { type: 'integer', minimum: 4 } },
  required: ['colour', 'size'],
  additionalProperties: false,
}

/** Without the identifiers of calls: each request makes its own. */
const withoutIds = ({ calls, ...rest }: Heard) => ({ ...rest, calls: calls.map(({ name, args }) => ({ name, args })) })

/** Those that can ask for it in the request. */
const stops = tongues.filter(({ id }) => id !== 'openai-responses')
const thinks = tongues.filter(({ id }) => id !== 'openai-chat')
const namesOne = tongues.filter(({ id }) => id !== 'cohere-chat')

const named = (all: readonly Tongue[]) => all.map(tongue => [tongue.id, tongue] as const)

describe.each(named(tongues))('in %s', (id, tongue) => {
  const says: readonly (readonly [string, string, Wish, Partial<Heard>])[] = [
    ['an echo', 'echo', {}, { text: 'Hello there', finish: 'stop', completion: 2 }],
    ['lorem', 'lorem', {}, { text: expect.stringMatching(/^Lorem/) }],
    ['as much as the limit allows', 'lorem', { limit: 16 }, { finish: 'length', completion: 16 }],
    ['other letters', 'echo', { said: 'é 👍 "quoted" \\ \n日本' }, { text: 'é 👍 "quoted" \\ \n日本' }],
    ['JSON by a schema', 'echo', { schema: thing }, { text: '{"colour":"red","size":4}', finish: 'stop' }],
    ['no call by itself', 'echo', { tools }, { calls: [], finish: 'stop', text: 'Hello there' }],
    [
      'a call when it must',
      'echo',
      { tools, force: 'any' },
      { calls: [{ name: 'weather', args: { city: expect.any(String), days: 3 }, id: expect.any(String) }] },
    ],
    [
      'a call by itself',
      'tools',
      { tools },
      { finish: 'call', text: '', calls: [expect.objectContaining({ name: 'weather' })] },
    ],
    [
      'several calls at once, a sentence before them',
      'tools+parallel=3+preface',
      { tools },
      {
        finish: 'call',
        text: 'I will call weather.',
        calls: ['weather', 'clock', 'weather'].map(name => expect.objectContaining({ name })),
      },
    ],
    ['what a filter stopped', 'echo+filtered', {}, { finish: 'filtered' }],
    ['its thinking on demand', 'echo+think', {}, { thinking: expect.stringMatching(/^Lorem/), completion: 66 }],
    [
      'its thinking, then calls',
      'tools+think',
      { tools },
      { thinking: expect.stringMatching(/^Lorem/), calls: [expect.objectContaining({ name: 'weather' })] },
    ],
  ]

  test.each(says)('%s is said, and the stream says the same', async (_, model, wish, expected) => {
    const said = await whole(tongue, model, wish)
    // A copy: the matcher writes what it matched with into what it is given.
    expect(structuredClone(said)).toMatchObject(expected)
    expect(withoutIds(await streamed(tongue, model, wish))).toEqual(withoutIds(said))
  })

  test('the calls of one answer have different identifiers', async () => {
    const { calls } = await streamed(tongue, 'tools+parallel=3', { tools })
    expect(new Set(calls.map(each => each.id)).size).toBe(3)
  })

  test('tokens are counted', async () => {
    const { prompt, completion } = await whole(tongue, 'echo', { said: 'one two three' })
    expect(prompt).toBe(count('user: one two three\n'))
    expect(completion).toBe(3)
  })

  test('a prompt that was seen before is in the cache', async () => {
    const said = `${id} ${lorem(1200)}`
    expect((await whole(tongue, 'echo', { said, cache: true })).cached).toBe(0)
    const again = await streamed(tongue, 'echo', { said, cache: true })
    expect(again.cached).toBe(1152)
    expect(again.prompt).toBe(count(`user: ${said}\n`))
  })

  test('a model that is not there, and one that is for something else, are refused', async () => {
    for (const model of ['gpt-9', 'embed']) {
      const response = await ask(sim.origin, tongue, model, false)
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
      expect(tongue.fault(await response.json())).toBeString()
    }
  })

  test('a behaviour that is not there is refused with the nearest that is', async () => {
    const response = await ask(sim.origin, tongue, 'echo+ctu', true)
    expect(response.status).toBe(400)
    const body = await response.json()
    expect(tongue.fault(body)).toContain("no behaviour 'ctu'. Nearest: cut")
  })

  test('a body that is no JSON is refused', async () => {
    const { headers } = tongue
    const response = await fetch(sim.origin + tongue.path('echo', false), {
      method: 'POST',
      headers,
      body: '{"model":',
    })
    expect(response.status).toBe(400)
    expect(tongue.fault(await response.json())).toBeString()
  })

  test('a method that does not belong is refused', async () => {
    const response = await fetch(sim.origin + tongue.path('echo', false), { headers: tongue.headers })
    expect([404, 405]).toContain(response.status)
    expect(tongue.fault(await response.json())).toBeString()
  })
})

test.each(named(stops))('%s ends where it was told to stop', async (_, tongue) => {
  const said = await whole(tongue, 'echo', { said: 'one, two', stop: ',' })
  expect(said).toMatchObject({ text: 'one', finish: 'stop' })
  expect(await streamed(tongue, 'echo', { said: 'one, two', stop: ',' })).toEqual(said)
})

test.each(named(thinks))('%s thinks when it is asked to', async (_, tongue) => {
  const said = await whole(tongue, 'echo', { think: true })
  expect(count(said.thinking)).toBe(64)
  expect(said.completion).toBe(64 + 2)
  expect(await streamed(tongue, 'echo', { think: true })).toEqual(said)
})

test.each(named(namesOne))('%s calls the tool that is named', async (_, tongue) => {
  const { calls } = await whole(tongue, 'echo', { tools, force: 'clock' })
  expect(calls.map(({ name }) => name)).toEqual(['clock'])
})

test.each(named(tongues.filter(({ id }) => /^(openai|anthropic)/.test(id))))(
  '%s calls one tool at a time when told to',
  async (id, tongue) => {
    const extra = id.startsWith('openai')
      ? { parallel_tool_calls: false }
      : { tool_choice: { type: 'auto', disable_parallel_tool_use: true } }
    expect((await whole(tongue, 'tools+parallel=3', { tools, extra })).calls).toHaveLength(1)
    expect((await whole(tongue, 'tools+parallel=3', { tools })).calls).toHaveLength(3)
  },
)

test.each(named(tongues.filter(({ id }) => /^(anthropic|bedrock)/.test(id))))(
  '%s keeps no prompt that is not marked',
  async (id, tongue) => {
    const said = `unmarked ${id} ${lorem(1200)}`
    await whole(tongue, 'echo', { said })
    expect((await whole(tongue, 'echo', { said })).cached).toBe(0)
  },
)

test('each provider lists the models in its own way, also where they share a path', async () => {
  const list = async (path: string, headers = {}) => (await fetch(sim.origin + path, { headers })).json()
  expect(await list('/v1/models')).toMatchObject({ object: 'list' })
  expect(await list('/v1/models', { 'anthropic-version': '2023-06-01' })).toMatchObject({ has_more: false })
  const google = { models: expect.arrayContaining([expect.objectContaining({ name: 'models/embed' })]) }
  expect(await list('/v1beta/models')).toEqual(google)
  expect(await list('/v1/models?key=x')).toEqual(google)
  expect(await list('/v1/models', { 'x-goog-api-key': 'x' })).toEqual(google)
  expect(await list('/v1beta/models/echo%2Bcut')).toMatchObject({ name: 'models/echo+cut' })
  expect(await list('/foundation-models')).toMatchObject({ modelSummaries: expect.any(Array) })
  expect(await list('/v1beta/models/gpt-9')).toMatchObject({ error: { status: 'NOT_FOUND' } })
})

test('bedrock counts tokens', async () => {
  const converse = { messages: [{ role: 'user', content: [{ text: 'one two three' }] }] }
  const body = JSON.stringify({ input: { converse } })
  const response = await fetch(`${sim.origin}/model/echo/count-tokens`, { method: 'POST', body })
  expect(await response.json()).toEqual({ inputTokens: count('user: one two three\n') })
})
