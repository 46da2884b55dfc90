import { ask, type Got } from './caller.ts'
import { type Cell, nameOf } from './cells.ts'
import { judge, type Verdict } from './judge.ts'
import { startSdks } from './sdks.ts'
import { startStage } from './stage.ts'
import { watchStalls } from './stalls.ts'

/** Plays all cells, and judges each when every row is written. */
export type Played = { readonly verdicts: readonly Verdict[]; readonly inFlight: number; readonly rows: number }

type Say = (line: string) => void

/** Those that wait for silence mostly wait; the others would only stand in each other's way. */
const together = { timed: 40, others: 12 }
/** How often those that were disturbed are played again. */
const mostRounds = 4

export async function play(cells: readonly Cell[], say: Say = () => undefined): Promise<Played> {
  const timed = cells.filter(({ fault }) => fault.timed)
  const others = cells.filter(({ fault }) => !fault.timed)
  const parts = [await playOn(others, false, say), ...(await playTimed(timed, say))]
  return {
    verdicts: parts.flatMap(({ verdicts }) => verdicts).toSorted((one, other) => one.cell.id - other.cell.id),
    inFlight: parts.reduce((sum, { inFlight }) => sum + inFlight, 0),
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
  }
}

/** A timer that rings because the machine stood still says nothing of a provider: such a cell is played again. */
async function playTimed(cells: readonly Cell[], say: Say): Promise<readonly Played[]> {
  const parts: Played[] = []
  let left = cells
  for (let round = 1; round <= mostRounds && left.length > 0; round++) {
    const stalls = watchStalls()
    const played = await playOn(left, true, say)
    const disturbed = played.verdicts.filter(({ got }) => round < mostRounds && stalls.within(got.began, got.ended))
    stalls.stop()
    if (disturbed.length > 0) say(`the machine stood still: ${disturbed.length} are played again`)
    const sound = played.verdicts.filter(verdict => !disturbed.includes(verdict))
    parts.push({ ...played, verdicts: sound, rows: played.rows - disturbed.length })
    left = disturbed.map(({ cell }) => cell)
  }
  return parts
}

async function playOn(cells: readonly Cell[], timed: boolean, say: Say): Promise<Played> {
  const stage = await startStage(cells, timed)
  const sdks = startSdks()
  try {
    const got = await each(cells, timed ? together.timed : together.others, cell => ask(cell, stage), say)
    const rows = await stage.rows()
    const verdicts = await each(cells, together.others, cell =>
      judge(cell, gotBy(cell, got), rows.get(nameOf(cell)) ?? [], stage, sdks),
    )
    return {
      verdicts: [...verdicts.values()],
      inFlight: await stage.inFlight(),
      rows: [...rows.values()].flat().length,
    }
  } finally {
    await Promise.all([stage.stop(), sdks.stop()])
  }
}

function gotBy(cell: Cell, all: ReadonlyMap<Cell, Got>): Got {
  const got = all.get(cell)
  if (!got) throw new Error(`Nobody asked ${nameOf(cell)}.`)
  return got
}

/** One after the other, or all timers would ring at once. */
const apartMs = 20

/** So many at once. */
async function each<Value>(
  cells: readonly Cell[],
  most: number,
  play: (cell: Cell) => Promise<Value>,
  say: Say = () => undefined,
): Promise<ReadonlyMap<Cell, Value>> {
  const values = new Map<Cell, Value>()
  const left = [...cells].reverse()

  async function work(nth: number): Promise<void> {
    await Bun.sleep(nth * apartMs)
    for (let cell = left.pop(); cell; cell = left.pop()) {
      values.set(cell, await play(cell))
      if (values.size % 500 === 0) say(`${values.size} of ${cells.length}`)
    }
  }

  await Promise.all(Array.from({ length: most }, (_, nth) => work(nth)))
  return values
}
