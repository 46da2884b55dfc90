import { describe, expect, test } from 'bun:test'
import { isObject } from '../model/json.ts'
import { configJsonSchema } from './json-schema.ts'
import { laterPlaces, notYet } from './not-yet.ts'

const resilience = [
  ...['connect', 'first_token', 'idle', 'total'].map(it => `timeout.${it}`),
  ...['attempts', 'backoff.base', 'backoff.max', 'respect_retry_after', 'max_wait'].map(it => `retry.${it}`),
  ...['window', 'min_requests', 'failure_rate', 'open_for'].map(it => `breaker.${it}`),
  ...['hedge.after', 'hedge.max', 'hedge.share', 'standby', 'probe.every', 'coalesce'],
]

/** The fields of which at least one value reaches the Config. The test of parse.ts sees each of them arrive. */
const built = [
  ...['host', 'port', 'max_body', 'drain', 'disclose', 'mask_model', 'tls.cert', 'tls.key'].map(it => `server.${it}`),
  ...['max_in_flight', 'max_queued', 'max_lag', 'keep_alive', 'media.max', 'media.private'].map(it => `server.${it}`),
  ...['admin.host', 'admin.port', 'admin.token', 'store', 'store.url', 'store.synchronous', 'shared'],
  ...['enabled', 'dialect', 'base_url', 'drain_for_usage', 'keys.*', 'models.*'].map(it => `providers.*.${it}`),
  ...['secret', 'weight', 'rpm', 'tpm'].map(it => `providers.*.keys.*.${it}`),
  ...['input', 'output', 'cache_read', 'cache_write'].flatMap(it => [
    `providers.*.price.${it}`,
    `pricing.overrides.*.${it}`,
  ]),
  ...['targets.*', 'targets.*.model', 'targets.*.weight', 'strategy'].map(it => `models.*.${it}`),
  ...['cost', 'latency', 'quality'].map(it => `models.*.weigh.${it}`),
  ...['models.*', 'defaults'].flatMap(where => resilience.map(it => `${where}.${it}`)),
  ...['defaults.strict', 'metrics.users', 'log.level', 'log.bodies'],
  ...['name', 'secret', 'team', 'models.*', 'rpm'].map(it => `keys.*.${it}`),
]

type Field = { readonly place: string; readonly schema: Readonly<Record<string, unknown>> }

/** Every field of the language, with `*` for any name and any entry. */
function fieldsOf(schema: unknown, place = ''): readonly Field[] {
  if (!isObject(schema)) return []
  if (Array.isArray(schema.anyOf)) return schema.anyOf.flatMap((form: unknown) => fieldsOf(form, place))
  const inside = (step: string) => (place === '' ? step : `${place}.${step}`)
  const fields = Object.entries(isObject(schema.properties) ? schema.properties : {})
  const inner = [
    ...fields.flatMap(([name, each]) => fieldsOf(each, inside(name))),
    ...fieldsOf(schema.items, inside('*')),
    ...fieldsOf(schema.additionalProperties, inside('*')),
  ]
  return inner.length > 0 ? inner : [{ place, schema }]
}

const leaves = [...new Set(fieldsOf(configJsonSchema()).map(({ place }) => place))]
const isRefused = (place: string) => laterPlaces.some(later => later.whole && `${place}.`.startsWith(`${later.at}.`))

describe('what is not built yet', () => {
  test('every field of the language is either built or refused, and none is both', () => {
    expect(leaves.filter(place => !isRefused(place)).sort()).toEqual([...built].sort())
    expect(built.filter(isRefused)).toEqual([])
  })

  test('the table speaks only of fields that exist', () => {
    const exists = (place: string) => leaves.some(leaf => `${leaf}.`.startsWith(`${place}.`))
    expect(laterPlaces.filter(({ at }) => !exists(at))).toEqual([])
  })

  const refused: readonly (readonly [unknown, string])[] = [
    [{ cache: {} }, 'cache is not yet built in this version: remove it.'],
    [{ store: 'postgres://h/d' }, 'store: PostgreSQL is not yet built in this version: write sqlite:./thalamus.db.'],
    [
      { store: { url: 'postgresql://h/d' } },
      'store.url: PostgreSQL is not yet built in this version: write sqlite:./thalamus.db.',
    ],
    [{ shared: 'rediss://h' }, 'shared: Redis is not yet built in this version: write memory.'],
    [{ server: { mask_model: true } }, 'server.mask_model: `true` is not yet built in this version: remove it.'],
    [
      { admin: { token: 'vault:a/b#c' } },
      'admin.token: a secret from a vault is not yet built in this version: write env:NAME or file:/path.',
    ],
    [{ metrics: { users: true } }, 'metrics.users: `true` is not yet built in this version: remove it.'],
    [{ log: { bodies: true } }, 'log.bodies: keeping prompts and replies is not yet built in this version: write off.'],
  ]

  test('is refused with what to do instead', () => {
    for (const [written, told] of refused) expect(notYet(written).map(({ message }) => message)).toEqual([told])
  })

  test('does not speak of what is written as it is built, nor of what is no part of the language', () => {
    for (const written of [
      { log: { bodies: 'off' }, store: 'sqlite:x', shared: 'memory', metrics: { users: false } },
      { models: { m: { strategy: 'ordered', standby: false, targets: ['a/b'] } } },
      { models: { m: { strategy: 'scor' } }, providers: { a: { dialect: 'openai' } } },
    ]) {
      expect(notYet(written)).toEqual([])
    }
  })
})
