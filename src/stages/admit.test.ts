import { expect, test } from 'bun:test'
import { sampleCaller, sampleVisit, sampleWorld } from '../../test/fakes/visit.ts'
import { Fault } from '../model/fault.ts'
import type { Counters, Taken } from '../ports/counters.ts'
import { admit } from './admit.ts'
import { refuse } from './reply/reply.ts'

const limited = { ...sampleCaller, limits: { rpm: 60 } }
const taken: Taken = { ok: true, limit: 60, remaining: 59, retryAfterMs: 0, resetMs: 1200 }

function counters(answer: Taken | Promise<Taken>) {
  const asked: unknown[] = []
  const port: Counters = {
    take: (...question) => {
      asked.push(question)
      return answer
    },
  }
  return { port, asked }
}

/** What the headers of a reply say of the limit, to whoever was admitted like this. */
async function toldOf(caller: typeof sampleCaller, port: Counters): Promise<readonly (string | null)[]> {
  const { clock } = sampleWorld()
  const world = { clock, disclose: 'basic' as const, cost: () => undefined, settle: async () => undefined }
  const { headers } = refuse(new Fault('internal', 'x'), await admit(caller, port), sampleVisit(), world)
  return ['limit', 'remaining', 'reset'].map(what => headers.get(`x-ratelimit-${what}-requests`))
}

test('a key without a limit may ask, and nothing is counted or told', async () => {
  const { port, asked } = counters(taken)
  expect(await toldOf(sampleCaller, port)).toEqual([null, null, null])
  expect(asked).toEqual([])
})

test('a key with a limit is counted by its id over a minute, and told what is left', async () => {
  for (const answer of [taken, Promise.resolve(taken)]) {
    const { port, asked } = counters(answer)
    expect(await toldOf(limited, port)).toEqual(['60', '59', '2s'])
    expect(asked).toEqual([['rpm:key_1', 60, 60_000]])
  }
})

test('a key beyond its limit is refused with the time until it may ask again', async () => {
  const refused: Taken = { ...taken, ok: false, remaining: 0, retryAfterMs: 1500 }
  for (const answer of [refused, Promise.resolve(refused)]) {
    const fault = await (async () => admit(limited, counters(answer).port))().catch((error: unknown) => error)
    if (!(fault instanceof Fault)) throw new Error('It was let in.')
    expect([fault.code, fault.status, fault.retryAfterMs]).toEqual(['rate_limited', 429, 1500])
    expect(fault.message).toContain('in 2 s')
  }
})
