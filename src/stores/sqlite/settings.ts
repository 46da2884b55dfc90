import type { Database } from 'bun:sqlite'
import type { Settings } from '../store.ts'
import { fromText, type Text, toText } from './text.ts'

/** Names and values in a table of two columns. */
export function sqliteSettings(database: Database): Settings {
  const select = database.query<{ value: Text }, [Text]>('SELECT value FROM settings WHERE name = ?')
  const upsert = database.query(
    'INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
  )
  return {
    get(name) {
      const row = select.get(toText(name))
      return row === null ? undefined : fromText(row.value)
    },
    set: (name, value) => void upsert.run(toText(name), toText(value)),
  }
}
