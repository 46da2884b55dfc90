import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { serve } from '../../src/cli/serve.ts'
import { type Sim, startSim } from '../../src/sim/sim.ts'
import { metric, pages, type Row } from '../fakes/ledger.ts'
import { configText, folderWith } from '../fakes/thalamus.ts'
import { type Cell, lineOf, nameOf } from './cells.ts'
import type { Stand } from './faults.ts'
import { placeOf } from './faults.ts'
import { beginnings, startUnderstudy, type Understudy } from './understudy.ts'
import { startVandal, type Vandal } from './vandal.ts'

/** The relay in this process between two providers, one pair for each cell, so that no cell knows of another. */
export type Stage = {
  readonly url: string
  readonly key: string
  readonly understudy: Understudy
  /** The rows of the ledger, by the model that was asked for. */
  rows(): Promise<ReadonlyMap<string, readonly Row[]>>
  inFlight(): Promise<number>
  stop(): Promise<void>
}

const key = 'thal_fault-matrix-caller-0001'
const adminToken = 'thal_admin_fault-matrix-0001'

/** Silence is noticed after these; elsewhere a busy machine must not look like a silent provider. */
export const hasty = { totalMs: 5_000 }
const impatient = { connect: '2s', first_token: '1s', idle: '400ms', total: `${hasty.totalMs}ms` }
const patient = { connect: '20s', first_token: '20s', idle: '20s', total: '60s' }

export async function startStage(cells: readonly Cell[], timed: boolean): Promise<Stage> {
  const sim = startSim()
  const vandal = await startVandal(sim.origin)
  const understudy = startUnderstudy(sim.origin, mark => lineOf(Number(mark.slice('cell-'.length))))
  const origins = { sim: sim.origin, vandal: vandal.origin, ...(await nowhere(vandal)) }
  const folder = await folderWith({
    'thalamus.yaml': configText({
      store: 'sqlite::memory:',
      log: { level: 'silent' },
      server: { max_lag: '60s', drain: '0s' },
      providers: Object.fromEntries(cells.flatMap(cell => providersOf(cell, origins, understudy))),
      models: Object.fromEntries(cells.map(cell => [nameOf(cell), modelOf(cell)])),
      defaults: { timeout: timed ? impatient : patient, standby: false },
      keys: [{ name: 'matrix', secret: 'env:CALLER_KEY', models: ['*'] }],
    }),
  })
  const env = { CALLER_KEY: key, PROVIDER_KEY: 'sk-fault-matrix-provider-0001', THALAMUS_ADMIN_TOKEN: adminToken }
  const running = await serve({ path: undefined, cwd: folder, env, greet: () => undefined })
  const admin = { adminUrl: running.adminUrl, adminToken }
  return {
    url: running.url,
    key,
    understudy,
    rows: async () => Map.groupBy((await Array.fromAsync(pages(admin))).flat(), row => row.model_asked ?? ''),
    inFlight: () => metric(admin, 'thalamus_in_flight'),
    async stop() {
      await running.drain()
      await stopAll(sim, vandal, understudy)
      await rm(folder, { recursive: true })
    },
  }
}

const stopAll = (sim: Sim, vandal: Vandal, understudy: Understudy): Promise<unknown> =>
  Promise.all([sim.stop(), vandal.stop(), understudy.stop()])

type Origins = Readonly<Record<Stand, string>>

async function nowhere(vandal: Vandal): Promise<Pick<Origins, 'nobody' | 'nowhere' | 'no TLS'>> {
  return {
    nobody: `http://127.0.0.1:${await closedPort()}`,
    nowhere: 'http://nowhere.invalid',
    'no TLS': vandal.origin.replace('http:', 'https:'),
  }
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  return address !== null && typeof address === 'object' ? address.port : 0
}

/** The first, and the second: the understudy, or another that fails alike. */
function providersOf(cell: Cell, origins: Origins, understudy: Understudy): readonly (readonly [string, object])[] {
  const failing = (dialect: string) => provider(dialect, failingUrl(cell, dialect, origins))
  return [
    [firstOf(cell), failing(cell.first)],
    [secondOf(cell), cell.both ? failing(cell.second) : provider(cell.second, understudy.baseUrl(cell.second))],
  ]
}

const provider = (dialect: string, base_url: string) => ({ dialect, base_url, keys: ['env:PROVIDER_KEY'] })

export const firstOf = ({ id }: Pick<Cell, 'id'>): string => `first-${id}`
export const secondOf = ({ id }: Pick<Cell, 'id'>): string => `second-${id}`

function failingUrl({ fault, position }: Cell, dialect: string, origins: Origins): string {
  const what = fault.stand === 'vandal' ? `/${fault.how(placeOf[position])}` : ''
  return `${origins[fault.stand]}${what}${beginnings[dialect] ?? ''}`
}

function modelOf(cell: Cell): object {
  const well = wellModel(cell)
  const ill = cell.fault.stand === 'sim' ? `${well}+${cell.fault.how(placeOf[cell.position])}${paceOf(cell)}` : well
  return {
    targets: [`${firstOf(cell)}/${ill}`, `${secondOf(cell)}/${cell.both ? ill : well}`],
    standby: cell.standby,
  }
}

const wellModel = ({ call, endpoint }: Cell): string => (call ? 'tools' : endpoint.model)

/** What comes before a fault is to reach the caller before it. */
const paceOf = ({ stream, position }: Cell): string => (stream && position !== 'before the headers' ? '+pace=3' : '')
