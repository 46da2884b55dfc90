import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { anyEmbed, anyVectors } from '../../../test/fakes/any-embed.ts'
import type { Embed } from '../../model/embed.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
import { faultOf } from '../sample.test-data.ts'
import { embeddings } from './embed.ts'

const { understand, compose, read, write } = embeddings
const aim = { provider: 'google', model: 'gemini-embedding-001', quirks: {}, stream: false }
const usage = { input: 5, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

const making = (batch: boolean): Making => ({
  id: 'r1',
  created: 1,
  maker: 'acme/e',
  call: { operation: 'embeddings', model: 'e', stream: false, wantsUsage: true, batch },
  body: {},
})

const text = (words: string) => ({ content: { parts: [{ text: words }] } })
const image = { inlineData: { mimeType: 'image/png', data: 'iVBORw0K' } }

describe('a request is understood:', () => {
  test('one, with all that can be wanted', () => {
    const body = {
      model: 'models/e',
      ...text('hi'),
      taskType: 'RETRIEVAL_DOCUMENT',
      title: 'A title',
      outputDimensionality: 8,
    }
    const part = { type: 'text', text: 'hi', at: 'content.parts[0]' } as const
    expect(understand(body)).toEqual({
      inputs: [{ type: 'parts', at: 'content', parts: [part], title: { text: 'A title', at: 'title' } }],
      dimensions: 8,
      task: 'document',
      truncate: undefined,
      places: { dimensions: 'outputDimensionality', task: 'taskType', truncate: 'autoTruncate' },
      apart: [],
      extras: { dialect: 'gemini-generate', fields: {} },
    })
  })

  test('with an object where a list is meant', () => {
    const part = { type: 'text', text: 'hi' }
    const inputOf = (body: JsonObject) => understand(body).inputs[0]
    expect(inputOf({ content: { parts: { text: 'hi' } } })).toMatchObject({
      at: 'content',
      parts: [{ ...part, at: 'content.parts' }],
    })
    expect(inputOf({ requests: text('hi') })).toMatchObject({
      at: 'requests.content',
      parts: [{ ...part, at: 'requests.content.parts[0]' }],
    })
  })

  test('as its newer config says it, which counts before the older fields', () => {
    const embedContentConfig = {
      taskType: 'CLUSTERING',
      outputDimensionality: 4,
      autoTruncate: false,
      documentOcr: true,
    }
    expect(understand({ ...text('hi'), embedContentConfig, outputDimensionality: 8 })).toMatchObject({
      dimensions: 4,
      task: 'clustering',
      truncate: false,
      places: { dimensions: 'embedContentConfig.outputDimensionality', task: 'embedContentConfig.taskType' },
      extras: { fields: { 'embedContentConfig.documentOcr': true, outputDimensionality: 8 } },
    })
  })

  test('several, by either spelling of their names', () => {
    const wishes = { task_type: 'retrieval_query', output_dimensionality: '8' }
    const { inputs, ...rest } = understand({ requests: ['a', 'b'].map(each => ({ ...text(each), ...wishes })) })
    expect(inputs.map(({ at }) => at)).toEqual(['requests[0].content', 'requests[1].content'])
    expect(rest).toMatchObject({ dimensions: 8, task: 'query', apart: [] })
    expect(rest.places.task).toBe('requests[0].task_type')
  })

  test('text and media', () => {
    const [input] = understand({ content: { role: 'user', parts: [{ text: 'a' }, image] } }).inputs
    expect(input).toMatchObject({
      parts: [
        { type: 'text', text: 'a' },
        { type: 'media', kind: 'image' },
      ],
    })
  })

  test.each<[string, string, unknown, unknown]>([
    ['model', 'model', 'models/a', 'models/b'],
    ['dimensions', 'outputDimensionality', 8, 9],
    ['task', 'taskType', 'CLUSTERING', undefined],
  ])('where the second wants another %s than the first', (_, name, one, other) => {
    const requests = [one, other].map((value, i) => ({
      ...text(`${i}`),
      ...(value !== undefined && { [name]: value }),
    }))
    expect(understand({ requests } as JsonObject).apart).toEqual([`requests[1].${name}`])
  })

  test.each([
    ['TASK_TYPE_UNSPECIFIED', undefined, {}],
    ['SEMANTIC_SIMILARITY', 'similarity', {}],
    ['HAIKU', undefined, { taskType: 'HAIKU' }],
  ] as const)('the task %s', (taskType, task, fields) => {
    const understood = understand({ ...text('x'), taskType })
    expect([understood.task, understood.extras.fields]).toEqual([task, fields])
  })
})

describe('a request is refused with the place:', () => {
  test.each<[string, JsonObject, string]>([
    ['no content', {}, 'content'],
    ['no parts', { content: {} }, 'content.parts'],
    ['an empty text', text(''), 'content.parts'],
    ['a text that is a number', { content: { parts: [{ text: 7 }] } }, 'content.parts[0].text'],
    ['a call', { content: { parts: [{ functionCall: { name: 'f' } }] } }, 'content.parts[0]'],
    ['half a dimension', { ...text('x'), outputDimensionality: 1.5 }, 'outputDimensionality'],
    ['a task that is a number', { ...text('x'), taskType: 7 }, 'taskType'],
    ['a title that is a list', { ...text('x'), title: [] }, 'title'],
    ['a wrong one of several', { requests: [text('x'), text('')] }, 'requests[1].content.parts'],
    ['no requests', { requests: [] }, 'requests'],
  ])('%s', (_, body, param) => {
    expect(faultOf(() => understand(body))).toMatchObject({ code: 'invalid_request', param })
  })
})

describe('a request for a provider', () => {
  test('says what was said, and no more', () => {
    const one = { model: 'models/gemini-embedding-001', ...text('hi') }
    const two = { model: 'models/gemini-embedding-001', ...text('ho') }
    expect(compose(understand(text('hi')), aim)).toEqual({ body: one, lost: [] })
    const several = understand({ requests: [text('hi'), text('ho')] })
    expect(compose(several, aim)).toEqual({ body: { requests: [one, two] }, lost: [], batch: true })
  })

  test('loses nothing of what this dialect can say, whoever said it', () => {
    fc.assert(
      fc.property(anyEmbed(), embed => {
        const { body, lost } = compose(embed, aim)
        const again = understand(body)
        const said = ({ inputs }: Embed) =>
          inputs.map(each =>
            each.type === 'parts' ? [each.parts.map(part => 'text' in part && part.text), each.title?.text] : [],
          )
        expect(said(again)).toEqual(said(embed))
        const { dimensions, task, truncate, user } = embed
        expect(again).toMatchObject({ dimensions, task, truncate, apart: [] })
        expect(lost).toEqual(user === undefined ? [] : ['user'])
      }),
    )
  })

  test('keeps media, and refuses tokens with their place', () => {
    const mixed = understand({ content: { parts: [{ text: 'a' }, image] } })
    expect(compose(mixed, aim).body.content).toEqual({ parts: [{ text: 'a' }, image] })
    const tokens: Embed = { ...mixed, inputs: [{ type: 'tokens', at: 'input[0]', tokens: [1] }] }
    expect(faultOf(() => compose(tokens, aim))).toMatchObject({ code: 'invalid_request', param: 'input[0]' })
  })
})

const replied = (body: object, inputs: number) => read(body as JsonObject, JSON.stringify(body), inputs)

describe('a reply is read', () => {
  test('of one, and of several', () => {
    const usageMetadata = { promptTokenCount: 5, promptTokenDetails: [] }
    expect(replied({ embedding: { values: [1, 2] }, usageMetadata }, 1)).toEqual({ vectors: [[1, 2]], usage })
    const several = { embeddings: [{ values: [1] }, { values: [2] }] }
    expect(replied(several, 2)).toEqual({ vectors: [[1], [2]], usage: undefined })
  })

  test.each<[string, object, string]>([
    ['no vectors', {}, "'embeddings' is missing"],
    ['vectors that are no list', { embeddings: {} }, "'embeddings' is {}"],
    ['one for two', { embedding: { values: [1] } }, '1 vectors for 2 inputs'],
    ['too many', { embeddings: [[1], [2], [3]].map(values => ({ values })) }, '3 vectors for 2 inputs'],
    ['numbers as strings', { embeddings: [{ values: [1] }, { values: ['1'] }] }, "'embeddings[1].values'"],
    ['no numbers', { embeddings: [{ values: [] }, { values: [1] }] }, "'embeddings[0].values'"],
    ['lists without names', { embeddings: [[1], [2]] }, "'embeddings[0].values' is missing"],
  ])('not if it has %s', (_, body, says) => {
    const fault = faultOf(() => replied(body, 2))
    expect(fault.code).toBe('upstream_failed')
    expect(fault.message).toContain(says)
  })

  test('as the error that it is', () => {
    const fault = faultOf(() =>
      replied({ error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED' } }, 1),
    )
    expect([fault.code, fault.status]).toEqual(['rate_limited', 429])
  })
})

test.each<[string, object, JsonObject, string | undefined]>([
  ['one for one', { embedding: { values: [1] } }, { content: {} }, undefined],
  ['one for each', { embeddings: [{ values: [1] }, { values: [2] }] }, { requests: [{}, {}] }, undefined],
  ['nothing', {}, { content: {} }, "'embeddings' is missing"],
  ['no numbers', { embedding: { values: [] } }, { content: {} }, '0 vectors for 1 inputs'],
  ['too few', { embeddings: [{ values: [1] }] }, { requests: [{}, {}] }, '1 vectors for 2 inputs'],
])('a reply that goes on as it came has enough, or not: %s', (_, body, asked, says) => {
  const check = () => embeddings.check(body as JsonObject, asked)
  if (says === undefined) expect(check).not.toThrow()
  else expect(check).toThrow(says)
})

describe('a reply for a caller', () => {
  test('reads as it was written, one and several', () => {
    fc.assert(
      fc.property(anyVectors, fc.boolean(), ({ vectors: all, usage: used }, batch) => {
        const vectors = batch ? all : all.slice(0, 1)
        const body = write({ vectors, usage: used }, making(batch))
        expect(Object.keys(body)[0]).toBe(batch ? 'embeddings' : 'embedding')
        expect(replied(body, vectors.length)).toEqual({ vectors, usage: used })
      }),
    )
  })

  test('counts what was cached as part of the prompt, and tells nothing that is not known', () => {
    expect(write({ vectors: [[1]], usage: { ...usage, cacheRead: 2 } }, making(false))).toEqual({
      embedding: { values: [1] },
      usageMetadata: { promptTokenCount: 7 },
    })
    expect(write({ vectors: [[1]] }, making(true))).toEqual({ embeddings: [{ values: [1] }] })
  })
})
