import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/trace.ts'
import type { Visit } from '../line.ts'
import type { Diary } from '../model/diary.ts'
import type { NanoUsd } from '../model/money.ts'
import type { Target } from '../model/plan.ts'
import type { Price, Tariff } from '../model/price.ts'
import { hasToldLast, hasUsage, isPart, type Record, type Try } from '../model/record.ts'
import { total, type Usage } from '../model/usage.ts'
import { costOf, priceFor } from '../policy/price.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { Sink } from '../ports/sink.ts'

export type SettleWorld = {
  readonly clock: Clock
  readonly ledger: Ledger
  readonly sinks: readonly Sink[]
  readonly tariff: (provider: string, model: string) => Tariff | undefined
  /** Is told when a row could not be written: the caller gets its reply all the same. */
  readonly unwritten: (record: Record, cause: unknown) => void
}

/**
 * Prices what was used, writes the one row, and tells the sinks. Resolves with what the request cost, as far as that is
 * known. The second call for a visit does nothing.
 */
export async function settle(visit: Visit, world: SettleWorld): Promise<NanoUsd | undefined> {
  const { diary } = visit
  if (diary.settled) return undefined
  diary.settled = true
  const record = recordOf(visit, world)
  try {
    await world.ledger.append(record)
  } catch (cause) {
    world.unwritten(record, cause)
  }
  for (const sink of world.sinks) sink(record, diary.fault?.cause)
  return record.cost
}

type Cost = { readonly price: Price; readonly cost: NanoUsd }

/** What the tokens cost, and by which price; undefined where either is unknown. */
function priced(diary: Diary, tariff: SettleWorld['tariff']): Cost | undefined {
  const money = pricedAt(diary.target, diary.usage, tariff)
  return money && { ...money, cost: money.cost + sunk(pricedTries(diary.tries, tariff)) }
}

function pricedAt(
  target: Target | undefined,
  usage: Usage | undefined,
  tariff: SettleWorld['tariff'],
): Cost | undefined {
  const found = usage && target ? tariff(target.provider, target.model) : undefined
  if (!usage || !found) return undefined
  const price = priceFor(usage, found)
  return { price, cost: costOf(usage, price) }
}

/** Tries that did not answer may have cost something all the same: a hedge that lost, the first part of a stream. */
const pricedTries = (tries: readonly Try[], tariff: SettleWorld['tariff']): readonly Try[] =>
  tries.some(hasUsage) ? withCosts(tries, tariff) : tries

const withCosts = (tries: readonly Try[], tariff: SettleWorld['tariff']): readonly Try[] =>
  tries.map(each => withCost(each, tariff))

function withCost(one: Try, tariff: SettleWorld['tariff']): Try {
  const money = pricedAt(one.target, one.usage, tariff)
  return money ? { ...one, cost: money.cost } : one
}

function sunk(tries: readonly Try[]): NanoUsd {
  let sum = 0
  for (const { cost } of tries) sum += cost ?? 0
  return sum
}

/** The whole request's; of one that nobody answered, what its tries are known to have cost. */
function totalCost(diary: Diary, money: Cost | undefined, tries: readonly Try[]): NanoUsd | undefined {
  const { fault, usage, replayOf, sharedWith } = diary
  if ((replayOf ?? sharedWith) !== undefined) return 0
  if (money) return money.cost
  return fault && !usage && tries.some(hasCost) ? sunk(tries) : undefined
}

const hasCost = ({ cost }: Try): boolean => cost !== undefined

/** Of a reply that was told in parts, each has its own usage; the last one's is the diary's. */
const partsOf = ({ tries, usage }: Diary): readonly Try[] =>
  usage && tries.some(isPart) ? withLastUsage(tries, usage) : tries

function withLastUsage(tries: readonly Try[], usage: Usage): readonly Try[] {
  const last = tries.findLast(hasToldLast)
  return tries.map(each => (each === last ? { ...each, usage } : each))
}

/** Of all parts, as far as they told it; not known where the one that ended the reply did not tell its own. */
function totalUsage({ tries, usage, fault }: Diary): Usage | undefined {
  return tries.some(isPart) && (usage || fault) ? sumOf(tries, usage) : usage
}

function sumOf(tries: readonly Try[], last: Usage | undefined): Usage | undefined {
  const parts = tries.flatMap(each => (each.part && each.usage ? [each.usage] : []))
  return parts.length === 0 ? last : total(last ? [...parts, last] : parts)
}

function recordOf(visit: Visit, { clock, tariff }: SettleWorld): Record {
  const { diary, address, dialect } = visit
  const { headers } = visit
  const { caller, call, target, fault } = diary
  const money = priced(diary, tariff)
  const tries = pricedTries(partsOf(diary), tariff)
  const now = clock.now()
  return {
    id: visit.id,
    at: diary.at,
    operation: address.operation,
    dialect: dialect.id,
    stream: call?.stream ?? false,
    keyId: caller?.keyId,
    keyName: caller?.keyName,
    team: caller?.team,
    modelAsked: call?.model,
    provider: target?.provider,
    model: target?.model,
    status: fault ? statusTold(visit) : 200,
    code: fault?.code ?? 'ok',
    message: fault?.noted.slice(0, 2_000),
    stopReason: stopWord(diary.stopReason),
    usage: totalUsage(diary),
    price: money?.price,
    cost: totalCost(diary, money, tries),
    plan: reasonOf(diary),
    tries,
    ...(diary.decisions && { happened: diary.decisions }),
    lost: diary.lost,
    bytesIn: diary.bytesIn,
    bytesOut: diary.bytesOut,
    firstTokenMs: diary.firstTokenAt === undefined ? undefined : diary.firstTokenAt - diary.arrived,
    totalMs: now - diary.arrived,
    overheadMs: diary.overheadMs(now),
    task: short(headers['x-thalamus-task']),
    user: short(headers['x-thalamus-user']),
    tags: tagsOf(headers['x-thalamus-tags']),
    traceId: traceOf(visit.id, headers.traceparent),
  }
}

function reasonOf({ replayOf, sharedWith, reason }: Diary): string | undefined {
  if (replayOf !== undefined) return `the reply of ${replayOf}, given again`
  return sharedWith === undefined ? reason : `the reply of ${sharedWith}, shared`
}

/** A stream that failed after it had begun was told 200; its code says what became of it. */
function statusTold({ diary }: Visit): number {
  const begun = diary.replied !== undefined && diary.call?.stream === true
  return begun && diary.fault?.code !== 'client_closed' ? 200 : (diary.fault?.status ?? 200)
}

// What providers and callers name, as far as it is reasonable.

/** All that are known are words. A provider that puts the reply itself there has told no reason. */
const stopWord = (said: string | undefined): string | undefined =>
  said === undefined || /^[\p{L}\p{N}_.:/-]{1,64}$/u.test(said) ? said : 'other'

const short = (value: string | undefined): string | undefined => value?.trim().slice(0, 200) || undefined

const tagsOf = (value: string | undefined): readonly string[] => (value ? listed(value) : none)

const listed = (value: string): readonly string[] =>
  value
    .split(',')
    .map(tag => tag.trim().slice(0, 100))
    .filter(tag => tag !== '')
    .slice(0, 20)

const none: readonly string[] = []
