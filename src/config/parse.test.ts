import { describe, expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { certificate } from '../../test/fakes/certificate.ts'
import { Secret } from '../lib/secret.ts'
import type { Config } from './config.ts'
import { parseConfig, type World } from './parse.ts'
import { ConfigError, type Problem } from './problem.ts'

const files: Readonly<Record<string, string>> = {
  '/etc/thalamus/key': 'from-a-file\n',
  '/run/two': 'two\nlines\n',
  '/etc/thalamus/c.pem': certificate.cert,
  '/k.pem': certificate.key,
  '/other.pem': generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey,
}

const world: World = {
  env: { OPENAI_API_KEY: 'sk-from-env', DEV_KEY: 'dev-value', SAME_KEY: 'dev-value', EMPTY: '', SPACED: 'a b' },
  folder: '/etc/thalamus',
  known: {
    providers: ['openai', 'deepseek', 'groq'].map(id => ({ id, keyless: false })).concat({ id: 'sim', keyless: true }),
  },
  readFile(path) {
    const text = files[path]
    if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
    return text
  },
}

const parse = (text: string, changed: Partial<World> = {}): Config =>
  parseConfig(text, 'thalamus.yaml', { ...world, ...changed })

const plain = (config: Config): unknown => JSON.parse(JSON.stringify(config))

function problemsOf(text: string, changed: Partial<World> = {}): readonly Problem[] {
  try {
    parse(text, changed)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

const lines = (text: string): readonly string[] =>
  problemsOf(text).map(({ line, column, message }) => `${line}:${column} ${message}`)

describe('a configuration', () => {
  test('that is empty, a comment or an empty map means the defaults', () => {
    for (const text of ['', '# nothing\n', '{}', '---\n']) {
      expect(plain(parse(text))).toEqual({
        server: {
          host: '127.0.0.1',
          port: 4000,
          maxBody: 33_554_432,
          drainMs: 30_000,
          disclose: 'basic',
          maxInFlight: 10_000,
          maxQueued: 1_000,
          maxLagMs: 500,
          maskModel: false,
          media: { max: 20_971_520, private: false },
        },
        admin: { host: '127.0.0.1', port: 4001 },
        store: { sqlite: '/etc/thalamus/thalamus.db', synchronous: 'normal' },
        shared: 'memory',
        providers: {},
        models: {},
        defaults: {
          timeout: { connect: 3000, firstToken: 60_000, idle: 60_000, total: 600_000 },
          retry: { attempts: 3, baseMs: 200, maxMs: 10_000, respectRetryAfter: true, maxWaitMs: 30_000 },
          hedgeShare: 0.05,
          standby: false,
          coalesce: false,
          strict: false,
          breaker: { windowMs: 30_000, minRequests: 10, failureRate: 0.5, openForMs: 15_000 },
        },
        keys: [],
        pricing: { overrides: {} },
        log: { level: 'info' },
      })
    }
  })

  test('is read whole: every field that is built arrives', () => {
    const config = parse(`
      server: {host: 0.0.0.0, port: 0, max_body: 1MB, drain: 0s, disclose: full, mask_model: false, max_in_flight: 7, max_queued: 8, max_lag: 1s, keep_alive: 15s, media: {max: 1MiB, private: true}, tls: {cert: c.pem, key: /k.pem}}
      admin: {host: "::1", port: 9, token: file:key}
      store: {url: "sqlite::memory:", synchronous: full}
      shared: memory
      providers:
        openai: {keys: [{secret: env:OPENAI_API_KEY, weight: 2, rpm: 500, tpm: 200000}, env:DEV_KEY], models: [gpt-5]}
        mine: {dialect: openai-chat, base_url: "HTTP://10.0.0.5:8000/v1//", price: {input: 1, output: "2.5", cache_read: 0.1, cache_write: 3}, drain_for_usage: true}
        sim: {enabled: false}
      models:
        smart:
          strategy: score
          weigh: {cost: 0.6, quality: 0.1}
          targets: [openai/gpt-5, {model: mine/a/b, weight: 3}]
          timeout: {connect: 1s, idle: 3s}
          retry: {attempts: 2, backoff: {base: 1ms}, max_wait: 0s}
          hedge: {after: p95}
          standby: true
          breaker: {min_requests: 4}
          probe: {every: 1m}
          coalesce: true
        fast: {targets: [{model: mine/a/b}]}
      defaults:
        timeout: {connect: 2s, first_token: 1s, idle: 2s, total: 1d}
        retry: {attempts: 5, backoff: {base: 10ms, max: 20ms}, respect_retry_after: false, max_wait: 1s}
        hedge: {after: 250ms, max: 2, share: 0.2}
        standby: false
        strict: true
        breaker: {window: 1m, min_requests: 3, failure_rate: 0.25, open_for: 1s}
        probe: {every: 30s}
        coalesce: false
      keys: [{name: dev, secret: env:DEV_KEY, team: core, models: [smart], rpm: 6}, {name: two, secret: file:/etc/thalamus/key}]
      pricing: {overrides: {openai/gpt-5: {input: 1.25, output: 10}}}
      metrics: {users: false}
      log: {level: silent, bodies: off}`)
    const everywhere = {
      timeout: { connect: 2000, firstToken: 1000, idle: 2000, total: 86_400_000 },
      retry: { attempts: 5, baseMs: 10, maxMs: 20, respectRetryAfter: false, maxWaitMs: 1000 },
      hedge: { after: 250, max: 2 },
      hedgeShare: 0.2,
      coalesce: false,
      standby: false,
      breaker: { windowMs: 60_000, minRequests: 3, failureRate: 0.25, openForMs: 1000 },
      probe: { everyMs: 30_000 },
    }
    expect(plain(config)).toEqual({
      server: {
        host: '0.0.0.0',
        port: 0,
        maxBody: 1_000_000,
        drainMs: 0,
        disclose: 'full',
        maxInFlight: 7,
        maxQueued: 8,
        maxLagMs: 1000,
        keepAliveMs: 15_000,
        maskModel: false,
        media: { max: 1_048_576, private: true },
        tls: { cert: '/etc/thalamus/c.pem', key: '/k.pem' },
      },
      admin: { host: '::1', port: 9, token: '•••' },
      store: { sqlite: ':memory:', synchronous: 'full' },
      shared: 'memory',
      providers: {
        openai: {
          enabled: true,
          keys: [
            { secret: '•••', weight: 2, rpm: 500, tpm: 200_000 },
            { secret: '•••', weight: 1 },
          ],
          models: ['gpt-5'],
        },
        mine: {
          enabled: true,
          drainForUsage: true,
          dialect: 'openai-chat',
          baseUrl: 'http://10.0.0.5:8000/v1',
          price: { input: 1, output: 2.5, cache_read: 0.1, cache_write: 3 },
        },
        sim: { enabled: false },
      },
      models: {
        smart: {
          targets: [
            { name: 'openai/gpt-5', weight: 1 },
            { name: 'mine/a/b', weight: 3 },
          ],
          strategy: 'score',
          weigh: { cost: 0.6, latency: 0, quality: 0.1 },
          timeout: { connect: 1000, firstToken: 1000, idle: 3000, total: 86_400_000 },
          retry: { attempts: 2, baseMs: 1, maxMs: 20, respectRetryAfter: false, maxWaitMs: 0 },
          hedge: { after: 'p95', max: 2 },
          hedgeShare: 0.2,
          coalesce: true,
          standby: true,
          breaker: { windowMs: 60_000, minRequests: 4, failureRate: 0.25, openForMs: 1000 },
          probe: { everyMs: 60_000 },
        },
        fast: {
          targets: [{ name: 'mine/a/b', weight: 1 }],
          strategy: 'ordered',
          weigh: { cost: 0.5, latency: 0.5, quality: 0 },
          ...everywhere,
        },
      },
      defaults: { ...everywhere, strict: true },
      keys: [
        { name: 'dev', secret: '•••', team: 'core', models: ['smart'], rpm: 6 },
        { name: 'two', secret: '•••', models: ['*'] },
      ],
      pricing: { overrides: { 'openai/gpt-5': { input: 1.25, output: 10 } } },
      log: { level: 'silent' },
    })
    const revealed = [
      config.admin.token,
      ...(config.providers.openai?.keys ?? []).map(key => key.secret),
      ...config.keys.map(key => key.secret),
    ]
    expect(revealed.map(secret => secret?.reveal())).toEqual([
      'from-a-file',
      'sk-from-env',
      'dev-value',
      'dev-value',
      'from-a-file',
    ])
  })

  test('may say how many hedges there are without any, for the names that have them', () => {
    const { defaults, models } = parse(
      'defaults: {hedge: {share: 0.2}}\nmodels: {m: {targets: [sim/echo], hedge: {after: 1s}}, n: {targets: [sim/echo]}}',
    )
    expect([defaults.hedge, defaults.hedgeShare]).toEqual([undefined, 0.2])
    expect([models.m?.hedge, models.m?.hedgeShare]).toEqual([{ after: 1000, max: 1 }, 0.2])
    expect([models.n?.hedge, models.n?.hedgeShare]).toEqual([undefined, 0.2])
  })

  test('in JSON with tabs is read too', () => {
    expect(parse('{\n\t"server": {\n\t\t"port": 5000\n\t}\n}').server.port).toBe(5000)
  })

  test.each([
    ['sqlite:./data/t.db', '/etc/thalamus/data/t.db'],
    ['{url: "sqlite:../t.db"}', '/etc/t.db'],
    ['sqlite:/var/t.db', '/var/t.db'],
    ['"sqlite::memory:"', ':memory:'],
  ])('has its store beside itself, whoever reads it from where: %s', (store, sqlite) => {
    expect(parse(`store: ${store}`).store.sqlite).toBe(sqlite)
  })

  test('is frozen to its depth', () => {
    const config = parse('keys: [{name: a, secret: env:DEV_KEY}]\nmodels: {m: {targets: [sim/echo]}}')
    const open = (value: unknown): boolean =>
      typeof value === 'object' && value !== null && (!Object.isFrozen(value) || Object.values(value).some(open))
    expect(open(config)).toBe(false)
  })

  test('may have a name for a model that is, or begins like, the name of a provider', () => {
    const config = parse(
      'models: {sim: {targets: [sim/echo]}, simx: {targets: [sim/echo]}, a/b: {targets: [sim/echo]}}',
    )
    expect(Object.keys(config.models)).toEqual(['sim', 'simx', 'a/b'])
  })

  test.each([
    'server: {port: 0}\nadmin: {port: 0}',
    'server: {host: 10.0.0.1, port: 4001}',
    'server: {host: 0.0.0.0, port: 4001}\nadmin: {host: "::1"}',
    'server: {host: "fe80::1%eth0"}\nadmin: {host: localhost}',
  ])('may have two listeners that do not meet: %s', text => {
    expect(lines(text)).toEqual([])
  })

  test('has no provider and no model that nobody wrote', () => {
    const config = parse('providers: {sim: {}}')
    expect(['constructor' in config.providers, 'toString' in config.models]).toEqual([false, false])
  })

  test('takes the admin token from its usual variable unless it names another', () => {
    const env = { ...world.env, THALAMUS_ADMIN_TOKEN: 'usual' }
    expect(parse('', { env }).admin.token?.reveal()).toBe('usual')
    expect(parse('admin: {port: 1}', { env }).admin.token?.reveal()).toBe('usual')
    expect(parse('admin: {token: env:DEV_KEY}', { env }).admin.token?.reveal()).toBe('dev-value')
    expect(parse('', { env: { THALAMUS_ADMIN_TOKEN: '' } }).admin.token).toBeUndefined()
  })

  test('refuses a THALAMUS_ADMIN_TOKEN that no header can carry', () => {
    const [problem] = problemsOf('', { env: { THALAMUS_ADMIN_TOKEN: 'a b' } })
    expect(problem?.message).toStartWith(
      'admin.token refers to the environment variable THALAMUS_ADMIN_TOKEN, which holds',
    )
  })
})

/** What is written, and the one problem that it has, with its line and column. */
const refusals: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'a name that does not exist is refused with the nearest': [
    ['severs: {}', '1:1 the top level has a field "severs" that is not known. Did you mean server?'],
    ['server:\n  prot: 1', '2:3 server has a field "prot" that is not known. Did you mean port?'],
    [
      'server: {zzz: 1}',
      '1:10 server has a field "zzz" that is not known. Known are host, port, max_body, drain, disclose, max_in_flight, max_queued, max_lag, keep_alive, mask_model, media, tls.',
    ],
    [
      'server: {tls: {cert: c.pem, key: /k.pem, kye: c}}',
      '1:42 server.tls has a field "kye" that is not known. Did you mean key?',
    ],
    [
      'providers:\n  sim: {modles: [a]}',
      '2:9 providers.sim has a field "modles" that is not known. Did you mean models?',
    ],
    [
      'models: {m: {targets: [{model: sim/a, modle: b}]}}',
      '1:39 models.m.targets[0] has a field "modle" that is not known. Did you mean model?',
    ],
    [
      'keys: [{name: a, secret: env:DEV_KEY, rmp: 1}]',
      '1:39 keys[0] has a field "rmp" that is not known. Did you mean rpm?',
    ],
    [
      'pricing: {overrides: {sim/a: {input: 1, output: 1, reasoning: 1}}}',
      '1:52 pricing.overrides["sim/a"] has a field "reasoning" that is not known. Known are input, output, cache_read, cache_write.',
    ],
  ],
  'files of TLS that are none are refused': [
    [
      'server: {tls: {cert: none.pem, key: /k.pem}}',
      '1:22 server.tls.cert refers to the file /etc/thalamus/none.pem, which cannot be read (ENOENT).',
    ],
    [
      'server: {tls: {cert: key, key: /k.pem}}',
      '1:22 server.tls.cert refers to the file /etc/thalamus/key, which holds no PEM of a certificate.',
    ],
    [
      'server: {tls: {cert: c.pem, key: c.pem}}',
      '1:34 server.tls.key refers to the file /etc/thalamus/c.pem, which holds no PEM of a private key without a passphrase.',
    ],
    [
      'server: {tls: {cert: c.pem, key: /other.pem}}',
      '1:34 server.tls.key is not the key of the certificate in server.tls.cert.',
    ],
  ],
  'an address that is none is refused': [
    ['server: {host: 999.1.1.1}', '1:16 server.host: "999.1.1.1" is no IP address.'],
    ['admin: {host: "::zz"}', '1:15 admin.host: "::zz" is no IP address.'],
  ],
  'one port for two listeners is refused': [
    ...[
      ['server: {port: 7000}\nadmin: {port: 7000}', '2:15 admin.port', 7000],
      ['server: {port: 4001}', '1:16 server.port', 4001],
      ['admin: {port: 4000}', '1:15 admin.port', 4000],
      ['server: {host: 0.0.0.0, port: 4001}', '1:31 server.port', 4001],
      ['admin: {host: "::", port: 4000}', '1:27 admin.port', 4000],
    ].map(([text, place, port]): [string, string] => [
      `${text}`,
      `${place}: clients and operators cannot be answered at one port (${port}): choose another.`,
    ]),
  ],
  'a value that cannot be is refused with what was expected': [
    ['server: {port: 65536}', '1:16 server.port: expected a whole number from 0 to 65535, but saw 65536.'],
    ['server: {port: "4000"}', '1:16 server.port: expected a whole number from 0 to 65535, but saw "4000".'],
    ['server: {drain: 30}', '1:17 server.drain: expected a duration such as 250ms, 30s, 5m, 1h or 30d, but saw 30.'],
    [
      'server: {drain: 25h}',
      '1:17 server.drain: expected a duration from 0s to 1d, such as 250ms, 30s or 5m, but saw "25h".',
    ],
    [
      'server: {max_body: 0}',
      '1:20 server.max_body: expected a size such as 32MiB, 10MB, 512KiB or a whole number of bytes, but saw 0.',
    ],
    [
      'server: {disclose: bsic}',
      '1:20 server.disclose: expected none, basic or full, but saw "bsic". Did you mean basic?',
    ],
    ['server: {host: }', '1:16 server.host is empty: expected text. Fill it in or remove it.'],
    ['server: {host: ""}', '1:16 server.host: expected text that is not empty, but saw "".'],
    ['server: 4000', '1:9 server: expected a map, but saw a number.'],
    ['providers: {sim: {enabled: yes}}', '1:28 providers.sim.enabled: expected true or false, but saw "yes".'],
    ['providers: {sim: {models: []}}', '1:27 providers.sim.models: expected a list that is not empty, but saw a list.'],
    [
      'providers: {sim: {price: {input: -1, output: 1}}}',
      '1:34 providers.sim.price.input: expected an amount in USD such as 1.25 or "0.0375", not negative, with at most six decimals, but saw -1.',
    ],
    [
      'providers: {sim: {price: {input: 1}}}',
      '1:26 providers.sim.price.output is missing: expected an amount in USD such as 1.25 or "0.0375", not negative, with at most six decimals.',
    ],
    [
      'providers: {"a b": {base_url: "http://h"}}',
      '1:13 providers["a b"]: expected the name of a provider: letters, digits, dots and dashes, but saw "a b".',
    ],
    [
      'providers: {sim: {dialect: openai}}',
      '1:28 providers.sim.dialect: expected openai-chat, openai-responses, anthropic-messages, gemini-generate, bedrock-converse or cohere-chat, but saw "openai". Did you mean openai-chat?',
    ],
    ['store: mysql', '1:8 store: expected sqlite:PATH such as sqlite:./thalamus.db, or postgres://…, but saw "mysql".'],
    [
      'store: {url: "sqlite:"}',
      '1:14 store.url: expected sqlite:PATH such as sqlite:./thalamus.db, or postgres://…, but saw "sqlite:".',
    ],
    ['shared: redis', '1:9 shared: expected memory, or redis://… for more than one instance, but saw "redis".'],
    ['models: {m: {}}', '1:13 models.m.targets is missing: expected a list.'],
    [
      'defaults: {timeout: {total: 0s}}',
      '1:29 defaults.timeout.total: expected a duration from 1ms to 1d, such as 250ms, 30s or 5m, but saw "0s".',
    ],
    [
      'keys: [{name: a, secret: env:DEV_KEY, rpm: 1.5}]',
      '1:44 keys[0].rpm: expected a whole number of at least 1, but saw 1.5.',
    ],
    ['log: {bodies: all}', '1:15 log.bodies: expected off or on, but saw "all".'],
    ['- a\n- b', '1:1 The file must be a map of fields: `server:`, `providers:` and so on.'],
  ],
  'an address that would swallow the path behind it is refused': [
    ['ftp://h/v1', 'an http:// or https:// address such as http://10.0.0.5:8000/v1, but saw "ftp://h/v1".'],
    ['h:8000/v1', 'an http:// or https:// address such as http://10.0.0.5:8000/v1, but saw "h:8000/v1".'],
    ['http:///v1', 'an http:// or https:// address such as http://10.0.0.5:8000/v1, but saw "http:///v1".'],
    [
      'http://h/v1?key=s',
      'an address without a query (?) or fragment (#) such as http://10.0.0.5:8000/v1, but saw "http://h/v1?•••".',
    ],
    [
      'http://h/v1#',
      'an address without a query (?) or fragment (#) such as http://10.0.0.5:8000/v1, but saw "http://h/v1#•••".',
    ],
    [
      'http://u:p@h/v1',
      'an address without a user and password in it such as http://10.0.0.5:8000/v1; a key belongs into `keys`, but saw "http://•••@h/v1".',
    ],
    [
      'http://@h/v1',
      'an address without a user and password in it such as http://10.0.0.5:8000/v1; a key belongs into `keys`, but saw "http://•••@h/v1".',
    ],
    [
      'http://h/a b',
      'an address without spaces and backslashes such as http://10.0.0.5:8000/v1, but saw "http://h/a b".',
    ],
    [
      'http://h\\@evil',
      'an address without spaces and backslashes such as http://10.0.0.5:8000/v1, but saw "http://•••@evil".',
    ],
  ].map(
    ([url, told]) => [`providers: {v: {base_url: '${url}'}}`, `1:27 providers.v.base_url: expected ${told}`] as const,
  ),
  'a name that leads nowhere is refused with the nearest': [
    [
      'providers: {opneai: {}}',
      '1:13 providers.opneai is not a known provider, so it needs `base_url`. Did you mean openai?',
    ],
    [
      'models: {m: {targets: [opneai/gpt-5]}}',
      '1:24 models.m.targets[0]: "opneai/gpt-5" names the provider opneai, which is neither known nor configured. Did you mean openai/gpt-5?',
    ],
    [
      'models: {m: {targets: [gpt-5]}}',
      '1:24 models.m.targets[0]: "gpt-5" names no provider: write provider/model, for example openai/gpt-5.',
    ],
    [
      'providers: {sim: {models: [echo]}}\nmodels: {m: {targets: [echo]}}',
      '2:24 models.m.targets[0]: "echo" names no provider: write provider/model, for example sim/echo.',
    ],
    [
      'providers: {sim: {models: [echo]}}\nmodels: {m: {targets: [sim/ecko]}}',
      '2:24 models.m.targets[0]: the `models` of the provider sim do not list "ecko". Did you mean sim/echo?',
    ],
    [
      'providers: {sim: {enabled: false}}\nmodels: {m: {targets: [sim/echo]}}',
      '2:24 models.m.targets[0]: "sim/echo" needs the provider sim, which is switched off (`enabled: false`).',
    ],
    [
      'models: {m: {targets: [sim/]}}',
      '1:24 models.m.targets[0]: "sim/" names no model: write sim/ and the name of one.',
    ],
    [
      'models: {a: {targets: [sim/x]}, m: {targets: [{model: a}]}}',
      '1:55 models.m.targets[0].model: "a" is a name of your own: write the provider/model it stands for.',
    ],
    [
      'models: {sim/x: {targets: [sim/echo]}}',
      '1:10 models["sim/x"]: a name that begins with sim/ always means a model of the provider sim: choose another name.',
    ],
    [
      'pricing: {overrides: {grok/x: {input: 1, output: 1}}}',
      '1:23 pricing.overrides["grok/x"]: "grok/x" names the provider grok, which is neither known nor configured. Did you mean groq/x?',
    ],
  ],
  'a hedge without its wait is refused': [
    [
      'models: {m: {targets: [sim/echo], hedge: {share: 0.1}}}',
      '1:35 models.m.hedge needs `after`, here or in `defaults`.',
    ],
    [
      'defaults: {hedge: {max: 2}}\nmodels: {m: {targets: [sim/echo], hedge: {share: 0.1}}}',
      '2:35 models.m.hedge needs `after`, here or in `defaults`.',
    ],
  ],
  'a name that does not fit into a line of the log is refused': [
    [
      'keys: [{name: "a\\nb", secret: env:DEV_KEY}]',
      '1:15 keys[0].name: expected a name of at most 100 characters, in one line, but saw "a\\nb".',
    ],
    [
      'keys: [{name: a, team: " ", secret: env:DEV_KEY}]',
      '1:24 keys[0].team: expected a name of at most 100 characters, in one line, but saw " ".',
    ],
  ],
  'two keys that are one are refused': [
    [
      'keys: [{name: a, secret: env:DEV_KEY}, {name: a, secret: file:key}]',
      '1:47 keys[1].name is the same as keys[0].name: each key needs a name of its own.',
    ],
    [
      'keys: [{name: a, secret: env:DEV_KEY}, {name: b, secret: env:SAME_KEY}]',
      '1:58 keys[1].secret is the same as keys[0].secret: each key needs a secret of its own.',
    ],
  ],
  'a secret that is not there is refused': [
    [
      'admin: {token: env:DEV_KYE}',
      '1:16 admin.token refers to the environment variable DEV_KYE, which is not set. Did you mean DEV_KEY?',
    ],
    ['admin: {token: env:EMPTY}', '1:16 admin.token refers to the environment variable EMPTY, which is empty.'],
    [
      'admin: {token: env:SPACED}',
      '1:16 admin.token refers to the environment variable SPACED, which holds a space, a line break or another character that no HTTP header can carry.',
    ],
    [
      'admin: {token: file:nowhere}',
      '1:16 admin.token refers to the file /etc/thalamus/nowhere, which cannot be read (ENOENT).',
    ],
    [
      'admin: {token: file:/run/two}',
      '1:16 admin.token refers to the file /run/two, which holds a space, a line break or another character that no HTTP header can carry.',
    ],
  ],
  'what YAML does not allow is refused at its place': [
    ['server: {port: 1}\nserver: {port: 2}', '2:1 This field stands twice in one map; keep one of them.'],
    ['server:\n\tport: 1', '2:1 YAML is indented with spaces; replace the tab.'],
    [
      'log:\n  level: "info',
      '2:15 Something is missing here: a closing quote or bracket, a comma, or the colon after a name.',
    ],
    ['server: {host: *nowhere}', '1:16 No anchor of this name stands before this.'],
    ['server: !Ref {port: 1}', '1:9 This tag (!name) is not known here; remove it.'],
    [
      'log: {}\n---\nlog: {}',
      '2:1 A second document begins here; a configuration is one document, so remove the line of dashes.',
    ],
    ['providers: {__proto__: {enabled: true}}', '1:13 `__proto__` cannot be a name.'],
    ['providers: {? {a: 1} : {}}', '1:15 The name of a field must be text.'],
  ],
}

describe('refused:', () => {
  for (const [sentence, cases] of Object.entries(refusals)) {
    test(sentence, () => {
      for (const [written, told] of cases) expect(lines(written), written).toEqual([told])
    })
  }

  test('every problem at once, in the order of the file, in one message', () => {
    const text =
      'log: {level: inof}\nkeys: [{name: a, secret: env:NO}]\nserver: {port: x}\nserver: {prot: 1}\ncache: {}'
    const problems = problemsOf(text)
    expect(problems.map(({ line, path }) => [line, path])).toEqual([
      [1, 'log.level'],
      [2, 'keys[0].secret'],
      [4, ''],
      [4, 'server.prot'],
      [5, 'cache'],
    ])
    expect(() => parse(text)).toThrow(
      problems.map(({ line, column, message }) => `thalamus.yaml:${line}:${column} ${message}`).join('\n'),
    )
  })

  test('an anchor on a name is there for the value behind it', () => {
    expect(lines('models: {&x m: {targets: [*x]}}')).toEqual([
      '1:27 models.m.targets[0]: "m" is a name of your own: write the provider/model it stands for.',
    ])
  })

  test('an alias is followed to where its value stands', () => {
    expect(lines('server: &s\n  port: x\nadmin: *s')).toEqual([
      '2:9 server.port: expected a whole number from 0 to 65535, but saw "x".',
      '2:9 admin.port: expected a whole number from 0 to 65535, but saw "x".',
    ])
  })

  test('a bomb of aliases, a circle of them and a tower of brackets, without harm', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (let i = 1; i < 9; i++) {
      const [name, last] = ['abcdefghij'[i], 'abcdefghij'[i - 1]]
      bomb.push(`${name}: &${name} [${`*${last},`.repeat(9)}]`)
    }
    expect(lines(bomb.join('\n')).join()).toContain('at most 100 values may come of them')
    expect(lines('keys: &k [*k]').length).toBeGreaterThan(0)
    for (const height of [200, 2000, 9000]) {
      for (const tower of ['['.repeat(height) + ']'.repeat(height), `${'{a: '.repeat(height)}1${'}'.repeat(height)}`]) {
        expect(lines(`models: ${tower}`).at(-1)).toEndWith(' This is nested too deeply to be read.')
      }
    }
  })
})

describe('a secret', () => {
  // Wherever a hurried operator might paste one, and the two ways in which a value can hold it.
  const pasted = 'sk-live-4f9PASTED'
  const places = [
    'admin: {token: @}',
    'admin: @',
    'admin: {token: {@: 1}}',
    'admin: {token: [@]}',
    'providers: {openai: @}',
    'providers: {openai: [@]}',
    'providers: {openai: {keys: @}}',
    'providers: {openai: {keys: [@]}}',
    'providers: {openai: {keys: [env:@]}}',
    'providers: {openai: {keys: [{secret: @}]}}',
    'providers: {openai: {keys: [{@: 1}]}}',
    'providers: {openai: {keys: [[@]]}}',
    'providers: {openai: {@: 1}}',
    'providers: {openai: {key: @}}',
    'providers: {openai: {api_key: @}}',
    'providers: {v: {base_url: "http://user:@@host/v1"}}',
    'providers: {v: {base_url: "htp://user:@@host/v1"}}',
    'providers: {v: {base_url: "http://host/v1?key=@"}}',
    'store: postgres://user:@@host/db',
    'store: postgers://user:@@host/db',
    'shared: redis://:@@host',
    'keys: [@]',
    'keys: @',
    'keys: [{name: a, secret: @}]',
    'keys: [{name: a, secret: {@: env:DEV_KEY}}]',
    'keys: [{name: a, secret: env:DEV_KEY, @: 1}]',
    'keys: [{name: a, secret: @: b}]',
    'admin: {token: "@}',
    'admin: {token: |@\n  x}',
  ].map(place => place.replace('@', pasted))

  test('in plain text is refused, and no problem repeats it', () => {
    for (const text of places) {
      expect(problemsOf(text), text).not.toEqual([])
      expect(JSON.stringify(problemsOf(text)), text).not.toContain('PASTED')
    }
  })

  test('that is a number, or a name without digits, is not repeated where a secret may stand', () => {
    const written = ['8675309', '{PASTED: 1}', '[PASTED]', '{secret: 8675309}', '{secret: {PASTED: 1}}']
    for (const each of written) {
      for (const text of [
        `admin: {token: ${each}}`,
        `providers: {openai: {keys: [${each}]}}`,
        `keys: [{name: a, secret: ${each}}]`,
      ]) {
        expect(problemsOf(text), text).not.toEqual([])
        expect(JSON.stringify(problemsOf(text)), text).not.toMatch(/PASTED|8675309/)
      }
    }
  })

  test('that is refused says what to write instead', () => {
    expect(lines(`keys: [{name: a, secret: ${pasted}}]`)).toEqual([
      '1:26 keys[0].secret is not a reference: a secret in this file leaks with it. Put it elsewhere and write env:NAME or file:/path.',
    ])
  })

  test('that was found never shows when the config is printed', () => {
    const config = parse('keys: [{name: a, secret: env:DEV_KEY}]\nproviders: {openai: {keys: [env:OPENAI_API_KEY]}}')
    const printed = `${JSON.stringify(config)}${Bun.inspect(config, { depth: 9 })}${String(config.keys[0]?.secret)}`
    expect(printed).not.toMatch(/dev-value|sk-from-env/)
    expect(config.keys[0]?.secret).toBeInstanceOf(Secret)
  })
})
