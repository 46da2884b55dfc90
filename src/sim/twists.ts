/** Behaviours that change how an answer travels: each takes the row of steps and gives another. */

import type { Behaving, Other, Strike } from './behave.ts'
import { type Kind, type Step, send, wait } from './steps.ts'
import { type Blow, isToken, strike, type Where } from './strike.ts'

/** What stands between pieces of the body at hand and means nothing. */
export type Voice = {
  readonly comment: string | Uint8Array
  /** Where comments may stand: between any two pieces, or before the first alone. */
  readonly comments: 'everywhere' | 'before'
}

/** Blank lines may stand before and after JSON, so they are its keep-alive. */
export const wholeVoice: Voice = { comment: '\n', comments: 'before' }

type Steps = Iterable<Step>

/** A reset throws away what the other side has not read yet: it is given time to read. */
const settling = 20

const blows: readonly (readonly [Strike, Blow<Step>])[] = [
  ['half-frame', { put: next => (next?.type === 'send' ? [halved(next.bytes)] : []), after: 'end' }],
  ['close', { put: () => [], after: 'end' }],
  ['stall', { put: () => [{ type: 'hang' }], after: 'end' }],
  ['cut', { put: () => [wait(settling), { type: 'break', how: 'reset' }], after: 'end' }],
  ['drop', { put: () => [wait(settling), { type: 'break', how: 'close' }], after: 'end' }],
]

type Twist = (steps: Steps, value: number, voice: Voice) => Steps

/** In the order in which they are put around the answer: when it is said, then how it is written down. */
const twists: readonly (readonly [Other, Twist])[] = [
  ['heartbeat', (steps, ms, voice) => beat(steps, ms, voice)],
  ['comments', (steps, _, voice) => comment(steps, voice)],
  ['pace', (steps, ms) => pace(steps, ms)],
  ['first', (steps, ms) => late(steps, ms)],
  ['crlf', steps => rewrite(steps, withCrLf)],
  ['split', (steps, size) => split(steps, Math.max(1, size))],
]

export function twist(steps: Steps, behaving: Behaving, voice: Voice): Steps {
  const asked = { ...timesOf(behaving), ...behaving }
  let twisted = steps
  for (const [name, blow] of blows) twisted = asked[name] === undefined ? twisted : hit(twisted, asked[name], blow)
  for (const [name, change] of twists) {
    const value = asked[name]
    if (value !== undefined) twisted = change(twisted, value, voice)
  }
  return twisted
}

/** Whether anything at all happens to the answer on its way. */
export const isTwisted = (behaving: Behaving): boolean =>
  behaving.slow !== undefined || [...blows, ...twists].some(([name]) => behaving[name] !== undefined)

/** Whether a fault strikes between the headers and the body. */
export const strikesAtHeaders = (behaving: Behaving): boolean => blows.some(([name]) => behaving[name] === 'headers')

/** `slow` is a late first token and a slow pace, unless these are told apart. */
const timesOf = ({ slow }: Behaving): Behaving => (slow === undefined ? {} : { first: slow, pace: 50 })

const hit = (steps: Steps, where: Where, blow: Blow<Step>): Steps => strike(steps, kindOf, where, blow)

const kindOf = (step: Step): Kind | undefined => (step.type === 'send' ? step.kind : undefined)

const halved = (bytes: string | Uint8Array): Step => {
  const whole = Buffer.from(bytes)
  return send('noise', whole.subarray(0, Math.ceil(whole.length / 2)))
}

function* beat(steps: Steps, ms: number, { comment }: Voice): Generator<Step> {
  for (const step of steps) if (kindOf(step) !== 'done') yield step
  while (true) {
    yield wait(ms)
    yield send('noise', comment)
  }
}

function* comment(steps: Steps, { comment: text, comments }: Voice): Generator<Step> {
  yield send('noise', text)
  let between = false
  for (const step of steps) {
    if (between && step.type === 'send') yield send('noise', text)
    between = comments === 'everywhere'
    yield step
  }
}

function* pace(steps: Steps, ms: number): Generator<Step> {
  let begun = false
  for (const step of steps) {
    if (isToken(kindOf(step))) {
      if (begun) yield wait(ms)
      begun = true
    }
    yield step
  }
}

function* late(steps: Steps, ms: number): Generator<Step> {
  yield wait(ms)
  yield* steps
}

function* rewrite(steps: Steps, change: (bytes: string | Uint8Array) => string | Uint8Array): Generator<Step> {
  for (const step of steps) yield step.type === 'send' ? { ...step, bytes: change(step.bytes) } : step
}

/** Bytes are left alone: in frames of bytes nothing is a line. */
const withCrLf = (bytes: string | Uint8Array) =>
  typeof bytes === 'string' ? bytes.replaceAll(/\r?\n/g, '\r\n') : bytes

function* split(steps: Steps, size: number): Generator<Step> {
  for (const step of steps) {
    if (step.type === 'send') yield* slices(Buffer.from(step.bytes), size)
    else yield step
  }
}

function* slices(bytes: Uint8Array, size: number): Generator<Step> {
  for (let from = 0; from < bytes.length; from += size) {
    yield send('noise', bytes.subarray(from, from + size))
    yield wait(0)
  }
}
