import { expect, test } from 'bun:test'
import { weigh } from './weigh.ts'

const extras = { dialect: 'd', fields: {} }

test('everything that a model reads is weighed: messages, tool calls and results, tools, a schema', () => {
  const { texts, tokens } = weigh({
    messages: [
      { role: 'system', parts: [{ type: 'text', text: 'be brief' }] },
      {
        role: 'assistant',
        parts: [
          { type: 'reasoning', text: 'hm' },
          { type: 'tool-call', id: '1', name: 'find', input: '{"q":1}' },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'tool-result', call: '1', parts: [{ type: 'text', text: 'found' }] },
          { type: 'media', kind: 'document', source: { from: 'text', text: 'a page' } },
        ],
      },
    ],
    tools: [
      { type: 'function', name: 'find', description: 'finds', schema: { type: 'object' } },
      { type: 'hosted', kind: 'web-search', dialect: 'd', wire: { type: 'web_search' } },
      { type: 'custom', name: 'free' },
    ],
    format: { type: 'schema', schema: { a: 1 } },
    extras,
  })
  const tools = ['find', 'finds', '{"type":"object"}', '{"type":"web_search"}', 'free', '', '{}']
  expect(texts).toEqual(['be brief', 'hm', 'find', '{"q":1}', 'found', 'a page', ...tools, '{"a":1}'])
  expect(tokens).toBe(3 * 4)
})

test('a picture weighs something, also in a tool’s result, and its base64 is not read', () => {
  const image = {
    type: 'media',
    kind: 'image',
    source: { from: 'data', mediaType: 'image/png', data: 'AAAA' },
  } as const
  const parts = [image, { type: 'tool-result', call: '1', parts: [image] } as const]
  expect(weigh({ messages: [{ role: 'user', parts }], tools: [], extras })).toEqual({ texts: [], tokens: 4 + 2 * 1000 })
})
