import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { Subprocess } from 'bun'
import { startGateway, stop } from './children.ts'
import { fetchSample } from './load/judge.ts'
import type { Peer, Place } from './peers.ts'
import { requestTo, SMALL_JSON } from './requests.ts'

/** Starts a gateway in a folder of its own and waits for its first 200 through to the mock; says how long that took. */
export async function open(peer: Peer, mockPort: number): Promise<Gateway> {
  const place: Place = { folder: ownFolder(peer.name), ...freePorts(), mockPort }
  const launch = peer.launch(place)
  for (const [name, text] of Object.entries(launch.files)) writeFileSync(`${place.folder}/${name}`, text)
  mkdirSync(`${place.folder}/out`)
  const log = `${place.folder}/out/log`
  const born = performance.now()
  const child = startGateway(launch.command, { cwd: place.folder, env: launch.env, log })

  async function close(): Promise<void> {
    await stop(child)
    removeFolder(place.folder)
  }

  try {
    await firstAnswer(child, place.port, requestTo(peer, mockPort, SMALL_JSON))
  } catch (error) {
    const said = lastWords(log)
    await close()
    throw new Error(`${peer.name} did not start: ${(error as Error).message}\n${said}`)
  }
  return { peer, pid: child.pid, port: place.port, startMs: performance.now() - born, close }
}

export type Gateway = {
  readonly peer: Peer
  readonly pid: number
  readonly port: number
  readonly startMs: number
  readonly close: () => Promise<void>
}

/** Opens all, hands them to `use`, and closes them whatever happens. */
export async function withOpen<T>(
  peers: readonly Peer[],
  mockPort: number,
  use: (gateways: readonly Gateway[]) => Promise<T>,
): Promise<T> {
  const gateways: Gateway[] = []
  try {
    for (const peer of peers) gateways.push(await open(peer, mockPort))
    return await use(gateways)
  } finally {
    await Promise.all(gateways.map(gateway => gateway.close()))
  }
}

const folders = new Set<string>()

/** Also gone when the run is interrupted. */
process.on('exit', () => folders.forEach(removeFolder))

function ownFolder(name: string): string {
  const folder = mkdtempSync(`${tmpdir()}/bench-${name}-`)
  folders.add(folder)
  return folder
}

function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

const PATIENCE_MS = 15_000

/** Asks again every half millisecond: a start of 50 ms must not be measured with a step of 50 ms. */
async function firstAnswer(child: Subprocess, port: number, request: string): Promise<void> {
  const bytes = Buffer.from(request)
  const deadline = performance.now() + PATIENCE_MS
  let last = 'nobody listens'
  while (performance.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with status ${child.exitCode}`)
    const answer = await Promise.race([statusOf(port, bytes), Bun.sleep(PATIENCE_MS).then(() => 'no answer')])
    if (answer === '200') return
    last = answer
    await Bun.sleep(0.5)
  }
  throw new Error(`no 200 within ${PATIENCE_MS / 1000} s (${last})`)
}

async function statusOf(port: number, request: Buffer): Promise<string> {
  try {
    const sample = await fetchSample(port, request)
    return sample.status === 200 ? '200' : `${sample.status} ${sample.body.slice(0, 300)}`
  } catch (error) {
    return (error as Error).message
  }
}

/** Both are held open until both are known, or the second could be the first again. */
function freePorts(): { readonly port: number; readonly adminPort: number } {
  const holders = [0, 1].map(() => Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data: () => undefined } }))
  const [port = 0, adminPort = 0] = holders.map(holder => holder.port)
  for (const holder of holders) holder.stop(true)
  return { port, adminPort }
}

function lastWords(log: string): string {
  return [log, `${log}.err`].map(file => readFileSync(file, 'utf8').slice(-1500)).join('\n')
}
