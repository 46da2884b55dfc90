import { ask, type Got } from './caller.ts'
import { type Cell, nameOf } from './cells.ts'
import { judge, type Verdict } from './judge.ts'
import { startSdks } from './sdks.ts'
import { startStage } from './stage.ts'

/** Plays all cells, and judges each when every row is written. */
export type Played = { readonly verdicts: readonly Verdict[]; readonly inFlight: number; readonly rows: number }

/** Those that wait for silence mostly wait; the others would only stand in each other's way. */
const together = { timed: 40, others: 12 }

export async function play(cells: readonly Cell[], say: (line: string) => void = () => undefined): Promise<Played> {
  const timed = cells.filter(({ fault }) => fault.timed)
  const others = cells.filter(({ fault }) => !fault.timed)
  const parts = [await playOn(others, false, say), await playOn(timed, true, say)]
  return {
    verdicts: parts.flatMap(({ verdicts }) => verdicts),
    inFlight: parts.reduce((sum, { inFlight }) => sum + inFlight, 0),
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
  }
}

async function playOn(cells: readonly Cell[], timed: boolean, say: (line: string) => void): Promise<Played> {
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

const apartMs = 20

/** So many at once. */
async function each<Value>(
  cells: readonly Cell[],
  most: number,
  play: (cell: Cell) => Promise<Value>,
  say: (line: string) => void = () => undefined,
): Promise<ReadonlyMap<Cell, Value>> {
  const values = new Map<Cell, Value>()
  const left = [...cells].reverse()
  // One after the other, or all timers would ring at once.
  async function worker(_: undefined, nth: number): Promise<void> {
    await Bun.sleep(nth * apartMs)
    for (let cell = left.pop(); cell; cell = left.pop()) {
      values.set(cell, await play(cell))
      if (values.size % 500 === 0) say(`${values.size} of ${cells.length}`)
    }
  }
  await Promise.all(Array.from({ length: most }, () => undefined).map(worker))
  return values
}
