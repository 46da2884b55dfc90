import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Answered, ask, hello } from '../fakes/ask.ts'
import { type Row, rows } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/** The promise that a reply which somebody has is in the ledger, kept against a process that is killed under load. */

const rounds = 10
const callers = 40

let house: Thalamus

beforeAll(async () => {
  house = await startThalamus({ config: { log: { level: 'error' } } })
})
afterAll(() => house?.stop())

test(`of ${callers} callers whose relay is killed, each finds the row of every reply that it had whole`, async () => {
  const had: string[] = []
  for (let round = 1; round <= rounds; round++) {
    had.push(...(await untilKilled(round)))
    await house.restart()
    const next = await ask(house, { model: 'sim/echo' })
    expect(next.status).toBe(200)
    had.push(next.id)
    expectSound()
  }
  expectRows(had, await rows(house))
  console.log(`${had.length} whole replies of ${rounds} killed relays have their row`)
  expect(had.length).toBeGreaterThan(1_000)
}, 30_000)

/** Every caller asks and asks, until in the midst of it the relay dies. The ids of the replies that were had whole. */
async function untilKilled(round: number): Promise<readonly string[]> {
  const had: string[] = []
  const enough = 100 + Math.floor(100 * Math.random())
  let killed: Promise<unknown> | undefined

  async function call(caller: number): Promise<void> {
    for (let nth = caller; !killed; nth++) {
      const answered = await habits[nth % habits.length]?.(`own-${round}-${caller}-${nth}`).catch(gone)
      if (answered && isWhole(answered)) had.push(answered.id)
      if (had.length >= enough) killed ??= house.kill('SIGKILL')
    }
  }

  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
  await killed
  return had
}

/** One who left gets no answer, nor does one whose relay is dead: whoever is left alone has nothing to look for. */
const gone = (): undefined => undefined

/** What callers do, in turns. Some bring an id of their own. */
const habits: readonly ((own: string) => Promise<Answered>)[] = [
  () => ask(house, { model: 'sim/echo' }),
  () => ask(house, streamed('sim/lorem', 12)),
  () => ask(house, JSON.stringify({ model: 'sim/embed', input: 'one two three' }), { path: '/v1/embeddings' }),
  own => ask(house, { model: 'sim/lorem' }, { headers: { 'x-request-id': own } }),
  () => ask(house, streamed('sim/echo+no-done', 6)),
  () => ask(house, streamed('sim/lorem', 200)),
  () => ask(house, streamed('sim/echo', 6)),
  own => ask(house, streamed('sim/lorem+pace=2', 8), { headers: { 'x-request-id': own } }),
  () => ask(house, streamed('sim/echo', 6)),
  () => {
    const leaving = new AbortController()
    return ask(house, streamed('sim/lorem+pace=5', 50), { signal: leaving.signal, heard: () => leaving.abort() })
  },
  () => ask(house, { model: 'sim/lorem+delay=20' }, { signal: AbortSignal.timeout(20 * Math.random()) }),
]

const streamed = (model: string, tokens: number): string =>
  JSON.stringify({
    model,
    messages: hello,
    stream: true,
    max_tokens: tokens,
    stream_options: { include_usage: tokens > 6 },
  })

/** The closing mark alone will do: it leaves after the row is written, as does the end of a stream without it. */
const isWhole = ({ status, text, broke }: Answered): boolean =>
  status === 200 && (!broke || text.includes('data: [DONE]\n'))

function expectRows(had: readonly string[], ledger: readonly Row[]): void {
  const byId = new Map(ledger.map(row => [row.id, row]))
  expect(byId.size).toBe(ledger.length)
  expect(new Set(had).size).toBe(had.length)
  expect(had.filter(id => !byId.has(id))).toEqual([])
  const wrong = had.map(id => byId.get(id)).filter(row => row?.code !== 'ok' || row.status !== 200 || !row.usage)
  expect(wrong).toEqual([])
}

function expectSound(): void {
  const database = new Database(join(house.folder, 'thalamus.db'), { readonly: true })
  try {
    expect(database.query('PRAGMA integrity_check').values()).toEqual([['ok']])
  } finally {
    database.close()
  }
}
