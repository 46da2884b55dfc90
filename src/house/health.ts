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
  const usual: Rule = { breaker: config.defaults.breaker }
  const byProvider = new Map(placed.map(each => [each.row.id, rulesAt(each, usual, breakersOf(each.row.id, config))]))
  // Asked several times a request, so all are made beforehand.
  return ({ provider, model, key }) => {
    const known = byProvider.get(provider)
    const rules = known?.keys.get(key) ?? known?.others
    return rules?.models.get(model) ?? rules?.usual ?? usual
  }
}

type Rule = PlaceRules<BreakerRule>

/** What holds for a key: for the models that are somebody's target, and for all others. */
type KeyRules = { readonly usual: Rule; readonly models: ReadonlyMap<string, Rule> }

function rulesAt({ keys }: Placed, usual: Rule, breakers: readonly (readonly [string, BreakerRule])[]) {
  const forKey = (own: Rule): KeyRules => ({
    usual: own,
    models: new Map(breakers.map(([model, breaker]) => [model, { ...own, breaker }])),
  })
  const ruleOf = ({ rpm, tpm, secret }: PlacedKey): Rule => ({ ...usual, rpm, tpm, print: sha256(secret) })
  return { keys: new Map(keys.map(key => [key.id, forKey(ruleOf(key))])), others: forKey(usual) }
}

/** Of the models of a provider that are somebody's targets; of one that is named twice, the first comes last. */
const breakersOf = (provider: string, { models }: Config): readonly (readonly [string, BreakerRule])[] =>
  Object.values(models)
    .toReversed()
    .flatMap(({ targets, breaker }) => targets.map(({ name }) => [name, breaker] as const))
    .filter(([name]) => name.startsWith(`${provider}/`))
    .map(([name, breaker]) => [name.slice(provider.length + 1), breaker])
