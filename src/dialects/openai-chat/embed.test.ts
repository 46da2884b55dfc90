import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { anyEmbed, anyVectors } from '../../../test/fakes/any-embed.ts'
import type { Embed } from '../../model/embed.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
import { faultOf } from '../sample.test-data.ts'
import { embeddings } from './embed.ts'

const { understand, compose, read, write } = embeddings
const aim = { provider: 'acme', model: 'e', quirks: {}, stream: false }
const usage = { input: 5, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

const making = (body: JsonObject = {}): Making => ({
  id: 'r1',
  created: 1,
  maker: 'acme/e',
  call: { operation: 'embeddings', model: 'e', stream: false, wantsUsage: false },
  body,
})

const words = (text: string, at: string) => ({ type: 'parts', at, parts: [{ type: 'text', text, at }] }) as const
const tokens = (list: readonly number[], at: string) => ({ type: 'tokens', at, tokens: list }) as const

describe('a request is understood:', () => {
  test.each<[string, JsonObject[string], Embed['inputs']]>([
    ['a text', 'one', [words('one', 'input')]],
    ['texts', ['one', 'two'], [words('one', 'input[0]'), words('two', 'input[1]')]],
    ['tokens', [1, 2], [tokens([1, 2], 'input')]],
    ['lists of tokens', [[1, 2], [3]], [tokens([1, 2], 'input[0]'), tokens([3], 'input[1]')]],
  ])('%s', (_, input, inputs) => {
    expect(understand({ model: 'e', input }).inputs).toEqual(inputs)
  })

  test('what is wanted, and what nobody else knows', () => {
    const body = { model: 'e', input: 'x', dimensions: 8, user: 'u', encoding_format: 'base64', output_dtype: 'int8' }
    expect(understand(body)).toMatchObject({
      dimensions: 8,
      user: 'u',
      task: undefined,
      places: { dimensions: 'dimensions', task: 'input_type', user: 'user' },
      apart: [],
      extras: { dialect: 'openai-chat', fields: { output_dtype: 'int8' } },
    })
  })

  test.each([
    ['search_query', 'query'],
    ['query', 'query'],
    ['search_document', 'document'],
    ['passage', 'document'],
    ['document', 'document'],
    ['classification', 'classification'],
    ['clustering', 'clustering'],
  ] as const)('the task that others of this API call %s', (input_type, task) => {
    const understood = understand({ model: 'e', input: 'x', input_type })
    expect([understood.task, understood.extras.fields]).toEqual([task, {}])
  })

  test('a task that nobody knows is a field like any other', () => {
    const { task, extras } = understand({ model: 'e', input: 'x', input_type: 'haiku' })
    expect([task, extras.fields]).toEqual([undefined, { input_type: 'haiku' }])
  })
})

describe('a request is refused with the place:', () => {
  test.each<[string, JsonObject, string]>([
    ['an empty text', { input: '' }, 'input'],
    ['nothing in the list', { input: [] }, 'input'],
    ['an empty text in the list', { input: ['a', ''] }, 'input[1]'],
    ['a number for a text', { input: 7 }, 'input'],
    ['an object', { input: [{ text: 'a' }] }, 'input[0]'],
    ['a text among tokens', { input: [1, 'two'] }, 'input[1]'],
    ['half a token', { input: [[1], [1.5]] }, 'input[1][0]'],
    ['no tokens', { input: [[1], []] }, 'input[1]'],
    ['dimensions in words', { input: 'x', dimensions: 'many' }, 'dimensions'],
    ['a user that is a number', { input: 'x', user: 7 }, 'user'],
    ['another encoding', { input: 'x', encoding_format: 'int8' }, 'encoding_format'],
  ])('%s', (_, body, param) => {
    expect(faultOf(() => understand({ model: 'e', ...body }))).toMatchObject({ code: 'invalid_request', param })
  })
})

describe('a request for a provider', () => {
  test('says what was said, and no more', () => {
    const { body, lost } = compose(understand({ model: 'alias', input: 'x' }), aim)
    expect([body, lost]).toEqual([{ model: 'e', input: ['x'] }, []])
  })

  test('loses nothing of what this dialect can say, whoever said it', () => {
    fc.assert(
      fc.property(anyEmbed(), embed => {
        const { body, lost } = compose(embed, aim)
        const again = understand(body)
        const textsOf = ({ inputs }: Embed) => inputs.map(each => (each.type === 'parts' ? each.parts[0] : undefined))
        expect(textsOf(again)).toMatchObject(
          textsOf(embed).map(part => (part?.type === 'text' ? { text: part.text } : {})),
        )
        expect([again.dimensions, again.user]).toEqual([embed.dimensions, embed.user])
        const titles = embed.inputs.filter(each => each.type === 'parts' && each.title).map(({ at }) => `${at}.title`)
        const nouns = (['task', 'truncate'] as const).filter(noun => embed[noun] !== undefined)
        expect([...lost].sort()).toEqual([...nouns, ...titles].sort())
      }),
    )
  })

  test('keeps its own tokens and fields, and tells those of another', () => {
    const own = understand({ model: 'e', input: [[1], [2, 3]], models: ['a'] })
    expect(compose(own, aim)).toEqual({ body: { model: 'e', input: [[1], [2, 3]], models: ['a'] }, lost: [] })
    const other = { ...own, extras: { dialect: 'gemini-generate', fields: { 'content.x': 1 } } }
    expect(compose(other, aim)).toEqual({ body: { model: 'e', input: [[1], [2, 3]] }, lost: ['content.x'] })
  })

  test('calls the length as the provider does, and leaves out what it refuses', () => {
    const embed = understand({ model: 'e', input: 'x', dimensions: 8, user: 'u' })
    const quirks = { dimensionsField: 'output_dimension', refuses: ['user'] } as const
    expect(compose(embed, { ...aim, quirks })).toEqual({
      body: { model: 'e', input: ['x'], output_dimension: 8 },
      lost: ['user'],
    })
  })

  test('joins the texts of one input, and refuses an image with its place', () => {
    const at = 'requests[0].content.parts[1]'
    const text = { type: 'text', text: 'a' } as const
    const image = {
      type: 'media',
      kind: 'image',
      at,
      source: { from: 'data', mediaType: 'image/png', data: 'aa==' },
    } as const
    const embed = (...parts: readonly (typeof text | typeof image)[]): Embed => ({
      ...understand({ model: 'e', input: 'x' }),
      inputs: [{ type: 'parts', at: 'here', parts }],
    })
    expect(compose(embed(text, text), aim).body.input).toEqual(['aa'])
    expect(faultOf(() => compose(embed(text, image), aim))).toMatchObject({ code: 'invalid_request', param: at })
  })
})

const data = (...all: readonly unknown[]) => all.map((embedding, index) => ({ object: 'embedding', index, embedding }))
const replied = (body: object, inputs: number) => read(body as JsonObject, JSON.stringify(body), inputs)

describe('a reply is read', () => {
  test('in the order of the inputs, whatever its own', () => {
    const [one, two] = data([1, 2], [3, 4])
    const body = { data: [two, one], model: 'e-1', usage: { prompt_tokens: 5, total_tokens: 5 } }
    const whole = {
      vectors: [
        [1, 2],
        [3, 4],
      ],
      model: 'e-1',
      usage,
    }
    expect(replied(body, 2)).toEqual(whole)
    expect(replied({ data: [{ embedding: [1] }, { embedding: [2] }] }, 2)).toMatchObject({ vectors: [[1], [2]] })
  })

  test.each<[string, object, string]>([
    ['no vectors', {}, "'data' is missing"],
    ['vectors that are no list', { data: {} }, "'data' is {}"],
    ['too few', { data: data([1]) }, '1 vectors for 2 inputs'],
    ['too many', { data: data([1], [2], [3]) }, '3 vectors for 2 inputs'],
    ['two for one input', { data: [...data([1]), ...data([2])] }, '1 vectors for 2 inputs'],
    ['one for an input that is none', { data: [{ index: 7, embedding: [1] }, ...data([2])] }, '1 vectors for 2 inputs'],
    ['an index that is none', { data: [{ index: 'x', embedding: [1] }, ...data([2])] }, "'data[0].index'"],
    ['numbers as strings', { data: data([1], ['0.5']) }, "'data[1].embedding'"],
    ['a null among numbers', { data: data([1], [1, null]) }, "'data[1].embedding'"],
    ['no numbers', { data: data([1], []) }, "'data[1].embedding'"],
    ['base64 that nobody asked for', { data: data([1], 'AAAA') }, "'data[1].embedding'"],
    ['elements that are none', { data: [1, 2] }, "'data[0].embedding' is missing"],
  ])('not if it has %s', (_, body, says) => {
    const fault = faultOf(() => replied(body, 2))
    expect(fault.code).toBe('upstream_failed')
    expect(fault.message).toContain(says)
  })

  test('not if a number in it is larger than any', () => {
    const wire = '{"data":[{"embedding":[1e999]}]}'
    expect(faultOf(() => read(JSON.parse(wire) as JsonObject, wire, 1)).code).toBe('upstream_failed')
  })

  test('as the error that it is', () => {
    const fault = faultOf(() => replied({ error: { message: 'Too many.', code: 429 } }, 1))
    expect([fault.code, fault.status]).toEqual(['rate_limited', 429])
    expect(fault.message).toContain('Too many.')
  })
})

describe('a reply that goes on as it came', () => {
  const { check } = embeddings
  test.each<[string, object, JsonObject]>([
    ['a text', { data: data([1]) }, { input: 'a' }],
    ['tokens', { data: data([1]) }, { input: [1, 2, 3] }],
    ['two texts', { data: data([1], 'AAAA') }, { input: ['a', 'b'] }],
    ['two lists of tokens', { data: data([1], { float: [1] }) }, { input: [[1, 2], [3]] }],
    ['what has several for one', { data: [{ object: 'embeddings', embeddings: [[1], [2]] }] }, { input: ['a'] }],
    ['what nobody here knows', { data: data([1], [2]) }, { input: { image: 'x' } }],
  ])('has enough for %s', (_, body, asked) => {
    expect(() => check(body as JsonObject, asked)).not.toThrow()
  })

  test.each<[string, object, JsonObject, string]>([
    ['nothing', {}, { input: 'a' }, "'data' is missing"],
    ['no vectors', { data: [] }, { input: 'a' }, '0 vectors for 1 inputs'],
    ['a vector without numbers', { data: data([]) }, { input: 'a' }, '0 vectors for 1 inputs'],
    ['a null', { data: data(null) }, { input: 'a' }, '0 vectors for 1 inputs'],
    ['too few', { data: data([1]) }, { input: ['a', 'b'] }, '1 vectors for 2 inputs'],
  ])('has not if it has %s', (_, body, asked, says) => {
    expect(faultOf(() => check(body as JsonObject, asked))).toMatchObject({ code: 'upstream_failed' })
    expect(faultOf(() => check(body as JsonObject, asked)).message).toContain(says)
  })
})

describe('a reply for a caller', () => {
  test('reads as it was written', () => {
    fc.assert(
      fc.property(anyVectors, vectors => {
        const body = write(vectors, making())
        const again = replied(body, vectors.vectors.length)
        expect(again).toEqual({ ...vectors, model: vectors.model ?? 'e' })
      }),
    )
  })

  test('has the very numbers in base64, as 32-bit floats whose lowest byte comes first', () => {
    const vectors = { vectors: [[1, -0.5]], usage }
    const { data: written } = write(vectors, making({ encoding_format: 'base64' }))
    expect(written).toEqual([{ object: 'embedding', index: 0, embedding: 'AACAPwAAAL8=' }])
    fc.assert(
      fc.property(anyVectors, any => {
        const body = write(any, making({ encoding_format: 'base64' })) as { readonly data: { embedding: string }[] }
        const unpacked = body.data.map(({ embedding }) => {
          const view = new DataView(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)
          return Array.from({ length: view.byteLength / 4 }, (_, i) => view.getFloat32(i * 4, true))
        })
        expect(unpacked).toEqual(any.vectors.map(vector => [...vector]))
      }),
    )
  })

  test('tells what was used, or nothing of it', () => {
    const vectors = [[1]]
    const whole = { object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1] }], model: 'e' }
    expect(write({ vectors }, making())).toEqual(whole)
    const told = { ...whole, usage: { prompt_tokens: 5, total_tokens: 5 } }
    expect(write({ vectors, usage: { ...usage, input: 3, cacheRead: 2 } }, making())).toEqual(told)
  })
})
