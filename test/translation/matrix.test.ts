import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type Client, clientsAt } from './clients.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import type { Meaning } from './meaning.ts'
import { recordedMeaning } from './recorded.ts'
import { type Replayer, startReplayer } from './replayer.ts'

const exchanges = chatExchanges()
const callers = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini-generate']

/**
 * Every recorded reply, told to every kind of client through the running relay and understood by that dialect's official
 * SDK, means what was recorded.
 */
describe.skipIf(exchanges.length === 0)('a recorded reply (skipped where ../shared/corpus is absent)', () => {
  let replayer: Replayer
  let clients: Readonly<Record<string, Client>>
  beforeAll(async () => {
    replayer = await startReplayer()
    clients = clientsAt(replayer.url, replayer.key)
  })
  afterAll(() => replayer.stop())

  const good = exchanges.filter(({ status }) => status === 200)
  for (const caller of callers) {
    test.each(good.filter(({ dialect }) => dialect !== caller).map((each): [string, Exchange] => [each.id, each]))(`to ${caller}: %s`, async (_, exchange) => {
      const model = replayer.repeat(exchange)
      const told = await clients[caller]?.ask({ model, stream: exchange.streamed })
      expect(told).toEqual(due(exchange))
    })
  }
})

const due = (exchange: Exchange): Meaning => recordedMeaning(exchange)
