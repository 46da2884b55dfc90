import { describe, expect, test } from 'bun:test'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { sound } from './sound.ts'

const plain: Chat = { messages: [], tools: [], extras: { dialect: 'x', fields: {} } }

const withTool = (schema: JsonObject): Chat => ({
  ...plain,
  tools: [{ type: 'function', name: 'f', schema, at: 'tools[0]' }],
})

const withImage = (mediaType: string, bytes: string): Chat => ({
  ...plain,
  messages: [
    {
      role: 'user',
      parts: [
        {
          type: 'tool-result',
          call: 'a',
          parts: [
            {
              type: 'media',
              kind: 'image',
              source: { from: 'data', mediaType, data: Buffer.from(bytes, 'latin1').toString('base64') },
              at: 'here',
            },
          ],
        },
      ],
    },
  ],
})

/** What it says, and where; the chat itself if it says nothing. */
function verdict(chat: Chat): unknown {
  try {
    return sound(chat, 'response_format') === chat ? 'sound' : 'another'
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return [error.code, error.param, error.message]
  }
}

describe('a schema', () => {
  const schemas: readonly JsonObject[] = [
    {},
    { type: 'object', properties: {} },
    { type: ['string', 'null'] },
    { type: null, description: 'x', format: 'whatever', const: { type: 'nonsense' } },
    { properties: { type: { type: 'string' }, items: true }, additionalProperties: false, required: [] },
    { type: 'array', items: { $ref: '#/$defs/a' }, $defs: { a: { anyOf: [{ type: 'integer' }, false] } } },
    { type: 'array', items: [{ type: 'string' }], enum: ['a', 7] },
  ]
  test.each(schemas.map(schema => [schema]))('%j is one', schema => expect(verdict(withTool(schema))).toBe('sound'))

  const odd: readonly (readonly [JsonObject, string])[] = [
    [{ type: 'nonsense' }, `'type' must be one of`],
    [{ type: 7 }, `'type' must be one of`],
    [{ type: ['string', 'text'] }, `not "text"`],
    [{ properties: [] }, `'properties' must be an object, not []`],
    [{ properties: { a: 'string' } }, `'properties.a' must be an object, not "string"`],
    [{ properties: { a: { items: { type: 'x' } } } }, `'properties.a.items.type' must be`],
    [{ anyOf: { type: 'string' } }, `'anyOf' must be an array`],
    [{ anyOf: [{ type: 'string' }, { type: 'x' }] }, `'anyOf[1].type' must be`],
    [{ items: 7 }, `'items' must be an object, not 7`],
  ]
  test.each([...odd])('%j is none, and is refused with the place of the fault', (schema, says) => {
    const refused = ['invalid_request', 'tools[0]', expect.stringContaining(says)]
    expect(verdict(withTool(schema))).toEqual(refused)
  })

  test('of the output is judged as well, by what the caller calls it', () => {
    const chat: Chat = { ...plain, format: { type: 'schema', schema: { type: 'x' } } }
    expect(verdict(chat)).toEqual(['invalid_request', 'response_format', expect.stringContaining("'type'")])
  })
})

describe('an image', () => {
  const images = ['\x89PNG\r\n', '\xff\xd8\xff\xe0', 'GIF89a', 'RIFF\0\0\0\0WEBPVP8 ']
  test.each(images)('may begin with %j, whatever it says it is', bytes =>
    expect(verdict(withImage('image/jpeg', bytes))).toBe('sound'),
  )

  test.each(['', 'hello', '<html>', 'RIFF\0\0\0\0WAVE', '%PDF-1.4'])('does not begin with %j', bytes =>
    expect(verdict(withImage('image/png', bytes))).toEqual([
      'invalid_request',
      'here',
      "The image at 'here' cannot be sent: its data is no image: image/png begins otherwise.",
    ]),
  )

  test.each(['image/svg+xml', 'image/heic'])('of the type %s is its provider’s to judge', type =>
    expect(verdict(withImage(type, '<svg'))).toBe('sound'),
  )
})

test.each([
  ['https://files.example/cat', 'sound'],
  ['gs://bucket/cat', 'sound'],
  ['nonsense', ['invalid_request', 'here', "The document at 'here' cannot be sent: its address is none: 'nonsense'."]],
])('a document at %s is %j', (url, expected) => {
  const part = { type: 'media', kind: 'document', source: { from: 'url', url }, at: 'here' } as const
  expect(verdict({ ...plain, messages: [{ role: 'user', parts: [part] }] })).toEqual(expected)
})
