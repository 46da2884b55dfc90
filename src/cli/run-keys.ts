import { loadConfig } from '../config/load.ts'
import { knownProviders } from '../house/places.ts'
import { dateAt, systemClock } from '../lib/clock.ts'
import { Fault } from '../model/fault.ts'
import type { Key } from '../ports/keys.ts'
import type { Store } from '../stores/store.ts'
import { createKey } from './keys.ts'
import { openStore } from './open-store.ts'

type Options = { readonly config?: string; readonly json?: boolean }
type CreateOptions = Options & { readonly team?: string; readonly models: readonly string[]; readonly rpm?: number }

/** `thalamus keys create NAME`. A running server knows the key within two seconds. */
export async function runCreate(name: string, options: CreateOptions): Promise<void> {
  await withStore(options, store => {
    const { key, secret } = createKey(store, { ...options, name }, systemClock.wall())
    if (options.json) print({ ...shown(key), secret })
    else console.log(`${secret}\n\nThis is the key '${name}'. It is shown once: keep it now.`)
  })
}

/** `thalamus keys list`. */
export async function runList(options: Options): Promise<void> {
  await withStore(options, store => {
    const keys = store.keys.list()
    if (options.json) print(keys.map(shown))
    else if (keys.length === 0) console.log('There are no keys yet. `thalamus keys create NAME` makes one.')
    else console.log(table(keys))
  })
}

/** `thalamus keys revoke NAME`. */
export async function runRevoke(which: string, options: Options): Promise<void> {
  await withStore(options, store => {
    if (!store.keys.revoke(which, systemClock.wall()))
      throw new Fault(
        'invalid_request',
        `There is no key '${which}' that is not already revoked. 'thalamus keys list' shows them.`,
      )
    if (options.json) print({ revoked: which })
    else console.log(`'${which}' is revoked.`)
  })
}

async function withStore({ config }: Options, use: (store: Store) => void): Promise<void> {
  const known = { providers: knownProviders }
  const loaded = await loadConfig({ path: config, cwd: process.cwd(), env: process.env, known })
  const store = openStore(loaded.config.store)
  try {
    use(store)
  } finally {
    await store.close()
  }
}

const shown = (key: Key) => ({
  id: key.keyId,
  name: key.keyName,
  hint: key.hint,
  team: key.team ?? null,
  models: key.models,
  rpm: key.limits.rpm ?? null,
  created_at: dateAt(key.createdAt).toISOString(),
  revoked_at: key.revokedAt === undefined ? null : dateAt(key.revokedAt).toISOString(),
})

function table(keys: readonly Key[]): string {
  const rows = keys.map(key => {
    const { name, hint, team, models, rpm, created_at, revoked_at } = shown(key)
    return [
      name,
      hint,
      team ?? '-',
      models.join(','),
      `${rpm ?? '-'}`,
      created_at.slice(0, 10),
      revoked_at ? 'revoked' : 'active',
    ]
  })
  const all = [['NAME', 'KEY', 'TEAM', 'MODELS', 'RPM', 'MADE', 'STATE'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0))) ?? []
  return all
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const print = (value: unknown): void => console.log(JSON.stringify(value, null, 2))
