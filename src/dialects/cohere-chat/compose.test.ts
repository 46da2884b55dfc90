import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { anyChat } from '../../../test/fakes/any-chat.ts'
import type { Chat, Message, Noun, Tool } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { compose } from './compose.ts'

const aim = { provider: 'cohere', model: 'command-a', quirks: {}, stream: false }
const hello: Message = { role: 'user', parts: [{ type: 'text', text: 'Hello' }] }
const none = { dialect: 'openai-chat', fields: {} }

const tell = (chat: Partial<Chat>, stream = false) =>
  compose({ messages: [hello], tools: [], extras: none, ...chat }, { ...aim, stream })

const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts, at: 'messages[0]' })
const assistant = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts, at: 'messages[1]' })
const text = (words: string): Part => ({ type: 'text', text: words })
const weather: Tool = { type: 'function', name: 'weather', at: 'tools[0]', schema: { type: 'object' } }
const call: Part = { type: 'tool-call', id: 'c1', name: 'weather', input: '{"city":"Paris"}' }
const media = (part: object): Part => ({ type: 'media', at: 'here', ...part }) as Part

const told = (...messages: readonly Message[]): JsonObject => {
  const { body, lost } = tell({ messages })
  const { model: _, ...rest } = body
  return { ...rest, ...(lost.length === 0 ? {} : { lost }) }
}

