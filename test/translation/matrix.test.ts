import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { callers } from '../wire/dialects.ts'
import { type Replay, startReplay } from '../wire/replay.ts'
import { type Client, clientsAt, type Raised } from './clients.ts'
import { departures, understoodBy } from './departures.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'
import { type Refusal, recordedRefusal } from './recorded/refusal.ts'
import { recordedMeaning } from './recorded.ts'

const exchanges = chatExchanges()
const pairs = callers.flatMap(caller =>
  exchanges.filter(({ dialect }) => dialect !== caller).map((each): [string, Exchange] => [caller, each]),
)

/**
 * Every recorded reply, told to every kind of client through the running relay and understood by that dialect's official
 * SDK, means what was recorded; every refusal is raised as the error class that its users catch, in the provider's words.
 */
describe.skipIf(exchanges.length === 0)('a recording (skipped where ../shared/corpus is absent)', () => {
  let replay: Replay
  let clients: Readonly<Record<string, Client>>
  beforeAll(async () => {
    replay = await startReplay()
    clients = clientsAt(replay.url, replay.key)
  })
  afterAll(() => replay.stop())

  test.each(pairs.map(([caller, exchange], n) => [caller, exchange.id, exchange, n] as const))(
    'to %s: %s',
    async (caller, id, exchange, n) => {
      const client = clients[caller]
      const refusal = recordedRefusal(exchange)
      replay.play({ ...exchange, parts: refusal ? refusedParts(exchange, refusal) : partsOf(exchange, n) })
      // Each pair is another model, so that none is left alone for what another was refused.
      const model = `${exchange.dialect}/${id}--${caller}`
      const question = { model, stream: exchange.streamed || asksStream(exchange) }
      const told = await client?.ask(question).catch(error => client.raised(error) ?? Promise.reject(error))
      if (refusal)
        expect(told).toEqual({
          kind: kindOf(caller, refusal.status),
          status: refusal.status,
          words: expect.stringContaining(refusal.words),
        } as unknown as Raised)
      else expect(told).toEqual(understoodBy(caller, exchange, recordedMeaning(exchange)).meaning)
    },
  )
})

/** A stream arrives in two reads, cut anywhere. */
function partsOf({ streamed, bytes }: Exchange, n: number): readonly Uint8Array[] {
  const cut = 1 + ((n * 7919) % (bytes.length - 1))
  return streamed ? [bytes.subarray(0, cut), bytes.subarray(cut)] : [bytes]
}

/** An error in the middle comes when what is before it was read: in one read with it, it would be a refusal with a status. */
function refusedParts({ bytes }: Exchange, { status }: Refusal): readonly Uint8Array[] {
  if (status !== undefined) return [bytes]
  const cut = bytes.lastIndexOf('\n\n', bytes.indexOf('"error"')) + 2
  return [bytes.subarray(0, cut), bytes.subarray(cut)]
}

/** A stream that is refused has a body of JSON. */
const asksStream = ({ request, id }: Exchange): boolean => request?.stream === true || id.includes('--stream--')

/** The error classes of OpenAI's and Anthropic's clients, by the status; without one, in the middle of a stream. */
const kinds: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  429: 'RateLimitError',
  500: 'InternalServerError',
  502: 'InternalServerError',
  503: 'InternalServerError',
}

function kindOf(caller: string, status: number | undefined): string {
  if (caller === 'gemini-generate') return 'ApiError'
  if (caller === 'anthropic-messages' && status === 503) return 'ServiceUnavailableError'
  return (status === undefined ? undefined : kinds[status]) ?? 'APIError'
}

test.skipIf(exchanges.length === 0).each(departures.map(each => [each.why, each] as const))(
  'this departure is met: %s',
  (_, departure) => {
    for (const caller of departure.clients) expect(met(caller)).toContain(departure)
  },
)

/** The departures that some recording takes on its way to this client. */
function met(caller: string): readonly unknown[] {
  const meant = exchanges.filter(each => each.dialect !== caller && recordedRefusal(each) === undefined)
  return meant.flatMap(each => understoodBy(caller, each, recordedMeaning(each)).taken)
}
