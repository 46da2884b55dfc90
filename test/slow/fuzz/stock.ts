import * as fc from 'fast-check'
import { Fault } from '../../../src/model/fault.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { anyChat } from '../../fakes/any-chat.ts'
import { chatExchanges } from '../../translation/exchanges.ts'
import { callerDialects, providerDialects } from '../../wire/dialects.ts'
import { framesOf } from './damage-stream.ts'
import { type Told, toldBySim } from './told-by-sim.ts'

/** What is whole, and will be hurt: requests, replies and streams by their dialect. */
export type Stock = {
  readonly requests: ReadonlyMap<string, readonly JsonObject[]>
  readonly replies: ReadonlyMap<string, readonly JsonObject[]>
  /** As their frames. */
  readonly streams: ReadonlyMap<string, readonly (readonly Buffer[])[]>
}

/**
 * Recordings, where the corpus lies beside the repository; what the sim answers, and chats of any kind, everywhere. The
 * same seed gives the same stock.
 */
export function stock(seed: number): Stock {
  const told = [...recorded(), ...toldBySim()]
  const of = <Thing>(things: readonly Told[], made: (each: Told) => Thing): ReadonlyMap<string, readonly Thing[]> =>
    new Map(providerDialects.map(({ id }) => [id, things.filter(({ dialect }) => dialect === id).map(made)]))
  return {
    requests: requests(seed),
    replies: of(
      told.filter(({ streamed }) => !streamed),
      ({ bytes }) => JSON.parse(bytes.toString()) as JsonObject,
    ),
    streams: of(
      told.filter(({ streamed }) => streamed),
      ({ bytes, dialect }) => framesOf(bytes, dialect),
    ),
  }
}

const recorded = (): readonly Told[] => chatExchanges().filter(({ status }) => status === 200)

function requests(seed: number): Stock['requests'] {
  const real = chatExchanges().flatMap(({ dialect, request }) => (request ? [{ dialect, request }] : []))
  return new Map(
    callerDialects.map(({ id }) => [
      id,
      [...real.filter(({ dialect }) => dialect === id).map(({ request }) => request), ...generated(id, seed)],
    ]),
  )
}

/** Chats of any kind, as a caller would write them who speaks this dialect. */
function generated(dialect: string, seed: number): readonly JsonObject[] {
  const { request } = callerDialects.find(({ id }) => id === dialect) ?? {}
  const aim = { provider: 'p', model: 'm', quirks: {}, stream: false }
  return fc.sample(anyChat(dialect, 'p/m'), { numRuns: 150, seed }).flatMap(chat => {
    try {
      const body = request?.compose(chat, aim).body
      return body ? [JSON.parse(JSON.stringify(body)) as JsonObject] : []
    } catch (error) {
      if (error instanceof Fault) return []
      throw error
    }
  })
}