describe('messages', () => {
  test('a message is told without any field that nobody asked for', () => {
    expect(tell({})).toEqual({ body: { model: 'command-a', messages: [{ role: 'user', content: 'Hello' }] }, lost: [] })
    expect(tell({}, true).body).toEqual({
      model: 'command-a',
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    })
  })

  test.each([
    [[{ role: 'developer', parts: [text('Be kind.')] }], [{ role: 'system', content: 'Be kind.' }]],
    [
      [user(text('a'), text('b'))],
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
    ],
    [
      [hello, assistant(text('')), hello],
      [
        { role: 'user', content: 'Hello' },
        { role: 'user', content: 'Hello' },
      ],
    ],
    [
      [user(media({ kind: 'image', detail: 'low', source: { from: 'data', mediaType: 'image/png', data: 'aGk=' } }))],
      [
        {
          role: 'user',
          content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=', detail: 'low' } }],
        },
      ],
    ],
    [
      [user(media({ kind: 'image', source: { from: 'url', url: 'https://a/b.png' } }))],
      [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://a/b.png' } }] }],
    ],
    [
      [assistant({ type: 'reasoning', text: 'Hm.' }, text('Let me see.'), call)],
      [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.' },
            { type: 'text', text: 'Let me see.' },
          ],
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
        },
      ],
    ],
    [
      [assistant({ ...call, input: '' } as Part)],
      [
        {
          role: 'assistant',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }],
        },
      ],
    ],
    [
      [user(text('And?'), { type: 'tool-result', call: 'c1', parts: [text('rainy')] })],
      [
        { role: 'tool', tool_call_id: 'c1', content: 'rainy' },
        { role: 'user', content: 'And?' },
      ],
    ],
    [[user({ type: 'tool-result', call: 'c1', parts: [] })], [{ role: 'tool', tool_call_id: 'c1', content: '' }]],
    [
      [
        user({
          type: 'tool-result',
          call: 'c1',
          parts: [media({ kind: 'document', title: 'a', source: { from: 'text', text: 'hi' } })],
        }),
      ],
      [
        {
          role: 'tool',
          tool_call_id: 'c1',
          content: [{ type: 'document', document: { data: { title: 'a', text: 'hi' } } }],
        },
      ],
    ],
  ] as const)('%j', (messages, expected) => {
    expect(told(...(messages as readonly Message[]))).toEqual({ messages: expected as never })
  })

  test('documents stand beside the messages, by numbers that citations name', () => {
    const documents = [
      media({ kind: 'document', title: 'a.txt', context: 'old', source: { from: 'text', text: 'one' } }),
      media({
        kind: 'document',
        source: { from: 'data', mediaType: 'text/markdown; charset=utf-8', data: 'dHfDtg==' },
      }),
    ]
    expect(told(user(...documents, text('So?')))).toEqual({
      messages: [{ role: 'user', content: 'So?' }],
      documents: [
        { id: 'doc:0', data: { title: 'a.txt', context: 'old', text: 'one' } },
        { id: 'doc:1', data: { text: 'twö' } },
      ],
    })
  })

  test('a plan goes back as one, and citations with the place of their text', () => {
    const own = (value: string) => ({ seal: { dialect: 'cohere-chat', maker: 'cohere/command-a', value } })
    const plan: Part = { type: 'reasoning', text: 'I will look.', ...own('tool_plan') }
    const cited: Part = { type: 'text', text: 'So.', citations: [{ ...own('{"start":0,"end":2,"text":"So"}') }] }
    expect(told(assistant(plan, { type: 'reasoning', text: 'Hm.' }, cited, call))).toEqual({
      messages: [
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.' },
            { type: 'text', text: 'So.' },
          ],
          tool_plan: 'I will look.',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Paris"}' } }],
          citations: [{ start: 0, end: 2, text: 'So', content_index: 1 }],
        },
      ],
    })
  })

  test.each([
    ['a name', user(text('x')), { name: 'Ann' }, 'messages[0].name'],
    [
      'a signature of another’s',
      user(),
      { parts: [{ type: 'reasoning', text: 'Hm.', at: 'p', seal: { dialect: 'x', value: 's' } }], role: 'assistant' },
      'p',
    ],
    [
      'a failure',
      user({ type: 'tool-result', at: 'p', call: 'c', parts: [text('no')], failed: true }),
      {},
      'p.is_error',
    ],
    ['a cache mark', user({ type: 'text', text: 'x', at: 'p', cache: {} }), {}, 'p.cache_control'],
    [
      'an image of the assistant’s',
      assistant(media({ kind: 'image', source: { from: 'url', url: 'https://a' } }), text('x')),
      {},
      'here',
    ],
    [
      'citations of another’s',
      assistant({ type: 'text', text: 'x', at: 'p', citations: [{ url: 'u' }] }),
      {},
      'p.citations',
    ],
  ] as const)('%s has no place, and it is told', (_, message, more, lost) => {
    expect(tell({ messages: [hello, { ...message, ...more } as Message] }).lost).toEqual([lost as string])
  })

  test.each([
    ['nothing at all', { messages: [user(text(''))] }, 'messages'],
    [
      'audio',
      { messages: [user(media({ kind: 'audio', source: { from: 'data', mediaType: 'audio/wav', data: 'aGk=' } }))] },
      'here',
    ],
    [
      'a document that is no text',
      {
        messages: [
          user(media({ kind: 'document', source: { from: 'data', mediaType: 'application/pdf', data: 'aGk=' } })),
        ],
      },
      'here',
    ],
    [
      'a result that is only an image',
      {
        messages: [
          user({
            type: 'tool-result',
            at: 'r',
            call: 'c',
            parts: [media({ kind: 'image', source: { from: 'url', url: 'https://a' } })],
          }),
        ],
      },
      'r',
    ],
    [
      'a hosted tool',
      { tools: [{ type: 'hosted', kind: 'web-search', dialect: 'x', wire: {}, at: 'tools[0]' }] },
      'tools[0]',
    ],
    ['a tool that takes free text', { tools: [{ type: 'custom', name: 'x', at: 'tools[0]' }] }, 'tools[0]'],
    [
      'a choice of a tool that is not there',
      { tools: [weather], toolChoice: { type: 'tool', name: 'time' } },
      'toolChoice',
    ],
  ] as const)('%s is refused', (_, chat, param) => {
    const fault = (() => {
      try {
        return tell(chat as Partial<Chat>)
      } catch (error) {
        return error
      }
    })()
    expect(fault instanceof Fault && [fault.code, fault.param]).toEqual(['invalid_request', param])
  })
})

