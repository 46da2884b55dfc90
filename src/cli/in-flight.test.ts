import { expect, test } from 'bun:test'
import { Fault } from '../model/fault.ts'
import { identify } from './identify.ts'
import { InFlight } from './in-flight.ts'

const ledgerOf = (...known: string[]) => ({ append: async () => undefined, has: (id: string) => known.includes(id) })

test('who waits for it to be empty is told when the last has left, or at once', async () => {
  const inFlight = new InFlight()
  await inFlight.empty()
  inFlight.entered()
  inFlight.entered()
  let empty = false
  const waiting = inFlight.empty().then(() => {
    empty = true
  })
  inFlight.left('a')
  await Promise.resolve()
  expect([empty, inFlight.count]).toEqual([false, 1])
  inFlight.left('b')
  await waiting
  expect(inFlight.count).toBe(0)
})

test('those on their way are ended for a reason, and so is one that comes later, but none that has left', () => {
  const inFlight = new InFlight()
  const ended: string[] = []
  for (const id of ['a', 'b', 'c']) {
    inFlight.entered()
    inFlight.ends(id, { cut: ({ code }) => void ended.push(`${id} ${code}`) })
  }
  inFlight.left('b')
  inFlight.cut(new Fault('overloaded', 'Going.'))
  expect(ended.splice(0)).toEqual(['a overloaded', 'c overloaded'])
  inFlight.ends('late', { cut: ({ code }) => void ended.push(`late ${code}`) })
  expect(ended).toEqual(['late overloaded'])
})

test('a caller’s own id stands once; a second request under it gets an ending, on its way or in the ledger', async () => {
  const inFlight = new InFlight()
  expect(await identify('mine', ledgerOf(), inFlight)).toBe('mine')
  expect(await identify('mine', ledgerOf(), inFlight)).toMatch(/^mine-\w{8}$/)
  inFlight.left('mine')
  expect(await identify('mine', ledgerOf('mine'), inFlight)).toMatch(/^mine-\w{8}$/)
})

test.each([undefined, '', 'a b', 'ü', 'a/b', 'x'.repeat(129)])('an id that cannot stand (%p) is replaced', async id => {
  expect(await identify(id, ledgerOf(), new InFlight())).toMatch(/^req_[0-9a-f]{32}$/)
})
