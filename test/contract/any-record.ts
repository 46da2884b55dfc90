import fc from 'fast-check'
import type { Happened } from '../../src/model/happening.ts'
import type { Record, Try } from '../../src/model/record.ts'
import { oddTexts } from './records.ts'

const shortTexts = oddTexts.filter(text => text.length < 100)
const text = fc.oneof(fc.constantFrom(...shortTexts), fc.string({ unit: 'binary', maxLength: 20 }))
const oddUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
  .map(codes => String.fromCharCode(...codes))
const anyText = fc.oneof(text, oddUnits)
const count = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER))
const time = fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e9, noNaN: true }))
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined })
const code = fc.constantFrom('ok' as const, 'internal' as const, 'client_closed' as const, 'rate_limited' as const)

const usage = fc.record({ input: count, cacheRead: count, cacheWrite: count, output: count, reasoning: count })
const target = fc.record({ provider: anyText, model: anyText })

const anyTry: fc.Arbitrary<Try> = fc.record(
  {
    target,
    startedMs: time,
    status: maybe(fc.integer({ min: 100, max: 599 })),
    headersMs: maybe(time),
    outcome: code,
    key: anyText,
    why: fc.constantFrom('retry' as const, 'hedge' as const),
    waitedMs: time,
    reason: anyText,
    tookMs: time,
    usage,
    cost: count,
  },
  { requiredKeys: ['target', 'startedMs', 'status', 'headersMs', 'outcome'] },
)

const anyHappened: fc.Arbitrary<Happened> = fc.oneof(
  fc.record({ type: fc.constant('retry' as const), target, reason: anyText, waitedMs: time, atMs: time }),
  fc.record({ type: fc.constant('hedge' as const), target, result: fc.constant('won' as const), atMs: time }),
)

/** A record whose parts know nothing of each other. */
const looseRecord: fc.Arbitrary<Record> = fc.record({
  id: anyText,
  at: count,
  operation: fc.constantFrom('chat' as const, 'completions' as const, 'embeddings' as const),
  dialect: fc.constantFrom('openai-chat', 'anthropic-messages'),
  stream: fc.boolean(),
  keyId: maybe(anyText),
  keyName: maybe(anyText),
  team: maybe(anyText),
  modelAsked: maybe(anyText),
  provider: maybe(anyText),
  model: maybe(anyText),
  status: fc.integer({ min: 100, max: 599 }),
  code,
  message: maybe(anyText),
  stopReason: maybe(anyText),
  usage: maybe(fc.record({ input: count, cacheRead: count, cacheWrite: count, output: count, reasoning: count })),
  price: maybe(
    fc.record({ input: count, cacheRead: count, cacheWrite: count, output: count, reasoning: count, source: anyText }),
  ),
  cost: maybe(count),
  plan: maybe(anyText),
  tries: fc.array(anyTry, { maxLength: 3 }),
  lost: fc.array(anyText, { maxLength: 3 }),
  bytesIn: count,
  bytesOut: count,
  firstTokenMs: maybe(time),
  totalMs: time,
  overheadMs: time,
  task: maybe(anyText),
  user: maybe(anyText),
  tags: fc.array(anyText, { maxLength: 3 }),
  traceId: maybe(anyText),
})

/** What nearly every record is like: tried once, the target that it names, and it ended as it says. */
function triedOnce(record: Record): Record {
  const { provider, model, code, tries } = record
  const [first] = tries
  if (first === undefined || provider === undefined || model === undefined) return record
  return { ...record, tries: [{ ...first, target: { provider, model }, outcome: code }] }
}

const decisions = fc.array(anyHappened, { minLength: 1, maxLength: 3 })

const eventful = fc.tuple(looseRecord, decisions).map(([record, happened]) => ({ ...record, happened }))

/** Any record at all, odd texts and largest integers included. */
export const anyRecord: fc.Arbitrary<Record> = fc.oneof(looseRecord, looseRecord.map(triedOnce), eventful)
