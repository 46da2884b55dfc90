import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { beginWith, enabled, endWith, type KeyState, type KeyVerdict, keyFreeAt } from './keys.ts'

const refused: KeyVerdict = { type: 'refused', status: 401 }
const well: KeyVerdict = { type: 'well' }
const other: KeyVerdict = { type: 'other' }

/** A key that was refused at 0, tried at a moment, with what became of that at another. */
function tried(at: number, verdict: KeyVerdict, endedAt = at): KeyState {
  const { state, trial } = beginWith(endWith(enabled, undefined, refused, 0), at)
  return endWith(state, trial, verdict, endedAt)
}

describe('a key', () => {
  test('that was refused is left alone, then tried by one at a time', () => {
    const state = endWith(enabled, undefined, refused, 0)
    expect(keyFreeAt(state)).toBe(10_000)
    expect(keyFreeAt(beginWith(state, 10_000).state)).toBe(70_000)
  })

  test('is back when its trial is well, and left alone for twice as long when it is not', () => {
    expect(tried(10_000, well)).toEqual(enabled)
    expect(tried(10_000, refused, 11_000)).toMatchObject({ until: 31_000, times: 2 })
  })

  test('may be tried again when its trial said nothing of it', () => {
    expect(keyFreeAt(tried(10_000, other))).toBe(10_000)
  })

  test('that is asked before its time because there is no other is back when that is well, and else as it was', () => {
    expect(tried(3_000, well)).toEqual(enabled)
    expect(tried(3_000, refused)).toMatchObject({ until: 10_000, times: 1 })
  })

  test('is disabled once by many tries that were under way together', () => {
    const first = endWith(enabled, undefined, refused, 0)
    expect(endWith(first, undefined, refused, 5_000)).toBe(first)
    expect(endWith(first, undefined, well, 5_000)).toBe(first)
  })

  test('is never left alone for more than ten minutes', () => {
    let state: KeyState = enabled
    let now = 0
    for (let i = 0; i < 20; i++) {
      const begun = beginWith(state, now)
      state = endWith(begun.state, begun.trial, refused, now)
      expect(keyFreeAt(state) - now).toBeLessThanOrEqual(600_000)
      now = keyFreeAt(state)
    }
    expect(state).toMatchObject({ times: 20 })
  })
})

// A key on a virtual clock, against a model of it.

type Model = { disabledUntil: number | undefined; times: number; trialUntil: number | undefined }
type Real = { now: number; state: KeyState; running: (number | undefined)[] }

class Wait implements fc.Command<Model, Real> {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  check = () => true
  run(_: Model, real: Real): void {
    real.now += this.ms
  }
  toString = () => `wait ${this.ms}`
}

class Begin implements fc.Command<Model, Real> {
  check = () => true
  run(model: Model, real: Real): void {
    const { disabledUntil } = model
    const one = beginWith(real.state, real.now)
    real.state = one.state
    real.running.push(one.trial)
    expect(one.trial).toBe(disabledUntil)
    if (disabledUntil !== undefined && real.now >= disabledUntil) model.trialUntil = real.now + 60_000
    expect(keyFreeAt(real.state)).toBe(model.trialUntil ?? disabledUntil ?? Number.NEGATIVE_INFINITY)
  }
  toString = () => 'begin'
}

class End implements fc.Command<Model, Real> {
  readonly which: number
  readonly verdict: KeyVerdict
  constructor(which: number, verdict: KeyVerdict) {
    this.which = which
    this.verdict = verdict
  }
  check = () => true
  run(model: Model, real: Real): void {
    if (real.running.length === 0) return
    const [trial] = real.running.splice(this.which % real.running.length, 1)
    real.state = endWith(real.state, trial, this.verdict, real.now)
    this.#expect(model, trial, real.now)
    expect(real.state.type === 'disabled').toBe(model.disabledUntil !== undefined)
    if (real.state.type === 'disabled') expect(real.state.until).toBe(model.disabledUntil ?? -1)
  }
  #expect(model: Model, trial: number | undefined, now: number): void {
    const counts = model.disabledUntil === undefined || trial === model.disabledUntil
    if (!counts) return
    if (this.verdict.type === 'refused') {
      if (model.disabledUntil !== undefined && model.trialUntil === undefined) return
      model.times++
      model.disabledUntil = now + Math.min(600_000, 10_000 * 2 ** (model.times - 1))
    } else if (this.verdict.type === 'well') {
      model.times = 0
      model.disabledUntil = undefined
    }
    model.trialUntil = undefined
  }
  toString = () => `end ${this.which} ${this.verdict.type}`
}

test('a key does what its model does, whatever happens in whatever order', () => {
  const commands = [
    fc.constant(new Begin()),
    fc.oneof(fc.nat(5_000), fc.nat(200_000)).map(ms => new Wait(ms)),
    fc
      .tuple(fc.nat(20), fc.constantFrom(refused, refused, well, other))
      .map(([which, verdict]) => new End(which, verdict)),
  ]
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 100, size: 'max' }), steps => {
      fc.modelRun(
        () => ({
          model: { disabledUntil: undefined, times: 0, trialUntil: undefined },
          real: { now: 0, state: enabled, running: [] },
        }),
        steps,
      )
    }),
    { numRuns: 500 },
  )
})
