import { shippedPrices } from '../catalog/prices.ts'
import type { Config } from '../config/config.ts'
import type { Rooms } from '../gateway.ts'
import type { Clock } from '../lib/clock.ts'
import { Dialer } from '../lib/dial.ts'
import { fetchFile } from '../lib/fetch-file/fetch-file.ts'
import { sha256 } from '../lib/hash.ts'
import { warm } from '../lib/http.ts'
import { nearest } from '../lib/nearest.ts'
import { remembered } from '../lib/remembered.ts'
import { traceOf } from '../lib/trace.ts'
import type { Forwarded, Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { Happening } from '../model/happening.ts'
import type { NanoUsd } from '../model/money.ts'
import type { Plan, Target } from '../model/plan.ts'
import type { Record } from '../model/record.ts'
import type { Source } from '../model/source.ts'
import { mayUse } from '../policy/allow.ts'
import type { Directory } from '../policy/directory.ts'
import { plan } from '../policy/plan.ts'
import { namesOf, resolve } from '../policy/resolve.ts'
import type { Counters } from '../ports/counters.ts'
import type { Health } from '../ports/health.ts'
import type { Keys } from '../ports/keys.ts'
import type { Ledger } from '../ports/ledger.ts'
import type { Replays } from '../ports/replays.ts'
import type { Replies } from '../ports/replies.ts'
import type { Sink, Teller } from '../ports/sink.ts'
import { admit } from '../stages/admit.ts'
import { authenticate } from '../stages/authenticate.ts'
import { compact } from '../stages/compact.ts'
import { count } from '../stages/count.ts'
import { open } from '../stages/open/open.ts'
import type { FetchFile } from '../stages/pursue/files.ts'
import { Hedges } from '../stages/pursue/hedges.ts'
import { pursue } from '../stages/pursue/pursue.ts'
import { Turns } from '../stages/pursue/turns.ts'
import type { PursueWorld } from '../stages/pursue/world.ts'
import { Recall } from '../stages/recall/recall.ts'
import { remember } from '../stages/remember.ts'
import { refuse, reply } from '../stages/reply/reply.ts'
import { resume } from '../stages/resume.ts'
import { settle } from '../stages/settle.ts'
import { type Load, shed } from '../stages/shed.ts'
import { directoryOf } from './directory.ts'
import { forwardTo } from './forward.ts'
import { type Rules, rulesOf } from './health.ts'
import { type Environment, place } from './places.ts'
import { type Probed, probe, probedBy } from './probes.ts'
import { among, everyWay, passesOf, waysTo } from './routes.ts'
import { withSeeds } from './seeds.ts'
import { tariffs } from './tariffs.ts'

/** What outlives a reload: opened once, when the process starts. */
export type Fixtures = {
  readonly clock: Clock
  readonly env: Environment
  readonly keys: Keys
  readonly ledger: Ledger
  readonly counters: Counters
  readonly replies: Replies
  readonly health: Health
  /** Who waits, in this configuration or the one before. */
  readonly turns: Turns
  readonly replays: Replays
  readonly load: Load
  /** From 0 (in) to 1 (out). */
  readonly random: () => number
  readonly sinks: readonly Sink[]
  /** Is told of every decision that is taken for a request. */
  readonly tell: Teller
  readonly version: string
  /** How many tokens texts have, roughly, counted beside the event loop. */
  readonly tokens: (texts: readonly string[]) => Promise<number>
  /** The sim's base URL; started when it is first asked for. */
  readonly simUrl: () => string
  unwritten(record: Record, cause: unknown): void
  /** Is told when a reply could not be kept for its idempotency-key. */
  unkept(cause: unknown): void
}

/** The queue, opened once: those who wait go on waiting when the configuration changes. */
export const openTurns = (clock: Clock): Turns => new Turns(clock)

/** A configuration, furnished: the rooms, and what is known about the world they look out on. */
export type House = {
  readonly rooms: Rooms
  forward(asked: Forwarded): Promise<Response>
  readonly directory: Directory
  /** What holds for a place: its breaker's rule, its key's limits. */
  readonly rules: Rules
  /** The places that are asked how they are. */
  readonly probed: readonly Probed[]
  /** Asks one of them. Rejects with a Fault; what it means for the place is known by then. */
  probe(probed: Probed, signal: AbortSignal): Promise<void>
  /** The names that a caller can ask for. */
  models(caller: Caller): readonly string[]
  /** Throws a Fault where a caller cannot ask for a model under this name. */
  checkModel(caller: Caller, name: string): void
  /** Whether a model is one that we know by name, so that it may be a metric's label: the config's targets, and what is listed. */
  knows(provider: string, model: string): boolean
}

/** So many names are remembered with what they mean. Most callers ask for a few, and some make up new ones. */
const mostNames = 1_000

/** Names every concrete thing, once. A reload furnishes a second house and moves in when it stands. */
export function furnish(config: Config, fixtures: Fixtures): House {
  const { clock, counters } = fixtures
  const prices = shippedPrices(clock)
  const placed = place(config, fixtures.env)
  const directory = directoryOf(config, placed, prices.models)
  const routes = new Map(placed.map(each => [each.row.id, waysTo(each, fixtures.simUrl, fixtures.version, clock)]))
  const route = among(routes)
  const bounds = { maxBytes: config.server.media.max, anywhere: config.server.media.private }
  const fetching: FetchFile = (url, signal) => fetchFile(url, bounds, signal)
  const tariff = tariffs(config, new Map(placed.map(each => [each.row.id, each])), prices)
  const { standing } = fixtures.health
  const planning = {
    // What a name means holds as long as this house stands.
    resolve: remembered(asked => resolve(asked, directory, nearest), mostNames),
    tariff,
    standing,
    now: clock.now,
    random: fixtures.random,
  }
  function planFor(letter: Letter, caller: Caller | undefined, leftMs: number): Plan {
    if (!caller) throw new Fault('internal', 'Nobody asks.')
    return plan(letter, caller, planning, leftMs)
  }
  const keys = withSeeds(config, fixtures.keys)
  const native = (provider: string, dialect: string): boolean =>
    route(provider, dialect, undefined)?.dialect.id === dialect
  const remembering = { clock, replies: fixtures.replies, native }
  const opening = { clock, maxBody: config.server.maxBody, strict: config.defaults.strict }
  const settling = { ...fixtures, tariff }
  const close = (visit: Visit): Promise<NanoUsd | undefined> => settle(visit, settling)
  const replying = {
    clock,
    disclose: config.server.disclose,
    settle: close,
  }

  const tell = (happening: Happening, visit: Visit): void => {
    visit.diary.happened(happening, clock.now())
    fixtures.tell(happening, { requestId: visit.id, traceId: traceOf(visit.id, visit.headers.traceparent) })
  }
  const pursuing = {
    clock,
    tell,
    health: stirring(fixtures.health, fixtures.turns),
    queue: {
      turns: fixtures.turns,
      most: config.server.maxQueued,
      plan: (letter: Letter, { diary }: Visit, leftMs: number) => planFor(letter, diary.caller, leftMs),
    },
    hedges: new Hedges(),
    route,
    fetchFile: fetching,
    keepAliveMs: config.server.keepAliveMs,
    dialer: proxied(fixtures.env) ? undefined : new Dialer(),
    warm: proxied(fixtures.env) ? undefined : warm,
  }

  const recall = new Recall({ ...fixtures, tell, passes: passesOf(placed), hash: sha256 })
  const rooms: Rooms = {
    authenticate: request => authenticate(request, keys, sha256),
    open: visit => {
      shed(fixtures.load, config.server, happening => tell(happening, visit))
      return open(visit, opening)
    },
    resume: (letter, caller, visit) => resume(letter, caller, visit, fixtures.replies),
    plan: (letter, caller) => planFor(letter, caller, Infinity),
    admit: caller => admit(caller, counters),
    recall: (asked, ask) => recall.answer(asked, ask),
    pursue: pursuit({ ...pursuing, native, tokens: fixtures.tokens }),
    remember: (source, letter, visit) => remember(source, letter, visit, remembering),
    reply: (source, permit, visit) => reply(source, permit, visit, replying),
    refuse: (fault, permit, visit) => refuse(fault, permit, visit, replying),
    settle: close,
  }
  return {
    rooms,
    directory,
    rules: rulesOf(config, placed),
    probed: probedBy(config, directory),
    // Nobody waits for it, so it takes none of the hedges that requests have earned, and nobody's turn.
    probe: (probed, signal) => probe(probed, { ...pursuing, hedges: new Hedges(), queue: undefined }, signal),
    forward: forwardTo(everyWay(routes), clock),
    ...names(directory),
    checkModel(caller, name) {
      if (!mayUse(caller, name, planning.resolve(name).targets)) throw notForThisKey(name)
    },
  }
}

type Pursuing = PursueWorld & Pick<Fixtures, 'tokens'> & { native(provider: string, dialect: string): boolean }

/** Counting tokens and shortening a conversation have a way of our own, for places that do not speak as the caller does. */
function pursuit(world: Pursuing): Rooms['pursue'] {
  const ask = (plan: Plan, letter: Letter, visit: Visit): Promise<Source> => pursue(plan, letter, visit, world)
  const known = ({ legs }: Plan, { dialect }: Visit): boolean =>
    legs.every(({ target }) => world.native(target.provider, dialect.id))
  return (plan, letter, visit) => {
    switch (letter.call.operation) {
      case 'count_tokens': {
        const theirs = known(plan, visit) ? () => ask(plan, letter, visit) : undefined
        return count(letter, visit, { ask: theirs, tokens: world.tokens })
      }
      case 'compact':
        if (known(plan, visit)) return ask(plan, letter, visit)
        return compact(letter, visit, short => ask(plan, short, visit))
      case 'chat':
      case 'completions':
      case 'embeddings':
        return ask(plan, letter, visit)
      default:
        return letter.call.operation satisfies never
    }
  }
}

/** The end of a try may make room for one who waits. */
const stirring = (health: Health, turns: Turns): Health => ({
  ...health,
  report(started, outcome) {
    const changes = health.report(started, outcome)
    turns.stir()
    return changes
  },
})

/** Whether providers are reached through a proxy: then it is all that we connect to. */
const proxied = (env: Environment): boolean =>
  ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some(name => env[name])

/** What is known here by name; gathered when it is first asked for. */
function names(directory: Directory): Pick<House, 'models' | 'knows'> {
  let known: ReadonlySet<string> | undefined
  const all = (): ReadonlySet<string> => {
    known ??= new Set(namesOf(directory))
    return known
  }
  let targets: ReadonlySet<string> | undefined
  const isTarget = (name: string): boolean => {
    targets ??= new Set([...directory.aliases.values()].flatMap(alias => alias.targets.map(nameOf)))
    return targets.has(name)
  }
  return {
    models: caller => [...all()].filter(name => mayUse(caller, name, directory.aliases.get(name)?.targets ?? [])),
    knows: (provider, model) => isTarget(nameOf({ provider, model })) || all().has(nameOf({ provider, model })),
  }
}

const nameOf = ({ provider, model }: Target): string => `${provider}/${model}`

const notForThisKey = (name: string): Fault =>
  new Fault('model_not_found', `There is no model '${name.slice(0, 200)}' for this key. GET /v1/models lists them.`, {
    param: 'model',
  })
