import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Source } from '../../model/source.ts'
import type { Shared } from './shared.ts'

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

/** Another caller's. It waits for a provider as the first does, and is answered by the same one. */
export async function follow({ shared, visit: first }: Going, { diary, signal }: Visit, clock: Clock): Promise<Source> {
  diary.asks(clock.now())
  try {
    return await shared.join(signal)
  } finally {
    diary.target = first.diary.target
    diary.lost = first.diary.lost
  }
}
