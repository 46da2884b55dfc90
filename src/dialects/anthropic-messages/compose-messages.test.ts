import { describe, expect, test } from 'bun:test'
import type { Message } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { faultOf } from '../sample.test-data.ts'
import { request } from './request.ts'
import { assistant, call, compose, result, system, text, turnsOf, user } from './sample.test-data.ts'

/** How a conversation of another dialect becomes turns of Anthropic's. */

describe('words of the system', () => {
  const conversation = (...more: readonly Message[]): readonly Message[] => [
    system('Be brief.', 'messages[0]'),
    user(text('Hi')),
    ...more,
  ]

  test('before the conversation stand before it', () => {
    const composed = compose({ messages: conversation() })
    expect([composed.body.system, composed.lost]).toEqual([[{ type: 'text', text: 'Be brief.' }], []])
  })

  test('within it join those before it where the model takes none, and their place is told', () => {
    const composed = compose({
      messages: conversation(assistant(text('Hello')), system('Rhyme.', 'messages[3]'), user(text('Go'))),
    })
    expect((composed.body.system as readonly unknown[]).length).toBe(2)
    expect(turnsOf(composed).map(([role]) => role)).toEqual(['user', 'assistant', 'user'])
    expect(composed.lost).toEqual(['messages[3]'])
  })

  test('behind the user’s turn keep their place', () => {
    const messages = conversation(system('Rhyme.', 'messages[2]'), assistant(text('Hello')), user(text('Go')))
    const composed = compose({ messages }, 'claude-opus-4-8')
    expect(turnsOf(composed).map(([role]) => role)).toEqual(['user', 'system', 'assistant', 'user'])
    expect(composed.lost).toEqual([])
  })

  test('before or within the user’s turn go behind it, several as one, and are told', () => {
    const messages = conversation(
      assistant(text('Hello')),
      system('Rhyme.', 'messages[3]'),
      user(text('Go')),
      system('Shout.', 'messages[5]'),
    )
    const composed = compose({ messages }, 'claude-opus-4-8')
    expect(turnsOf(composed).at(-1)).toEqual(['system', ['Rhyme.', 'Shout.']])
    expect(composed.lost).toEqual(['messages[3]'])
  })

  test('behind the assistant’s turn join those before the conversation', () => {
    const messages = conversation(assistant(text('Hello')), system('Rhyme.', 'messages[3]'))
    const composed = compose({ messages }, 'claude-opus-4-8')
    expect([(composed.body.system as readonly unknown[]).length, composed.lost]).toEqual([2, ['messages[3]']])
  })

  test('alone are told as the user’s', () => {
    const composed = compose({ messages: [system('Say hi.', 'messages[0]')] })
    expect([turnsOf(composed), composed.body.system, composed.lost]).toEqual([
      [['user', ['Say hi.']]],
      undefined,
      ['messages[0].role'],
    ])
  })
})

describe('turns', () => {
  test('of one side are one, and the results of tools come first', () => {
    const composed = compose({
      messages: [
        user(text('Hi')),
        assistant(call('a'), call('b')),
        user(text('Wait'), result('a')),
        user(result('b')),
        user(text('Go')),
      ],
    })
    expect(turnsOf(composed).at(-1)).toEqual(['user', ['a', 'b', 'Wait', 'Go']])
  })

  test.each(['', '\n\n', ' \t'])('have no empty texts, and there is none of nothing: %j', nothing => {
    const blank = text(nothing)
    const refused: Part = { type: 'refusal', text: nothing }
    const messages = [
      system(nothing, 'messages[0]'),
      user(text('Hi'), blank),
      assistant(blank, refused),
      user(text('Go')),
    ]
    const composed = compose({ messages })
    expect([composed.body.system, turnsOf(composed), composed.lost]).toEqual([undefined, [['user', ['Hi', 'Go']]], []])
    expect(faultOf(() => compose({ messages: [user(blank)] })).param).toBe('messages')
  })

  test('have no blank texts in a tool’s result either', () => {
    const silent: Part = { type: 'tool-result', call: 'a', parts: [text(' \n')] }
    const { body } = compose({ messages: [user(text('Hi')), assistant(call('a')), user(silent)] })
    const turns = body.messages as readonly { readonly content: readonly JsonObject[] }[]
    expect(turns[2]?.content).toEqual([{ type: 'tool_result', tool_use_id: 'a' }])
  })

  test('may end in the beginning of the reply, without its last white space', () => {
    expect(turnsOf(compose({ messages: [user(text('Hi')), assistant(text('Well, \n'))] })).at(-1)).toEqual([
      'assistant',
      ['Well,'],
    ])
  })

  test('name nobody', () => {
    const messages = [{ ...user(text('Hi')), name: 'Ann', at: 'messages[0]' }]
    expect(compose({ messages }).lost).toEqual(['messages[0].name'])
  })
})

