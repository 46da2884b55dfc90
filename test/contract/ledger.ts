import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Fault } from '../../src/model/fault.ts'
import type { Record, Try } from '../../src/model/record.ts'
import type { Store } from '../../src/stores/store.ts'
import { anyRecord } from './any-record.ts'
import { emptyRecord, fullRecord, oddTexts } from './records.ts'

type Opened = { readonly ledger: Store['ledger']; close(): Promise<void> }

/** What every ledger promises, whatever it is made of. */
export function ledgerContract(name: string, open: () => Promise<Opened>): void {
  describe(`the ledger in ${name}`, () => {
    let store: Opened
    let ledger: Opened['ledger']

    beforeEach(async () => {
      store = await open()
      ledger = store.ledger
    })
    afterEach(() => store.close())

    const append = (ids: readonly string[]) => Promise.all(ids.map(id => ledger.append(fullRecord({ id }))))
    const idsOf = (records: readonly Record[]) => records.map(record => record.id)

    /** Every id, newest first, asked for in pages. */
    async function walk(limit: number): Promise<string[][]> {
      const pages: string[][] = []
      let cursor: string | undefined
      do {
        const page = await ledger.page({ limit, cursor })
        pages.push(idsOf(page.records))
        cursor = page.next
      } while (cursor !== undefined)
      return pages
    }

    test('gives back every field of a record as it was', async () => {
      await ledger.append(fullRecord())
      expect(await ledger.find('req_full')).toStrictEqual(fullRecord())
    })

    test('gives back what was not known as undefined, not as zero or null', async () => {
      await ledger.append(emptyRecord())
      expect(await ledger.find('req_empty')).toStrictEqual(emptyRecord())
    })

    test('gives back the tries, whether or not they are of the target and the end that the record names', async () => {
      const target = { provider: 'openai', model: 'gpt-5-mini' }
      const one: Try = { target, startedMs: 0.25, status: 200, headersMs: 10.5, outcome: 'ok' }
      const cases: Try[][] = [
        [one],
        [{ ...one, status: undefined, headersMs: undefined }],
        [{ ...one, outcome: 'upstream_failed' }],
        [{ ...one, target: { ...target, model: 'gpt-5' } }],
        [{ ...one, target: { ...target, provider: 'azure' } }],
        [one, { ...one, startedMs: 20 }],
      ]
      for (const [index, tries] of cases.entries()) {
        const record = fullRecord({ id: `req_${index}`, ...target, code: 'ok', tries })
        await ledger.append(record)
        expect(await ledger.find(record.id)).toStrictEqual(record)
      }
    })

    test('keeps odd text to the letter', async () => {
      const odd = oddTexts.map(text =>
        fullRecord({ id: text, keyName: text, model: text, message: text, task: text, tags: [text], lost: [text] }),
      )
      await Promise.all(odd.map(record => ledger.append(record)))
      for (const record of odd) {
        expect(await ledger.find(record.id)).toStrictEqual(record)
        expect(await ledger.has(record.id)).toBe(true)
      }
    })

    test('keeps integers up to 2^53 - 1', async () => {
      const most = Number.MAX_SAFE_INTEGER
      const usage = { input: most, cacheRead: most - 1, cacheWrite: most - 2, output: most - 3, reasoning: most - 4 }
      const large = fullRecord({ at: most, cost: most, bytesIn: most, bytesOut: most, usage })
      await ledger.append(large)
      expect(await ledger.find(large.id)).toStrictEqual(large)
    })

    test('gives back any record as it was, in the order of writing', async () => {
      const anyRecords = fc.uniqueArray(anyRecord, { selector: record => record.id, maxLength: 8 })
      await fc.assert(
        fc.asyncProperty(anyRecords, async records => {
          await ledger.prune(0, { keep: 0 })
          await Promise.all(records.map(record => ledger.append(record)))
          const page = await ledger.page({ limit: 100 })
          expect(page.records.toReversed()).toStrictEqual(records)
        }),
      )
    })

    test('knows an id once its row is there, and no other', async () => {
      expect(await ledger.has('req_1')).toBe(false)
      await append(['req_1'])
      expect(await ledger.has('req_1')).toBe(true)
      expect(await ledger.has('req_')).toBe(false)
      expect(await ledger.has("' OR 1=1 --")).toBe(false)
      expect(await ledger.find('req_')).toBeUndefined()
    })

    test('writes the same id once, and keeps the first', async () => {
      await ledger.append(fullRecord({ cost: 1 }))
      await ledger.append(fullRecord({ cost: 2 }))
      await Promise.all([ledger.append(fullRecord({ cost: 3 })), ledger.append(fullRecord({ cost: 4 }))])
      const { records } = await ledger.page({ limit: 10 })
      expect(records.map(record => record.cost)).toEqual([1])
    })

    test('writes the same id once although both came in one turn', async () => {
      await Promise.all([ledger.append(fullRecord({ cost: 3 })), ledger.append(fullRecord({ cost: 4 }))])
      const { records } = await ledger.page({ limit: 10 })
      expect(records.map(record => record.cost)).toEqual([3])
    })

    test('writes 200 rows that come at once, each once', async () => {
      const ids = Array.from({ length: 200 }, (_, index) => `req_${index}`)
      await append(ids)
      expect((await walk(1000)).flat()).toEqual(ids.toReversed())
    })

    test('has written a row when append resolves, and not only when others are done', async () => {
      for (const id of ['req_1', 'req_2', 'req_3']) {
        await ledger.append(fullRecord({ id }))
        expect(idsOf((await ledger.page({ limit: 1 })).records)).toEqual([id])
      }
    })

    test('pages from the newest to the oldest without gap or overlap', async () => {
      await append(['req_1', 'req_2', 'req_3', 'req_4', 'req_5'])
      expect(await walk(2)).toEqual([['req_5', 'req_4'], ['req_3', 'req_2'], ['req_1']])
    })

    test('ends with a whole page without promising another', async () => {
      await append(['req_1', 'req_2', 'req_3', 'req_4'])
      expect(await walk(2)).toEqual([
        ['req_4', 'req_3'],
        ['req_2', 'req_1'],
      ])
    })

    test('has an empty page where nothing was written', async () => {
      expect(await ledger.page({ limit: 2 })).toStrictEqual({ records: [], next: undefined })
    })

    test('keeps its place in a page while new rows come', async () => {
      await append(['req_1', 'req_2', 'req_3'])
      const { next } = await ledger.page({ limit: 1 })
      await append(['req_4', 'req_5'])
      expect(idsOf((await ledger.page({ limit: 5, cursor: next })).records)).toEqual(['req_2', 'req_1'])
    })

    test('refuses a cursor that no page gave out', async () => {
      await append(['req_1', 'req_2'])
      const odd = [
        '',
        'x',
        '1',
        'LTE',
        'MA',
        'MS41',
        'MDE',
        'OTAwNzE5OTI1NDc0MDk5Mw',
        'MQ==',
        "' OR 1=1",
        '\ud800',
        'SW5maW5pdHk',
      ]
      for (const cursor of odd) {
        const refused = await ledger.page({ limit: 1, cursor }).catch((error: unknown) => error)
        expect(refused, cursor).toBeInstanceOf(Fault)
        expect(refused).toMatchObject({ code: 'invalid_request', param: 'cursor' })
      }
    })

    test('gives a page of one where none, less or half of one are asked for', async () => {
      await append(['req_1', 'req_2'])
      for (const limit of [0, -1, Number.NaN, 0.5]) {
        expect(idsOf((await ledger.page({ limit })).records)).toEqual(['req_2'])
      }
    })

    test('forgets rows that are older than asked, and those alone', async () => {
      await Promise.all([10, 20, 30, 40].map(at => ledger.append(fullRecord({ id: `req_${at}`, at }))))
      expect(await ledger.prune(30)).toBe(2)
      expect((await walk(10)).flat()).toEqual(['req_40', 'req_30'])
      expect(await ledger.has('req_10')).toBe(false)
      expect(await ledger.prune(30)).toBe(0)
    })

    test('forgets in batches until nothing old is left, rows out of order included', async () => {
      const times = Array.from({ length: 23 }, (_, index) => (index % 5 === 4 ? 500 : index))
      await Promise.all(times.map((at, index) => ledger.append(fullRecord({ id: `req_${index}`, at }))))
      expect(await ledger.prune(100, { batch: 5 })).toBe(19)
      expect((await walk(10)).flat()).toEqual(['req_19', 'req_14', 'req_9', 'req_4'])
    })

    test('keeps no more rows than asked, however young', async () => {
      await append(['req_1', 'req_2', 'req_3', 'req_4', 'req_5'])
      expect(await ledger.prune(0, { keep: 2, batch: 2 })).toBe(3)
      expect((await walk(10)).flat()).toEqual(['req_5', 'req_4'])
    })

    test('takes new rows after all were forgotten', async () => {
      await append(['req_1', 'req_2'])
      await ledger.prune(Number.MAX_SAFE_INTEGER)
      await append(['req_3'])
      expect((await walk(10)).flat()).toEqual(['req_3'])
    })
  })
}
