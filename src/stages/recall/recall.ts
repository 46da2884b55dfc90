import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Caller } from '../../model/caller.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Source } from '../../model/source.ts'
import type { Kept, Replays } from '../../ports/replays.ts'
import { type Ended, Shared } from './shared.ts'

const ttlMs = 24 * 3_600_000
/** A longer reply is not kept. */
const mostReply = 8 * 1024 * 1024
const longestKey = 255

type Going = { readonly shared: Shared; readonly print: string; readonly id: string }

/** Asks for the reply, for a visit whose signal says until when somebody waits. */
export type Ask = (visit: Visit) => Promise<Source>

export type RecallWorld = {
  readonly replays: Replays
  hash(text: string): string
  /** Is told when a reply could not be kept: its caller has it all the same. */
  unkept(cause: unknown): void
}

/**
 * A request with an `idempotency-key` is answered once: the same one again joins it while it is on its way, and is given
 * the same reply afterwards. Another request under the same key is refused. What failed is not kept.
 */
export class Recall {
  readonly #world: RecallWorld
  readonly #going = new Map<string, Going>()

  constructor(world: RecallWorld) {
    this.#world = world
  }

  answer(letter: Letter, caller: Caller, visit: Visit, ask: Ask): Promise<Source> {
    const key = visit.request.headers.get('idempotency-key')
    return key === null ? ask(visit) : this.#named(key, letter, caller, visit, ask)
  }

  async #named(key: string, letter: Letter, caller: Caller, visit: Visit, ask: Ask): Promise<Source> {
    const name = nameOf(caller, key)
    const print = this.#print(letter, visit)
    const kept = this.#going.has(name) ? undefined : await this.#world.replays.find(name)
    if (kept) {
      checkSame(kept.print, print)
      visit.diary.replayOf = kept.id
      return told(kept)
    }
    const going = this.#going.get(name)
    if (!going) return this.#first(name, print, visit, ask)
    checkSame(going.print, print)
    visit.diary.replayOf = going.id
    return going.shared.join(visit.signal)
  }

  async #first(name: string, print: string, visit: Visit, ask: Ask): Promise<Source> {
    const shared = new Shared(mostReply)
    const going = { shared, print, id: visit.id }
    this.#going.set(name, going)
    void shared.ended.then(ended => this.#close(name, going, ended))
    try {
      return await shared.begin(() => ask({ ...visit, signal: shared.signal }), visit.signal)
    } catch (error) {
      if (visit.signal.aborted) visit.diary.noticed(await shared.usage, 0)
      throw error
    }
  }

  /** Until it is kept, or lost, the same request joins it. */
  async #close(name: string, going: Going, ended: Ended): Promise<void> {
    try {
      if (ended.type === 'whole') await this.#keep(name, going, ended)
    } catch (cause) {
      this.#world.unkept(cause)
    } finally {
      this.#going.delete(name)
    }
  }

  async #keep(name: string, { print, id }: Going, { source, batches }: Ended & { type: 'whole' }): Promise<void> {
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
