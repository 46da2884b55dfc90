import type { Json, JsonObject } from '../../../src/model/json.ts'
import { callerDialects, providerDialects } from '../../wire/dialects.ts'
import { Chance } from './chance.ts'
import { hurt } from './damage-json.ts'
import { hurtStream, reads } from './damage-stream.ts'
import type { Outcome, Tried } from './outcome.ts'
import { aboutReply, aboutStream } from './replies.ts'
import { aboutRequest, stackOf } from './requests.ts'
import type { Stock } from './stock.ts'

/**
 * Nobody holds up everybody else for so long, with everything that a case is told to and judged by. In processor time, for
 * the machine may have others to serve.
 */
const mostMs = 250
/** Collecting garbage and compiling happen once. */
const attempts = 3

const workedMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** The choices of one case: the same each time. */
export const chanceOf = (seed: number, number: number): Chance =>
  new Chance(Math.imul(seed, 0x9e_37_79_b1) ^ Math.imul(number + 1, 0x85_eb_ca_6b))

/** One case: something whole is hurt, and what becomes of it is judged. */
export function tryOut(stock: Stock, seed: number, number: number): Tried {
  let fastest = Number.POSITIVE_INFINITY
  let tried: Tried | undefined
  for (let attempt = 0; attempt < attempts && fastest > mostMs; attempt++) {
    const began = workedMs()
    tried = once(stock, chanceOf(seed, number), number)
    fastest = Math.min(fastest, workedMs() - began)
  }
  if (!tried) throw new RangeError('Nothing was tried.')
  if (fastest <= mostMs) return tried
  return { ...tried, complaints: [...tried.complaints, `it takes ${Math.round(fastest)} ms`] }
}

function once(stock: Stock, chance: Chance, number: number): Tried {
  const { what, input, judge } = chance.of(kinds)(stock, chance)
  return { number, what, input: input.toString(), ...judged(judge) }
}

/** A judge that stumbles over what it is to judge is no verdict. */
function judged(judge: () => Outcome): Outcome {
  try {
    return judge()
  } catch (error) {
    return { became: 'nothing', complaints: [`it cannot be judged: ${String(error)} ${stackOf(error)}`] }
  }
}

type Case = { readonly what: string; readonly input: Buffer | string; readonly judge: () => Outcome }

const kinds: readonly ((stock: Stock, chance: Chance) => Case)[] = [
  ({ requests }, chance) => {
    const caller = chance.of(callerDialects)
    const body = hurtObject(requests.get(caller.id) ?? [], chance)
    return {
      what: `a request in ${caller.id}`,
      input: JSON.stringify(body),
      judge: () => aboutRequest(caller, body, chance),
    }
  },
  ({ replies }, chance) => {
    const provider = chance.of(providerDialects)
    const body = hurtObject(replies.get(provider.id) ?? [], chance)
    return {
      what: `a reply in ${provider.id}`,
      input: JSON.stringify(body),
      judge: () => aboutReply(provider, body, chance),
    }
  },
  ({ streams }, chance) => {
    const provider = chance.of(providerDialects)
    const all = streams.get(provider.id) ?? []
    const bytes = hurtStream(chance.of(all), provider.id, chance, chance.of(all))
    return {
      what: `a stream in ${provider.id}`,
      input: bytes,
      judge: () => aboutStream(provider, reads(bytes, chance), chance),
    }
  },
]

/** One that is whole, hurt in one place or more. */
export function hurtObject(whole: readonly JsonObject[], chance: Chance): JsonObject {
  let body: Json = chance.of(whole)
  const others = [chance.of(whole)]
  for (let times = chance.few(); times > 0; times--) body = hurt(body, chance, others)
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? (body as JsonObject) : { body }
}
