import type { Json, JsonObject } from '../../../src/model/json.ts'
import { callerDialects, providerDialects } from '../../wire/dialects.ts'
import { Chance } from './chance.ts'
import { hurt } from './damage-json.ts'
import { hurtStream, reads } from './damage-stream.ts'
import { aboutReply, aboutStream } from './replies.ts'
import { aboutRequest } from './requests.ts'
import type { Stock } from './stock.ts'

/** A case that went wrong. The seed and its number bring it back. */
export type Finding = { readonly number: number; readonly what: string; readonly complaint: string }

/** Nobody works so long on one reply of this size. In processor time, for the machine may have others to serve. */
const mostMs = 2_000

const workedMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** One case: something whole is hurt, and what becomes of it is judged. */
export function tryOut(stock: Stock, seed: number, number: number): readonly Finding[] {
  const chance = new Chance(Math.imul(seed, 0x9e_37_79_b1) ^ Math.imul(number + 1, 0x85_eb_ca_6b))
  const began = workedMs()
  const { what, complaints } = chance.of(kinds)(stock, chance)
  const ms = workedMs() - began
  const slow = ms > mostMs ? [`it took ${Math.round(ms)} ms`] : []
  return [...complaints, ...slow].map(complaint => ({ number, what, complaint }))
}

type Outcome = { readonly what: string; readonly complaints: readonly string[] }

const kinds: readonly ((stock: Stock, chance: Chance) => Outcome)[] = [
  ({ requests }, chance) => {
    const caller = chance.of(callerDialects)
    const body = hurtObject(requests.get(caller.id) ?? [], chance)
    return { what: `a request in ${caller.id}`, complaints: aboutRequest(caller, body, chance) }
  },
  ({ replies }, chance) => {
    const provider = chance.of(providerDialects)
    const body = hurtObject(replies.get(provider.id) ?? [], chance)
    return { what: `a reply in ${provider.id}`, complaints: aboutReply(provider, body, chance) }
  },
  ({ streams }, chance) => {
    const provider = chance.of(providerDialects)
    const all = streams.get(provider.id) ?? []
    const bytes = hurtStream(chance.of(all), provider.id, chance, chance.of(all))
    return { what: `a stream in ${provider.id}`, complaints: aboutStream(provider, reads(bytes, chance), chance) }
  },
]

function hurtObject(whole: readonly JsonObject[], chance: Chance): JsonObject {
  let body: Json = chance.of(whole)
  const others = [chance.of(whole)]
  for (let times = chance.few(); times > 0; times--) body = hurt(body, chance, others)
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as JsonObject) : { body }
}
