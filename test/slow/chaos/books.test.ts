import { expect, test } from 'bun:test'
import type { Row } from '../../fakes/ledger.ts'
import { Asks } from './asks.ts'
import { Books } from './books.ts'
import type { Errand } from './errands.ts'
import type { Story } from './story.ts'

const errandOf = (mark: number, more: Partial<Errand> = {}) =>
  ({
    mark,
    endpoint: { name: 'openai-chat', tongue: { id: 'openai-chat' } },
    model: 'm',
    stream: true,
    key: undefined,
    alike: false,
    ...more,
  }) as Errand

const whole = (id: string, more: Partial<Story> = {}): Story => ({
  id,
  errand: errandOf(1),
  ending: 'whole',
  status: 200,
  code: 'ok',
  wrong: undefined,
  lacks: undefined,
  closedAt: 9,
  replayed: false,
  bytes: 9,
  print: 'p',
  tokens: { prompt: 0, completion: 0 },
  began: 1_000,
  ended: 2_000,
  ...more,
})

const rowOf = (id: string, more: Partial<Row> = {}): Row =>
  ({
    id,
    at: '2026-01-01T00:00:00.000Z',
    status: 200,
    code: 'ok',
    dialect: 'openai-chat',
    model_asked: 'm',
    stream: true,
    bytes_out: 9,
    usage: null,
    cost_usd: null,
    attempts: [{ outcome: 'ok', part: false, usage: null, why: null }],
    ...more,
  }) as unknown as Row

type Case = {
  readonly stories: readonly Story[]
  readonly rows?: readonly Row[]
  /** Which text, what was done, and when it was over: long before anybody leaves, if that is left out. */
  readonly asked?: readonly (readonly [mark: number, does: string, over?: number])[]
  readonly killed?: readonly [number, number]
  readonly stopped?: readonly [number, number]
}

async function closed({ stories, rows = [], asked = [], killed, stopped }: Case): Promise<Books> {
  const asks = new Asks()
  for (const [mark, does, over = 0] of asked) asks.heard(mark, does).isOver(over)
  const books = new Books(asks)
  for (const story of stories) books.told(story)
  if (killed) books.missed({ from: killed[0], to: killed[1], how: 'killed' })
  if (stopped) books.missed({ from: stopped[0], to: stopped[1], how: 'stopped' })
  async function* pages() {
    yield rows
  }
  await books.close(pages())
  return books
}

const unanswered = { bytes: 0, closedAt: undefined, code: '' } as const
const broke = (more: Partial<Story> = {}) => whole('a', { ...unanswered, ending: 'broke', ...more })
const left = (more: Partial<Story> = {}) => whole('a', { ...unanswered, ending: 'left', ...more })
const keyed = (id: string, more: Partial<Story> = {}) => whole(id, { errand: errandOf(1, { key: 'k' }), ...more })
const given = (id: string) => rowOf(id, { attempts: [], cost_usd: '0' })

const sound: readonly (readonly [string, Case])[] = [
  ['a story and its row', { stories: [whole('a')], rows: [rowOf('a')], asked: [[1, '']] }],
  [
    'no row of one that broke when the relay was killed',
    { stories: [broke()], asked: [[1, '']], killed: [1_500, 3_000] },
  ],
  ['no row of one that found the relay stopped', { stories: [broke({ status: 0 })], stopped: [1_500, 3_000] }],
  ['no row of one who left just before a kill', { stories: [left()], asked: [[1, '']], killed: [2_500, 3_000] }],
  ['no row of one who left unheard', { stories: [left({ status: 0 })] }],
  ['one who left, and was let go', { stories: [left()], rows: [rowOf('a')], asked: [[1, 'stall', 2_900]] }],
  [
    'one reply under a key, paid for once',
    { stories: [keyed('a'), keyed('b', { replayed: true })], rows: [rowOf('a'), given('b')] },
  ],
]
test.each([...sound])('%s: no complaint', async (_, case_) => {
  expect((await closed(case_)).examples).toEqual([])
})

const unsound: readonly (readonly [string, Case])[] = [
  ['two rows', { stories: [whole('a')], rows: [rowOf('a'), rowOf('a')] }],
  ['a row of nobody', { stories: [], rows: [rowOf('a')] }],
  ['a whole reply without a row', { stories: [whole('a')], killed: [1_500, 3_000] }],
  ['a closing mark without a row', { stories: [broke({ closedAt: 9 })], killed: [1_500, 3_000] }],
  ['a failure without a row', { stories: [whole('a', { ending: 'failed' })], killed: [1_500, 3_000] }],
  ['one who left, was heard, and has no row', { stories: [left({ status: 0 })], asked: [[1, '']] }],
  ['one who left long before the kill, without a row', { stories: [left()], killed: [11_000, 12_000] }],
  ['no row of one that an orderly stop broke', { stories: [broke()], asked: [[1, '']], stopped: [1_500, 3_000] }],
  ['one that broke without a cause', { stories: [broke()], rows: [rowOf('a')], killed: [3_000, 4_000] }],
  [
    'a connection that broke before any answer, and was made again unseen',
    {
      stories: [whole('a')],
      rows: [rowOf('a')],
      asked: [
        [1, 'reset'],
        [1, ''],
      ],
    },
  ],
  [
    'a try that the row does not tell of',
    {
      stories: [whole('a')],
      rows: [rowOf('a')],
      asked: [
        [1, ''],
        [1, '500'],
      ],
    },
  ],
  ['one who left, and was asked for on', { stories: [left()], rows: [rowOf('a')], asked: [[1, 'stall', 3_100]] }],
  [
    'two replies under a key',
    { stories: [keyed('a'), keyed('b', { replayed: true, print: 'q' })], rows: [rowOf('a'), given('b')] },
  ],
  ['two replies paid for under a key', { stories: [keyed('a'), keyed('b')], rows: [rowOf('a'), rowOf('b')] }],
]
test.each([...unsound])('%s: a complaint', async (_, case_) => {
  expect((await closed(case_)).complaints).toBeGreaterThan(0)
})

test('rows of the last life are those whose request came after the death before it', async () => {
  const asks = new Asks()
  const books = new Books(asks)
  books.bornAgain(Date.parse('2026-01-01T00:00:00.000Z'))
  for (const id of ['a', 'b']) books.told(whole(id))
  async function* pages() {
    yield [rowOf('a', { at: '2025-12-31T23:59:59.000Z' }), rowOf('b')]
  }
  await books.close(pages())
  expect([books.rows, books.rowsOfLastLife, books.made]).toEqual([2, 1, 2])
})