describe('a call of a tool', () => {
  const wireOf = (part: Part): JsonObject => {
    const { body } = compose({ messages: [user(text('Hi')), assistant(part), user(result('x'))] })
    return (body.messages as readonly { readonly content: readonly JsonObject[] }[])[1]?.content[0] ?? {}
  }

  test('has an id that the wire can carry, the same in its result', () => {
    const odd = 'functions.f:0'
    const { body } = compose({ messages: [user(text('Hi')), assistant(call(odd)), user(result(odd))] })
    const turns = body.messages as readonly { readonly content: readonly JsonObject[] }[]
    const id = turns[1]?.content[0]?.id
    expect(id).toMatch(/^[\w-]+$/)
    expect(turns[2]?.content[0]?.tool_use_id).toBe(id as string)
    const { messages } = request.understand(body)
    expect(messages[2]?.parts[0]).toMatchObject({ type: 'tool-result', call: odd })
  })

  test('has an id of its own, where a caller’s ids begin anew in each reply', () => {
    const again = [assistant(call('call_0')), user(result('call_0'))]
    const { body } = compose({ messages: [user(text('Hi')), ...again, ...again] })
    const turns = body.messages as readonly { readonly content: readonly JsonObject[] }[]
    const ids = turns.slice(1).map(({ content: [block] }) => block?.id ?? block?.tool_use_id)
    expect(ids).toEqual(['call_0', 'call_0', 'call_0_2', 'call_0_2'])
  })

  test('has an object for its input, whatever the model wrote', () => {
    const input = (input: string, custom?: boolean): unknown =>
      wireOf({ type: 'tool-call', id: 'x', name: 'f', input, ...(custom ? { custom } : {}) }).input
    expect(input('{"a":1}')).toEqual({ a: 1 })
    expect(input(' ')).toEqual({})
    expect(input('{"a":')).toEqual({ invalid_json: '{"a":' })
    expect(input('SELECT 1', true)).toEqual({ input: 'SELECT 1' })
  })
})

test('citations of others are left out of what the assistant said, and told', () => {
  const citations = [{ url: 'https://a.b' }]
  const said: Part = { type: 'text', text: 'Hi', citations, at: 'messages[1].content' }
  const { body, lost } = compose({ messages: [user(text('Hi')), assistant(said), user(text('Go'))] })
  expect([JSON.stringify(body).includes('a.b'), lost]).toEqual([false, ['messages[1].content.citations']])
})

describe('thoughts', () => {
  const thought = (maker: string | undefined, dialect = 'anthropic-messages'): Part => ({
    type: 'reasoning',
    text: 'Hm',
    at: 'messages[1].content[0]',
    seal: { dialect, ...(maker ? { maker } : {}), value: 'sig' },
  })
  const told = (part: Part): readonly unknown[] => {
    const composed = compose({ messages: [user(text('Hi')), assistant(part, text('Well')), user(text('Go'))] })
    return [turnsOf(composed)[1]?.[1], composed.lost]
  }

  test('go back to the model that had them, and to whoever the caller had them from', () => {
    expect(told(thought('anthropic/claude-sonnet-4-5'))).toEqual([['thinking', 'Well'], []])
    expect(told(thought(undefined))).toEqual([['thinking', 'Well'], []])
  })

  test('of another model, of another dialect or without a signature are left out and told', () => {
    const lost = [['Well'], ['messages[1].content[0]']]
    expect(told(thought('anthropic/claude-opus-5'))).toEqual(lost)
    expect(told(thought(undefined, 'openai-responses'))).toEqual(lost)
    expect(told({ type: 'reasoning', text: 'Hm', at: 'messages[1].content[0]' })).toEqual(lost)
  })
})
