import type { OpenAPIHono } from '@hono/zod-openapi'
import { token } from '../lib/id.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import { type Key, type KeyDesk, keyOf } from '../ports/keys.ts'
import { addKey, listKeys, revokeKey } from './contract.ts'
import { fileKeyRow, type KeyRow, keyRow } from './rows.ts'

export type KeyOptions = {
  readonly keys: KeyDesk
  /** Those of the file, as it is now. */
  readonly fileKeys: () => readonly Caller[]
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly newSecret: () => string
  readonly hash: (secret: string) => string
  /** Is told of keys made and revoked. */
  readonly log: { event(name: string, fields: object): void }
}

/** Virtual keys: made, listed, revoked. A secret leaves here once, in the answer that makes it. */
export function serveKeys(app: OpenAPIHono, options: KeyOptions): void {
  const { keys, fileKeys, now, newSecret, hash, log } = options

  app.openapi(listKeys, c => {
    const { limit, cursor } = c.req.valid('query')
    return c.json(pageOf([...fileKeys().map(fileKeyRow), ...keys.list().map(keyRow)], limit, cursor), 200)
  })

  app.openapi(addKey, c => {
    const secret = newSecret()
    const key = keyOf(c.req.valid('json'), { id: token('key_', 20), secret, now: now() })
    keys.add(key, hash(secret))
    log.event('key', { action: 'add', id: key.keyId, name: key.keyName, team: key.team, hint: key.hint })
    return c.json({ ...keyRow(key), secret }, 201)
  })

  app.openapi(revokeKey, c => {
    const { id: idOrName } = c.req.valid('param')
    const id = idOf(keys.list(), idOrName)
    if (!keys.revoke(idOrName, now())) return c.json(noSuchKey, 404)
    log.event('key', { action: 'revoke', id })
    return c.json({ id, revoked: true as const }, 200)
  })
}

/** The id of the key that is meant, where it is there and not revoked. */
function idOf(all: readonly Key[], idOrName: string): string {
  const named = all.find(({ keyName, revokedAt }) => keyName === idOrName && revokedAt === undefined)
  return all.some(({ keyId }) => keyId === idOrName) ? idOrName : (named?.keyId ?? idOrName)
}

const noSuchKey = { error: { message: 'There is no such key that is not already revoked.', code: 'not_found' } }

/** The cursor is the id of the last key seen: revoked keys stay in the list, so it stays valid. */
function pageOf(all: readonly KeyRow[], limit: number, cursor: string | undefined) {
  const start = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1
  if (cursor !== undefined && start === 0)
    throw new Fault('invalid_request', 'This cursor is not one that a page gave: take its `next_cursor`.')
  const data = all.slice(start, start + limit)
  const more = start + limit < all.length
  return {
    object: 'list' as const,
    data,
    has_more: more,
    next_cursor: more ? (data.at(-1)?.id ?? null) : null,
  }
}
