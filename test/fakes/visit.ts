import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { givenIn, type Visit } from '../../src/line.ts'
import type { Letter } from '../../src/model/call.ts'
import type { Caller } from '../../src/model/caller.ts'
import { Diary } from '../../src/model/diary.ts'
import type { Outcome } from '../../src/model/health.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Leg, Plan } from '../../src/model/plan.ts'
import type { Record } from '../../src/model/record.ts'
import { Account } from '../../src/stages/pursue/account.ts'
import type { SettleWorld } from '../../src/stages/settle.ts'
import { fakeClock } from './clock.ts'
import { writtenAs } from './written.ts'

/** What the rooms are handed, for tests: a visit at a clock that stands still, and a ledger that can be looked into. */

export const sampleCaller: Caller = { keyId: 'key_1', keyName: 'dev', team: 'core', models: ['*'], limits: {} }

export function sampleLetter(more: JsonObject = {}): Letter {
  const body = { model: 'openai/m', messages: [{ role: 'user', content: 'hi' }], ...more }
  return {
    dialect: openaiChat.id,
    ...writtenAs(JSON.stringify(body)),
    sealed: false,
    strict: false,
    call: openaiChat.request.read(body, { operation: 'chat' }),
  }
}

/** Each leg is tried once, and nobody waits long. */
export const samplePlan = (legs: readonly Leg[], more: Partial<Plan> = {}): Plan => ({
  legs,
  waits: { firstToken: 1000, idle: 1000, total: 5000 },
  reason: '',
  tries: legs.length,
  standby: false,
  respectRetryAfter: true,
  maxWaitMs: 30_000,
  ...more,
})

export function sampleVisit(init: RequestInit = {}, signal = new AbortController().signal): Visit {
  const request = new Request('http://127.0.0.1/v1/chat/completions', { method: 'POST', ...init })
  return {
    id: 'req_1',
    request,
    headers: givenIn(request.headers),
    address: { operation: 'chat' },
    dialect: openaiChat,
    signal,
    stay: { over: () => new AbortController().signal },
    diary: new Diary(0, 1_800_000_000_000),
    socket: false,
  }
}

/** The books of a try that nobody looks into. */
export const sampleAccount = (clock: Clock, over: (outcome: Outcome) => void = () => undefined): Account =>
  new Account({
    leg: { target: { provider: 'acme', model: 'm' } },
    start: { why: 'first', waitedMs: 0 },
    visit: sampleVisit(),
    clock,
    over,
  })

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
