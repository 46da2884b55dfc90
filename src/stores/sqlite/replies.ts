import type { Database } from 'bun:sqlite'
import type { Exchange, KeptReply, Replies } from '../../ports/replies.ts'
import type { Forgetting } from '../store.ts'
import { fromText, type Text, toText } from './text.ts'

type Row = {
  readonly id: Text
  readonly key_id: Text
  readonly at: number
  readonly maker: Text
  readonly input: Text | null
  readonly reply: Text | null
}

/** Kept replies in SQLite, and in which of them an item was said. */
export function sqliteReplies(database: Database): Replies & Forgetting {
  const insert = database.query(
    'INSERT OR REPLACE INTO replies (id, key_id, at, maker, input, reply) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const insertItem = database.query(
    'INSERT OR REPLACE INTO reply_items (id, key_id, at, reply, place) VALUES (?, ?, ?, ?, ?)',
  )
  const byId = database.query<Row, [Text, Text]>('SELECT * FROM replies WHERE id = ? AND key_id = ?')
  const itemsIn = database.query<{ readonly id: Text }, [Text, Text]>(
    'SELECT id FROM reply_items WHERE key_id = ? AND reply = ? ORDER BY place',
  )
  const holding = database.query<{ readonly reply: Text }, [Text, Text]>(
    'SELECT reply FROM reply_items WHERE id = ? AND key_id = ?',
  )
  const remove = database.query('DELETE FROM replies WHERE id = ? AND key_id = ?')
  const removeItems = database.query('DELETE FROM reply_items WHERE reply = ? AND key_id = ?')
  const removeOld = database.query('DELETE FROM replies WHERE at < ?')
  const removeOldItems = database.query('DELETE FROM reply_items WHERE at < ?')

  function keep({ id, keyId, at, maker, kept }: KeptReply): void {
    const exchange = kept ? [toText(kept.input), toText(kept.reply)] : [null, null]
    insert.run(toText(id), toText(keyId), at, toText(maker), ...exchange)
    removeItems.run(toText(id), toText(keyId))
    for (const [place, item] of (kept?.items ?? []).entries())
      insertItem.run(toText(item), toText(keyId), at, toText(id), place)
  }

  function drop(id: string, keyId: string): boolean {
    removeItems.run(toText(id), toText(keyId))
    return remove.run(toText(id), toText(keyId)).changes > 0
  }

  function find(id: string, keyId: string): KeptReply | undefined {
    const row = byId.get(toText(id), toText(keyId))
    return row === null
      ? undefined
      : { id, keyId, at: row.at, maker: fromText(row.maker), kept: exchangeOf(row), lasting: true }
  }

  const exchangeOf = ({ id, key_id, input, reply }: Row): Exchange | undefined =>
    input === null || reply === null
      ? undefined
      : {
          input: fromText(input),
          reply: fromText(reply),
          items: itemsIn.all(key_id, id).map(item => fromText(item.id)),
        }

  return {
    keep: database.transaction(keep),
    find,
    findItem(item, keyId) {
      const row = holding.get(toText(item), toText(keyId))
      return row === null ? undefined : find(fromText(row.reply), keyId)
    },
    drop: database.transaction(drop),
    forget(olderThan) {
      removeOldItems.run(olderThan)
      return removeOld.run(olderThan).changes
    },
  }
}
