import type { AdminApp, AdminOptions } from '../admin/app.ts'
import type { Config } from '../config/config.ts'
import { probe } from '../edge/http.ts'
import { besideSeeds } from '../house/seeds.ts'
import { askedIn, wholeUrl } from '../lib/asked.ts'
import { systemClock } from '../lib/clock.ts'
import { sha256 } from '../lib/hash.ts'
import { token } from '../lib/id.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/prometheus.ts'
import type { Store } from '../stores/store.ts'
import { version } from '../version.ts'
import { listeningAt } from './listening.ts'

type AdminWorld = Pick<AdminOptions, 'health' | 'providers' | 'fileKeys'> & {
  readonly config: Config
  readonly store: Store
  readonly log: Log
  readonly metrics: Metrics
  ready(): boolean
}

export type AdminListener = {
  readonly url: string
  stop(): Promise<void>
}

const setting = 'admin_token_sha256'

/**
 * Opens the admin listener. Probes and metrics answer by themselves; the API's packages (60 ms, 6 MB) are loaded when it
 * is first asked for, which on most instances is never.
 */
export function openAdmin(world: AdminWorld): AdminListener {
  const { config, log, metrics } = world
  const app = late(() => load(world))
  const server = Bun.serve({
    hostname: config.admin.host,
    port: config.admin.port,
    idleTimeout: 120,
    // A runtime that is not in development lets others listen at the same port (Bun 1.4.5).
    development: false,
    reusePort: false,
    error: cause => {
      log.error('The admin listener failed on a request.', cause)
      return Response.json({ error: failed }, { status: 500 })
    },
    fetch: async request => {
      const [path] = askedIn(request.url)
      if (path === '/healthz') return new Response('ok\n')
      if (path === '/readyz') return probe(world.ready())
      if (path === '/metrics')
        return new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } })
      return (await app()).fetch(URL.canParse(request.url) ? request : new Request(wholeUrl(request.url), request))
    },
  })
  return {
    url: listeningAt('http', config.admin.host, server.port),
    stop: () => server.stop(true),
  }
}

const failed = { message: 'The admin listener failed on this request. The log has the details.', code: 'internal' }

/** Makes the first token where there is none, in the config or in the store. Only its hash is kept: it is told here. */
export function firstToken({ admin }: Config, { settings }: Store): string | undefined {
  if (admin.token || settings.get(setting) !== undefined) return undefined
  const fresh = token('thal_admin_')
  settings.set(setting, sha256(fresh))
  return fresh
}

function tokenHash({ admin }: Config, { settings }: Store): string {
  const hash = admin.token ? sha256(admin.token.reveal()) : settings.get(setting)
  if (hash === undefined) throw new Error('There is no admin token yet.')
  return hash
}

function late<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function load({ config, store, log, metrics, health, providers, fileKeys }: AdminWorld): Promise<AdminApp> {
  const [{ adminApp }, { tokenCheck }] = await Promise.all([import('../admin/app.ts'), import('../admin/token.ts')])
  const options: AdminOptions = {
    reader: store.ledger,
    health,
    providers,
    keys: besideSeeds(fileKeys, store.keys),
    fileKeys,
    now: systemClock.wall,
    newSecret: () => token('thal_'),
    hash: sha256,
    log,
    metrics,
    tokenIs: tokenCheck(tokenHash(config, store)),
    version,
  }
  return adminApp(options)
}
