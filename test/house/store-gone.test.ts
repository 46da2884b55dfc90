import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { type Answered, ask, hello } from '../fakes/ask.ts'
import { metric } from '../fakes/ledger.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'

/**
 * A relay whose database fails while it serves goes on serving whom it knows, says what it could not write, and lets in
 * nobody whom it cannot look up (litellm#18708 and OpenRouter's outage of 28 August 2025: no database, no answers).
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const inConfig = 'dev-key-0123456789'
let house: Thalamus
let database: Database

beforeEach(async () => {
  house = await startThalamus({
    config: { providers: { sim: { enabled: true } }, keys: [{ name: 'dev', secret: 'env:DEV_KEY' }] },
    env: { DEV_KEY: inConfig },
  })
  database = new Database(join(house.folder, 'thalamus.db'), { readwrite: true })
})
afterEach(async () => {
  database.close()
  await house.stop()
})

const say = (more: object = {}, key = inConfig): Promise<Answered> =>
  ask(house, { model: 'sim/echo', ...more }, { key })

describe('without a table for its rows', () => {
  test('it answers, whole and streamed, and tells of each row that was lost', async () => {
    database.run('DROP TABLE requests')
    const answers = await Promise.all([say(), say({ stream: true }), say({ model: 'sim/echo+500' })])
    expect(answers.map(({ status, broke }) => [status, broke])).toEqual([
      [200, false],
      [200, false],
      [500, false],
    ])
    expect(answers[0]?.json()).toMatchObject({ choices: [{ message: { content: hello[0]?.content } }] })
    expect(answers[1]?.text).toEndWith('data: [DONE]\n\n')
    for (const { id } of answers)
      expect((await house.logged(line => line.level === 'error' && String(line.message).includes(id))).event).toBe(
        'error',
      )
    expect(await metric(house, 'thalamus_events_dropped_total')).toBe(3)
  })

  test('it does not say that there were none', async () => {
    database.run('DROP TABLE requests')
    const headers = { authorization: `Bearer ${house.adminToken}` }
    expect((await fetch(`${house.adminUrl}/admin/v1/requests`, { headers })).status).toBe(500)
  })
})

test('without a table for its keys it lets in whom its config knows, and nobody else', async () => {
  database.run('DROP TABLE keys')
  const unknown = await say({}, 'thal_nobody')
  expect([unknown.status, unknown.text.includes('keys')]).toEqual([500, false])
  expect((await say()).status).toBe(200)
})
