import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Breaker, type BreakerRule, begin, breakerFreeAt, breakerState, closed, end, trials } from './breaker.ts'

const rule: BreakerRule = { windowMs: 30_000, minRequests: 4, failureRate: 0.5, openForMs: 15_000 }

/** The breaker on a clock of its own. */
class Run {
  now = 0
  breaker: Breaker = closed
  tries: (number | undefined)[] = []

  begin(): boolean {
    const one = begin(this.breaker, rule, this.now)
    if (!one) return false
    this.breaker = one.breaker
    this.tries.push(one.trial)
    return true
  }

  /** Ends the try that stands there. */
  end(place: number, well: boolean | undefined): void {
    const [trial] = this.tries.splice(place, 1)
    this.breaker = end(this.breaker, { trial, well }, rule, this.now)
  }

  get state() {
    return breakerState(this.breaker, this.now)
  }
}

function failing(times: number): Run {
  const run = new Run()
  for (let i = 0; i < times; i++) {
    run.begin()
    run.end(0, false)
  }
  return run
}

describe('a breaker', () => {
  test('opens at the share of failures, once there are enough tries', () => {
    expect(failing(3).state).toBe('closed')
    expect(failing(4).state).toBe('open')
  })

  test('lets nothing in while it is open, and so many trials at once afterwards', () => {
    const run = failing(4)
    run.now = 14_999
    expect(run.begin()).toBe(false)
    run.now = 15_000
    expect([run.begin(), run.begin(), run.begin(), run.state]).toEqual([true, true, false, 'half-open'])
  })

  test('closes when its trials did well, and opens again when one did badly', () => {
    const well = failing(4)
    well.now = 15_000
    for (let i = 0; i < trials; i++) {
      well.begin()
      well.end(0, true)
    }
    expect(well.state).toBe('closed')

    const badly = failing(4)
    badly.now = 15_000
    badly.begin()
    badly.end(0, false)
    expect([badly.state, breakerFreeAt(badly.breaker)]).toEqual(['open', 30_000])
  })

  test('gives the place of a trial that said nothing to another, and of one that never ended', () => {
    const run = failing(4)
    run.now = 15_000
    run.begin()
    run.begin()
    run.end(0, undefined)
    expect([run.begin(), run.begin()]).toEqual([true, false])
    run.now = 30_000
    expect(run.begin()).toBe(true)
  })

  test('is not moved by what began before it opened', () => {
    const run = new Run()
    for (let i = 0; i < 8; i++) run.begin()
    for (let i = 0; i < 4; i++) run.end(0, false)
    run.now = 15_000
    run.begin()
    run.end(0, false)
    run.end(0, true)
    run.end(0, true)
    expect(run.state).toBe('half-open')
  })

  test('forgets failures that are older than its window', () => {
    const run = failing(3)
    run.now = 31_000
    run.begin()
    run.end(0, false)
    expect(run.state).toBe('closed')
  })
})

/** What must be so, told the slow way: every outcome since the breaker last closed, and the trials of the last opening. */
type Model = {
  state: 'closed' | 'open' | 'half-open'
  until: number
  outcomes: { at: number; well: boolean }[]
  /** The tries that run, in the order of the run's: the opening that each is a trial of. */
  running: (number | undefined)[]
  trials: { of: number; running: number; well: number; lastAt: number }
}

const bad = (outcomes: Model['outcomes'], from: number): boolean => {
  const seen = outcomes.filter(({ at }) => at > from)
  const failures = seen.filter(({ well }) => !well).length
  return seen.length >= rule.minRequests && failures >= rule.failureRate * seen.length
}

class Wait implements fc.Command<Model, Run> {
  readonly ms: number
  constructor(ms: number) {
    this.ms = ms
  }
  check = () => true
  run(_: Model, run: Run): void {
    run.now += this.ms
  }
  toString = () => `wait ${this.ms}`
}

