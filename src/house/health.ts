import type { Config } from '../config/config.ts'
import type { Clock } from '../lib/clock.ts'
import { sha256 } from '../lib/hash.ts'
import type { Place } from '../model/health.ts'
import type { BreakerRule } from '../policy/breaker.ts'
import { judge } from '../policy/judge.ts'
import type { Health, PlaceRules } from '../ports/health.ts'
import { memoryHealth } from '../stores/memory/health.ts'
import type { Placed, PlacedKey } from './places.ts'

export type Rules = (place: Place) => PlaceRules<BreakerRule>

/** What is remembered of providers, judged by the policy; `rules` are those of the config of the moment. */
export const openHealth = (clock: Clock, rules: Rules): Health => memoryHealth({ clock, judge, rules })

/**
 * What the config says of a place. A breaker is the place's own, whichever name leads there: where several names lead to
 * one target and say different things of its breaker, the first of them holds.
 */
export function rulesOf(config: Config, placed: readonly Placed[]): Rules {
  const breakers = new Map<string, BreakerRule>()
  for (const { targets, breaker } of Object.values(config.models).toReversed())
    for (const { name } of targets) breakers.set(name, breaker)
  const usual: PlaceRules<BreakerRule> = { breaker: config.defaults.breaker }
  const ruleOf = ({ rpm, tpm, secret }: PlacedKey) => ({ ...usual, rpm, tpm, print: sha256(secret) })
  const keys = new Map(placed.map(({ row, keys: all }) => [row.id, new Map(all.map(key => [key.id, ruleOf(key)]))]))
  // Asked several times a request.
  return ({ provider, model, key }) => {
    const rules = keys.get(provider)?.get(key) ?? usual
    const breaker = breakers.size > 0 ? breakers.get(`${provider}/${model}`) : undefined
    return breaker ? { ...rules, breaker } : rules
  }
}
