import { answer, furnish, type House } from '../../../src/sim/answer.ts'
import { routeOf } from '../../../src/sim/routes.ts'
import type { Reply } from '../../../src/sim/steps.ts'
import { type Tongue, tongues, type Wish } from '../../fakes/tongues.ts'

/** What a provider said, as it went over the wire. */
export type Told = { readonly dialect: string; readonly streamed: boolean; readonly bytes: Buffer }

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
const wishes: readonly (readonly [model: string, wish: Wish])[] = [
  ['echo', { said: 'Grüße 👋 "quoted" \\ \n日本' }],
  ['lorem', { limit: 20 }],
  ['lorem', { think: true }],
  ['tools', { tools: [{ name: 'weather', schema }] }],
  ['tools', { tools: [{ name: 'weather', schema }], think: true }],
  ['tools+parallel=3', { tools: [{ name: 'weather', schema }] }],
  ['echo', { schema }],
]

/** The sim's replies in every dialect: byte for byte the same each time, as no port and no clock is in them. */
export function toldBySim(): readonly Told[] {
  const house = furnish(1)
  const asked = tongues.flatMap(tongue =>
    wishes.flatMap(wish => [true, false].map(streamed => ({ tongue, wish, streamed }))),
  )
  return asked.map(({ tongue, wish, streamed }, mark) => ({
    dialect: tongue.id,
    streamed,
    bytes: told(house, tongue, wish, streamed, mark),
  }))
}

function told(house: House, tongue: Tongue, wish: (typeof wishes)[number], streamed: boolean, mark: number): Buffer {
  const [model, wanted] = wish
  const received = {
    method: 'POST',
    path: tongue.path(model, streamed),
    headers: tongue.headers,
    rawHeaders: [],
    body: Buffer.from(JSON.stringify(tongue.body(model, streamed, wanted))),
  }
  const route = routeOf(received, house.threads)
  if (route.type !== 'dialect') throw new Error(`The sim does not answer at ${received.path}.`)
  return timeless(bytesOf(answer(house, route.dialect, received, mark).reply))
}

function bytesOf(reply: Reply): Buffer {
  if (reply.type === 'whole' && reply.status === 200) return Buffer.from(reply.body)
  if (reply.type !== 'steps') throw new Error(`The sim refused: ${JSON.stringify(reply)}`)
  return Buffer.concat([...reply.steps].map(step => Buffer.from(step.type === 'send' ? step.bytes : '')))
}

/** Amazon's frames, which have a checksum, tell no time. */
const timeless = (bytes: Buffer): Buffer =>
  Buffer.from(
    bytes.toString('latin1').replaceAll(/"((?:created|completed)(?:_at)?)":( ?)\d+/g, '"$1":$21700000000'),
    'latin1',
  )
