import { describe, expect, test } from 'bun:test'
import { Conversation } from './conversation.ts'

type Exchange = { readonly body: string; readonly signal: AbortSignal; reply(response: Response): void }

/** A socket whose other side is the test. */
function plugged(closing?: string) {
  const sent: string[] = []
  const asked: Exchange[] = []
  let full = false
  let relieve = (): void => undefined
  let arrived = Promise.withResolvers<void>()
  const conversation = new Conversation({
    send: text => {
      sent.push(text)
      arrived.resolve()
      return !full
    },
    drained: () => new Promise(resolve => (relieve = resolve)),
    answer: (body, signal) => new Promise(reply => asked.push({ body, signal, reply })),
    tell: fault => `fault ${fault.code}`,
    hangUp: () => {
      sent.push('hung up')
      arrived.resolve()
    },
    closing: last => (last === 'end' ? undefined : closing),
  })
  /** Resolves when so many messages have been sent. */
  const messages = async (count: number): Promise<string[]> => {
    while (sent.length < count) {
      await arrived.promise
      arrived = Promise.withResolvers()
    }
    return sent
  }
  return { conversation, sent, asked, messages, fill: (yes: boolean) => (full = yes), relieve: () => relieve() }
}

const sse = (...data: readonly string[]): Response =>
  new Response(data.map(each => `data: ${each}\n\n`).join(''), { headers: { 'content-type': 'text/event-stream' } })

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('requests are answered one after the other, each event as a message', async () => {
  const { conversation, asked, messages } = plugged()
  conversation.hear('{"n":1}')
  conversation.hear('{"n":2}')
  expect(asked.map(({ body }) => body)).toEqual(['{"n":1,"stream":true}'])
  asked[0]?.reply(sse('{"a":1}', '[DONE]'))
  await messages(2)
  await settled()
  expect(asked).toHaveLength(2)
  asked[1]?.reply(new Response('{"whole":true}', { headers: { 'content-type': 'application/json' } }))
  expect(await messages(3)).toEqual(['{"a":1}', '[DONE]', '{"whole":true}'])
})

test('a stream whose end cannot be seen is closed, and one that has told its end is not closed again', async () => {
  const { conversation, asked, messages } = plugged('end')
  for (const n of [1, 2]) conversation.hear(`{"n":${n}}`)
  asked[0]?.reply(sse('1'))
  expect(await messages(2)).toEqual(['1', 'end'])
  await settled()
  asked[1]?.reply(sse('2', 'end'))
  expect(await messages(4)).toEqual(['1', 'end', '2', 'end'])
  await settled()
  expect(await messages(4)).toHaveLength(4)
})

test('what is no UTF-8 is told as well as a text can tell it', async () => {
  const { conversation, asked, messages } = plugged()
  conversation.hear('{}')
  const headers = { 'content-type': 'text/event-stream' }
  asked[0]?.reply(new Response(Buffer.from([...Buffer.from('data: a'), 0xc3, 0x28, 10, 10]), { headers }))
  expect(await messages(1)).toEqual(['a\uFFFD('])
})

test('a socket that is full is waited for, and the rest of the reply with it', async () => {
  const { conversation, asked, messages, sent, fill, relieve } = plugged()
  conversation.hear('{}')
  fill(true)
  asked[0]?.reply(sse('1', '2'))
  await messages(1)
  await settled()
  expect(sent).toEqual(['1'])
  fill(false)
  relieve()
  expect(await messages(2)).toEqual(['1', '2'])
})

test('a wish to stop aborts the reply that is under way, and the next request is answered', async () => {
  const { conversation, asked, messages } = plugged()
  conversation.hear('{"n":1}')
  conversation.hear('{"n":2}')
  conversation.hear('{"type":"cancel"}')
  expect(asked[0]?.signal.aborted).toBe(true)
  const broken = new ReadableStream({ pull: controller => controller.error(new Error('aborted')) })
  asked[0]?.reply(new Response(broken, { headers: { 'content-type': 'text/event-stream' } }))
  expect(await messages(1)).toEqual(['fault client_closed'])
  await settled()
  expect(asked[1]?.signal.aborted).toBe(false)
})

test('a caller that closes stops what is under way and forgets what waits', async () => {
  const { conversation, asked, sent } = plugged()
  conversation.hear('{"n":1}')
  conversation.hear('{"n":2}')
  conversation.close()
  expect(asked[0]?.signal.aborted).toBe(true)
  asked[0]?.reply(sse('1'))
  await settled()
  expect([asked.length, sent.length]).toEqual([1, 0])
})

test('what is no request, and a request too many, is told and leaves the rest alone', async () => {
  const { conversation, asked, sent } = plugged()
  conversation.hear('nonsense')
  for (let n = 0; n < 66; n++) conversation.hear('{}')
  expect(sent).toEqual(['fault invalid_request', 'fault overloaded'])
  expect(asked).toHaveLength(1)
})

describe('when this side goes away', () => {
  test('a socket on which nothing is asked is closed at once', () => {
    const { conversation, sent } = plugged()
    conversation.leave()
    expect(sent).toEqual(['hung up'])
  })

  test('what was asked is answered first, and nothing more is taken', async () => {
    const { conversation, asked, sent, messages } = plugged()
    conversation.hear('{"model":"m"}')
    conversation.hear('{"model":"n"}')
    conversation.leave()
    conversation.hear('{"model":"o"}')
    expect(sent).toEqual(['fault overloaded'])
    asked[0]?.reply(sse('one'))
    await messages(2)
    await settled()
    asked[1]?.reply(sse('two'))
    expect(await messages(4)).toEqual(['fault overloaded', 'one', 'two', 'hung up'])
  })
})
