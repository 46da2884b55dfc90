import type { Cell } from './cells.ts'
import { msOf, type Outcome, type Verdict } from './judge.ts'

/** What became of all cells, as a table: a row for each fault and place, a column for each way of asking. */

type Column = { readonly title: string; holds(cell: Cell): boolean }

const columns: readonly Column[] = [
  { title: 'a whole reply', holds: ({ stream, both }) => !stream && !both },
  { title: 'a stream', holds: ({ stream, standby, both }) => stream && !standby && !both },
  { title: 'a stream, with standby', holds: ({ standby }) => standby },
  { title: 'where both fail', holds: ({ both }) => both },
]

export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = Map.groupBy(verdicts, ({ cell }) => `${cell.fault.name} | ${cell.position}`)
  const lines = [...rows].map(
    ([name, row]) => `| ${name} | ${columns.map(column => textOf(row, column)).join(' | ')} |`,
  )
  const titles = ['the first provider', 'where', ...columns.map(({ title }) => title)]
  return [`| ${titles.join(' | ')} |`, `|${titles.map(() => '---').join('|')}|`, ...lines].join('\n')
}

function textOf(row: readonly Verdict[], { holds }: Column): string {
  const outcomes = Map.groupBy(
    row.filter(({ cell }) => holds(cell)),
    nameOf,
  )
  const counts = [...outcomes].map(([outcome, those]) => [outcome, those.length] as const)
  return counts
    .toSorted(([, one], [, other]) => other - one)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ')
}

const nameOf = ({ outcome, complaints }: Verdict): Outcome | '**WRONG**' =>
  complaints.length > 0 ? '**WRONG**' : outcome

/** What is wrong with a cell, in words; empty if nothing is. */
export function complaintOf({ cell, outcome, complaints, got }: Verdict): string {
  if (complaints.length === 0) return ''
  const { endpoint, fault, position, first, second, stream, standby, both } = cell
  const forms = [stream ? 'stream' : 'whole', ...(standby ? ['standby'] : []), ...(both ? ['both'] : [])].join(', ')
  const where = `${fault.name}, ${position}: ${endpoint.name} over ${first} and ${second} (${forms})`
  return [`#${cell.id} ${where}: ${outcome} after ${msOf(got)} ms`, ...complaints].join('\n    ')
}
