import { expect, spyOn, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import { collectWhileCrowded } from './collect.ts'
import { InFlight } from './in-flight.ts'

test('garbage is collected while five hundred are open and memory grows, and not otherwise', () => {
  const collect = spyOn(Bun, 'gc').mockImplementation(() => 0)
  const clock = fakeClock()
  const inFlight = new InFlight()
  let memory = 100e6
  const stop = collectWhileCrowded(inFlight, clock, () => memory)
  const collected = (): number => {
    collect.mockClear()
    clock.advance(1_200)
    return collect.mock.calls.length
  }
  try {
    for (let n = 0; n < 499; n++) inFlight.entered()
    expect(collected()).toBe(0)
    inFlight.entered()
    expect(collected()).toBe(1)
    memory += 0.4e6
    expect(collected()).toBe(0)
    memory += 0.1e6
    expect(collected()).toBe(1)
    memory -= 50e6
    expect(collected()).toBe(0)
    memory += 1e6
    expect(collected()).toBe(1)
    inFlight.left('req_1')
    expect(collected()).toBe(0)
    inFlight.entered()
    expect(collected()).toBe(1)
    stop()
    expect(clock.waiting()).toBe(0)
  } finally {
    collect.mockRestore()
  }
})
