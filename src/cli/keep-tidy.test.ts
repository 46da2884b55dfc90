import { expect, test } from 'bun:test'
import { fullRecord } from '../../test/contract/records.ts'
import { fakeClock } from '../../test/fakes/clock.ts'
import { openLog } from '../observe/log.ts'
import { openMemory } from '../stores/memory/open.ts'
import { keepTidy } from './keep-tidy.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A store at a clock that stands still, which nobody told what to keep, and the lines that are logged. */
function house() {
  const clock = fakeClock()
  const store = openMemory(clock)
  const lines: { readonly event: string; readonly rows?: number; readonly replies?: number }[] = []
  const log = openLog({ level: 'info', clock, write: text => lines.push(JSON.parse(text)) })
  const ago = (ms: number): number => clock.wall() - ms
  return { clock, store, lines, log, ago }
}

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Logs that nobody bounded filled the disks of others within days (litellm#12067, bifrost#2286). */
test('what is old is forgotten within an hour, without a word in the config', async () => {
  const { clock, store, lines, log, ago } = house()
  await store.ledger.append(fullRecord({ id: 'old', at: ago(90 * dayMs) }))
  await store.ledger.append(fullRecord({ id: 'young', at: ago(89 * dayMs) }))
  const reply = { keyId: 'key_1', maker: 'acme/m', kept: undefined, lasting: true }
  store.replies.keep({ ...reply, id: 'resp_old', at: ago(30 * dayMs) })
  store.replies.keep({ ...reply, id: 'resp_young', at: ago(29 * dayMs) })
  const stop = keepTidy(store, clock, log)
  clock.advance(hourMs - 1)
  await turn()
  expect([store.ledger.has('old'), lines.length]).toEqual([true, 0])
  clock.advance(1)
  await turn()
  expect([store.ledger.has('old'), store.ledger.has('young')]).toEqual([false, true])
  expect(['resp_old', 'resp_young'].map(id => store.replies.find(id, 'key_1')?.id)).toEqual([undefined, 'resp_young'])
  expect(lines.map(({ event, rows, replies }) => [event, rows ?? replies])).toEqual([
    ['forgotten', 1],
    ['pruned', 1],
  ])
  stop()
  expect(clock.waiting()).toBe(0)
})

test('a store that fails is told of, the others are tidied all the same, and an hour later it is asked again', async () => {
  const { clock, store, lines, log, ago } = house()
  await store.ledger.append(fullRecord({ id: 'old', at: ago(91 * dayMs) }))
  const forget = store.replies.forget.bind(store.replies)
  let asked = 0
  store.replies.forget = olderThan => {
    if (asked++ === 0) throw new Error('The disk is full.')
    return forget(olderThan)
  }
  const stop = keepTidy(store, clock, log)
  clock.advance(hourMs)
  await turn()
  expect(store.ledger.has('old')).toBe(false)
  expect(lines.map(({ event }) => event).toSorted()).toEqual(['error', 'pruned'])
  clock.advance(hourMs)
  expect(asked).toBe(2)
  stop()
})
