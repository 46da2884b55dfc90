import type { Clock } from '../../lib/clock.ts'
import { Leash } from '../../lib/leash.ts'
import type { Signal } from '../../lib/leaving.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import { Fault } from '../../model/fault.ts'
import { altered, type Source, type StreamSource } from '../../model/source.ts'
import { left, type Shared } from './shared.ts'

/** Asks for the reply, for a visit whose signal says until when somebody waits. */
export type Ask = (visit: Visit) => Promise<Source>

/** A reply on its way, and the visit that it was asked for: the first. */
export type Going = { readonly shared: Shared; readonly visit: Visit }

/** The first caller's way to a shared reply. What that uses is this caller's, even if it leaves before the others. */
export async function lead({ shared, visit }: Going, ask: Ask): Promise<Source> {
  try {
    return await shared.begin(() => ask({ ...visit, signal: shared.signal }), visit.signal)
  } catch (error) {
    if (visit.signal.aborted) visit.diary.noticed(await shared.usage, 0)
    throw error
  }
}

/** Who follows, and how long its caller waits for the whole reply, where it says so. */
type Follower = { readonly visit: Visit; readonly letter: Pick<Letter, 'patienceMs'> }

/** When a caller waits no longer, on the measuring clock; Infinity where only the operator says. */
export const patientUntil = ({ visit, letter: { patienceMs = Infinity } }: Follower): number =>
  visit.diary.arrived + patienceMs

/** Another caller's. It waits for a provider as the first does, in its own time, and is answered by the same one. */
export async function follow({ shared, visit: first }: Going, follower: Follower, clock: Clock): Promise<Source> {
  const { diary, signal } = follower.visit
  diary.asks(clock.now())
  try {
    const until = patientUntil(follower)
    return await (until === Infinity ? shared.join(signal) : joined(shared, until, signal, clock))
  } finally {
    diary.target = first.diary.target
    diary.lost = first.diary.lost
  }
}

async function joined(shared: Shared, until: number, signal: Signal, clock: Clock): Promise<Source> {
  const leash = new Leash(clock, signal)
  leash.within(Math.max(0, until - clock.now()), 'the reply')
  try {
    const source = await shared.join(leash.signal)
    if (source.type === 'stream') return inTime(source, leash)
    leash.free()
    return source
  } catch (error) {
    leash.free()
    throw leash.why === 'late' ? late() : error
  }
}

/** A stream of which nothing is told when the time is over. */
function inTime(source: StreamSource, leash: Leash): StreamSource {
  const { promise: over, reject } = Promise.withResolvers<never>()
  over.catch(() => undefined)
  leash.signal.addEventListener('abort', () => reject(leash.why === 'late' ? late() : left()), { once: true })
  return altered(source, {
    async next() {
      const batch = await Promise.race([source.next(), over])
      if (!batch) leash.free()
      return batch
    },
    close() {
      leash.free()
      source.close()
    },
  })
}

const late = (): Fault =>
  new Fault(
    'upstream_timeout',
    'The reply, for which another request had asked already, took longer than this one may. Try again.',
  )
