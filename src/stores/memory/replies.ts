import type { KeptReply, Replies } from '../../ports/replies.ts'
import type { Forgetting } from '../store.ts'

/** Kept replies in memory: the oldest makes room when there are too many. */
export function memoryReplies(room = 1000): Replies & Forgetting {
  const all = new Map<string, KeptReply>()
  const nameOf = (id: string, keyId: string): string => JSON.stringify([keyId, id])

  function forgetWhere(old: (reply: KeptReply) => boolean): number {
    const names = [...all].filter(([, reply]) => old(reply)).map(([name]) => name)
    for (const name of names) all.delete(name)
    return names.length
  }

  return {
    keep(reply) {
      const name = nameOf(reply.id, reply.keyId)
      all.delete(name)
      all.set(name, reply)
      const oldest = all.size > room ? all.keys().next().value : undefined
      if (oldest !== undefined) all.delete(oldest)
    },
    find: (id, keyId) => all.get(nameOf(id, keyId)),
    drop: (id, keyId) => all.delete(nameOf(id, keyId)),
    forget: olderThan => forgetWhere(({ at }) => at < olderThan),
  }
}
