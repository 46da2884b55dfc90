import { dialects } from '../../fakes/six.ts'
import { beginnings } from '../../matrix/understudy.ts'
import { price } from './compare.ts'
import type { Provider } from './providers.ts'

/** How the relay is set up: three providers of every dialect, and each way to choose among them. */

const letters = ['a', 'b', 'c']

/** What a caller can ask for: each strategy, over dialects in turns. */
const strategies: readonly object[] = [
  { standby: true },
  { standby: true, strategy: 'weighted' },
  { standby: true, hedge: { after: '120ms', share: 0.5 } },
  { strategy: 'latency' },
  { strategy: 'race' },
  { retry: { attempts: 1 } },
  { standby: true, coalesce: true },
]

const modelsFor = (chosen: readonly object[]): Record<string, object> =>
  Object.fromEntries(
    chosen.flatMap(strategy => {
      const n = strategies.indexOf(strategy)
      return dialects.map((_, turn) => {
        const targets = letters.map((letter, m) => `${letter}-${dialects[(turn + m * (n + 1)) % dialects.length]}/echo`)
        return [`m${n}-${turn}`, { ...strategy, targets }]
      })
    }),
  )

export const configFor = (providers: readonly Provider[]) => ({
  // The machine may be busy with us alone: who is turned away then is told in overload.test.ts.
  server: { drain: '7s', max_lag: '10s' },
  providers: Object.fromEntries(
    providers.flatMap(({ port }, n) =>
      dialects.map(dialect => [
        `${letters[n]}-${dialect}`,
        {
          dialect,
          base_url: `http://127.0.0.1:${port}/${dialect}${beginnings[dialect] ?? ''}`,
          keys: ['env:PROVIDER_KEY'],
          price,
        },
      ]),
    ),
  ),
  models: modelsFor(strategies),
  defaults: {
    timeout: { connect: '1s', first_token: '2s', idle: '1s', total: '6s' },
    retry: { attempts: 3, backoff: { base: '30ms', max: '500ms' }, max_wait: '2s' },
    breaker: { window: '10s', min_requests: 10, open_for: '2s' },
    probe: { every: '5s' },
  },
  log: { level: 'error' },
})

/** All that callers can ask for, and the names under which those who ask alike are given one reply. */
export const models = Object.keys(modelsFor(strategies))
export const sharedModels = Object.keys(modelsFor(strategies.filter(strategy => 'coalesce' in strategy)))
