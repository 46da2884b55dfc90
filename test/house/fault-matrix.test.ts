import { beforeAll, describe, expect, test } from 'bun:test'
import { type Cell, someCells } from '../matrix/cells.ts'
import { faults } from '../matrix/faults.ts'
import { complaintOf } from '../matrix/report.ts'
import { type Played, play } from '../matrix/run.ts'

/**
 * Everything that a provider can do, at every place of a reply, whole and streamed, with and without standby, over two
 * providers of which the first does it: one cell of each kind. All of them, over every endpoint and dialect:
 * `npm run matrix:faults`.
 */

const cells: readonly Cell[] = someCells()
let played: Played

beforeAll(async () => {
  played = await play(cells)
}, 60_000)

describe('a provider that', () => {
  test.each(faults.map(({ name }) => name))(
    '%s: the caller gets a right answer or an error, and the ledger tells each try',
    name => {
      const those = played.verdicts.filter(({ cell }) => cell.fault.name === name)
      expect(those.length).toBeGreaterThan(0)
      expect(those.map(complaintOf).filter(complaint => complaint !== '')).toEqual([])
    },
  )
})

test('each request has one row, and none is on its way any more', () => {
  expect([played.rows, played.inFlight]).toEqual([cells.length, 0])
})
