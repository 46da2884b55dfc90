import { expect, test } from 'bun:test'
import type { Row } from '../../fakes/ledger.ts'
import { Books, complaintsOf } from './books.ts'
import { slopeOf } from './gauges.ts'
import type { Kind } from './kinds.ts'
import type { Story } from './story.ts'

const kind = { name: 'stream', stream: true, ends: 'whole', status: 200, outside: false, bringsUsage: true } as Kind
const tokens = { prompt: 7, completion: 5 }
const story: Story = { id: 'a', kind, ending: 'whole', status: 200, code: 'ok', bytes: 90, tokens, cost: '0.1' }
const usage = { input: 4, cache_read: 2, cache_write: 1, output: 3, reasoning: 2 }
const row = { id: 'a', status: 200, code: 'ok', stream: true, bytes_out: 90, usage, cost_usd: '0.1' } as Row
const leaver: Story = { ...story, ending: 'left', code: 'left' }

test('a story and a row that agree give no cause for complaint', () => {
  expect(complaintsOf(story, row)).toEqual([])
  expect(complaintsOf({ ...story, tokens: undefined, cost: undefined }, row)).toEqual([])
  expect(
    complaintsOf({ ...story, ending: 'failed', code: 'x', kind: { ...kind, ends: 'failed' } }, { ...row, code: 'x' }),
  ).toEqual([])
  expect(complaintsOf(leaver, { ...row, status: 499, code: 'client_closed' })).toEqual([])
  expect(complaintsOf(leaver, row)).toEqual([])
})

const wrong: readonly (readonly [string, Partial<Story>, Partial<Row>])[] = [
  ['another status', {}, { status: 502 }],
  ['another code', {}, { code: 'client_closed' }],
  ['bytes that never came', {}, { bytes_out: 91 }],
  ['other tokens', {}, { usage: { ...usage, reasoning: 3 } }],
  ['no tokens', {}, { usage: null }],
  ['another cost', {}, { cost_usd: null }],
  ['no stream', {}, { stream: false }],
  ['an end that its kind does not have', { ending: 'failed', code: 'upstream_failed' }, { code: 'upstream_failed' }],
  ['a status that its kind does not have', { ending: 'refused', status: 503 }, { status: 503 }],
  ['a row outside the line', { kind: { ...kind, outside: true } }, {}],
  ['a failure of the provider for one who left', leaver, { code: 'upstream_failed' }],
  ['fewer bytes than one who left has heard', leaver, { bytes_out: 89 }],
]
test.each([...wrong])('%s is told', (_, told, written) => {
  expect(complaintsOf({ ...story, ...told }, { ...row, ...written })).not.toEqual([])
})

test('what has no counterpart is told in the end, but for those who left unheard and those outside', () => {
  const books = new Books()
  books.told(story)
  books.told({ ...story, id: 'b', ending: 'unheard' })
  books.told({ ...story, id: 'c', kind: { ...kind, outside: true } })
  expect([books.close(), books.complaints]).toEqual([{ unheard: 1, outside: 1 }, 1])
  expect(books.examples[0]).toContain('has no row')
})

test('what is new in the ledger is read once, and a row of nobody or a second one is told', async () => {
  const books = new Books()
  const written = (...ids: string[]) => ids.map(id => ({ ...row, id }))
  await books.read(inPages(written('b'), written('a')))
  for (const id of ['a', 'b', 'c']) books.told({ ...story, id })
  await books.read(inPages(written('c', 'b'), written('a')))
  expect([books.close(), books.rows, books.complaints]).toEqual([{ unheard: 0, outside: 0 }, 3, 0])
  await books.read(inPages(written('e', 'd', 'd', 'c')))
  books.told({ ...story, id: 'd' })
  books.close()
  expect(books.examples).toEqual(['d: two rows', "e: a row of nobody's request"])
})

async function* inPages(...pages: readonly (readonly Row[])[]): AsyncGenerator<readonly Row[]> {
  yield* pages
}

test('a slope is that of most of the points', () => {
  const points = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(x => [x, x === 4 ? 1000 : 3 * x + 1] as const)
  expect(slopeOf(points)).toBe(3)
  expect(slopeOf([[1, 2]])).toBe(0)
})
