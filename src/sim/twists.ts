/** Behaviours that change how an answer travels: each takes the row of steps and gives another. */

import type { Behaving, Behaviour } from './behave.ts'
import { type Step, send, wait } from './steps.ts'

/** How the body at hand says things that are no part of the answer. */
export type Voice = {
  readonly comment: string
  /** Where comments may stand: between any two pieces, or before the first alone. */
  readonly comments: 'everywhere' | 'before'
  readonly nonsense: string
  readonly error: string
}

export const streamVoice = (error: string): Voice => ({
  comment: ': keep-alive\n\n',
  comments: 'everywhere',
  nonsense: 'data: {"id":"chatcmpl-broken","object":"chat.compl\n\n',
  error,
})

/** Blank lines may stand before and after JSON, so they are its keep-alive. */
export const wholeVoice: Voice = { comment: '\n', comments: 'before', nonsense: '\u0007{"', error: '' }

type Steps = Iterable<Step>
type Twist = (steps: Steps, value: number, voice: Voice) => Steps

/** In the order in which they are put around the answer: what is said, then when, then how it is written down. */
const twists: readonly (readonly [Behaviour, Twist])[] = [
  ['malformed', (steps, after, { nonsense }) => strikeAfter(steps, after, [send('noise', nonsense)], 'go on')],
  ['error-after', (steps, after, { error }) => strikeAfter(steps, after, [send('noise', error)], 'end')],
  ['close', (steps, after) => strikeAfter(steps, after, [], 'end')],
  ['stall', (steps, after) => strikeAfter(steps, after, [{ type: 'hang' }], 'end')],
  ['cut', (steps, after) => strikeAfter(steps, after, [wait(settling), { type: 'break', how: 'reset' }], 'end')],
  ['drop', (steps, after) => strikeAfter(steps, after, [wait(settling), { type: 'break', how: 'close' }], 'end')],
  ['heartbeat', (steps, ms, voice) => beat(steps, ms, voice)],
  ['comments', (steps, _, voice) => comment(steps, voice)],
  ['pace', (steps, ms) => pace(steps, ms)],
  ['first', (steps, ms) => late(steps, ms)],
  ['crlf', steps => rewrite(steps, withCrLf)],
  ['split', (steps, size) => split(steps, Math.max(1, size))],
]

/** A reset throws away what the other side has not read yet: it is given time to read. */
const settling = 20

export function twist(steps: Steps, behaving: Behaving, voice: Voice): Steps {
  const asked = { ...timesOf(behaving), ...behaving }
  let twisted = steps
  for (const [name, change] of twists) {
    const value = asked[name]
    if (value !== undefined) twisted = change(twisted, value, voice)
  }
  return twisted
}

/** Whether anything at all happens to the answer on its way. */
export const isTwisted = (behaving: Behaving): boolean =>
  behaving.slow !== undefined || twists.some(([name]) => behaving[name] !== undefined)

/** `slow` is a late first token and a slow pace, unless these are told apart. */
const timesOf = ({ slow }: Behaving): Behaving => (slow === undefined ? {} : { first: slow, pace: 50 })

/** Puts something in after so many tokens, or where the tokens end if there are fewer. */
function* strikeAfter(steps: Steps, tokens: number, what: readonly Step[], then: 'go on' | 'end'): Generator<Step> {
  let passed = 0
  let done = false
  for (const step of steps) {
    if (!done && isEdge(step) && (passed++ === tokens || !isToken(step))) {
      done = true
      yield* what
      if (then === 'end') return
    }
    yield step
  }
  if (!done) yield* what
}

const isToken = (step: Step): boolean => step.type === 'send' && step.kind === 'token'

/** A token, or what comes after the last of them. */
const isEdge = (step: Step): boolean => step.type === 'send' && step.kind !== 'open' && step.kind !== 'noise'

function* beat(steps: Steps, ms: number, { comment }: Voice): Generator<Step> {
  for (const step of steps) if (!(step.type === 'send' && step.kind === 'done')) yield step
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
    if (isToken(step)) {
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

const withCrLf = (bytes: string | Uint8Array) => (typeof bytes === 'string' ? bytes.replaceAll('\n', '\r\n') : bytes)

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
