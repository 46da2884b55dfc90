import { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { LedgerReader } from '../ports/ledger.ts'
import { probes, showMetrics, showOpenApi } from './contract.ts'
import { guard } from './guard.ts'
import { type KeyOptions, serveKeys } from './keys.ts'
import { type ProviderOptions, serveProviders } from './providers.ts'
import { refusalOf, sentencesOf } from './refusal.ts'
import { serveRequests } from './requests.ts'

export type AdminOptions = KeyOptions &
  ProviderOptions & {
    readonly reader: LedgerReader
    readonly metrics: { text(): Promise<string>; readonly contentType: string }
    /** Is told besides of what failed here. */
    readonly log: { error(message: string, cause: unknown): void }
    readonly tokenIs: (token: string) => boolean
    readonly version: string
  }

export type AdminApp = { fetch(request: Request): Response | Promise<Response> }

const mostBytes = 1 << 20

/**
 * The admin listener's API. It stands beside the requests' way, never on it, and is imported late: its packages take
 * longer to load than the rest of the house.
 */
export function adminApp(options: AdminOptions): AdminApp {
  const app = openApp(options)
  serveRequests(app, options.reader)
  serveKeys(app, options)
  serveProviders(app, options)
  app.openapi(showMetrics, async c => c.text(await options.metrics.text(), 200, typeOf(options.metrics.contentType)))
  app.openapi(showOpenApi, documented(app, options.version))
  return { fetch: request => app.fetch(request) }
}

/** The doors, in the order in which a request passes them. */
function openApp({ tokenIs, log }: AdminOptions): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseInput })
  app.use(hardened)
  app.use(guard(tokenIs))
  app.use(bodyLimit({ maxSize: mostBytes, onError: refuseSize }))
  app.notFound(c => c.json({ error: { message: nothingAt(c), code: 'not_found' } }, 404))
  app.onError((error, c) => {
    const { status, code, message } = refusalOf(error)
    if (status >= 500) log.error(`The admin API failed on ${c.req.method} ${c.req.path}.`, error)
    return c.json({ error: { message, code } }, status as ContentfulStatusCode)
  })
  return app
}

const hardened = async (c: Context, next: () => Promise<void>): Promise<void> => {
  await next()
  c.res.headers.set('x-content-type-options', 'nosniff')
  c.res.headers.set('cache-control', 'no-store')
}

type Validated =
  | { readonly success: true }
  | { readonly success: false; readonly error: Parameters<typeof sentencesOf>[0] }

function refuseInput(result: Validated): void {
  if (!result.success) throw new HTTPException(400, { message: sentencesOf(result.error) })
}

function refuseSize(): never {
  throw new HTTPException(413, { message: 'The body is larger than 1 MiB.' })
}

const nothingAt = (c: Context): string =>
  `There is no ${c.req.method} ${c.req.path.slice(0, 200)} here; /admin/v1/openapi.json lists what there is.`

const typeOf = (contentType: string) => ({ 'content-type': contentType })

/** Written once, when it is first asked for: it takes 40 ms, and anyone may ask. */
function documented(app: OpenAPIHono, version: string): (c: Context) => Response {
  let document: object | undefined
  return c => {
    document ??= describe(app, version)
    return c.json(document)
  }
}

function describe(app: OpenAPIHono, version: string): object {
  for (const probe of probes) app.openAPIRegistry.registerPath(probe)
  app.openAPIRegistry.registerComponent('securitySchemes', 'adminToken', { type: 'http', scheme: 'bearer' })
  return app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: 'Thalamus admin API', version } })
}
