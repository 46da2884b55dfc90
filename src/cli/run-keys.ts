import { type Config, inMemory } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { knownProviders } from '../house/places.ts'
import { besideSeeds, seedsOf } from '../house/seeds.ts'
import { dateAt, systemClock } from '../lib/clock.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Key, KeyDesk } from '../ports/keys.ts'
import { createKey } from './keys.ts'
import { openStore } from './open-store.ts'

type Options = { readonly config?: string; readonly json?: boolean }
type CreateOptions = Options & { readonly team?: string; readonly models: readonly string[]; readonly rpm?: number }

/** `thalamus keys create NAME`. A running server knows the key within two seconds. */
export async function runCreate(name: string, options: CreateOptions): Promise<void> {
  await withKeys(options, changing, keys => {
    const { key, secret } = createKey(keys, { ...options, name }, systemClock.wall())
    if (options.json) print({ ...shownKey(key), secret })
    else console.log(`${secret}\n\nThis is the key '${name}'. It is shown once: keep it now.`)
  })
}

/** `thalamus keys list`. */
export async function runList(options: Options): Promise<void> {
  await withKeys(options, reading, (desk, seeds) => {
    const keys = [...seeds.map(shownSeed), ...desk.list().map(shownKey)]
    if (options.json) print(keys)
    else if (keys.length === 0) console.log('There are no keys yet. `thalamus keys create NAME` makes one.')
    else console.log(table(keys))
  })
}

/** `thalamus keys revoke NAME`. */
export async function runRevoke(which: string, options: Options): Promise<void> {
  await withKeys(options, changing, keys => {
    if (!keys.revoke(which, systemClock.wall()))
      throw new Fault(
        'invalid_request',
        `There is no key '${which}' that is not already revoked. 'thalamus keys list' shows them.`,
      )
    if (options.json) print({ revoked: which })
    else console.log(`'${which}' is revoked.`)
  })
}

type Use = (desk: KeyDesk, seeds: readonly Caller[]) => void

/** What is changed in a store that ends with this command would be told and not so. */
const changing = ({ store }: Config): void => {
  if (store.sqlite === inMemory)
    throw new Fault(
      'invalid_request',
      'The store is sqlite::memory:, which every process has for itself: use the admin API of the one that runs.',
    )
}
const reading = (): void => undefined

async function withKeys({ config: path }: Options, may: (config: Config) => void, use: Use): Promise<void> {
  const known = { providers: knownProviders }
  const { config } = await loadConfig({ path, cwd: process.cwd(), env: process.env, known })
  may(config)
  const seeds = seedsOf(config)
  const store = openStore(config.store)
  try {
    use(
      besideSeeds(() => seeds, store.keys),
      seeds,
    )
  } finally {
    await store.close()
  }
}

/** As the admin API tells a key. */
type Shown = {
  readonly id: string
  readonly name: string
  readonly hint: string | null
  readonly team: string | null
  readonly models: readonly string[]
  readonly rpm: number | null
  readonly source: 'file' | 'store'
  readonly created_at: string | null
  readonly revoked_at: string | null
}

const shownSeed = ({ keyId, keyName, team, models, limits }: Caller): Shown => ({
  id: keyId,
  name: keyName,
  hint: null,
  team: team ?? null,
  models,
  rpm: limits.rpm ?? null,
  source: 'file',
  created_at: null,
  revoked_at: null,
})

const shownKey = (key: Key): Shown => ({
  ...shownSeed(key),
  hint: key.hint,
  source: 'store',
  created_at: dateAt(key.createdAt).toISOString(),
  revoked_at: key.revokedAt === undefined ? null : dateAt(key.revokedAt).toISOString(),
})

function table(keys: readonly Shown[]): string {
  const rows = keys.map(({ name, hint, team, models, rpm, source, created_at, revoked_at }) => [
    name,
    hint ?? '-',
    team ?? '-',
    models.join(','),
    `${rpm ?? '-'}`,
    created_at?.slice(0, 10) ?? '-',
    source === 'file' ? 'in the file' : revoked_at ? 'revoked' : 'active',
  ])
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
