import { describe, expect, test } from 'bun:test'
import type { Chat, Tool } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { Composed } from '../dialect.ts'
import { faultOf } from '../sample.test-data.ts'
import { compose, user, weather } from './sample.test-data.ts'

/** Tools and media of another dialect, and what is refused of them. */

describe('tools', () => {
  test('of another name than the wire can carry have one that it can, which leads back', () => {
    const tools: readonly Tool[] = [{ ...weather, name: 'get.weather' }]
    const { body, lost, names } = compose({ tools, toolChoice: { type: 'tool', name: 'get.weather' } })
    expect(body).toMatchObject({ tools: [{ name: 'get_weather' }], tool_choice: { name: 'get_weather' } })
    expect([lost, names]).toEqual([[], new Map([['get_weather', 'get.weather']])])
    expect(compose({ tools: [{ ...weather, name: 'x'.repeat(128) }] }).names).toBeUndefined()
  })

  test('that nobody here has are refused, and those that Anthropic has as well are its own', () => {
    const hosted = (kind: 'web-search' | 'file-search', search?: object): Tool =>
      ({
        type: 'hosted',
        kind,
        dialect: 'openai-responses',
        wire: {},
        at: 'tools[0]',
        ...(search ? { search } : {}),
      }) as Tool
    expect(faultOf(() => compose({ tools: [hosted('file-search')] })).param).toBe('tools[0]')
    const location = { type: 'approximate', city: 'Bern' }
    const search = { maxUses: 2, allowedDomains: ['a.ch'], location }
    expect(compose({ tools: [hosted('web-search', search)] }).body.tools).toEqual([
      {
        type: 'web_search_20250305',
        name: 'web_search',
        max_uses: 2,
        allowed_domains: ['a.ch'],
        user_location: location,
      },
    ])
  })

  test('of free text are left out and told', () => {
    const tools: readonly Tool[] = [weather, { type: 'custom', name: 'sql', at: 'tools[1]' }]
    const { body, lost } = compose({ tools })
    expect([(body.tools as readonly unknown[]).length, ...lost]).toEqual([1, 'tools[1]'])
  })

  test('that are strict are closed, and what cannot be enforced is told', () => {
    const schema = { type: 'object', properties: { age: { type: 'integer', minimum: 0 } } }
    const { body, lost } = compose({ tools: [{ ...weather, strict: true, schema } as Tool] })
    expect(body.tools).toEqual([
      {
        name: 'weather',
        strict: true,
        input_schema: {
          type: 'object',
          properties: { age: { type: 'integer' } },
          additionalProperties: false,
        },
      },
    ])
    expect(lost).toEqual(['tools[0].schema'])
    expect(compose({ tools: [{ ...weather, strict: true } as Tool] }, 'claude-sonnet-4-0').lost).toEqual([
      'tools[0].strict',
    ])
  })

  const choices: readonly (readonly [string, Partial<Chat>, JsonObject])[] = [
    ['any', { toolChoice: { type: 'required' } }, { type: 'any' }],
    ['a name', { toolChoice: { type: 'tool', name: 'weather' } }, { type: 'tool', name: 'weather' }],
    ['none, one at a time or not', { toolChoice: { type: 'none' }, parallelTools: false }, { type: 'none' }],
    ['one at a time', { parallelTools: false }, { type: 'auto', disable_parallel_tool_use: true }],
    ['several at a time', { parallelTools: true }, { type: 'auto', disable_parallel_tool_use: false }],
    ['some of them', { toolChoice: { type: 'only', names: ['weather'], required: true } }, { type: 'any' }],
  ]
  test.each([...choices])('may be chosen: %s', (_, chat, choice) => {
    const tools: readonly Tool[] = [weather, { ...weather, name: 'traffic' }]
    const { body, lost } = compose({ tools, ...chat })
    expect([body.tool_choice, lost]).toEqual([choice, []])
    const shown = (body.tools as readonly { readonly name: string }[]).map(({ name }) => name)
    expect(shown).toEqual(chat.toolChoice?.type === 'only' ? ['weather'] : ['weather', 'traffic'])
  })

  test('cannot be forced upon the newest models', () => {
    const { body, lost } = compose({ tools: [weather], toolChoice: { type: 'required' } }, 'claude-opus-5-5')
    expect([body.tool_choice, lost]).toEqual([{ type: 'auto' }, ['toolChoice']])
  })

  test('that are not there cannot be chosen', () => {
    expect(compose({ toolChoice: { type: 'auto' }, parallelTools: true })).toMatchObject({ lost: [] })
    const { body, lost } = compose({ toolChoice: { type: 'required' } })
    expect([body.tool_choice, lost]).toEqual([undefined, ['toolChoice']])
  })

  test('for a search that OpenAI has as a wish', () => {
    const webSearch = {
      user_location: { type: 'approximate', approximate: { city: 'Bern' } },
      search_context_size: 'low',
    }
    const { body, lost } = compose({ webSearch })
    const location = { type: 'approximate', city: 'Bern' }
    expect(body.tools).toEqual([{ type: 'web_search_20250305', name: 'web_search', user_location: location }])
    expect(lost).toEqual(['webSearch'])
  })
})

describe('media', () => {
  type Source = Extract<Part, { readonly type: 'media' }>['source']
  const media = (kind: 'image' | 'document' | 'audio', source: Source, more: object = {}): Partial<Chat> => ({
    messages: [user({ type: 'media', kind, source, at: 'messages[0].content[0]', ...more })],
  })
  const blockOf = ({ body }: Composed): unknown =>
    (body.messages as readonly { readonly content: readonly JsonObject[] }[])[0]?.content[0]
  const data = (mediaType: string): Source => ({ from: 'data', mediaType, data: 'SGk=' })

  test('are sent as they are, by their registered name', () => {
    expect(blockOf(compose(media('image', data('image/jpg'))))).toEqual({
      type: 'image',
      source: { type: 'base64', media_type: 'image/jpeg', data: 'SGk=' },
    })
    expect(blockOf(compose(media('image', { from: 'url', url: 'https://a.b/c' })))).toEqual({
      type: 'image',
      source: { type: 'url', url: 'https://a.b/c' },
    })
  })

  test('that are text are read', () => {
    expect(blockOf(compose(media('document', data('text/markdown'), { title: 'T', cite: true })))).toEqual({
      type: 'document',
      title: 'T',
      citations: { enabled: true },
      source: { type: 'text', media_type: 'text/plain', data: 'Hi' },
    })
  })

  const refused: readonly (readonly [string, Partial<Chat>])[] = [
    ['sound', media('audio', data('audio/wav'))],
    ['a document of another kind', media('document', data('application/msword'))],
    ['a file that is elsewhere', media('image', { from: 'file', id: 'file-1', dialect: 'openai-chat' })],
  ]
  test.each([...refused])('are refused by their place: %s', (_, chat) => {
    const fault = faultOf(() => compose(chat))
    expect([fault.code, fault.param]).toEqual(['invalid_request', 'messages[0].content[0]'])
  })

  test('that were heard are told by their words', () => {
    const composed = compose(media('audio', data('audio/wav'), { transcript: 'Hello' }))
    expect([blockOf(composed), composed.lost]).toEqual([{ type: 'text', text: 'Hello' }, ['messages[0].content[0]']])
  })
})
