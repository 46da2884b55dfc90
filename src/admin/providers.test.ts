import { expect, test } from 'bun:test'
import { OpenAPIHono, z } from '@hono/zod-openapi'
import type { KeyReading, PlaceReading, WindowReading } from '../model/health.ts'
import { providerShape } from './contract.ts'
import { type ProviderOptions, serveProviders } from './providers.ts'

const quantiles = { p50: 1, p90: 2, p95: 3, p99: 4 }
const window: WindowReading = {
  requests: 5,
  errors: { timeout: 2 },
  latency: quantiles,
  firstToken: undefined,
  tokensPerSecond: undefined,
}

const reading = (provider: string, changes: Partial<PlaceReading> = {}): PlaceReading => ({
  place: { provider, model: 'm', key: 'k2' },
  inFlight: 1,
  breaker: 'open',
  freeInMs: 1500,
  hindrance: 'breaker',
  limits: { requests: { limit: 10, remaining: 0, resetMs: undefined } },
  minute: window,
  fiveMinutes: { ...window, requests: 9 },
  ...changes,
})

const key: KeyReading = {
  provider: 'a',
  key: 'k2',
  state: 'disabled',
  status: 401,
  freeInMs: 7,
  requests: 3,
  tokens: 30,
}

async function told(places: readonly PlaceReading[], providers: ReturnType<ProviderOptions['providers']>) {
  const app = new OpenAPIHono()
  serveProviders(app, { health: { places: () => places, keys: () => [key] }, providers: () => providers })
  const response = await app.fetch(new Request('http://x/admin/v1/providers'))
  return z.object({ data: z.array(providerShape) }).parse(await response.json()).data
}

const provider = (id: string, ready: boolean, ...keys: string[]) => ({
  id,
  ready,
  keys: keys.map(each => ({ id: each })),
})

test('a provider is told with its keys, and with each place that was asked', async () => {
  const [one] = await told([reading('a')], [provider('a', true, 'k1', 'k2')])
  expect(one).toEqual({
    id: 'a',
    ready: true,
    keys: [
      { id: 'k1', state: 'enabled', status: null, free_in_ms: 0, requests: 0, tokens: 0 },
      { id: 'k2', state: 'disabled', status: 401, free_in_ms: 7, requests: 3, tokens: 30 },
    ],
    targets: [
      {
        model: 'm',
        key: 'k2',
        in_flight: 1,
        breaker: 'open',
        hindrance: 'breaker',
        free_in_ms: 1500,
        limits: { requests: { limit: 10, remaining: 0, reset_ms: null }, tokens: null },
        windows: {
          minute: {
            requests: 5,
            errors: { timeout: 2 },
            latency_ms: quantiles,
            first_token_ms: null,
            tokens_per_second: null,
          },
          five_minutes: {
            requests: 9,
            errors: { timeout: 2 },
            latency_ms: quantiles,
            first_token_ms: null,
            tokens_per_second: null,
          },
        },
      },
    ],
  })
})

test('those are told that have a key or were asked, in their order', async () => {
  const providers = [
    provider('keyed', true, 'k1'),
    provider('keyless', true),
    provider('unready', false),
    provider('asked', true),
  ]
  expect((await told([reading('asked')], providers)).map(({ id }) => id)).toEqual(['keyed', 'asked'])
})
