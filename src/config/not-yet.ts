import { find } from './find.ts'
import { type Complaint, pathText } from './problem.ts'
import { isLater, secretPlaces } from './secrets.ts'

/** A part of the language that this version does not do, and what to do instead of writing it. */
type Later = {
  readonly at: string
  /** Which values of the field are not built, and what they are called; all, if it does not say. */
  readonly only?: { readonly when: (value: unknown) => boolean; readonly called: string }
  readonly instead?: string
}

const matching = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)
const isTrue = { when: (value: unknown) => value === true, called: '`true`' }
const isPostgres = { when: matching(/^postgres(ql)?:/), called: 'PostgreSQL' }

const useSqlite = 'write sqlite:./thalamus.db'

/**
 * Whoever writes one of these relies on it, so it is refused and never ignored. A row goes when its part is built;
 * a test holds the table against the language, so that no field is neither built nor here.
 */
const table: readonly Later[] = [
  ...['policy', 'cache', 'guards', 'experiments'].map(at => ({ at })),
  { at: 'server.mask_model', only: isTrue },
  { at: 'store', only: isPostgres, instead: useSqlite },
  { at: 'store.url', only: isPostgres, instead: useSqlite },
  { at: 'shared', only: { when: matching(/^rediss?:/), called: 'Redis' }, instead: 'write memory' },
  ...secretPlaces.map(at => ({
    at,
    only: { when: (value: unknown) => typeof value === 'string' && isLater(value), called: 'a secret from a vault' },
    instead: 'write env:NAME or file:/path',
  })),
  ...['tpm', 'concurrent', 'budget', 'providers_budget'].map(field => ({ at: `keys.*.${field}` })),
  ...['feed', 'every', 'unknown'].map(field => ({ at: `pricing.${field}` })),
  { at: 'metrics.users', only: isTrue },
  {
    at: 'log.bodies',
    only: { when: value => value === 'on' || value === true, called: 'keeping prompts and replies' },
    instead: 'write off',
  },
]

/** The places that the table speaks of, as patterns, and whether it refuses every value there. */
export const laterPlaces: readonly { readonly at: string; readonly whole: boolean }[] = table.map(({ at, only }) => ({
  at,
  whole: only === undefined,
}))

export function notYet(value: unknown): readonly Complaint[] {
  return table.flatMap(row =>
    find(value, row.at)
      .filter(found => row.only === undefined || row.only.when(found.value))
      .map(({ path }) => ({ path, on: 'key', message: sentence(pathText(path), row) })),
  )
}

const sentence = (path: string, { only, instead = 'remove it' }: Later): string =>
  `${path}${only === undefined ? '' : `: ${only.called}`} is not yet built in this version: ${instead}.`
