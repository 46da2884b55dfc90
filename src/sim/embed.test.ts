import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Wire } from '../../test/fakes/tongues.ts'
import { type Sim, startSim } from './sim.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

const texts = ['The red house', 'a red horse']
const headers = { 'content-type': 'application/json', authorization: 'Bearer sim-key' }

const post = (path: string, body: object): Promise<Response> =>
  fetch(sim.origin + path, { method: 'POST', headers, body: JSON.stringify(body) })

async function answer(path: string, body: object): Promise<Wire> {
  const response = await post(path, body)
  expect(response.status).toBe(200)
  return response.json()
}

const cohere = (more: object, model = 'embed'): object => ({ model, texts, input_type: 'search_document', ...more })
const gemini = (text: string, more: object = {}): object => ({ content: { parts: [{ text }] }, ...more })
const [first = ''] = texts

test('the same text has the same vector in every dialect', async () => {
  const openai = await answer('/v1/embeddings', { model: 'embed', input: texts, dimensions: 8 })
  const vectors = openai.data.map((each: Wire) => each.embedding)
  const requests = texts.map(text => gemini(text, { outputDimensionality: 8 }))
  const batch = await answer('/v1beta/models/embed:batchEmbedContents', { requests })
  expect(batch.embeddings.map((each: Wire) => each.values)).toEqual(vectors)
  const newer = { embedContentConfig: { outputDimensionality: 8, taskType: 'CLUSTERING' } }
  const one = await answer('/v1beta/models/embed:embedContent', gemini(first, newer))
  expect(one).toEqual({ embedding: { values: vectors[0] }, usageMetadata: { promptTokenCount: 3 } })
  const { embeddings } = await answer('/v2/embed', cohere({ output_dimension: 8 }))
  expect(embeddings).toEqual({ float: vectors })
})

describe("Cohere's", () => {
  test('answer in the types that are asked for, with what was billed', async () => {
    const body = await answer('/v2/embed', cohere({ embedding_types: ['base64', 'float'], output_dimension: 2 }))
    const [packed] = body.embeddings.base64
    const bytes = Buffer.from(packed, 'base64')
    expect([bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual(body.embeddings.float[0])
    expect(body).toMatchObject({
      texts,
      meta: { api_version: { version: '2' }, billed_units: { input_tokens: 6 } },
      response_type: 'embeddings_by_type',
    })
    expect((await answer('/v2/embed', cohere({}, 'embed+no-usage'))).meta.billed_units).toBeUndefined()
  })

  test('take contents with images', async () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }
    const inputs = [{ content: [{ type: 'text', text: first }, image] }]
    const { meta, embeddings } = await answer('/v2/embed', cohere({ texts: undefined, inputs }))
    expect(meta.billed_units).toEqual({ input_tokens: 3, image_tokens: 85 })
    expect(embeddings.float).toHaveLength(1)
  })

  test.each<[string, object, string]>([
    ['no type of input', { input_type: undefined }, "required field 'input_type' is missing"],
    ['a type of input that is none', { input_type: 'haiku' }, "input_type is 'haiku'"],
    ['no texts', { texts: [] }, "required field 'texts' is missing"],
    ['a text that is none', { texts: ['a', 7] }, 'texts[1]'],
    ['97 texts', { texts: Array.from({ length: 97 }, () => 'a') }, 'at most 96'],
    ['a type of vectors that is none', { embedding_types: ['words'] }, 'embedding_types[0]'],
    ['a cut that is none', { truncate: 'MIDDLE' }, 'truncate'],
    ['an unknown field', { dimensions: 8 }, "parameter 'dimensions' is not a valid field"],
    ['an image that is none', { inputs: [{ content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }, 'url'],
    ['a model that chats', { model: 'echo' }, 'not supported by the embed API'],
  ])('refuse %s', async (_, more, says) => {
    const response = await post('/v2/embed', cohere(more))
    const { message } = (await response.json()) as { readonly message: string }
    expect([response.status, message]).toEqual([400, expect.stringContaining(says)])
  })
})

describe("Gemini's", () => {
  test.each<[string, object, string]>([
    ['an unknown field', gemini('a', { dimensions: 8 }), 'Unknown name'],
    ['a task that is none', gemini('a', { taskType: 'HAIKU' }), 'taskType'],
    ['a task that is none, in the config', gemini('a', { embedContentConfig: { taskType: 'HAIKU' } }), 'taskType'],
    ['no content', {}, 'content'],
  ])('refuse %s', async (_, body, says) => {
    const response = await post('/v1beta/models/embed:embedContent', body)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(says)])
  })

  test('refuse 101 at once', async () => {
    const requests = Array.from({ length: 101 }, () => gemini('a'))
    const response = await post('/v1beta/models/embed:batchEmbedContents', { requests })
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('at most 100')])
  })
})
