import type { Clock } from '../lib/clock.ts'
import type { Replies } from '../ports/replies.ts'
import { memoryReplies } from './memory/replies.ts'

/** So long a reply is remembered that nobody asked to be kept. */
const recentMs = 3_600_000

/**
 * Replies that last in a store, and before them those of late that nobody asked to be kept: they are remembered for an hour,
 * in the memory of this process, so that a conversation can go on whose client refers to what was said instead of saying it
 * again.
 */
export function withRecent(lasting: Replies, clock: Clock): Replies {
  const recent = memoryReplies()
  const forget = (): number => recent.forget(clock.wall() - recentMs)
  return {
    keep(reply) {
      if (reply.lasting) return lasting.keep(reply)
      forget()
      recent.keep(reply)
    },
    find(id, keyId) {
      forget()
      return recent.find(id, keyId) ?? lasting.find(id, keyId)
    },
    findItem(item, keyId) {
      forget()
      return recent.findItem(item, keyId) ?? lasting.findItem(item, keyId)
    },
    drop: (id, keyId) => recent.drop(id, keyId) || lasting.drop(id, keyId),
  }
}
