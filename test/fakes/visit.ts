import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { fieldsOf } from '../../src/lib/json-edit.ts'
import type { Visit } from '../../src/line.ts'
import type { Letter } from '../../src/model/call.ts'
import type { Caller } from '../../src/model/caller.ts'
import { Diary } from '../../src/model/diary.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Record } from '../../src/model/record.ts'
import type { SettleWorld } from '../../src/stages/settle.ts'
import { fakeClock } from './clock.ts'

/** What the rooms are handed, for tests: a visit at a clock that stands still, and a ledger that can be looked into. */

export const sampleCaller: Caller = { keyId: 'key_1', keyName: 'dev', team: 'core', models: ['*'], limits: {} }

export function sampleLetter(more: JsonObject = {}): Letter {
  const body = { model: 'openai/m', messages: [{ role: 'user', content: 'hi' }], ...more }
  const text = JSON.stringify(body)
  return {
    dialect: openaiChat.id,
    text,
    fields: fieldsOf(text),
    body,
    strict: false,
    call: openaiChat.request.read(body, { operation: 'chat' }),
  }
}

export function sampleVisit(init: RequestInit = {}, signal = new AbortController().signal): Visit {
  const request = new Request('http://127.0.0.1/v1/chat/completions', { method: 'POST', ...init })
  return {
    id: 'req_1',
    request,
    address: { operation: 'chat' },
    dialect: openaiChat,
    signal,
    diary: new Diary(0, 1_800_000_000_000),
  }
}

/** A world to settle in. `append` is what the ledger does with a row before it is written. */
export function sampleWorld(append: (record: Record) => Promise<void> = async () => undefined) {
  const clock = fakeClock()
  const rows: Record[] = []
  const told: { readonly record: Record; readonly cause: unknown }[] = []
  const lost: unknown[] = []
  const price = { input: 1000, cacheRead: 1000, cacheWrite: 1000, output: 2000, reasoning: 2000, source: 'test' }
  const world: SettleWorld = {
    clock,
    ledger: {
      append: record => {
        rows.push(record)
        return append(record)
      },
      has: () => false,
    },
    sinks: [(record, cause) => void told.push({ record, cause })],
    tariff: (_, model) => (model === 'unknown' ? undefined : { price, longer: [] }),
    unwritten: (_, cause) => void lost.push(cause),
  }
  return { clock, rows, told, lost, world }
}