describe('nouns', () => {
  const wire = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }
  const time: Tool = { type: 'function', name: 'time', strict: true, at: 'tools[1]' }
  const timeWire = { type: 'function', function: { name: 'time', parameters: { type: 'object', properties: {} } } }

  const fields = (chat: Partial<Chat>): JsonObject => {
    const { body, lost } = tell(chat)
    const { messages: _, model: __, ...rest } = body
    return { ...rest, ...(lost.length === 0 ? {} : { lost }) }
  }

  test.each([
    [
      { maxTokens: 5, temperature: 0.2, topP: 0.9, topK: 4, seed: 7, stop: ['|', ''] },
      { max_tokens: 5, temperature: 0.2, p: 0.9, k: 4, seed: 7, stop_sequences: ['|'] },
    ],
    [{ topP: 1 }, { p: 0.99 }],
    [{ presencePenalty: 0, frequencyPenalty: 0.5 }, { frequency_penalty: 0.5 }],
    [
      { presencePenalty: -1, frequencyPenalty: 2 },
      { frequency_penalty: 1, lost: ['frequencyPenalty', 'presencePenalty'] },
    ],
    [{ logprobs: { top: 0 } }, { logprobs: true }],
    [{ logprobs: { top: 3 } }, { logprobs: true, lost: ['logprobs'] }],
    [{ format: { type: 'json' } }, { response_format: { type: 'json_object' } }],
    [
      { format: { type: 'schema', schema: { a: 1 }, name: 'r' } },
      { response_format: { type: 'json_object', json_schema: { a: 1 } } },
    ],
    [{ format: { type: 'text' } }, {}],
    [{ reasoning: { effort: 'none' } }, { thinking: { type: 'disabled' } }],
    [{ reasoning: { budget: -1 } }, { thinking: { type: 'enabled' } }],
    [{ reasoning: { effort: 'low' } }, { thinking: { type: 'enabled', token_budget: 1024 } }],
    [{ reasoning: { summary: 'auto' } }, {}],
    [
      { tools: [weather], toolChoice: { type: 'none' } },
      { tools: [wire], tool_choice: 'NONE' },
    ],
    [{ tools: [weather], toolChoice: { type: 'auto' } }, { tools: [wire] }],
    [
      { tools: [weather], toolChoice: { type: 'required' } },
      { tools: [wire], tool_choice: 'REQUIRED' },
    ],
    [
      { tools: [weather, time], toolChoice: { type: 'tool', name: 'weather' } },
      { tools: [wire], tool_choice: 'REQUIRED' },
    ],
    [{ tools: [weather, time], toolChoice: { type: 'only', names: ['weather'], required: false } }, { tools: [wire] }],
    [{ tools: [time] }, { tools: [timeWire], strict_tools: true }],
    [{ tools: [weather, time] }, { tools: [wire, timeWire], lost: ['tools[1].strict'] }],
    [
      { tools: [{ ...weather, cache: {}, returns: {} }] },
      { tools: [wire], lost: ['tools[0].response', 'tools[0].cache_control'] },
    ],
    [{ store: false, candidates: 1, modalities: ['text'], serviceTier: 'auto' }, {}],
    [
      { store: true, candidates: 2, modalities: ['audio'], serviceTier: 'flex' },
      { lost: ['candidates', 'modalities', 'store', 'serviceTier'] },
    ],
    [{ user: 'u', metadata: {}, webSearch: {} }, { lost: ['webSearch', 'metadata', 'user'] }],
    [{ extras: { dialect: 'gemini-generate', fields: { safetySettings: [] } } }, { lost: ['safetySettings'] }],
    [{ extras: { dialect: 'cohere-chat', fields: { safety_mode: 'STRICT' } } }, { safety_mode: 'STRICT' }],
  ] as const)('%j', (chat, expected) => {
    expect(fields(chat as Partial<Chat>)).toEqual(expected as never)
  })
})

describe('whatever is asked', () => {
  const chats = anyChat('cohere-chat', 'cohere/command-a')

  /** What a request becomes; undefined if it is refused, as it may be. */
  function toldOrRefused(chat: Chat) {
    try {
      return compose(chat, aim)
    } catch (error) {
      if (error instanceof Fault && error.code === 'invalid_request') return undefined
      throw error
    }
  }

  test('no wish gets lost in silence: without it the request is another, or it is named', () => {
    fc.assert(
      fc.property(chats, chat => {
        const composed = toldOrRefused(chat)
        const wishes = Object.keys(chat).filter(key => !['messages', 'tools', 'extras'].includes(key)) as Noun[]
        for (const noun of composed ? wishes : []) {
          if ((noun === 'parallelTools' || noun === 'toolChoice') && chat.tools.length === 0) continue
          // A choice among all the tools there are.
          if (chat.toolChoice?.type === 'only' && noun === 'toolChoice') continue
          const { [noun]: _, ...without } = chat
          const same = Bun.deepEquals(toldOrRefused(without as Chat)?.body, composed?.body)
          if (same) expect([...(composed?.lost ?? [])]).toContain(noun)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('every word is told', () => {
    fc.assert(
      fc.property(chats, chat => {
        const composed = toldOrRefused(chat)
        const body = JSON.stringify(composed?.body)
        const parts = composed ? chat.messages.flatMap(message => message.parts) : []
        for (const part of parts) {
          if (part.type === 'text' || part.type === 'reasoning')
            expect(body).toContain(JSON.stringify(part.text).slice(1, -1))
          if (part.type === 'tool-call') expect(body).toContain(JSON.stringify(part.id))
        }
      }),
    )
  })
})
