import type { Database } from 'bun:sqlite'
import type { Clock } from '../../lib/clock.ts'
import type { Caller, Limits } from '../../model/caller.ts'
import type { Key, KeyDesk } from '../../ports/keys.ts'
import { nameInUse, secretInUse } from '../key-faults.ts'
import { fromMaybe, fromText, type Text, toMaybe, toText } from './text.ts'

/** A key read from the database is believed for so long: until then another process may have revoked it. */
const believedMs = 1000

/** Callers known at once. Beyond, the one read longest ago is read again when it comes. */
const mostKnown = 10_000

type Known = { readonly caller: Caller; readonly readAt: number }

type CallerRow = {
  readonly id: Text
  readonly name: Text
  readonly team: Text | null
  readonly models: string
  readonly limits: string
}

type KeyRow = CallerRow & { readonly hint: Text; readonly created_at: number; readonly revoked_at: number | null }

/**
 * Virtual keys in SQLite, with those in use kept at hand: a request whose key was seen within the last second costs no
 * query. Only keys that exist are kept, under their whole hash, so guessing fills nothing and finds nobody else's key.
 */
export function sqliteKeys(database: Database, clock: Clock): KeyDesk {
  const known = new Map<string, Known>()
  const byHash = database.query<CallerRow, [string]>(
    'SELECT id, name, team, models, limits FROM keys WHERE secret_hash = ? AND revoked_at IS NULL',
  )
  const all = database.query<KeyRow, []>(
    'SELECT id, name, team, models, limits, hint, created_at, revoked_at FROM keys ORDER BY rowid',
  )
  const named = database.query<{ id: Text }, [Text]>('SELECT id FROM keys WHERE name = ? AND revoked_at IS NULL')
  const taken = database.query<{ id: Text }, [Text, string]>('SELECT id FROM keys WHERE id = ? OR secret_hash = ?')
  const insert = database.query(
    `INSERT INTO keys (id, name, team, models, limits, hint, secret_hash, created_at, revoked_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const revokeId = database.query('UPDATE keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
  const revokeName = database.query('UPDATE keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL')

  function read(secretHash: string, readAt: number): Caller | undefined {
    known.delete(secretHash)
    const row = byHash.get(secretHash)
    if (row === null) return undefined
    const caller = callerOf(row)
    known.set(secretHash, { caller, readAt })
    if (known.size > mostKnown) dropFirst(known)
    return caller
  }

  const addIfFree = database.transaction((key: Key, secretHash: string) => {
    if (named.get(toText(key.keyName)) !== null) throw nameInUse(key.keyName)
    if (taken.get(toText(key.keyId), secretHash) !== null) throw secretInUse()
    insert.run(...keyCells(key, secretHash))
  })

  return {
    find(secretHash) {
      const now = clock.now()
      const found = known.get(secretHash)
      return found !== undefined && now - found.readAt < believedMs ? found.caller : read(secretHash, now)
    },
    add: (key, secretHash) => addIfFree.immediate(key, secretHash),
    list: () => all.all().map(keyOf),
    revoke(idOrName, at) {
      known.clear()
      const name = toText(idOrName)
      return revokeId.run(at, name).changes > 0 || revokeName.run(at, name).changes > 0
    },
  }
}

function callerOf(row: CallerRow): Caller {
  return {
    keyId: fromText(row.id),
    keyName: fromText(row.name),
    team: fromMaybe(row.team),
    models: JSON.parse(row.models) as string[],
    limits: JSON.parse(row.limits) as Limits,
  }
}

const keyOf = (row: KeyRow): Key => ({
  ...callerOf(row),
  createdAt: row.created_at,
  revokedAt: row.revoked_at ?? undefined,
  hint: fromText(row.hint),
})

const keyCells = (key: Key, secretHash: string) => [
  toText(key.keyId),
  toText(key.keyName),
  toMaybe(key.team),
  JSON.stringify(key.models),
  JSON.stringify(key.limits),
  toText(key.hint),
  secretHash,
  key.createdAt,
  key.revokedAt ?? null,
]

function dropFirst(known: Map<string, Known>): void {
  for (const first of known.keys()) {
    known.delete(first)
    return
  }
}
