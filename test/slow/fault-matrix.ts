import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { allCells, type Cell, someCells } from '../matrix/cells.ts'
import type { Verdict } from '../matrix/judge.ts'
import { complaintOf, tableOf } from '../matrix/report.ts'
import { play } from '../matrix/run.ts'

/** `npm run matrix:faults`: everything that a provider can do, to every endpoint, in every form, at every place. */

const usage = `Usage: npm run matrix:faults -- [--some] [--only PATTERN] [--write]

  --some          one of each kind, as in the tests
  --only PATTERN  the cells whose names match: 'stalls.*openai-chat'
  --write         puts the table into docs/never-down-matrix.md

Exit status: 0 every cell is as it should be · 1 one is not · 2 wrong usage`

const page = join(import.meta.dir, '../../docs/never-down-matrix.md')

function read(args: readonly string[]) {
  try {
    const options = { some: { type: 'boolean' }, only: { type: 'string' }, write: { type: 'boolean' } } as const
    const { some, only, write } = parseArgs({ args: [...args], options }).values
    return { some: some === true, only: new RegExp(only ?? ''), write: write === true }
  } catch {
    // What is wrong with an option is said by the usage, too.
    return undefined
  }
}

const nameOf = ({ fault, position, endpoint, first, second, stream, standby }: Cell): string =>
  [fault.name, position, endpoint.name, first, second, stream && 'stream', standby && 'standby'].join(' ')

async function main(): Promise<number> {
  const asked = read(process.argv.slice(2))
  if (!asked) {
    console.error(usage)
    return 2
  }
  const began = performance.now()
  const cells = (asked.some ? someCells() : allCells()).filter(cell => asked.only.test(nameOf(cell)))
  const { verdicts, inFlight, rows } = await play(cells, line => console.error(line))
  const wrong = verdicts.map(complaintOf).filter(complaint => complaint !== '')
  console.log(tableOf(verdicts))
  for (const complaint of wrong) console.log(`\n${complaint}`)
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(`\n${cells.length} cells in ${seconds} s, ${rows} rows, ${inFlight} in flight, ${wrong.length} wrong`)
  if (asked.write) await write(verdicts)
  return wrong.length === 0 && inFlight === 0 && rows === cells.length ? 0 : 1
}

/** The table stands at the end of its page. */
async function write(verdicts: readonly Verdict[]): Promise<void> {
  const [intro = ''] = (await Bun.file(page).text()).split(/^(?=\| the first provider)/m)
  const counted = intro.replace(/[\d,]+ cells/, `${verdicts.length.toLocaleString('en')} cells`)
  await Bun.write(page, `${counted}${tableOf(verdicts)}\n`)
}

process.exitCode = await main()
