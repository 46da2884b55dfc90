import { expect, test } from 'bun:test'
import { Diary } from './diary.ts'
import { Fault } from './fault.ts'

const usage = (output: number) => ({ input: 1, cacheRead: 0, cacheWrite: 0, output, reasoning: 0 })
const first = new Fault('upstream_failed', 'first')
const second = new Fault('client_closed', 'second')

test('the first content, stop and fault stay; the last usage counts', () => {
  const diary = new Diary(0, 0)
  diary.noticed([{ type: 'usage', usage: usage(1) }], 1)
  expect(diary.firstTokenAt).toBeUndefined()
  diary.noticed([{ type: 'content' }, { type: 'stop', reason: 'stop' }, { type: 'fault', fault: first }], 2)
  diary.noticed([{ type: 'content' }, { type: 'stop', reason: 'length' }, { type: 'fault', fault: second }], 3)
  diary.noticed([{ type: 'usage', usage: usage(9) }, { type: 'done' }], 4)
  expect([diary.firstTokenAt, diary.stopReason, diary.fault?.message, diary.usage?.output]).toEqual([
    2,
    'stop',
    'first',
    9,
  ])
})

test('what follows from the first failure is not another', () => {
  const diary = new Diary(0, 0)
  diary.ended(first)
  diary.ended(second)
  expect(diary.fault).toBe(first)
})

test('tries are kept in the order in which they were made', () => {
  const diary = new Diary(0, 0)
  const one = (startedMs: number) =>
    ({ target: { provider: 'p', model: 'm' }, startedMs, status: 200, headersMs: 1, outcome: 'ok' }) as const
  diary.tried(one(1))
  diary.tried(one(2))
  expect(diary.tries.map(each => each.startedMs)).toEqual([1, 2])
})

test('what is done before somebody is asked, and after the last has answered, is our time', () => {
  const target = { provider: 'p', model: 'm' }
  const one = { target, startedMs: 0, status: 200, headersMs: 1, outcome: 'ok' } as const
  const diary = new Diary(100, 0)
  expect(diary.overheadMs(103)).toBe(3)
  diary.asks(105)
  expect(diary.overheadMs(200)).toBe(5)
  diary.tried(one)
  diary.answered(300)
  expect(diary.overheadMs(310)).toBe(15)
  diary.tried(one)
  expect(diary.overheadMs(400)).toBe(5)
  diary.asks(400)
  diary.answered(420)
  diary.replied = 427
  expect(diary.overheadMs(1_000)).toBe(12)
})
