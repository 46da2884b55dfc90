import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Begun } from './begun.ts'
import { Failed } from './failed.ts'
import type { Route } from './route.ts'

/**
 * The provider's filter let nothing through, and says so in a reply of 200 instead of a refusal. Others are asked, and what it
 * said is told where none of them answers.
 */
export class KeptBack extends Failed {
  readonly source: Begun

  constructor(reason: string, source: Begun, { provider }: Route) {
    super(new Fault('invalid_request', `${provider} let nothing through its content filter (${reason}).`), 'filtered')
    this.source = source
  }
}

/** Throws where a reply that begins so is one that was kept back. */
export function letThrough<Reply extends Begun>(source: Reply, events: readonly Event[], route: Route): Reply {
  const reason = stopIn(events)
  if (reason !== undefined && route.dialect.withholds?.(reason)) throw new KeptBack(reason, source, route)
  return source
}

/** Why it stopped, if it stopped without a word. */
function stopIn(events: readonly Event[]): string | undefined {
  const [first] = events.filter(({ type }) => type === 'content' || type === 'stop')
  return first?.type === 'stop' ? first.reason : undefined
}

/** Nobody needs it. */
export const leave = (source: Begun): void => (source.type === 'stream' ? source.close() : undefined)
