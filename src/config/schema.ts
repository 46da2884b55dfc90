import * as z from 'zod'
import { label, labelExpected } from '../lib/label.ts'
import { duration, size, type Unit, usd } from '../lib/units.ts'
import { addressBegins, readAddress, usual } from './address.ts'
import { reference } from './secrets.ts'

/**
 * The language of thalamus.yaml: every field, what it may be, what it means and what it is when left out. It is the
 * whole language; what is not built yet is in not-yet.ts, and what concerns two fields at once in rules.ts.
 * The message of an issue is always what was expected, to stand after "expected"; explain.ts makes the sentence.
 */

const day = 86_400_000

const map = z.strictObject
const text = () => z.string().min(1)
const flag = () => z.boolean()

const whole = (least: number, most: number) => {
  const error =
    most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a whole number from ${least} to ${most}`
  return z.int({ error }).min(least, { error }).max(most, { error })
}

const count = () => whole(1, Number.MAX_SAFE_INTEGER)

const share = () => {
  const error = 'a number from 0 to 1'
  return z.number({ error }).min(0, { error }).max(1, { error })
}

const like = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error })

/** Gives a quantity with a unit as its value, if that lies within what is possible. */
const valued =
  (unit: Unit, least: number, most: number, error: string) => (written: string | number, context: z.RefinementCtx) => {
    const value = unit.read(written)
    if (value !== undefined && value >= least && value <= most) return value
    context.addIssue({ code: 'custom', message: error })
    return z.NEVER
  }

const spelling = (unit: Unit) => z.string({ error: unit.expected }).meta({ pattern: unit.pattern.source })
const spelledOr = <Kind extends z.ZodType<number>>(unit: Unit, number: Kind) =>
  z.union([spelling(unit), number], { error: unit.expected })

/** A wait ends within a day: a timer of more than 24 days would ring at once. */
const wait = (least: '0s' | '1ms' | '1s' = '1ms') => {
  const error = `a duration from ${least} to 1d, such as 250ms, 30s or 5m`
  return spelling(duration).transform(valued(duration, duration.read(least) ?? 0, day, error))
}

const span = () => spelling(duration).transform(valued(duration, 1, Infinity, duration.expected))
const bytes = () =>
  spelledOr(size, z.int({ error: size.expected }).min(1, { error: size.expected })).transform(
    valued(size, 1, Infinity, size.expected),
  )
const money = () =>
  spelledOr(usd, z.number({ error: usd.expected }).min(0, { error: usd.expected })).transform(
    valued(usd, 0, Infinity, usd.expected),
  )

// Checked in secrets.ts, which knows how not to show it.
const secret = () =>
  z.string({ error: 'a secret reference such as env:NAME or file:/path' }).meta({ pattern: reference.source })

const target = () => like(/^\S+$/, 'a target such as openai/gpt-5')

const price = () =>
  map({
    input: money().describe('USD per million input tokens.'),
    output: money().describe('USD per million output tokens.'),
    cache_read: money()
      .exactOptional()
      .describe('USD per million input tokens read from a cache; if left out, `input`.'),
    cache_write: money()
      .exactOptional()
      .describe('USD per million input tokens written to a cache; if left out, `input`.'),
  })

const weigh = () =>
  map({
    cost: share().exactOptional().describe('How much a low price counts.'),
    latency: share().exactOptional().describe('How much a quick answer counts.'),
    quality: share().exactOptional().describe('How much a good evaluation counts.'),
  })

const strategy = () => z.enum(['ordered', 'weighted', 'latency', 'cost', 'score', 'race'])

const targets = () =>
  z
    .array(
      z.union(
        [
          target(),
          map({
            model: target().describe('The target, as `provider/model`.'),
            weight: count().exactOptional().describe('Its share of the traffic, relative to the other targets.'),
          }),
        ],
        { error: 'a target such as openai/gpt-5, or a map with `model`' },
      ),
    )
    .min(1)

const retrySays = {
  attempts:
    'How many tries a target has, the first one included. A request has so many, and one more for each of its targets.',
  base: 'The longest first pause; each further one may be twice as long. How long it is, up to that, is chance.',
  max: 'The longest pause.',
  respect: 'Wait as long as the provider asks.',
  maxWait: 'The longest wait for a provider; where it asks for more, others are asked, or the request is refused.',
  backoff: 'The pause between two tries of one target.',
}

const retry = () =>
  map({
    attempts: whole(1, 20).exactOptional().describe(retrySays.attempts),
    backoff: map({
      base: wait().exactOptional().describe(retrySays.base),
      max: wait().exactOptional().describe(retrySays.max),
    })
      .exactOptional()
      .describe(retrySays.backoff),
    respect_retry_after: flag().exactOptional().describe(retrySays.respect),
    max_wait: wait('0s').exactOptional().describe(retrySays.maxWait),
  })

const defaultRetry = () =>
  map({
    attempts: whole(1, 20).prefault(3).describe(retrySays.attempts),
    backoff: map({
      base: wait().prefault('200ms').describe(retrySays.base),
      max: wait().prefault('10s').describe(retrySays.max),
    })
      .prefault({})
      .describe(retrySays.backoff),
    respect_retry_after: flag().prefault(true).describe(retrySays.respect),
    max_wait: wait('0s').prefault('30s').describe(retrySays.maxWait),
  })

const breakerSays = {
  window: 'The time over which failures are counted.',
  minRequests: 'How many requests the window must hold before it says anything.',
  failureRate: 'The share of failures that opens the breaker.',
  openFor: 'How long a target is then left alone.',
}

const breaker = () =>
  map({
    window: wait().exactOptional().describe(breakerSays.window),
    min_requests: count().exactOptional().describe(breakerSays.minRequests),
    failure_rate: share().exactOptional().describe(breakerSays.failureRate),
    open_for: wait().exactOptional().describe(breakerSays.openFor),
  })

const defaultBreaker = () =>
  map({
    window: wait().prefault('30s').describe(breakerSays.window),
    min_requests: count().prefault(10).describe(breakerSays.minRequests),
    failure_rate: share().prefault(0.5).describe(breakerSays.failureRate),
    open_for: wait().prefault('15s').describe(breakerSays.openFor),
  })

const hedge = () =>
  map({
    after: like(/^(p50|p90|p95|p99|\d+(?:\.\d+)?(?:ms|s|m|h|d))$/, 'p50, p90, p95, p99 or a duration such as 800ms')
      .exactOptional()
      .describe('How long to wait for the first target: a duration, or a quantile of its latency. Off if left out.'),
    max: whole(1, 5).exactOptional().describe('How many further targets may be asked at the same time; 1 if left out.'),
    share: share()
      .exactOptional()
      .describe(
        'How many such tries a request is worth: in the long run they are no more of the traffic. 0.05 if left out.',
      ),
  })

const says = {
  connect: 'The longest wait for a connection.',
  firstToken: 'The longest wait for the first content of a stream.',
  idle: 'The longest silence within a stream.',
  total: 'The longest time that a whole reply may take, over all tries.',
}

const timeout = () =>
  map({
    connect: wait().exactOptional().describe(says.connect),
    first_token: wait().exactOptional().describe(says.firstToken),
    idle: wait().exactOptional().describe(says.idle),
    total: wait().exactOptional().describe(says.total),
  })

const defaultTimeout = () =>
  map({
    connect: wait().prefault('3s').describe(says.connect),
    first_token: wait().prefault('60s').describe(says.firstToken),
    idle: wait().prefault('60s').describe(says.idle),
    total: wait().prefault('600s').describe(says.total),
  })

const probe = () => map({ every: wait('1s').describe('The pause between two probes.') })

const resilienceSays = {
  retry: 'When and how often a request is tried again.',
  hedge: 'Ask a second target when the first is slow.',
  standby: 'Let another target continue a stream that broke off.',
  breaker: 'Leave a target alone while it keeps failing.',
  probe: 'Ask targets that carry no traffic whether they are well.',
  coalesce:
    'Requests of one key that are the same, at temperature 0 or for embeddings, share one reply while it is on its way.',
}

/** What makes a model hold when a provider does not. The same fields for everything, for one alias, for one route. */
const resilience = () => ({
  retry: retry().exactOptional().describe(resilienceSays.retry),
  hedge: hedge().exactOptional().describe(resilienceSays.hedge),
  standby: flag().exactOptional().describe(resilienceSays.standby),
  breaker: breaker().exactOptional().describe(resilienceSays.breaker),
  probe: probe().exactOptional().describe(resilienceSays.probe),
  coalesce: flag().exactOptional().describe(resilienceSays.coalesce),
})

const server = () =>
  map({
    host: text()
      .prefault(usual.server.host)
      .describe('The address that clients connect to; 0.0.0.0 opens it to the network.'),
    port: whole(0, 65535)
      .prefault(usual.server.port)
      .describe('The port that clients connect to; 0 takes any free one.'),
    max_body: bytes().prefault('32MiB').describe('The largest request body; a larger one is answered by 413.'),
    drain: wait('0s').prefault('30s').describe('How long open streams may go on after SIGTERM.'),
    disclose: z
      .enum(['none', 'basic', 'full'])
      .prefault('basic')
      .describe(
        'How much the response headers tell of provider, cost and attempts; `none` leaves the request id only.',
      ),
    max_in_flight: count()
      .prefault(10_000)
      .describe('How many requests may be on their way at once; the next is answered by 503 at once.'),
    max_queued: count()
      .prefault(1_000)
      .describe(
        'How many requests may wait for their turn while every target is left alone; the next is answered by 503.',
      ),
    max_lag: wait()
      .prefault('500ms')
      .describe(
        'How late work may begin before new requests are answered by 503: the process has more than it can do.',
      ),
    keep_alive: wait()
      .exactOptional()
      .describe(
        'Begin a stream after so long without a first token, with a comment each time; a failure is then told inside it. Off if left out.',
      ),
    mask_model: flag().prefault(false).describe("Put the caller's name for the model into replies."),
    media: map({
      max: bytes().prefault('20MiB').describe('The largest file that is fetched.'),
      private: flag().prefault(false).describe('Fetch from addresses too that are not of the public internet.'),
    })
      .prefault({})
      .describe('Files that a request names by URL and its provider cannot fetch.'),
    tls: map({
      cert: text().describe('The file with the certificate and its chain, in PEM.'),
      key: text().describe('The file with the private key, in PEM.'),
    })
      .exactOptional()
      .describe('Serve HTTPS. Paths are relative to the file that they stand in.'),
  })

const admin = () =>
  map({
    host: text().prefault(usual.admin.host).describe('The address of the admin listener.'),
    port: whole(0, 65535).prefault(usual.admin.port).describe('The port of the admin listener; 0 takes any free one.'),
    token: secret()
      .exactOptional()
      .describe('The admin token, as a secret reference; THALAMUS_ADMIN_TOKEN if left out.'),
  })

const storeUrl = () =>
  like(/^(sqlite:.|postgres(ql)?:\/\/)/, 'sqlite:PATH such as sqlite:./thalamus.db, or postgres://…').describe(
    'Where keys and the ledger live: sqlite:PATH, from the folder of this file, or postgres://….',
  )

const store = () =>
  z.union(
    [
      storeUrl(),
      map({
        url: storeUrl(),
        synchronous: z
          .enum(['normal', 'full'])
          .prefault('normal')
          .describe('What a row in the ledger survives: `normal` the death of the process, `full` also a power cut.'),
      }),
    ],
    { error: 'sqlite:PATH such as sqlite:./thalamus.db, or a map with `url`' },
  )

const provider = () =>
  map({
    enabled: flag().prefault(true).describe('Whether this provider may be asked at all.'),
    dialect: z
      .enum([
        'openai-chat',
        'openai-responses',
        'anthropic-messages',
        'gemini-generate',
        'bedrock-converse',
        'cohere-chat',
      ])
      .exactOptional()
      .describe('The API that it speaks; openai-chat for a provider of your own if left out.'),
    base_url: z
      .string({ error: 'an http:// or https:// address such as http://10.0.0.5:8000/v1' })
      .meta({ pattern: addressBegins.source })
      .transform((written, context) => {
        const address = readAddress(written)
        if ('url' in address) return address.url
        context.addIssue({ code: 'custom', message: address.expected })
        return z.NEVER
      })
      .exactOptional()
      .describe('What stands before the operation: …/v1 for …/v1/chat/completions. Needed for a provider of your own.'),
    keys: z
      .array(
        z.union(
          [
            secret(),
            map({
              secret: secret().describe('The key, as a secret reference.'),
              weight: count().exactOptional().describe('Its share of the traffic, relative to the other keys.'),
              rpm: count().exactOptional().describe('Requests a minute that the provider allows it.'),
              tpm: count().exactOptional().describe('Tokens a minute that the provider allows it.'),
            }),
          ],
          { error: 'a secret reference such as env:NAME, or a map with `secret`' },
        ),
      )
      .min(1)
      .exactOptional()
      .describe("The provider's keys, as secret references."),
    models: z
      .array(target())
      .min(1)
      .exactOptional()
      .describe('The models that it serves; any name is sent on if left out.'),
    price: price().exactOptional().describe('USD per million tokens, for every model of this provider.'),
    drain_for_usage: flag()
      .prefault(false)
      .describe('Hear a reply to its end after the caller has left, for its usage: the provider bills for it anyway.'),
  })

const model = () =>
  map({
    targets: targets().describe('Who answers, in order of preference.'),
    strategy: strategy().exactOptional().describe('How the next target is chosen.'),
    weigh: weigh().exactOptional().describe('What counts how much in the strategy `score`.'),
    timeout: timeout().exactOptional().describe('The waits for this name.'),
    ...resilience(),
  })

const defaults = () =>
  map({
    timeout: defaultTimeout().prefault({}).describe('How long a provider is waited for.'),
    strict: flag()
      .prefault(false)
      .describe('Refuse a request of which something has no place at its provider, instead of leaving it out.'),
    retry: defaultRetry().prefault({}).describe(resilienceSays.retry),
    hedge: hedge().exactOptional().describe(resilienceSays.hedge),
    standby: flag().prefault(false).describe(resilienceSays.standby),
    breaker: defaultBreaker().prefault({}).describe(resilienceSays.breaker),
    probe: probe().exactOptional().describe(resilienceSays.probe),
    coalesce: flag().prefault(false).describe(resilienceSays.coalesce),
  })

const policy = () =>
  map({
    name: text().describe('What the rule is called where its decisions are explained.'),
    when: text().exactOptional().describe('A CEL expression; a rule without one always holds.'),
    route: map({
      targets: targets().exactOptional().describe('Who answers instead, in order of preference.'),
      strategy: strategy().exactOptional().describe('How the next target is chosen.'),
      weigh: weigh().exactOptional().describe('What counts how much in the strategy `score`.'),
      timeout: timeout().exactOptional().describe('The waits on this route.'),
      ...resilience(),
    })
      .exactOptional()
      .describe('Where the request goes.'),
    deny: map({ message: text().exactOptional().describe('What the caller is told.') })
      .exactOptional()
      .describe('Refuse the request.'),
  })

const budget = () =>
  map({
    usd: money().describe('The amount in USD.'),
    per: span().describe('The time after which it begins anew.'),
  })

const key = () =>
  map({
    name: like(label, labelExpected).describe('What the key is called in the ledger and in logs.'),
    secret: secret().describe('What callers present, as a secret reference.'),
    team: like(label, labelExpected).exactOptional().describe('The team that its requests are counted to.'),
    models: z
      .array(text())
      .prefault(['*'])
      .describe('What may be asked for, as globs: `*`, `openai/*`, a name of your own.'),
    rpm: count().exactOptional().describe('Requests that are allowed in any sixty seconds.'),
    tpm: count().exactOptional().describe('Tokens that are allowed in any sixty seconds.'),
    concurrent: count().exactOptional().describe('Requests that are allowed at the same time.'),
    budget: budget().exactOptional().describe('What may be spent with it.'),
    providers_budget: z
      .record(text(), budget())
      .exactOptional()
      .describe('What may be spent with it at one provider, by provider.'),
  })

const cache = () =>
  map({
    exact: map({
      ttl: span().exactOptional().describe('How long an answer is kept.'),
      operations: z.array(text()).exactOptional().describe('The operations whose answers are kept.'),
      max: bytes().exactOptional().describe('How much is kept.'),
    })
      .exactOptional()
      .describe('Answer a request that was answered before, to the byte.'),
    semantic: map({
      model: target().describe('The model that tells how alike two requests are.'),
      threshold: share().exactOptional().describe('How alike they must be.'),
    })
      .exactOptional()
      .describe('Answer a request that is like one that was answered before.'),
  })

const guard = () =>
  map({
    use: text().describe('The guard, such as pii or injection.'),
    on: z
      .array(z.enum(['input', 'output']))
      .min(1)
      .describe('What it reads.'),
    action: z.enum(['mask', 'block']).describe('What it does with what it finds.'),
  })

const pricing = () =>
  map({
    feed: text().exactOptional().describe('Where newer prices are fetched from.'),
    every: span().exactOptional().describe('How often they are fetched.'),
    unknown: z
      .enum(['refuse', 'allow'])
      .exactOptional()
      .describe('Whether a budget lets a model of unknown price pass.'),
    overrides: z.record(target(), price()).prefault({}).describe('Your own prices, by `provider/model`.'),
  })

const experiment = () =>
  map({
    name: text().describe('What the experiment is called.'),
    of: text().describe('The name from `models` that it splits.'),
    arms: z
      .array(
        map({
          target: target().describe('Who answers in this arm.'),
          share: share().describe('The share of requests that it gets.'),
        }),
      )
      .min(1)
      .describe('The arms among which requests are split.'),
    judge: map({
      model: target().describe('The model that judges.'),
      sample: share().describe('The share of replies that it judges.'),
    })
      .exactOptional()
      .describe('Who judges the replies.'),
  })

const log = () =>
  map({
    level: z.enum(['debug', 'info', 'warn', 'error', 'silent']).prefault('info').describe('The least that is logged.'),
    bodies: z
      .union([z.enum(['off', 'on']), z.boolean()], { error: 'off' })
      .prefault('off')
      .describe('Whether prompts and replies are kept.'),
  })

/** The whole language, made anew for whoever reads a file with it: it is 22,000 objects, which nobody needs afterwards. */
export const language = () =>
  map({
    server: server().prefault({}).describe('The listener for clients.'),
    admin: admin().prefault({}).describe('The listener for operators.'),
    store: store().prefault('sqlite:./thalamus.db').describe('Where keys and the ledger live.'),
    shared: like(/^(memory$|rediss?:\/\/)/, 'memory, or redis://… for more than one instance')
      .prefault('memory')
      .describe('Where counters and health live: `memory`, or redis://… for more than one instance.'),
    providers: z
      .record(like(/^[A-Za-z0-9][\w.-]*$/, 'the name of a provider: letters, digits, dots and dashes'), provider())
      .prefault({})
      .describe('Who can answer. A known provider with its key in its usual variable needs no entry.'),
    models: z.record(target(), model()).prefault({}).describe('Names of your own for models.'),
    defaults: defaults().prefault({}).describe('What holds where nothing else is said.'),
    policy: z.array(policy()).exactOptional().describe('Rules, of which the first that holds decides.'),
    keys: z.array(key()).prefault([]).describe('Virtual keys to begin with.'),
    cache: cache().exactOptional().describe('Answers that are given again.'),
    guards: z.array(guard()).exactOptional().describe('Checks of what goes in and out.'),
    pricing: pricing().prefault({}).describe('What tokens cost.'),
    experiments: z.array(experiment()).exactOptional().describe('Comparisons of targets on live traffic.'),
    metrics: map({ users: flag().prefault(false).describe('Label metrics by user.') })
      .prefault({})
      .describe('What /metrics tells.'),
    log: log().prefault({}).describe('What the process says of itself.'),
  })

/** What a file says, checked field by field, with defaults filled in. */
export type Written = z.output<ReturnType<typeof language>>
