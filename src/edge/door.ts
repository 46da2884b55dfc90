import type { Rooms } from '../gateway.ts'
import type { Clock } from '../lib/clock.ts'
import type { Forwarded } from '../line.ts'
import type { Caller } from '../model/caller.ts'
import type { Fault } from '../model/fault.ts'
import type { Replies } from '../ports/replies.ts'
import type { Stay } from './stay.ts'

/** What the door needs of the house. Read anew for each request, so that a reload takes effect with the next one. */
export type Door = {
  readonly rooms: Rooms
  readonly clock: Clock
  /** The names that a key can ask for. */
  models(caller: Caller): readonly string[]
  /** Throws a Fault where a key cannot ask for a model under this name. */
  checkModel(caller: Caller, name: string): void
  readonly replies: Replies
  /** Asks the provider that has a reply; `path` stands below where the dialect asks for replies (`/resp_1/cancel`). */
  forward(asked: Forwarded): Promise<Response>
  /** The request's id: the caller's own, if it sent one that can stand as it is. */
  identify(own: string | undefined): string | Promise<string>
  /** Not draining. */
  readonly ready: () => boolean
  /** Told when a request comes in, and how to end it; it goes out by settling. */
  entered(id: string, stay: Pick<Stay, 'cut'>): void
  /** Told of our own failures outside the line, which have no row. */
  failed(fault: Fault): void
}
