import { startSim } from '../../../src/sim/sim.ts'
import { lineOf } from '../../matrix/cells.ts'
import { startUnderstudy } from '../../matrix/understudy.ts'
import { moodOf } from './moods.ts'

/** One provider of every dialect as a process of its own, in a changing mood. Writes its port when it listens, who asks, and when that is over. */

const [port = 0] = process.argv.slice(2).map(Number)
const mood = moodOf(Math.random)
let requests = 0
const markOf = (mark: string): number => Number(mark.slice('cell-'.length))

const sim = startSim()
const understudy = startUnderstudy(sim.origin, mark => lineOf(markOf(mark)), {
  port,
  mood,
  heard({ mark, mood }) {
    const nth = ++requests
    console.log(`asked ${nth} ${markOf(mark)} ${mood}`)
    return () => console.log(`over ${nth}`)
  },
})
const asked = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => Response.json(understudy.asked()) })
console.log(`port ${understudy.port} asked ${asked.url.origin}`)
