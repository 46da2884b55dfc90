import type { OpenAPIHono, z } from '@hono/zod-openapi'
import type { KeyReading, LimitReading, PlaceReading, WindowReading } from '../model/health.ts'
import type { Health } from '../ports/health.ts'
import { listProviders, type providerShape } from './contract.ts'

export type ProviderOptions = {
  readonly health: Pick<Health, 'places' | 'keys'>
  /** Those that the config and the environment make known, in their order. */
  readonly providers: () => readonly {
    readonly id: string
    readonly ready: boolean
    readonly keys: readonly { id: string }[]
  }[]
}

type ProviderRow = z.infer<typeof providerShape>

/** How the providers do: those that have a key, or were asked of late. */
export function serveProviders(app: OpenAPIHono, { health, providers }: ProviderOptions): void {
  app.openapi(listProviders, c => {
    const places = Map.groupBy(health.places(), ({ place }) => place.provider)
    const known = Map.groupBy(health.keys(), ({ provider }) => provider)
    const data = providers()
      .filter(({ id, ready, keys }) => (ready && keys.length > 0) || places.has(id))
      .map(({ id, ready, keys }) => ({
        id,
        ready,
        keys: keys.map(key => keyRow(key.id, known.get(id))),
        targets: (places.get(id) ?? []).map(targetRow),
      }))
    return c.json({ object: 'list' as const, data, has_more: false, next_cursor: null }, 200)
  })
}

/** A key that nobody asked with is as good as any. */
function keyRow(id: string, readings: readonly KeyReading[] = []): ProviderRow['keys'][number] {
  const reading = readings.find(({ key }) => key === id)
  return {
    id,
    state: reading?.state ?? 'enabled',
    status: reading?.status ?? null,
    free_in_ms: reading?.freeInMs ?? 0,
    requests: reading?.requests ?? 0,
    tokens: reading?.tokens ?? 0,
  }
}

const targetRow = (reading: PlaceReading): ProviderRow['targets'][number] => ({
  model: reading.place.model,
  key: reading.place.key,
  in_flight: reading.inFlight,
  breaker: reading.breaker,
  hindrance: reading.hindrance ?? null,
  free_in_ms: reading.freeInMs,
  limits: { requests: limitRow(reading.limits.requests), tokens: limitRow(reading.limits.tokens) },
  windows: { minute: windowRow(reading.minute), five_minutes: windowRow(reading.fiveMinutes) },
})

const limitRow = (reading: LimitReading | undefined) =>
  reading === undefined
    ? null
    : {
        limit: reading.limit ?? null,
        remaining: reading.remaining ?? null,
        reset_ms: reading.resetMs ?? null,
      }

const windowRow = ({ requests, errors, latency, firstToken, tokensPerSecond }: WindowReading) => ({
  requests,
  errors: { ...errors },
  latency_ms: latency ?? null,
  first_token_ms: firstToken ?? null,
  tokens_per_second: tokensPerSecond ?? null,
})