class Begin implements fc.Command<Model, Run> {
  check = () => true
  run(model: Model, run: Run): void {
    const due = model.state === 'open' && run.now >= model.until
    if (due) {
      model.state = 'half-open'
      model.trials = { of: model.until, running: 0, well: 0, lastAt: 0 }
    }
    const lost = run.now >= model.trials.lastAt + rule.openForMs
    const busy = model.trials.running >= trials && !lost
    const may = model.state === 'closed' || (model.state === 'half-open' && (due || !busy))
    expect(run.begin()).toBe(may)
    if (!may) return
    model.running.push(model.state === 'half-open' ? model.trials.of : undefined)
    if (model.state !== 'half-open') return
    model.trials.running = (lost && !due ? 0 : model.trials.running) + 1
    model.trials.lastAt = run.now
  }
  toString = () => 'begin'
}

class End implements fc.Command<Model, Run> {
  readonly which: number
  readonly well: boolean | undefined
  constructor(which: number, well: boolean | undefined) {
    this.which = which
    this.well = well
  }
  check = (model: Readonly<Model>) => model.running.length > 0
  run(model: Model, run: Run): void {
    const place = this.which % model.running.length
    const [trial] = model.running.splice(place, 1)
    run.end(place, this.well)
    if (model.state === 'closed') this.#counts(model, run)
    else if (model.state === 'half-open' && trial === model.trials.of) this.#tries(model, run)
    // An opening that is over shows as half-open before its first trial; the model learns of it when one begins.
    if (model.state !== 'open' || run.now < model.until) expect(run.state).toBe(model.state)
  }
  /** The window moves by a tenth at a time: between the two it may be either. */
  #counts(model: Model, run: Run): void {
    if (this.well === undefined) return
    model.outcomes.push({ at: run.now, well: this.well })
    if (this.well) {
      expect(run.state).toBe('closed')
      return
    }
    const starts = [0, 0.02, 0.04, 0.06, 0.08, 0.1].map(part => run.now - rule.windowMs * (1 - part))
    const edges = model.outcomes.map(({ at }) => at).filter(at => at >= (starts[0] ?? 0) && at <= (starts[5] ?? 0))
    const verdicts = [...starts, ...edges].map(from => bad(model.outcomes, from))
    if (verdicts.every(each => each)) expect(run.state).toBe('open')
    if (!verdicts.some(each => each)) expect(run.state).toBe('closed')
    if (run.state === 'open') this.#opens(model, run)
  }
  #tries(model: Model, run: Run): void {
    if (this.well === false) {
      this.#opens(model, run)
      return
    }
    model.trials.running = Math.max(0, model.trials.running - 1)
    model.trials.well += Number(this.well === true)
    if (model.trials.well < trials) return
    model.state = 'closed'
    model.outcomes = []
  }
  #opens(model: Model, run: Run): void {
    model.state = 'open'
    model.until = run.now + rule.openForMs
    model.outcomes = []
  }
  toString = () => `end ${this.which} ${this.well}`
}

test('a breaker does what its model does, whatever happens in whatever order', () => {
  const commands = [
    fc.constant(new Begin()),
    fc.oneof(fc.nat(2_000), fc.nat(40_000)).map(ms => new Wait(ms)),
    fc.tuple(fc.nat(20), fc.constantFrom(true, false, false, undefined)).map(([which, well]) => new End(which, well)),
    fc.tuple(fc.nat(20), fc.constant(false)).map(([which, well]) => new End(which, well)),
  ]
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.commands(commands, { maxCommands: 120, size: 'max' }), steps => {
      const run = new Run()
      const model: Model = {
        state: 'closed',
        until: 0,
        outcomes: [],
        running: [],
        trials: { of: 0, running: 0, well: 0, lastAt: 0 },
      }
      fc.modelRun(() => ({ model, real: run }), steps)
      seen.add(run.breaker.type)
    }),
    { numRuns: 500 },
  )
  expect([...seen].toSorted()).toEqual(['closed', 'half-open', 'open'])
})
