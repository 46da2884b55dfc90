import type { Clock } from '../lib/clock.ts'
import type { Place } from '../model/health.ts'
import type { BreakerRule } from '../policy/breaker.ts'
import { judge } from '../policy/judge.ts'
import type { Health, PlaceRules } from '../ports/health.ts'
import { memoryHealth } from '../stores/memory/health.ts'

/** What is remembered of providers, judged by the policy; `rules` are those of the config of the moment. */
export const openHealth = (clock: Clock, rules: (place: Place) => PlaceRules<BreakerRule>): Health =>
  memoryHealth({ clock, judge, rules })
