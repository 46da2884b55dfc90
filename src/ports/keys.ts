import type { Caller } from '../model/caller.ts'

/** A virtual key as an operator sees it. The secret itself is shown once, when it is made, and never stored. */
export type Key = Caller & {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly revokedAt: number | undefined
  /** The first characters of the secret, to tell keys apart: `thal_4fX…`. */
  readonly hint: string
}

export interface Keys {
  /** The caller whose secret has this SHA-256 (64 hex digits), or undefined: unknown or revoked. */
  find(secretHash: string): Caller | undefined | Promise<Caller | undefined>
}

/** What `thalamus keys` and the admin API do. Names are unique among keys that are not revoked. */
export interface KeyDesk extends Keys {
  /** Refuses a name in use by throwing a Fault (`invalid_request`). */
  add(key: Key, secretHash: string): void
  list(): readonly Key[]
  /** False if there is no such key that is not already revoked. Takes an id or a name. */
  revoke(idOrName: string, at: number): boolean
}

/** What whoever makes a key may say of it. */
export type KeyWishes = {
  readonly name: string
  readonly team?: string | undefined
  readonly models: readonly string[]
  readonly rpm?: number | undefined
}

/** A new key as it is kept. Of the secret only the first characters go in. */
export const keyOf = (wishes: KeyWishes, made: { id: string; secret: string; now: number }): Key => ({
  keyId: made.id,
  keyName: wishes.name,
  team: wishes.team,
  models: wishes.models,
  limits: wishes.rpm === undefined ? {} : { rpm: wishes.rpm },
  createdAt: made.now,
  revokedAt: undefined,
  hint: `${made.secret.slice(0, 8)}…`,
})
