import type { Database } from 'bun:sqlite'
import type { KeptReply, Replies } from '../../ports/replies.ts'
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

/** Kept replies in SQLite. */
export function sqliteReplies(database: Database): Replies & Forgetting {
  const insert = database.query(
    'INSERT OR REPLACE INTO replies (id, key_id, at, maker, input, reply) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const byId = database.query<Row, [Text, Text]>('SELECT * FROM replies WHERE id = ? AND key_id = ?')
  const remove = database.query('DELETE FROM replies WHERE id = ? AND key_id = ?')
  const removeOld = database.query('DELETE FROM replies WHERE at < ?')
  return {
    keep({ id, keyId, at, maker, kept }) {
      const exchange = kept ? [toText(kept.input), toText(kept.reply)] : [null, null]
      insert.run(toText(id), toText(keyId), at, toText(maker), ...exchange)
    },
    find(id, keyId) {
      const row = byId.get(toText(id), toText(keyId))
      return row === null ? undefined : replyOf(row)
    },
    drop: (id, keyId) => remove.run(toText(id), toText(keyId)).changes > 0,
    forget: olderThan => removeOld.run(olderThan).changes,
  }
}

const replyOf = ({ id, key_id, at, maker, input, reply }: Row): KeptReply => ({
  id: fromText(id),
  keyId: fromText(key_id),
  at,
  maker: fromText(maker),
  kept: input === null || reply === null ? undefined : { input: fromText(input), reply: fromText(reply) },
})
