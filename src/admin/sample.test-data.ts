import type { Price } from '../model/price.ts'
import type { Record } from '../model/record.ts'

export const samplePrice: Price = {
  input: 1_250_000,
  cacheRead: 37_500,
  cacheWrite: 0,
  output: 10_000_000,
  reasoning: 1,
  source: 'list 1',
}

/** A record in which each figure is another one, for tests. */
export const sampleRecord = (changes: Partial<Record> = {}): Record => ({
  id: 'req_1',
  at: 1_790_000_000_000,
  operation: 'chat',
  dialect: 'openai-chat',
  stream: true,
  keyId: 'key_1',
  keyName: 'dev',
  team: 'core',
  modelAsked: 'smart',
  provider: 'openai',
  model: 'gpt-5-mini',
  status: 200,
  code: 'ok',
  message: undefined,
  stopReason: 'stop',
  usage: { input: 100, cacheRead: 20, cacheWrite: 3, output: 40, reasoning: 7 },
  price: undefined,
  cost: 1250,
  plan: 'smart is an alias',
  tries: [
    {
      target: { provider: 'a', model: 'm' },
      startedMs: 0.3,
      status: undefined,
      headersMs: undefined,
      outcome: 'upstream_timeout',
    },
    {
      target: { provider: 'openai', model: 'gpt-5-mini' },
      startedMs: 5,
      status: 200,
      headersMs: 300,
      outcome: 'ok',
    },
  ],
  lost: ['logit_bias'],
  bytesIn: 250,
  bytesOut: 900,
  firstTokenMs: 400,
  totalMs: 812.5,
  overheadMs: 0.4,
  task: 'summarize',
  user: 'u',
  tags: ['a', 'b'],
  traceId: 't',
  ...changes,
})
