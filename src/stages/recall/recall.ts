import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Caller } from '../../model/caller.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Plan } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import type { Kept, Replays } from '../../ports/replays.ts'
import { type CoalesceWorld, Coalescing, isDeterministic } from './coalesce.ts'
import { Shared, type Whole } from './shared.ts'
import { type Ask, follow, type Going, lead, patientUntil } from './together.ts'

const ttlMs = 24 * 3_600_000
/** A longer reply is not kept. */
const mostReply = 8 * 1024 * 1024
const longestKey = 255

/** `until`: when the first caller waits no longer. */
type Named = Going & { readonly print: string; readonly until: number }

/** A request, as far as another may be the same. */
export type Asked = {
  readonly plan: Pick<Plan, 'coalesce'>
  readonly letter: Letter
  readonly caller: Caller
  readonly visit: Visit
}

export type RecallWorld = CoalesceWorld & {
  readonly replays: Replays
  hash(text: string): string
  /** Is told when a reply could not be kept: its caller has it all the same. */
  unkept(cause: unknown): void
}

/**
 * A request with an `idempotency-key` is answered once: the same one again joins it while it is on its way, and is given
 * the same reply afterwards. Another request under the same key is refused. What failed is not kept. Without a key,
 * requests may share a reply on its way where the plan says so.
 */
export class Recall {
  readonly #world: RecallWorld
  readonly #going = new Map<string, Named>()
  readonly #coalescing: Coalescing

  constructor(world: RecallWorld) {
    this.#world = world
    this.#coalescing = new Coalescing(world)
  }

  answer(asked: Asked, ask: Ask): Promise<Source> {
    const { plan, letter, caller, visit } = asked
    const key = visit.headers['idempotency-key']
    if (key !== undefined) return this.#named(key, asked, ask)
    if (plan.coalesce && isDeterministic(letter)) return this.#coalescing.answer(letter, caller, visit, ask)
    return ask(visit)
  }

  async #named(key: string, asked: Asked, ask: Ask): Promise<Source> {
    const { letter, caller, visit } = asked
    const name = nameOf(caller, key)
    const print = this.#print(letter, visit)
    const kept = this.#joinable(name) ? undefined : await this.#world.replays.find(name)
    if (kept) {
      checkSame(kept.print, print)
      visit.diary.replayOf = kept.id
      return told(kept)
    }
    const going = this.#joinable(name)
    if (!going) return this.#first(name, print, asked, ask)
    checkSame(going.print, print)
    visit.diary.replayOf = going.visit.id
    try {
      return await follow(going, asked, this.#world.clock)
    } catch (error) {
      if (!gaveUpEarly(error, going, asked)) throw error
      await going.shared.ended
      visit.diary.replayOf = undefined
      return this.#named(key, asked, ask)
    }
  }

  #first(name: string, print: string, asked: Asked, ask: Ask): Promise<Source> {
    const { visit } = asked
    const keep = (whole: Whole): Promise<void> =>
      this.#keep(name, { print, id: visit.id }, whole).catch(cause => this.#world.unkept(cause))
    const going = { shared: new Shared({ most: mostReply, keep }), print, visit, until: patientUntil(asked) }
    this.#going.set(name, going)
    void going.shared.ended.then(() => {
      if (this.#going.get(name) === going) this.#going.delete(name)
    })
    return lead(going, ask)
  }

  #joinable(name: string): Named | undefined {
    const going = this.#going.get(name)
    return going?.shared.abandoned ? undefined : going
  }

  async #keep(name: string, { print, id }: Pick<Kept, 'print' | 'id'>, { source, batches }: Whole): Promise<void> {
    const events = batches.flatMap(batch => batch.events)
    const stop = events.find((event): event is Event & { type: 'stop' } => event.type === 'stop')
    await this.#world.replays.keep(
      name,
      {
        print,
        id,
        dialect: source.dialect,
        form: source.type,
        contentType: source.type === 'whole' ? source.contentType : 'text/event-stream',
        bytes: Buffer.concat(batches.map(batch => batch.bytes)),
        stopReason: stop?.reason,
      },
      ttlMs,
    )
  }

  /** What is asked, and where: the same text at another address is another request. */
  #print(letter: Letter, { address, dialect }: Visit): string {
    const { operation, model = '', stream = '', array = '' } = address
    return this.#world.hash([dialect.id, operation, model, stream, array, letter.text].join('\n'))
  }
}

/** Callers do not see one another's keys. */
function nameOf({ keyId }: Caller, key: string): string {
  if (key !== '' && key.length <= longestKey) return `${keyId}\n${key}`
  throw new Fault('invalid_request', `The idempotency-key must have 1 to ${longestKey} characters.`)
}

function checkSame(one: string, other: string): void {
  if (one === other) return
  throw new Fault(
    'invalid_request',
    'This idempotency-key was used for another request. Send a new key with a new request.',
    { status: 409 },
  )
}

/** The first caller had less time than this one. */
const gaveUpEarly = (error: unknown, { until }: Named, asked: Asked): boolean =>
  error instanceof Fault && error.code === 'upstream_timeout' && until < patientUntil(asked)

/** A kept reply, at once. It cost nothing, so it tells of no usage. */
function told({ dialect, form, contentType, bytes, stopReason }: Kept): Source {
  const said: readonly Event[] = [
    { type: 'content' },
    ...(stopReason === undefined ? [] : [{ type: 'stop' as const, reason: stopReason }]),
  ]
  if (form === 'whole') return { type: 'whole', dialect, contentType, bytes, events: said }
  const batches = [{ bytes, events: [...said, { type: 'done' as const }] }]
  return {
    type: 'stream',
    dialect,
    next: async () => batches.shift(),
    fail: () => undefined,
    close: () => undefined,
  }
}
