import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { anyEmbed } from '../../../test/fakes/any-embed.ts'
import type { Embed, EmbedTask } from '../../model/embed.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart } from '../../model/part.ts'
import { faultOf } from '../sample.test-data.ts'
import { embeddings } from './embed.ts'

const { compose, read } = embeddings
const aim = { provider: 'cohere', model: 'embed-v4.0', quirks: {}, stream: false }
const usage = { input: 5, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }
const none = { places: {}, apart: [], extras: { dialect: 'openai-chat', fields: {} } }
const hello: Embed['inputs'] = [{ type: 'parts', at: 'input', parts: [{ type: 'text', text: 'hello' }] }]
const asking = (embed: Partial<Embed>): Embed => ({ ...none, inputs: hello, ...embed })
const fixed = { model: 'embed-v4.0', embedding_types: ['float'] }

describe('a request for a provider', () => {
  test('says no more than was said, but for what the API requires', () => {
    expect(compose(asking({}), aim)).toEqual({
      body: { ...fixed, texts: ['hello'], input_type: 'search_document' },
      lost: [],
    })
  })

  test.each<[EmbedTask, string, string[]]>([
    ['query', 'search_query', []],
    ['document', 'search_document', []],
    ['classification', 'classification', []],
    ['clustering', 'clustering', []],
    ['question', 'search_query', ['task']],
    ['fact', 'search_query', ['task']],
    ['code-query', 'search_query', ['task']],
    ['similarity', 'search_document', ['task']],
  ])('for the task %s says %s', (task, type, lost) => {
    const composed = compose(asking({ task }), aim)
    expect([composed.body.input_type, composed.lost]).toEqual([type, lost])
  })

  test('says in full what is wanted, and tells what has no place', () => {
    fc.assert(
      fc.property(anyEmbed(), fc.boolean(), (any, odd) => {
        const embed = { ...any, extras: { dialect: 'another', fields: odd ? { odd } : {} } }
        const { body, lost } = compose(embed, aim)
        const { dimensions, truncate, task, user, inputs } = embed
        expect(body.output_dimension).toBe(dimensions)
        expect(body.truncate).toBe(truncate === undefined ? undefined : truncate ? 'END' : 'NONE')
        expect(body.texts).toEqual(
          inputs.map(each => (each.type === 'parts' ? each.parts.map(part => 'text' in part && part.text).join() : '')),
        )
        const titles = inputs.flatMap(each => (each.type === 'parts' && each.title ? [each.title.at] : []))
        const rough = task !== undefined && ['question', 'fact', 'code-query', 'similarity'].includes(task)
        const expected = [
          ...titles,
          ...(odd ? ['odd'] : []),
          ...(rough ? ['task'] : []),
          ...(user === undefined ? [] : ['user']),
        ]
        expect([...lost].sort()).toEqual(expected.sort())
      }),
    )
  })

  const media = (more: Partial<MediaPart>): MediaPart => ({
    type: 'media',
    kind: 'image',
    at: 'content.parts[1]',
    source: { from: 'data', mediaType: 'image/png', data: 'aa==' },
    ...more,
  })
  const withMedia = (part: MediaPart): Embed =>
    asking({ inputs: [...hello, { type: 'parts', at: 'content', parts: [{ type: 'text', text: 'a' }, part] }] })

  test('says contents where there are images', () => {
    const { texts, inputs } = compose(withMedia(media({})), aim).body
    expect(texts).toBeUndefined()
    expect(inputs).toEqual([
      { content: [{ type: 'text', text: 'hello' }] },
      {
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,aa==' } },
        ],
      },
    ])
  })

  test.each<[string, Embed, string]>([
    ['a film', withMedia(media({ kind: 'video' })), 'content.parts[1]'],
    ['an image elsewhere', withMedia(media({ source: { from: 'url', url: 'https://a/b.png' } })), 'content.parts[1]'],
    ['tokens', asking({ inputs: [{ type: 'tokens', at: 'input', tokens: [1] }] }), 'input'],
  ])('refuses %s with its place', (_, embed, param) => {
    expect(faultOf(() => compose(embed, aim))).toMatchObject({ code: 'invalid_request', param })
  })
})

const replied = (body: object, inputs: number) => read(body as JsonObject, JSON.stringify(body), inputs)
const floats = (...float: readonly unknown[]) => ({ embeddings: { float } })

describe('a reply is read', () => {
  test.each<[string, object, object | undefined]>([
    ['billed', { billed_units: { input_tokens: 5 } }, usage],
    ['billed with images', { billed_units: { input_tokens: 2, image_tokens: 3 } }, usage],
    ['counted', { tokens: { input_tokens: 5 }, billed_units: { input_tokens: 1 } }, usage],
    ['not told', { api_version: { version: '2' } }, undefined],
  ])('with what was %s', (_, meta, told) => {
    expect(replied({ ...floats([1, 2], [3, 4]), meta }, 2)).toEqual({
      vectors: [
        [1, 2],
        [3, 4],
      ],
      usage: told as typeof usage | undefined,
    })
  })

  test.each<[string, object, string]>([
    ['no vectors', {}, 'it has no embeddings'],
    ['words instead', { message: 'Not today.' }, 'Not today.'],
    ['vectors of another type', { embeddings: { int8: [[1]] } }, "'embeddings.float' is missing"],
    ['too few', floats([1]), '1 vectors for 2 inputs'],
    ['too many', floats([1], [2], [3]), '3 vectors for 2 inputs'],
    ['numbers as strings', floats([1], ['1']), "'embeddings.float[1]'"],
    ['no numbers', floats([], [1]), "'embeddings.float[0]'"],
  ])('not if it has %s', (_, body, says) => {
    const fault = faultOf(() => replied(body, 2))
    expect(fault.code).toBe('upstream_failed')
    expect(fault.message).toContain(says)
  })
})
