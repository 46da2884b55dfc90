import type { KeptReply, Replies } from '../../ports/replies.ts'
import type { Forgetting } from '../store.ts'

export type Room = { readonly replies: number; readonly bytes: number }

const room: Room = { replies: 1_000, bytes: 32 * 1024 * 1024 }

/** Kept replies in memory: the oldest make room when there are too many, or too much is in them. */
export function memoryReplies({ replies, bytes }: Room = room): Replies & Forgetting {
  const all = new Map<string, KeptReply>()
  const nameOf = (id: string, keyId: string): string => JSON.stringify([keyId, id])
  let held = 0

  function remove(name: string): boolean {
    const reply = all.get(name)
    if (reply) held -= sizeOf(reply)
    return all.delete(name)
  }

  function forgetWhere(old: (reply: KeptReply) => boolean): number {
    const names = [...all].filter(([, reply]) => old(reply)).map(([name]) => name)
    for (const name of names) remove(name)
    return names.length
  }

  function makeRoom(): void {
    for (const name of all.keys()) {
      if (all.size <= replies && held <= bytes) return
      remove(name)
    }
  }

  return {
    keep(reply) {
      const name = nameOf(reply.id, reply.keyId)
      remove(name)
      all.set(name, reply)
      held += sizeOf(reply)
      makeRoom()
    },
    find: (id, keyId) => all.get(nameOf(id, keyId)),
    findItem: (item, keyId) => all.values().find(reply => reply.keyId === keyId && reply.kept?.items.includes(item)),
    drop: (id, keyId) => remove(nameOf(id, keyId)),
    forget: olderThan => forgetWhere(({ at }) => at < olderThan),
  }
}

/** A character of a text takes two bytes at most. */
const sizeOf = ({ kept }: KeptReply): number => (kept ? 2 * (kept.input.length + kept.reply.length) : 0)
