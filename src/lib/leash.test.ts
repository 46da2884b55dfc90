import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import { Leash } from './leash.ts'

function leashed() {
  const clock = fakeClock()
  const outer = new AbortController()
  const leash = new Leash(clock, outer.signal)
  return { clock, outer, leash }
}

const seen = ({ leash }: { readonly leash: Leash }) => ({
  cut: leash.signal.aborted,
  why: leash.why,
  late: leash.overdue,
})

describe('a leash', () => {
  test('is cut when the caller leaves', () => {
    const held = leashed()
    held.leash.within(100, 'the first')
    held.outer.abort()
    expect(seen(held)).toEqual({ cut: true, why: 'left', late: '' })
    expect(held.clock.waiting()).toBe(0)
  })

  test('is cut from the start for a caller that has left already', () => {
    const held = { leash: new Leash(fakeClock(), AbortSignal.abort()) }
    expect(seen(held)).toEqual({ cut: true, why: 'left', late: '' })
  })

  test('is cut when a time is over, and says what took too long', () => {
    const held = leashed()
    held.leash.within(100, 'the first')
    held.clock.advance(99)
    expect(seen(held)).toEqual({ cut: false, why: undefined, late: '' })
    held.clock.advance(1)
    expect(seen(held)).toEqual({ cut: true, why: 'late', late: 'the first' })
  })

  test('has one time at a time: setting it again moves it', () => {
    const held = leashed()
    held.leash.within(100, 'the first')
    held.clock.advance(90)
    held.leash.within(100, 'the next')
    expect(held.clock.waiting()).toBe(1)
    held.clock.advance(99)
    expect(held.leash.why).toBeUndefined()
    held.clock.advance(1)
    expect(seen(held)).toEqual({ cut: true, why: 'late', late: 'the next' })
  })

  test('is not cut when its time is over and that does not count', () => {
    const held = leashed()
    let counts = false
    held.leash.within(100, 'the next', () => counts)
    held.clock.advance(100)
    expect(seen(held)).toEqual({ cut: false, why: undefined, late: '' })
    counts = true
    held.leash.within(100, 'the next', () => counts)
    held.clock.advance(100)
    expect(seen(held)).toEqual({ cut: true, why: 'late', late: 'the next' })
  })

  test('remembers the first reason for which it was cut', () => {
    const held = leashed()
    held.leash.within(100, 'the first')
    held.clock.advance(100)
    held.outer.abort()
    expect(held.leash.why).toBe('late')
  })

  test('that was freed is cut by nothing and leaves no timer', () => {
    const held = leashed()
    held.leash.within(100, 'the first')
    held.leash.free()
    expect(held.clock.waiting()).toBe(0)
    held.leash.within(100, 'the next')
    expect(held.clock.waiting()).toBe(0)
    held.outer.abort()
    expect(seen(held)).toEqual({ cut: false, why: undefined, late: '' })
  })
})
