import { MODEL, paceOf } from '../content.ts'
import type { Pace } from './paced.ts'

/** How the mock behaves under a model's name: everything after the plain name is a wish. */
export type Manner = {
  /** Refuses whatever it is asked. */
  readonly fails: boolean
  /** How long a whole reply takes, in milliseconds; told anew for each. */
  readonly delayMs: (() => number) | undefined
  readonly pace: Pace | undefined
}

/** The names under which a scenario finds the manner that it needs. */
export const FAILS = `${MODEL}-fails`
export const MIXED = `${MODEL}-mixed`
export const TAIL = `${MODEL}-mixed-tail`

export function mannerOf(model: string, body: Buffer): Manner {
  const known = manners.get(model)
  if (known !== undefined && !model.endsWith('-resumes')) return known
  const manner = { fails: model.includes('-fails'), delayMs: delayOf(model), pace: paceIn(model, body) }
  if (manners.size < MOST) manners.set(model, manner)
  return manner
}

const manners = new Map<string, Manner>()
const MOST = 1000

function paceIn(model: string, body: Buffer): Pace | undefined {
  const everyMs = paceOf(model)
  if (everyMs === undefined) return undefined
  return {
    everyMs,
    from: model.endsWith('-resumes') ? wordsIn(body) : 0,
    ending: model.endsWith('-dies') ? 'dies' : model.endsWith('-stalls') ? 'stalls' : undefined,
    stampAll: model.endsWith('-stamped'),
  }
}

/** How many words the request says were told before. */
function wordsIn(body: Buffer): number {
  const last = body
    .toString('latin1')
    .match(/ word-\d+/g)
    ?.at(-1)
  return last === undefined ? 0 : Number(last.slice(' word-'.length)) + 1
}

/**
 * Nine replies of ten are short and take 7 to 13 ms; one is long and takes 90 to 110 ms. With a tail two of a hundred
 * take two seconds, whatever they are.
 */
function delayOf(model: string): (() => number) | undefined {
  if (!model.includes('-mixed')) return undefined
  const chance = seeded(1)
  const tail = model.includes('-tail') ? 0.02 : 0
  return () => {
    if (chance() < tail) return 2000
    return chance() < 0.1 ? 90 + 20 * chance() : 7 + 6 * chance()
  }
}

/** The same numbers from 0 (in) to 1 (out) in every run: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
