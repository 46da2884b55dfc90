import type { Config } from '../config/config.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import type { Clock } from '../lib/clock.ts'
import { token } from '../lib/id.ts'
import { editable } from '../lib/json-edit.ts'
import type { Letter } from '../model/call.ts'
import { Diary } from '../model/diary.ts'
import type { Leg, Plan, Waits } from '../model/plan.ts'
import type { Directory, Spot } from '../policy/directory.ts'
import type { Health } from '../ports/health.ts'
import { pursue } from '../stages/pursue/pursue.ts'
import type { PursueWorld } from '../stages/pursue/world.ts'

/** A place that is asked how it is while it carries no traffic. */
export type Probed = { readonly spot: Spot; readonly everyMs: number; readonly waits: Waits }

/** The places of the operator's own names that are to be probed; of several names for one place, the first that says so. */
export function probedBy(config: Config, directory: Directory): readonly Probed[] {
  const probed = new Map<string, Probed>()
  for (const [alias, { probe, timeout }] of Object.entries(config.models)) {
    if (!probe) continue
    for (const spot of directory.aliases.get(alias)?.candidates.flatMap(({ spots }) => spots) ?? []) {
      const name = Object.values(spot.place).join('\n')
      if (!probed.has(name)) probed.set(name, { spot, everyMs: probe.everyMs, waits: timeout })
    }
  }
  return [...probed.values()]
}

const lookEveryMs = 1_000

export type ProbeWorld = {
  readonly clock: Clock
  readonly health: Pick<Health, 'standing'>
  /** By the config of the moment. */
  readonly probed: () => readonly Probed[]
  /** Asks a place; never rejects. */
  readonly ask: (probed: Probed) => Promise<void>
}

/**
 * Asks each place that has carried no traffic for its time, unless something stands in its way: a place that is left
 * alone is asked when that is over, and so comes back before a caller needs it. The answer stops it.
 */
export function keepProbing({ clock, health, probed, ask }: ProbeWorld): () => void {
  const began = clock.now()
  let cancel = clock.after(lookEveryMs, look)

  function look(): void {
    cancel = clock.after(lookEveryMs, look)
    const now = clock.now()
    for (const each of probed()) if (isDue(each, now)) void ask(each)
  }

  function isDue({ spot, everyMs }: Probed, now: number): boolean {
    const { askedAt = began, inFlight, hindrance } = health.standing(spot.place)
    return now - askedAt >= everyMs && inFlight === 0 && hindrance === undefined
  }

  return () => cancel()
}

/** Enough for a model that thinks first; more would cost more than it tells. */
const mostTokens = 16

/**
 * One tiny chat on the way that all requests take, so that whatever would fail them fails it. It is nobody's request: it
 * has no row in the ledger, and its place learns from it what it would learn from any other. Rejects with a Fault.
 */
export async function probe({ spot, waits }: Probed, world: PursueWorld, signal: AbortSignal): Promise<void> {
  const { clock, route } = world
  const { provider, model } = spot.place
  const target = { provider, model }
  const leg: Leg = spot.key === undefined ? { target } : { target, key: spot.key }
  const plan: Plan = { ...once, legs: [leg], waits }
  const field = route(provider, openaiChat.id, spot.key)?.quirks.maxTokensField ?? 'max_completion_tokens'
  const visit = {
    id: token('probe_', 20),
    request: new Request('http://probe.invalid/'),
    headers: {},
    address: { operation: 'chat' as const },
    dialect: openaiChat,
    signal,
    stay: { over: () => signal },
    diary: new Diary(clock.now(), clock.wall()),
    socket: false,
  }
  await pursue(
    plan,
    letterOf({ model, messages: [{ role: 'user', content: 'ping' }], [field]: mostTokens }),
    visit,
    world,
  )
}

const once = { reason: 'probe', tries: 1, standby: false, respectRetryAfter: true, maxWaitMs: 0 }

function letterOf(body: Letter['body']): Letter {
  const call = openaiChat.request.read(body, { operation: 'chat' })
  return { dialect: openaiChat.id, ...editable(body), body, outline: body, call, sealed: false, strict: false }
}
