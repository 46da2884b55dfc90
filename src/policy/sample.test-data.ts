import type { Standing } from '../model/health.ts'
import { type Candidate, candidateOf, type Manner } from './directory.ts'

/** What a config with nothing in it means, and targets that nothing is known of, for tests. */
export const manner: Manner = {
  strategy: 'ordered',
  weigh: { cost: 0.5, latency: 0.5, quality: 0 },
  retry: { attempts: 3, baseMs: 200, maxMs: 10_000, respectRetryAfter: true, maxWaitMs: 30_000 },
  hedge: undefined,
  hedgeShare: 0.05,
  coalesce: false,
  standby: false,
  waits: { firstToken: 10, idle: 20, total: 600_000 },
}

export const unknown: Standing = {
  freeAt: 0,
  hindrance: undefined,
  hint: false,
  reliability: 1,
  inFlight: 0,
  askedAt: undefined,
  latency: undefined,
  firstToken: undefined,
}

export const quick = (p50: number) => ({ p50, p90: p50 * 2, p95: p50 * 3, p99: p50 * 4 })

/** `a/m`, with so many keys. */
export function candidate(name: string, { weight = 1, keys = 1 } = {}): Candidate {
  const [id = '', model = ''] = name.split('/')
  const pool = Array.from({ length: keys }, (_, n) => ({ id: `k${n + 1}`, weight: 1 }))
  const provider = { id, keys: pool, ready: true, keyName: undefined, models: undefined, serves: [], listed: [] }
  return candidateOf({ ...provider, configured: true }, model, weight)
}
