import { describe, expect, test } from 'bun:test'
import { keeping } from './keeping.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const frame = (type: string, response: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, response })}\n\n`

test.each([
  [{ store: true }, 'all'],
  [{ store: false }, 'nothing'],
  [{}, 'usual'],
  [{ store: null }, 'usual'],
] as const)('%j wants to have kept: %s', (body, kept) => expect(keeping.wish(body)).toBe(kept))

test('a request refers to a reply, a conversation and items, each with its place', () => {
  const input = [{ role: 'user' }, { type: 'item_reference', id: 'msg_1' }, { id: 'fc_2' }, { type: 'item_reference' }]
  expect(keeping.references({ input, conversation: { id: 'conv_1' }, previous_response_id: 'resp_1' })).toEqual([
    { to: 'reply', id: 'resp_1', at: 'previous_response_id' },
    { to: 'conversation', id: 'conv_1', at: 'conversation' },
    { to: 'item', id: 'msg_1', at: 'input[1]' },
    { to: 'item', id: 'fc_2', at: 'input[2]' },
  ])
  for (const id of [undefined, null, '', 7])
    expect(keeping.references({ previous_response_id: id, conversation: id, input: 'hi' })).toEqual([])
})

test('items take the place of the references to them; what is not known stays', () => {
  const items = keeping.itemsOf('{"output":[{"id":"msg_1","type":"message"},{"type":"message"},7]}')
  const input = [{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_2' }, { role: 'user', content: 'hi' }]
  expect(keeping.resolved({ model: 'm', input }, items)).toEqual({
    model: 'm',
    input: [{ id: 'msg_1', type: 'message' }, { id: 'msg_2' }, { role: 'user', content: 'hi' }],
  })
  expect(keeping.itemsOf('{}').size).toBe(0)
})

describe('a request that continues a reply', () => {
  const before = {
    input: '[{"type":"message","role":"user","content":"hi","id":"item_1"}]',
    reply: '{"id":"resp_1","output":[{"type":"message","id":"msg_1","role":"assistant"}]}',
  }

  test('has what was said before in front of its own input, without ids of ours, and no instructions of before', () => {
    expect(keeping.continued({ model: 'm', previous_response_id: 'resp_1', input: 'more' }, before)).toEqual({
      model: 'm',
      input: [
        { type: 'message', role: 'user', content: 'hi' },
        { type: 'message', id: 'msg_1', role: 'assistant' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'more' }] },
      ],
    })
  })
})

test('items that went in have ids; their own stay', () => {
  expect(JSON.parse(keeping.inputOf({ input: [{ type: 'message', id: 'a' }, { type: 'message' }] }, 'req.1'))).toEqual([
    { type: 'message', id: 'a' },
    { type: 'message', id: 'item_req1_1' },
  ])
  expect(JSON.parse(keeping.inputOf({ input: 'hi' }, 'r'))[0]).toMatchObject({ id: 'item_r_0', role: 'user' })
  expect(keeping.inputOf({}, 'r')).toBe('[]')
})

describe('a watcher', () => {
  test('sees a whole reply', () => {
    const watcher = keeping.watcher()
    watcher.see(bytes('{"id":"resp_9","output":[]}'))
    expect([watcher.id, watcher.reply]).toEqual(['resp_9', '{"id":"resp_9","output":[]}'])
  })

  test.each(['completed', 'incomplete', 'failed', 'cancelled'])('sees a stream that is %s', end => {
    const watcher = keeping.watcher()
    watcher.see(bytes(frame('response.created', { id: 'resp_9', status: 'in_progress' })))
    expect([watcher.id, watcher.reply]).toEqual(['resp_9', undefined])
    watcher.see(bytes(`${frame(`response.${end}`, { id: 'resp_9', status: end })}data: [DONE]\n\n`))
    expect(watcher.reply).toBe(`{"id":"resp_9","status":"${end}"}`)
  })

  test('keeps nothing of an end that is no UTF-8, and lets it pass', () => {
    const watcher = keeping.watcher()
    const end = bytes(frame('response.completed', { id: 'resp_9', status: 'completed' }))
    watcher.see(Buffer.concat([bytes('data: "'), Uint8Array.of(0xff), bytes('"\n\n'), end]))
    expect(watcher.reply).toBeUndefined()
  })

  test('does not take a text that speaks of the end for the end', () => {
    const watcher = keeping.watcher()
    watcher.see(
      bytes(`data: ${JSON.stringify({ type: 'response.output_text.delta', delta: 'response.completed' })}\n\n`),
    )
    expect([watcher.id, watcher.reply]).toEqual([undefined, undefined])
  })
})
