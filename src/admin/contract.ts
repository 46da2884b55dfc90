import { createRoute, type RouteConfig, z } from '@hono/zod-openapi'
import { label } from '../lib/label.ts'
import { nearest } from '../lib/nearest.ts'

/** Who may call an operation: whoever holds the admin token, or whoever reaches the listener. */
export type Role = 'admin' | 'public'

/** A route without a role does not type-check, is refused by a test, and would be served to the admin only. */
export type AdminRoute = RouteConfig & { readonly 'x-role': Role }

const admin = { 'x-role': 'admin' as const, security: [{ adminToken: [] }] }
const open = { 'x-role': 'public' as const, security: [] }

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

const count = z.int().min(0)
const ms = z.number().min(0)
const moment = z.iso.datetime()
/** Decimal text, because a float cannot hold money. */
const usd = z.string().regex(/^-?\d+(\.\d+)?$/)

export const errorShape = z.strictObject({ error: z.strictObject({ message: z.string(), code: z.string() }) })
const refused = json(errorShape, 'Refused: `message` says what to do.')
const notIn = json(errorShape, 'The admin token is missing or wrong.')
const tooLarge = json(errorShape, 'The body is larger than 1 MiB.')
const otherType = json(errorShape, 'The body is not application/json.')
const notFound = json(errorShape, 'There is no such thing.')

export const usageShape = z.strictObject({
  input: count,
  cache_read: count,
  cache_write: count,
  output: count,
  reasoning: count,
})

export const requestShape = z.strictObject({
  id: z.string(),
  at: moment,
  operation: z.string(),
  dialect: z.string(),
  stream: z.boolean(),
  key: z.strictObject({ id: z.string(), name: z.string().nullable() }).nullable(),
  team: z.string().nullable(),
  model_asked: z.string().nullable(),
  provider: z.string().nullable(),
  model: z.string().nullable(),
  status: count,
  code: z.string(),
  message: z.string().nullable(),
  stop_reason: z.string().nullable(),
  usage: usageShape.nullable(),
  cost_usd: usd.nullable(),
  ttft_ms: ms.nullable(),
  duration_ms: ms,
  overhead_ms: ms,
  bytes_in: count,
  bytes_out: count,
  attempts: z.array(
    z.strictObject({
      provider: z.string(),
      model: z.string(),
      /** Which of the provider's keys, where it has several. */
      key: z.string().nullable(),
      /** Why it was made: retry, failover, hedge, race, standby; null for the first. */
      why: z.string().nullable(),
      /** The pause before it. */
      waited_ms: ms.nullable(),
      status: count.nullable(),
      outcome: z.string(),
      /** It told the beginning of a reply that broke off, for this `reason`, and that another went on with. */
      part: z.boolean(),
      /** How it failed. */
      reason: z.string().nullable(),
      started_ms: ms,
      headers_ms: ms.nullable(),
      /** From its start to its failure. */
      took_ms: ms.nullable(),
      /**
       * What it is known to have used and cost, beside what the request says of the one that answered; where a reply was
       * told in parts, each part's own, and the request's is that of all.
       */
      usage: usageShape.nullable(),
      cost_usd: usd.nullable(),
    }),
  ),
  /** What nobody told of the usage, so that it is in no figure here: of replies that several targets told in parts. */
  missing: z.array(z.string()),
  lost: z.array(z.string()),
  task: z.string().nullable(),
  user: z.string().nullable(),
  tags: z.array(z.string()),
  trace_id: z.string().nullable(),
})

export const explainedShape = requestShape.extend({
  /** How the model's name led to the targets. */
  plan: z.string().nullable(),
  /** What was decided on the way, in its order: `type` is retry, failover, hedge, standby, breaker, key or shed. */
  events: z.array(z.looseObject({ type: z.string(), at_ms: ms })),
  /** The price list that was used, or null where the price is unknown. */
  price_source: z.string().nullable(),
  /** What each bucket of tokens cost, exactly; null where the price is unknown. */
  price_lines: z.array(
    z.strictObject({ bucket: z.string(), tokens: count, usd_per_million: usd.nullable(), usd: usd.nullable() }),
  ),
})

export const keyShape = z.strictObject({
  id: z.string(),
  name: z.string(),
  team: z.string().nullable(),
  models: z.array(z.string()),
  rpm: z.int().nullable(),
  /** The first characters of the secret; null for one of the file. */
  hint: z.string().nullable(),
  /** One of the file is there as long as it stands there, and cannot be revoked. */
  source: z.enum(['file', 'store']),
  created_at: moment.nullable(),
  revoked_at: moment.nullable(),
})

const quantilesShape = z.strictObject({ p50: ms, p90: ms, p95: ms, p99: ms })

const windowShape = z.strictObject({
  requests: count,
  /** How many failed, by how. */
  errors: z.record(z.string(), count),
  latency_ms: quantilesShape.nullable(),
  /** Of streams. */
  first_token_ms: quantilesShape.nullable(),
  tokens_per_second: quantilesShape.nullable(),
})

/** One of the provider's own limits, as it last told; null where it did not say. */
const limitShape = z.strictObject({
  limit: ms.nullable(),
  remaining: ms.nullable(),
  reset_ms: ms.nullable(),
})

