import type { Caller } from '../../model/caller.ts'
import type { Key, KeyDesk } from '../../ports/keys.ts'
import { nameInUse, secretInUse } from '../key-faults.ts'

/** Virtual keys in memory: what SQLite's desk does, for as long as the process lives. */
export function memoryKeys(): KeyDesk {
  // In the order in which they were made.
  const byHash = new Map<string, Key>()

  const active = (matches: (key: Key) => boolean) =>
    [...byHash].find(([, key]) => key.revokedAt === undefined && matches(key))

  return {
    find(secretHash) {
      const key = byHash.get(secretHash)
      return key === undefined || key.revokedAt !== undefined ? undefined : callerOf(key)
    },
    add(key, secretHash) {
      if (active(each => each.keyName === key.keyName)) throw nameInUse(key.keyName)
      if (byHash.has(secretHash) || byHash.values().some(each => each.keyId === key.keyId)) throw secretInUse()
      byHash.set(secretHash, key)
    },
    list: () => [...byHash.values()],
    revoke(idOrName, at) {
      const found = active(key => key.keyId === idOrName) ?? active(key => key.keyName === idOrName)
      if (found === undefined) return false
      const [secretHash, key] = found
      byHash.set(secretHash, { ...key, revokedAt: at })
      return true
    },
  }
}

const callerOf = ({ keyId, keyName, team, models, limits }: Key): Caller => ({ keyId, keyName, team, models, limits })
