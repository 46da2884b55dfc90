import { expect, test } from 'bun:test'
import type { Clock } from '../lib/clock.ts'
import { type Outlet, openLines } from './lines.ts'

type Pending = { readonly bytes: Uint8Array; readonly done: (error: Error | null, written: number) => void }

const busy = Object.assign(new Error('Resource temporarily unavailable'), { code: 'EAGAIN' })
const gone = Object.assign(new Error('Broken pipe'), { code: 'EPIPE' })

/** A clock that rings when told, and a pipe that takes what it is told to take. */
function setUp(limits: { batch?: number; most?: number } = {}) {
  const timers = new Set<() => void>()
  let now = 0
  const clock: Clock = {
    now: () => (now += 100),
    wall: () => now,
    after: (_ms, ring) => {
      const timer = () => void (timers.delete(timer) && ring())
      timers.add(timer)
      return () => void timers.delete(timer)
    },
  }
  const pending: Pending[] = []
  let out = ''
  let dropped = 0
  const outlet: Outlet = {
    write: (bytes, done) => void pending.push({ bytes, done }),
    writeNow: bytes => {
      out += new TextDecoder().decode(bytes)
      return bytes.length
    },
  }
  const lines = openLines({ outlet, clock, onDrop: n => (dropped += n), ...limits })
  const take = (most = Number.POSITIVE_INFINITY) => {
    const { bytes, done } = pending.shift() as Pending
    const taken = bytes.subarray(0, most)
    out += new TextDecoder().decode(taken)
    done(null, taken.length)
  }
  const fail = (error: Error) => (pending.shift() as Pending).done(error, 0)
  const ring = () => {
    for (const timer of timers) timer()
  }
  return { lines, take, fail, ring, pending, timers, outlet, out: () => out, dropped: () => dropped }
}

test('a lone line is written when its time is up, and nothing wakes the process after that', () => {
  const { lines, ring, take, out, timers, pending } = setUp()
  lines.add('one')
  expect(pending).toHaveLength(0)
  ring()
  take()
  expect(out()).toBe('one\n')
  expect(timers.size).toBe(0)
  lines.add('two')
  ring()
  take()
  expect(out()).toBe('one\ntwo\n')
})

test('a full batch is written at once', () => {
  const { lines, take, out } = setUp({ batch: 8 })
  lines.add('one')
  lines.add('two')
  take()
  expect(out()).toBe('one\ntwo\n')
})

test('only one write is under way at a time, and what comes meanwhile follows it in order', () => {
  const { lines, take, out, pending } = setUp({ batch: 4 })
  lines.add('one')
  lines.add('two')
  lines.add('three')
  expect(pending).toHaveLength(1)
  take()
  expect(pending).toHaveLength(1)
  take()
  expect(out()).toBe('one\ntwo\nthree\n')
})

test('what a reader is slow to take waits whole, also a line longer than a batch, in any letters', () => {
  const { lines, take, out, dropped } = setUp({ batch: 4, most: 1_000 })
  const said = ['one', 'two', 'größe 🌱', 'x'.repeat(50), '漢字'.repeat(30), 'end']
  for (const each of said) lines.add(each)
  take(2)
  take()
  lines.add('more')
  take()
  take()
  expect(out()).toBe(`${[...said, 'more'].join('\n')}\n`)
  expect(dropped()).toBe(0)
})

test('a line is told as it was while it is being written, whatever comes meanwhile', () => {
  const { lines, take, out } = setUp({ batch: 4 })
  for (let round = 0; round < 5; round++) {
    lines.add(`round ${round}`)
    lines.add(`meanwhile ${round}`)
    take()
    take()
  }
  expect(out()).toBe([0, 1, 2, 3, 4].map(round => `round ${round}\nmeanwhile ${round}\n`).join(''))
})

test('a pipe that takes a part of a batch gets the rest', () => {
  const { lines, take, out } = setUp({ batch: 4 })
  lines.add('grün')
  lines.add('two')
  take(3)
  take()
  take()
  expect(out().replace(/\uFFFD+/, 'ü')).toBe('grün\ntwo\n')
})

test('a full pipe is asked again later and loses nothing', () => {
  const { lines, take, fail, ring, out, dropped, pending } = setUp({ batch: 4 })
  lines.add('one')
  fail(busy)
  expect(pending).toHaveLength(0)
  ring()
  take()
  expect(out()).toBe('one\n')
  expect(dropped()).toBe(0)
})

test('a reader that stalls costs the lines that have no room, and they are counted', () => {
  const { lines, take, out, dropped } = setUp({ batch: 4, most: 8 })
  for (const each of ['one', 'two', 'tre', 'for', 'fiv']) lines.add(each)
  expect(dropped()).toBe(2)
  take()
  take()
  expect(out()).toBe('one\ntwo\ntre\n')
})

test('a line has room up to its line break', () => {
  const { lines, take, out, dropped } = setUp({ batch: 4, most: 8 })
  for (const each of ['one', 'two', 'four', 'tre']) lines.add(each)
  take()
  take()
  expect(out()).toBe('one\ntwo\ntre\n')
  expect(dropped()).toBe(1)
})

test('each write that is lost costs its own lines', () => {
  const { lines, fail, dropped } = setUp({ batch: 8 })
  for (const written of [1, 2, 3, 4]) {
    lines.add('one')
    lines.add('two')
    fail(gone)
    expect(dropped()).toBe(2 * written)
  }
})

test('a reader that has left costs the lines of that write only', () => {
  const { lines, take, fail, out, dropped } = setUp({ batch: 8 })
  lines.add('one')
  lines.add('two')
  fail(gone)
  expect(dropped()).toBe(2)
  lines.add('three..')
  take()
  expect(out()).toBe('three..\n')
})

test('closing writes what waits before it returns, once', () => {
  const { lines, out, timers, dropped } = setUp()
  lines.add('one')
  lines.close()
  lines.close()
  expect(out()).toBe('one\n')
  expect(timers.size).toBe(0)
  lines.add('late')
  expect(dropped()).toBe(1)
})

test('closing while a full pipe is waited for writes that batch too', () => {
  const { lines, fail, ring, out, pending } = setUp({ batch: 4 })
  lines.add('one')
  fail(busy)
  lines.add('two')
  lines.close()
  expect(out()).toBe('one\ntwo\n')
  ring()
  expect(pending).toHaveLength(0)
})

test('closing does not repeat what the system is already writing', () => {
  const { lines, take, out, pending } = setUp({ batch: 4 })
  lines.add('one')
  lines.add('two')
  lines.close()
  expect(out()).toBe('two\n')
  take()
  expect(pending).toHaveLength(0)
})

test.each([
  ['has left', gone],
  ['stalls', busy],
])('closing comes back although the reader %s, and counts what is lost', (_name, error) => {
  const { lines, outlet, dropped } = setUp()
  outlet.writeNow = () => {
    throw error
  }
  lines.add('one')
  lines.add('two')
  lines.close()
  expect(dropped()).toBe(2)
})
