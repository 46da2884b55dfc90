import { expect, test } from 'bun:test'
import { fullRecord } from '../../../test/contract/records.ts'
import { memoryLedger } from './ledger.ts'

test('a full ring forgets the oldest row for each new one', async () => {
  const ledger = memoryLedger(3)
  for (let i = 1; i <= 7; i++) await ledger.append(fullRecord({ id: `req_${i}` }))
  const first = await ledger.page({ limit: 2 })
  expect(first.records.map(record => record.id)).toEqual(['req_7', 'req_6'])
  const rest = await ledger.page({ limit: 2, cursor: first.next })
  expect(rest.records.map(record => record.id)).toEqual(['req_5'])
  expect(rest.next).toBeUndefined()
  expect(await ledger.has('req_4')).toBe(false)
  expect(await ledger.find('req_4')).toBeUndefined()
})
