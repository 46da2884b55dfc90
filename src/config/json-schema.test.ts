import { expect, test } from 'bun:test'
import { parse } from 'yaml'
import * as z from 'zod'
import { certificate } from '../../test/fakes/certificate.ts'
import { isObject } from '../model/json.ts'
import { configJsonSchema } from './json-schema.ts'
import { parseConfig } from './parse.ts'
import { ConfigError } from './problem.ts'

/** Everything that the language has a word for. */
const everything = `
server: {host: 127.0.0.1, port: 4000, max_body: 32MiB, drain: 30s, disclose: basic, mask_model: true, tls: {cert: file, key: file}}
admin: {host: 127.0.0.1, port: 4001, token: env:TOKEN}
store: {url: "postgres://h/d", synchronous: full}
shared: redis://h
providers:
  openai: {keys: [env:A, {secret: env:B, weight: 2, rpm: 500, tpm: 200000}]}
  my-vllm: {dialect: openai-chat, base_url: "http://10.0.0.5:8000/v1", models: [llama-4-scout], price: {input: 0, output: "0.5", cache_read: 0, cache_write: 0}}
  sim: {enabled: true}
models:
  smart: {strategy: ordered, targets: [openai/gpt-5]}
  cheap: {strategy: score, weigh: {cost: 0.6, latency: 0.3, quality: 0.1}, timeout: {total: 1m}, retry: {attempts: 2}, targets: [openai/a, {model: openai/b, weight: 3}]}
defaults:
  retry: {attempts: 3, backoff: {base: 200ms, max: 10s}, respect_retry_after: true, max_wait: 30s}
  timeout: {connect: 3s, first_token: 60s, idle: 60s, total: 600s}
  hedge: {after: p95, max: 1}
  standby: true
  breaker: {window: 30s, min_requests: 10, failure_rate: 0.5, open_for: 15s}
  probe: {every: 30s}
policy:
  - {name: short, when: "request.task == 'summarize'", route: {targets: [openai/gpt-5], strategy: cost, hedge: {after: 800ms}}}
  - {name: interns, when: "caller.team == 'interns'", deny: {message: "Ask your lead."}}
keys:
  - {name: dev, secret: env:C, team: core, models: ["*"], rpm: 600, tpm: 1000000, concurrent: 50, budget: {usd: 100, per: 30d}, providers_budget: {openai: {usd: "20.50", per: 1d}}}
cache: {exact: {ttl: 1h, operations: [embeddings, moderations], max: 256MiB}, semantic: {model: openai/text-embedding-3-small, threshold: 0.95}}
guards: [{use: pii, on: [input, output], action: mask}, {use: injection, on: [input], action: block}]
pricing: {feed: "https://h/p.json", every: 1h, unknown: allow, overrides: {"openai/gpt-5": {input: 1.25, output: 10}}}
experiments: [{name: a-b, of: smart, arms: [{target: openai/a, share: 0.9}, {target: openai/b, share: 0.1}], judge: {model: openai/gpt-5, sample: 0.05}}]
metrics: {users: true}
log: {level: info, bodies: on}
`

const schema = configJsonSchema()
const validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])

test('the JSON Schema takes everything that the language has a word for, and nothing else', () => {
  expect(validator.safeParse(parse(everything)).error?.issues).toBeUndefined()
  for (const wrong of [
    'servers: {}',
    'server: {port: x}',
    'server: {drain: 30}',
    'keys: [{name: a}]',
    'log: {level: x}',
    'admin: {token: sk-literal}',
    'providers: {openai: {keys: [sk-literal]}}',
    'providers: {openai: {keys: [{secret: "env:A B"}]}}',
    'keys: [{name: a, secret: sk-literal}]',
    'providers: {p: {base_url: 10.0.0.5/v1}}',
    'providers: {p: {base_url: "ftp://h/v1"}}',
    'server: {max_body: 0}',
    'server: {max_body: 1.5}',
  ]) {
    expect(validator.safeParse(parse(wrong)).success, wrong).toBe(false)
  }
})

test('the JSON Schema says which dialect of JSON Schema it is in, and survives printing', () => {
  expect(JSON.parse(JSON.stringify(schema))).toEqual(schema)
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'thalamus.yaml' })
})

test('whatever the language has a word for is read, or refused as not yet built and for nothing else', () => {
  const env = { TOKEN: 't', A: 'a', B: 'b', C: 'c' }
  const known = { providers: ['openai', 'sim'].map(id => ({ id, keyless: false })) }
  const readFile = () => certificate.cert + certificate.key
  try {
    parseConfig(everything, 'thalamus.yaml', { env, known, folder: '/', readFile })
    expect.unreachable()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems.filter(({ message }) => !message.includes('is not yet built in this version'))).toEqual([])
    expect(error.problems.length).toBeGreaterThan(10)
  }
})

test('the JSON Schema describes every field', () => {
  const undescribed: string[] = []
  const visit = (schema: unknown, place: string): void => {
    if (!isObject(schema)) return
    for (const [name, each] of Object.entries(isObject(schema.properties) ? schema.properties : {})) {
      if (!isObject(each) || typeof each.description !== 'string') undescribed.push(`${place}.${name}`)
      visit(each, `${place}.${name}`)
    }
    const further: readonly unknown[] = Array.isArray(schema.anyOf) ? schema.anyOf : []
    for (const each of [schema.items, schema.additionalProperties, ...further]) visit(each, `${place}.*`)
  }
  visit(configJsonSchema(), '')
  expect(undescribed).toEqual([])
})
