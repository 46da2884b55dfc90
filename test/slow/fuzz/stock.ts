import * as fc from 'fast-check'
import { Fault } from '../../../src/model/fault.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { startSim } from '../../../src/sim/sim.ts'
import { anyChat } from '../../fakes/any-chat.ts'
import { ask, type Tongue, tongues, type Wish } from '../../fakes/tongues.ts'
import { exchanges } from '../../translation/exchanges.ts'
import { callerDialects, providerDialects } from '../../wire/dialects.ts'
import { framesOf } from './damage-stream.ts'

/** What is whole, and will be hurt: requests, replies and streams by their dialect. */
export type Stock = {
  readonly requests: ReadonlyMap<string, readonly JsonObject[]>
  readonly replies: ReadonlyMap<string, readonly JsonObject[]>
  /** As their frames. */
  readonly streams: ReadonlyMap<string, readonly (readonly Buffer[])[]>
}

/** Recordings, where the corpus lies beside the repository; what the sim answers, and chats of any kind, everywhere. */
export async function stock(seed: number): Promise<Stock> {
  const told = [...recorded(), ...(await toldBySim())]
  const of = <Thing>(things: readonly Told[], made: (each: Told) => Thing): ReadonlyMap<string, readonly Thing[]> =>
    new Map(providerDialects.map(({ id }) => [id, things.filter(({ dialect }) => dialect === id).map(made)]))
  const streams = told.filter(({ streamed }) => streamed)
  return {
    requests: requests(seed),
    replies: of(
      told.filter(({ streamed }) => !streamed),
      ({ bytes }) => JSON.parse(bytes.toString()) as JsonObject,
    ),
    streams: of(streams, ({ bytes, dialect }) => framesOf(bytes, dialect)),
  }
}

type Told = { readonly dialect: string; readonly streamed: boolean; readonly bytes: Buffer }

const recorded = (): readonly Told[] =>
  exchanges().filter(({ operation, status }) => operation === 'chat' && status === 200)

function requests(seed: number): Stock['requests'] {
  const real = exchanges().flatMap(({ operation, dialect, request }) =>
    operation === 'chat' && request ? [{ dialect, request }] : [],
  )
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

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const wishes: readonly (readonly [model: string, wish: Wish])[] = [
  ['echo', { said: 'Grüße 👋 "quoted" \\ \n日本' }],
  ['lorem', { limit: 20 }],
  ['lorem', { think: true }],
  ['tools', { tools: [{ name: 'weather', schema }] }],
  ['tools', { tools: [{ name: 'weather', schema }], think: true }],
  ['echo', { schema }],
]

async function toldBySim(): Promise<readonly Told[]> {
  const sim = startSim()
  try {
    const asked = tongues.flatMap(tongue =>
      wishes.flatMap(wish => [true, false].map(streamed => ({ tongue, wish, streamed }))),
    )
    return await Promise.all(asked.map(({ tongue, wish, streamed }) => told(sim.origin, tongue, wish, streamed)))
  } finally {
    await sim.stop()
  }
}

async function told(origin: string, tongue: Tongue, wish: (typeof wishes)[number], streamed: boolean): Promise<Told> {
  const response = await ask(origin, tongue, wish[0], streamed, wish[1])
  const bytes = Buffer.from(await response.arrayBuffer())
  if (!response.ok) throw new Error(`The sim refused: ${bytes.toString()}`)
  return { dialect: tongue.id, streamed, bytes }
}
