import type { Chat } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Aim, Making } from '../dialect.ts'
import { faultOf } from '../sample.test-data.ts'

export const maker = 'openai/gpt-5'

export const aim: Aim = { provider: 'openai', model: 'gpt-5', quirks: {}, stream: false }

export const making = (body: JsonObject = {}, more: Partial<Making> = {}): Making => ({
  id: 'req_0199',
  created: 1_700_000_000,
  maker,
  call: { operation: 'chat', model: 'smart', stream: true, wantsUsage: true },
  body: { model: 'smart', input: 'Hello', ...body },
  ...more,
})

/** A chat of a caller of another dialect. */
export const foreign = (more: Partial<Chat>): Chat => ({
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  extras: { dialect: 'anthropic-messages', fields: {} },
  ...more,
})

/** The place that a request is refused for. */
export function refusedAt(act: () => unknown): string | undefined {
  const fault = faultOf(act)
  return fault.code === 'invalid_request' ? fault.param : fault.code
}
