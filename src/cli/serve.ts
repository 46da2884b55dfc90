import { tokenCounter } from '../catalog/tokens/counter.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import type { Door } from '../edge/door.ts'
import { answer } from '../edge/http.ts'
import { sockets } from '../edge/socket/sockets.ts'
import { openHealth } from '../house/health.ts'
import { furnish, openTurns } from '../house/house.ts'
import { knownProviders } from '../house/places.ts'
import { keepProbing, type Probed } from '../house/probes.ts'
import { seedsOf } from '../house/seeds.ts'
import { systemClock } from '../lib/clock.ts'
import { watchLag } from '../lib/lag.ts'
import { Fault } from '../model/fault.ts'
import type { About, Happening } from '../model/happening.ts'
import type { Record } from '../model/record.ts'
import { batched } from '../observe/batch.ts'
import { openLog } from '../observe/log.ts'
import { openMetrics } from '../observe/prometheus.ts'
import type { Sim } from '../sim/sim.ts'
import { memoryCounters } from '../stores/memory/counters.ts'
import { withRecent } from '../stores/recent-replies.ts'
import { version } from '../version.ts'
import { firstToken, openAdmin } from './admin.ts'
import { collectWhileCrowded } from './collect.ts'
import { giveWay } from './give-way.ts'
import { identify } from './identify.ts'
import { InFlight } from './in-flight.ts'
import { keepTidy } from './keep-tidy.ts'
import { listening, listeningAt } from './listening.ts'
import { openStore } from './open-store.ts'
import { firstKey, greet } from './welcome.ts'

export type ServeOptions = {
  readonly path: string | undefined
  readonly cwd: string
  readonly env: Readonly<{ [name: string]: string | undefined }>
  /** Where the greeting goes: stdout carries log lines alone. */
  greet(text: string): void
}

/** A server that runs, and what can be asked of it. */
export type Running = {
  readonly url: string
  readonly adminUrl: string
  /** Reads the config again and moves into it; a bad one changes nothing. */
  reload(): Promise<void>
  /** Stops accepting, lets what is on its way finish, settles it, and closes everything. */
  drain(): Promise<void>
}

/** Names of models that providers have answered to: labels of metrics are bounded. */
const mostAnswered = 500

/** Closes what was opened, last first. */
type Closers = (() => unknown)[]

/**
 * Opens everything, once, in the order in which it is needed. Throws a ConfigError, or what a port or a file said; then
 * nothing of it stays open.
 */
