import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { fakeClock } from '../../test/fakes/clock.ts'
import { giveWay } from './give-way.ts'
import { InFlight } from './in-flight.ts'

function crowd(count: number, inFlight = new InFlight()): InFlight {
  for (let n = 0; n < count; n++) inFlight.entered()
  return inFlight
}

function fakeHelpers() {
  const told: string[] = []
  const fresh: number[] = []
  const helpers = {
    compilers: () => fresh.splice(0),
    lower: (thread: number) => void told.push(`lower ${thread}`),
    batch: (on: boolean) => void told.push(`batch ${on}`),
  }
  return { told, fresh, helpers }
}

test('who talks to providers gives way while many are under way, and is told only when that changes', () => {
  const clock = fakeClock()
  const inFlight = crowd(31)
  const { told, helpers } = fakeHelpers()
  const stop = giveWay(inFlight, clock, helpers)
  clock.advance(1_000)
  expect(told).toEqual([])
  crowd(1, inFlight)
  clock.advance(1_000)
  expect(told).toEqual(['batch true'])
  inFlight.left('req_1')
  clock.advance(1_000)
  expect(told).toEqual(['batch true', 'batch false'])
  stop()
  expect(clock.waiting()).toBe(0)
})

test('who makes machine code gives way from the start, and as more of them come up', () => {
  const clock = fakeClock()
  const { told, fresh, helpers } = fakeHelpers()
  fresh.push(1, 2)
  const stop = giveWay(crowd(1), clock, helpers)
  expect(told).toEqual(['lower 1', 'lower 2'])
  fresh.push(3)
  clock.advance(250)
  expect(told).toEqual(['lower 1', 'lower 2', 'lower 3'])
  stop()
})

test('where there are no such threads, nothing is waited for', () => {
  const clock = fakeClock()
  giveWay(crowd(100), clock, null)
  expect(clock.waiting()).toBe(0)
})

describe.skipIf(process.platform !== 'linux')('on Linux', () => {
  /** Fields of a thread's stat, by their numbers there (proc_pid_stat(5)). */
  const fieldsOf = (name: string, field: number): readonly number[] =>
    readdirSync('/proc/self/task')
      .filter(id => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').startsWith(name))
      .map(id => Number(readFileSync(`/proc/self/task/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[field - 3]))
  const [nice, policy] = [19, 41]

  test("it is the runtime's thread for fetch that gives way, and for as long as there is a crowd", async () => {
    using server = Bun.serve({ port: 0, fetch: () => new Response('ok') })
    await (await fetch(server.url)).text()
    const clock = fakeClock()
    const inFlight = crowd(32)
    const stop = giveWay(inFlight, clock)
    clock.advance(250)
    // SCHED_BATCH is 3 (sched(7)).
    expect(fieldsOf('HTTP Client', policy)).toEqual([3])
    inFlight.left('req_1')
    clock.advance(250)
    expect(fieldsOf('HTTP Client', policy)).toEqual([0])
    stop()
  })

  test('and every thread that compiles', () => {
    for (let n = 0; n < 1e6; n++) Math.hypot(n, n)
    giveWay(new InFlight(), fakeClock())()
    const compilers = fieldsOf('JITWorker', nice)
    expect(compilers.length).toBeGreaterThan(0)
    expect(compilers.every(value => value === 15)).toBe(true)
  })
})
