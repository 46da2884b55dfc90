import { sha256 } from '../lib/hash.ts'
import { token } from '../lib/id.ts'
import { type Key, type KeyDesk, type KeyWishes, keyOf } from '../ports/keys.ts'

/** Makes a key with a new secret, which is told here and never again. Refuses a name in use. */
export function createKey(
  keys: KeyDesk,
  wishes: KeyWishes,
  now: number,
): { readonly key: Key; readonly secret: string } {
  const secret = token('thal_')
  const key = keyOf(wishes, { id: token('key_', 20), secret, now })
  keys.add(key, sha256(secret))
  return { key, secret }
}