export async function serve(options: ServeOptions): Promise<Running> {
  const closers: Closers = []
  try {
    return await openAll(options, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

/** What those are told who have not been answered when the time to drain is over. */
const goingAway = new Fault(
  'overloaded',
  'This instance is going away, and the reply would not end in time. Ask again.',
  {
    retryAfterMs: 1_000,
  },
)
const lastWordsMs = 1_000

async function closeAll(closers: Closers): Promise<void> {
  for (let close = closers.pop(); close; close = closers.pop()) await close()
}

async function openAll(options: ServeOptions, closers: Closers): Promise<Running> {
  const load = () => loadConfig({ ...options, known: { providers: knownProviders } })
  const { config, file } = await load()
  const clock = systemClock
  const inFlight = new InFlight()
  const turns = openTurns(clock)
  const answered = new Set<string>()
  const metrics = openMetrics({
    version,
    models: (provider, model) => answered.has(`${provider}/${model}`) || house.knows(provider, model),
    inFlight: () => inFlight.count,
    queued: () => turns.size,
    places: () => fixtures.health.places(),
  })
  const log = openLog({ level: config.log.level, onDrop: metrics.dropped })
  let draining = false
  closers.push(() => {
    if (draining) log.event('stopped', {})
    log.close()
  })
  const remember = ({ provider, model, code }: Record): void => {
    if (code === 'ok' && provider && model && answered.size < mostAnswered) answered.add(`${provider}/${model}`)
  }
  const watchers = batched([remember, metrics.request, log.request], clock)
  closers.push(() => watchers.flush())
  const store = openStore(config.store)
  closers.push(() => store.close())
  const replies = withRecent(store.replies, clock)
  const sim = lazySim()
  closers.push(() => sim.stop())
  const tokens = tokenCounter(clock)
  closers.push(() => tokens.stop())
  const fixtures = {
    clock,
    version,
    env: options.env,
    keys: store.keys,
    ledger: store.ledger,
    replies,
    counters: memoryCounters(clock),
    turns,
    replays: store.replays,
    load: { inFlight: () => inFlight.count, lagMs: () => lag.ms() },
    unkept: (cause: unknown) => log.error('A reply could not be kept for its idempotency-key.', cause),
    health: openHealth(clock, place => house.rules(place)),
    random: Math.random,
    tell: (happening: Happening, about: About | undefined) => {
      metrics.happening(happening, about)
      log.happening(happening, about)
    },
    sinks: [watchers.sink, (record: Record) => inFlight.left(record.id)],
    tokens: (texts: readonly string[]) => tokens.count(texts),
    simUrl: () => sim.url(),
    unwritten: (record: Record, cause: unknown) => {
      metrics.dropped(1)
      log.error(`The ledger could not take the row of ${record.id}.`, cause)
    },
  }
  let house = furnish(config, fixtures)
  let seeds = seedsOf(config)

  const door: Door = {
    get rooms() {
      return house.rooms
    },
    clock,
    replies,
    forward: asked => house.forward(asked),
    models: caller => house.models(caller),
    checkModel: (caller, name) => house.checkModel(caller, name),
    identify: own => identify(own, store.ledger, inFlight),
    ready: () => !draining,
    entered: (id, stay) => {
      inFlight.entered()
      inFlight.ends(id, stay)
    },
    failed: fault => log.error('A request failed before it had a row.', fault.cause),
  }
  const shown = {
    ...metrics,
    text: () => {
      watchers.flush()
      return metrics.text()
    },
  }
  const admin = listening('admin', config.admin, file, () =>
    openAdmin({
      config,
      store,
      log,
      metrics: shown,
      ready: door.ready,
      health: fixtures.health,
      providers: () => house.directory.providers,
      fileKeys: () => seeds,
    }),
  )
  closers.push(() => admin.stop())
  const { server, hangUp } = listening('server', config.server, file, () => openData(config, door))
  closers.push(() => server.stop(true))
  const lag = watchLag(clock, 2 * config.server.maxLagMs)
  closers.push(() => lag.stop())
  closers.push(keepTidy(store, clock, log))
  const stopping = new AbortController()
  closers.push(() => stopping.abort())
  const ask = (probed: Probed): Promise<void> =>
    house.probe(probed, stopping.signal).catch(cause => {
      const { code, noted } = Fault.from(cause)
      if (code === 'internal') log.error('A probe failed here.', cause)
      else if (code !== 'client_closed') log.event('probe', { ok: false, code, message: noted, ...probed.spot.place })
    })
  const stopProbing = keepProbing({ clock, ask, health: fixtures.health, probed: () => house.probed })
  closers.push(stopProbing, collectWhileCrowded(inFlight, clock), giveWay(inFlight, clock))
  const url = listeningAt(config.server.tls ? 'https' : 'http', config.server.host, server.port)
  // Last, when nothing can go wrong any more: they are shown once.
  const newToken = firstToken(config, store)
  const newKey = firstKey(config, store, clock.wall())
  options.greet(greet({ url, adminUrl: admin.url, file, newToken, newKey }, house))
  log.event('listening', { url, admin_url: admin.url, version })

  async function reload(): Promise<void> {
    try {
      const next = await load()
      house = furnish(next.config, fixtures)
      seeds = seedsOf(next.config)
      log.event('reload', { ok: true, file: next.file, needs_restart: opened(config, next.config) })
    } catch (cause) {
      log.error('The config was not reloaded; the one in use stays.', cause, { event: 'reload', ok: false })
    }
  }

  async function drain(): Promise<void> {
    draining = true
    log.event('draining', { in_flight: inFlight.count })
    const within = (ms: number, over: Promise<unknown>) =>
      Promise.race([over, new Promise<void>(resolve => clock.after(ms, resolve))])
    const closed = server.stop(false)
    hangUp()
    const over = Promise.all([inFlight.empty(), closed])
    await within(config.server.drainMs, over)
    // What is told them last has to go out yet.
    inFlight.cut(goingAway)
    await within(lastWordsMs, over)
    await server.stop(true)
    await within(lastWordsMs, inFlight.empty())
    await closeAll(closers)
  }

  return { url, adminUrl: admin.url, reload, drain }
}

/** What was opened at the start and stays as it was: the changes in it that only a restart brings about. */
function opened(before: Config, after: Config): readonly string[] {
  const parts = (config: Config) => {
    const { host, port, tls, drainMs } = config.server
    const admin = { ...config.admin, token: config.admin.token?.reveal() }
    return { server: { host, port, tls, drainMs }, admin, store: config.store, log: config.log }
  }
  const [old, now] = [Object.entries(parts(before)), Object.values(parts(after))]
  return old.filter(([, value], n) => !Bun.deepEquals(value, now[n])).map(([name]) => name)
}

/** The data listener. Bodies are bounded while they are read, and waits by our own timers. */
function openData({ server }: Config, door: Door) {
  const socket = sockets(door, server.maxBody)
  const listening = Bun.serve({
    hostname: server.host,
    port: server.port,
    idleTimeout: 0,
    // A runtime that is not in development lets others listen at the same port (Bun 1.4.5).
    development: false,
    reusePort: false,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    ...(server.tls ? { tls: { cert: Bun.file(server.tls.cert), key: Bun.file(server.tls.key) } } : {}),
    websocket: socket.handlers,
    fetch: (request, server) => (socket.wanted(request) ? socket.upgrade(request, server) : answer(request, door)),
  })
  return { server: listening, hangUp: () => socket.leave() }
}

/** Nobody needs it who has a provider: its modules, too, are loaded when it is first asked for (3 MB, 20 ms). */
function lazySim() {
  let sim: Sim | undefined
  return {
    url: () => {
      sim ??= (require('../sim/sim.ts') as typeof import('../sim/sim.ts')).startSim()
      return sim.url
    },
    stop: async () => sim?.stop(),
  }
}
