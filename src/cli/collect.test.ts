import { expect, spyOn, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import { collectWhileCrowded } from './collect.ts'
import { InFlight } from './in-flight.ts'

test('garbage is collected again and again while five hundred are open, and not otherwise', () => {
  const collect = spyOn(Bun, 'gc').mockImplementation(() => 0)
  const clock = fakeClock()
  const inFlight = new InFlight()
  const stop = collectWhileCrowded(inFlight, clock)
  try {
    for (let n = 0; n < 499; n++) inFlight.entered()
    clock.advance(3_000)
    expect(collect).toHaveBeenCalledTimes(0)
    inFlight.entered()
    clock.advance(1_500)
    expect(collect).toHaveBeenCalledTimes(2)
    stop()
    expect(clock.waiting()).toBe(0)
  } finally {
    collect.mockRestore()
  }
})
