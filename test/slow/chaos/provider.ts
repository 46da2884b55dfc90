import { startSim } from '../../../src/sim/sim.ts'
import { lineOf } from '../../matrix/cells.ts'
import { startUnderstudy } from '../../matrix/understudy.ts'
import { moodOf } from './moods.ts'

/** One provider of every dialect as a process of its own, in a changing mood. Writes its port when it listens. */

const [port = 0] = process.argv.slice(2).map(Number)
const sim = startSim()
const understudy = startUnderstudy(sim.origin, mark => lineOf(Number(mark.slice('cell-'.length))), {
  port,
  mood: moodOf(Math.random),
})
console.log(`port ${understudy.port} stats ${sim.origin}/sim/stats`)
