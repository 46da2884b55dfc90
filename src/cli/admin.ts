import type { AdminApp, AdminOptions } from '../admin/app.ts'
import type { Config } from '../config/config.ts'
import { probe } from '../edge/http.ts'
import { systemClock } from '../lib/clock.ts'
import { sha256 } from '../lib/hash.ts'
import { token } from '../lib/id.ts'
import type { Log } from '../observe/log.ts'
import type { Metrics } from '../observe/prometheus.ts'
import type { Store } from '../stores/store.ts'
import { version } from '../version.ts'

type AdminWorld = Pick<AdminOptions, 'health' | 'providers'> & {
  readonly config: Config
  readonly store: Store
  readonly log: Log
  readonly metrics: Metrics
  ready(): boolean
}

export type AdminListener = {
  readonly url: string
  /** A token made just now, to be shown once; undefined if there was one. */
  readonly newToken: string | undefined
  stop(): Promise<void>
}

const setting = 'admin_token_sha256'

/**
 * Opens the admin listener. Probes and metrics answer by themselves; the API's packages (60 ms, 6 MB) are loaded when it
 * is first asked for, which on most instances is never.
 */
export function openAdmin(world: AdminWorld): AdminListener {
  const { config, store, metrics } = world
  const { hash, fresh } = adminToken(config, store)
  const app = late(() => load(world, hash))
  const server = Bun.serve({
    hostname: config.admin.host,
    port: config.admin.port,
    idleTimeout: 120,
    fetch: async request => {
      const path = new URL(request.url).pathname
      if (path === '/healthz') return new Response('ok\n')
      if (path === '/readyz') return probe(world.ready())
      if (path === '/metrics')
        return new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } })
      return (await app()).fetch(request)
    },
  })
  return {
    url: `http://${config.admin.host}:${server.port}`,
    newToken: fresh,
    stop: () => server.stop(true),
  }
}

/** The configured token, or the one that an earlier start made, or a new one. Only hashes are kept. */
function adminToken(config: Config, store: Store): { readonly hash: string; readonly fresh: string | undefined } {
  if (config.admin.token) return { hash: sha256(config.admin.token.reveal()), fresh: undefined }
  const kept = store.settings.get(setting)
  if (kept) return { hash: kept, fresh: undefined }
  const fresh = token('thal_admin_')
  store.settings.set(setting, sha256(fresh))
  return { hash: sha256(fresh), fresh }
}

function late<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

async function load({ store, log, metrics, health, providers }: AdminWorld, tokenHash: string): Promise<AdminApp> {
  const [{ adminApp }, { tokenCheck }] = await Promise.all([import('../admin/app.ts'), import('../admin/token.ts')])
  const options: AdminOptions = {
    reader: store.ledger,
    health,
    providers,
    keys: store.keys,
    now: systemClock.wall,
    newSecret: () => token('thal_'),
    hash: sha256,
    log,
    metrics,
    tokenIs: tokenCheck(tokenHash),
    version,
  }
  return adminApp(options)
}
