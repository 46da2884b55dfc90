import { allCells, someCells } from '../matrix/cells.ts'
import { play } from '../matrix/run.ts'
const some = process.argv.includes('--some')
const filter = process.argv.find(a => a.startsWith('--only='))?.slice(7)
let cells = some ? someCells() : allCells()
if (filter) cells = cells.filter(c => `${c.fault.name}|${c.position}|${c.endpoint.name}|${c.first}|${c.stream}|${c.standby}|${c.both}`.match(new RegExp(filter)))
const t = performance.now()
console.log(cells.length, 'cells')
const played = await play(cells, l => console.error(l))
console.log(((performance.now() - t) / 1000).toFixed(1), 's', 'inflight', played.inFlight, 'rows', played.rows)
const count = (key: (v: any) => string) => { const m = new Map<string, number>(); for (const v of played.verdicts) m.set(key(v), (m.get(key(v)) ?? 0) + 1); return m }
const bad = played.verdicts.filter(v => v.complaints.length)
console.log(bad.length, 'bad', Object.fromEntries(count(v => v.outcome)))
for (const v of bad.slice(0, Number(process.env.N ?? 40))) console.log(`#${v.cell.id} ${v.cell.fault.name} | ${v.cell.position} | ${v.cell.endpoint.name} < ${v.cell.first} > ${v.cell.second} | stream ${v.cell.stream} standby ${v.cell.standby} both ${v.cell.both}: ${v.outcome} ${Math.round(v.got.ms)}ms\n    ${v.complaints.join('\n    ').slice(0, 900)}`)