export const providerShape = z.strictObject({
  id: z.string(),
  /** Has its key, or needs none. */
  ready: z.boolean(),
  keys: z.array(
    z.strictObject({
      /** By its place in the config: `k1` is the first. */
      id: z.string(),
      /** A key that was refused is disabled, and tried again after a while. */
      state: z.enum(['enabled', 'on trial', 'disabled']),
      /** The status that it was refused with. */
      status: count.nullable(),
      free_in_ms: ms,
      /** In the last sixty seconds. */
      requests: count,
      tokens: count,
    }),
  ),
  /** The models that were asked of late, each with each key. */
  targets: z.array(
    z.strictObject({
      model: z.string(),
      key: z.string(),
      in_flight: count,
      breaker: z.enum(['closed', 'half-open', 'open']),
      /** Why others are asked before it: breaker, limit, own-limit or key; null if nothing stands in the way. */
      hindrance: z.string().nullable(),
      free_in_ms: ms,
      limits: z.strictObject({ requests: limitShape.nullable(), tokens: limitShape.nullable() }),
      /** The last sixty seconds, and the last five minutes. */
      windows: z.strictObject({ minute: windowShape, five_minutes: windowShape }),
    }),
  ),
})

const listOf = <Row extends z.ZodType>(row: Row) =>
  z.strictObject({
    object: z.literal('list'),
    data: z.array(row),
    has_more: z.boolean(),
    next_cursor: z.string().nullable(),
  })

/** What a caller sends. A field that we do not know is refused: taken silently, it would be a limit that nobody keeps. */
const input = <const Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: issue => (issue.code === 'unrecognized_keys' ? unknownFields(issue.keys, Object.keys(shape)) : undefined),
  })

const unknownFields = (keys: readonly string[], fields: readonly string[]): string =>
  keys.map(key => `There is no field '${key.slice(0, 100)}'; ${closestOf(key, fields)}.`).join(' ')

function closestOf(key: string, fields: readonly string[]): string {
  const [closest] = nearest(key, fields, 1)
  return closest === undefined ? `the fields are ${fields.join(', ')}` : `did you mean '${closest}'`
}

const paging = input({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(500).optional(),
})

const name = z.string().trim().min(1).max(100).regex(label, 'must not hold control characters')

const newKeyShape = input({
  name,
  team: name.optional(),
  /** Globs over what callers may ask for; an empty list allows nothing. */
  models: z.array(z.string().min(1).max(200)).max(200).default(['*']),
  /** Requests in any sixty seconds. */
  rpm: z.int().min(1).max(10_000_000).optional(),
})

export const listRequests = createRoute({
  ...admin,
  method: 'get',
  path: '/admin/v1/requests',
  summary: 'What was asked, newest first',
  request: { query: paging },
  responses: { 200: json(listOf(requestShape), 'A page of requests.'), 400: refused, 401: notIn },
})

export const showRequest = createRoute({
  ...admin,
  method: 'get',
  path: '/admin/v1/requests/{id}',
  summary: 'One request, explained: the plan, each attempt, each price line',
  request: { params: z.strictObject({ id: z.string() }) },
  responses: { 200: json(explainedShape, 'The request.'), 401: notIn, 404: notFound },
})

export const listProviders = createRoute({
  ...admin,
  method: 'get',
  path: '/admin/v1/providers',
  summary: 'How the providers do: windows, breakers, limits, keys',
  responses: {
    200: json(listOf(providerShape), 'Those that have their key, or were asked of late. One page.'),
    401: notIn,
  },
})

export const listKeys = createRoute({
  ...admin,
  method: 'get',
  path: '/admin/v1/keys',
  summary: 'The virtual keys: those of the file, then those of the store, revoked ones included',
  request: { query: paging },
  responses: { 200: json(listOf(keyShape), 'A page of keys.'), 400: refused, 401: notIn },
})

export const addKey = createRoute({
  ...admin,
  method: 'post',
  path: '/admin/v1/keys',
  summary: 'Make a virtual key',
  request: { body: { required: true, content: { 'application/json': { schema: newKeyShape } } } },
  responses: {
    201: json(keyShape.extend({ secret: z.string() }), 'The key. Its secret is shown this once and not stored.'),
    400: refused,
    401: notIn,
    413: tooLarge,
    415: otherType,
  },
})

export const revokeKey = createRoute({
  ...admin,
  method: 'delete',
  path: '/admin/v1/keys/{id}',
  summary: 'Revoke a virtual key of the store, by id or name',
  request: { params: z.strictObject({ id: z.string() }) },
  responses: {
    200: json(z.strictObject({ id: z.string(), revoked: z.literal(true) }), 'It is refused from now on.'),
    400: refused,
    401: notIn,
    404: notFound,
  },
})

/** Public: it describes the API of free software, and holds nothing of this installation but the version. */
export const showOpenApi = createRoute({
  ...open,
  method: 'get',
  path: '/admin/v1/openapi.json',
  summary: 'This document',
  responses: { 200: { description: 'OpenAPI 3.1, as JSON.' } },
})

/**
 * Public, as Prometheus expects: figures, no prompts, no secrets. They do name providers, models and teams, which is
 * why the listener binds loopback by default; whoever opens it to a network opens this too.
 */
export const showMetrics = createRoute({
  ...open,
  method: 'get',
  path: '/metrics',
  summary: 'Figures for Prometheus',
  responses: { 200: { description: 'The exposition text.', content: { 'text/plain': { schema: z.string() } } } },
})

/** The listener answers them itself, so that they wait for nothing. */
const probe = (path: string, summary: string, responses: AdminRoute['responses']) =>
  createRoute({ ...open, method: 'get', path, summary, responses })

const text = (description: string) => ({ description, content: { 'text/plain': { schema: z.string() } } })

export const probes = [
  probe('/healthz', 'Whether the process lives', { 200: text('It does.') }),
  probe('/readyz', 'Whether new requests are welcome', { 200: text('They are.'), 503: text('It drains.') }),
] as const

/** Every operation of the admin listener, each declared once. */
export const contract = [
  ...probes,
  listRequests,
  showRequest,
  listProviders,
  listKeys,
  addKey,
  revokeKey,
  showOpenApi,
  showMetrics,
] as const satisfies readonly AdminRoute[]
