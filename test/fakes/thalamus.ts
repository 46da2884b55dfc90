import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** The relay as an operator runs it: `bin/thalamus serve` as a process of its own, in a folder of its own. */

export type StartOptions = {
  /** As an object: ports that it leaves open are free ones. As a text: the file as it stands, ports included. */
  readonly config?: object | string
  /** Besides PATH and HOME; nothing else of the tests' own environment is passed on. */
  readonly env?: Readonly<Record<string, string>>
  /** More files for the folder, by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

export type Exit = { readonly code: number | null; readonly signal: string | number | null }

export type LogLine = { readonly event: string; readonly [field: string]: unknown }

export type Thalamus = {
  /** `http://127.0.0.1:PORT`, of the start that runs now. */
  readonly url: string
  readonly adminUrl: string
  readonly pid: number
  readonly adminToken: string
  /** The first virtual key, which the first start showed; the empty text if the config brought its own. */
  readonly key: string
  /** Its working directory: thalamus.yaml and thalamus.db are here. */
  readonly folder: string
  /** What this start has written so far. */
  stdout(): string
  stderr(): string
  logLines(): readonly LogLine[]
  /** The first line of the log that is such a one, as soon as it is there. */
  logged(isIt: (line: LogLine) => boolean): Promise<LogLine>
  /** Stops it as an operator does and starts it again in the same folder. */
  restart(): Promise<void>
  kill(signal: NodeJS.Signals): Promise<Exit>
  /** Ends it and removes its folder; one that had died, or does not exit with 0, is an error. Once is enough. */
  stop(): Promise<void>
}

const bin = join(import.meta.dir, '../../bin/thalamus')

/** Longer than anything here takes, so only what hangs meets it. */
const patienceMs = 10_000

export async function startThalamus(options: StartOptions = {}): Promise<Thalamus> {
  const folder = await folderWith({ 'thalamus.yaml': configText(options.config ?? {}), ...options.files })
  let run: Run
  try {
    run = await start(folder, options.env)
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
  let killed = false
  const shown = { token: run.shown('admin token') ?? '', key: run.shown('first key') ?? '' }
  let stopped = false

  return {
    get url() {
      return run.url
    },
    get adminUrl() {
      return run.adminUrl
    },
    get pid() {
      return run.pid
    },
    adminToken: options.env?.THALAMUS_ADMIN_TOKEN ?? shown.token,
    key: shown.key,
    folder,
    stdout: () => run.out.text(),
    stderr: () => run.err.text(),
    logLines: () => linesOf(run.out.text()),
    logged: isIt => logged(run, isIt),
    async restart() {
      await run.end('SIGTERM')
      killed = false
      run = await start(folder, options.env)
    },
    kill(signal) {
      killed = true
      return run.end(signal)
    },
    async stop() {
      if (stopped) return
      stopped = true
      const { code, signal } = await endAndClear(run, folder)
      if (code !== 0 && !killed) throw new Error(`thalamus ended with ${signal ?? code}: ${run.err.text()}`)
    },
  }
}

async function endAndClear(run: Run, folder: string): Promise<Exit> {
  try {
    return await run.end('SIGTERM')
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a run of the command line left behind. */
export type Ran = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/** Runs `bin/thalamus` with these arguments until it ends. */
export async function thalamus(
  args: readonly string[],
  { cwd = tmpdir(), env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> {
  const child = spawn(args, cwd, env)
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), ended(child)])
  return { code: child.exitCode, stdout, stderr }
}

/** A process of the command line that stays. Whoever starts it ends it. */
export function spawn(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
  return Bun.spawn([bin, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', HOME: cwd, ...env },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

/** A folder of its own with these files; its maker removes it. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'thalamus-test-'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

/** One try, whatever happened to others before: most stories tell what becomes of that. */
const oneTry = { retry: { attempts: 1, respect_retry_after: false }, breaker: { min_requests: 1_000_000 } }

/** JSON is YAML. A port of 0 is any free one, which no other test can have taken. */
export function configText(config: object | string): string {
  if (typeof config === 'string') return config
  const { server, admin, defaults, ...rest } = config as { readonly [part: string]: object | undefined }
  const filled = { server: { port: 0, ...server }, admin: { port: 0, ...admin }, defaults: { ...oneTry, ...defaults } }
  return JSON.stringify({ ...filled, ...rest }, null, 2)
}

type Child = ReturnType<typeof spawn>
type Run = Awaited<ReturnType<typeof start>>

async function start(folder: string, env: StartOptions['env']) {
  const child = spawn(['serve'], folder, env)
  const out = gather(child.stdout)
  const err = gather(child.stderr)
  const shown = (label: string): string | undefined => new RegExp(`^ *${label} +(\\S+)`, 'm').exec(err.text())?.[1]
  try {
    const found = await err.until(text => (text.includes('/v1/chat/completions') ? text : undefined))
    if (found === undefined) {
      await child.exited
      throw new Error(`thalamus did not start (${child.signalCode ?? child.exitCode}): ${err.text()}`)
    }
    const adminUrl = shown('admin') ?? ''
    await ready(adminUrl)
    const url = (shown('listening') ?? '').replace(/\/v1$/, '')
    return { url, adminUrl, pid: child.pid, out, err, shown, end: (signal: NodeJS.Signals) => end(child, signal) }
  } catch (error) {
    await end(child, 'SIGKILL')
    throw error
  }
}

async function ready(adminUrl: string): Promise<void> {
  const response = await fetch(`${adminUrl}/readyz`)
  if (response.status !== 200) throw new Error(`thalamus is not ready: ${response.status}`)
}

async function end(child: Child, signal: NodeJS.Signals): Promise<Exit> {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal)
  await ended(child)
  return { code: child.exitCode, signal: child.signalCode }
}

/** One that will not end is made to, and whoever waited is told. */
async function ended(child: Child): Promise<void> {
  let late = false
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, patienceMs)
  await child.exited
  clearTimeout(timer)
  if (late) throw new Error(`The process did not end within ${patienceMs} ms.`)
}

type Gathered = {
  text(): string
  /** What `look` finds in the text as it grows; undefined if the stream ends without it. */
  until<Found>(look: (text: string) => Found | undefined): Promise<Found | undefined>
}

function gather(stream: ReadableStream<Uint8Array>): Gathered {
  let text = ''
  let over = false
  let grown = Promise.withResolvers<void>()
  const more = (): void => {
    grown.resolve()
    grown = Promise.withResolvers()
  }

  async function read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const bytes of stream) {
      text += decoder.decode(bytes, { stream: true })
      more()
    }
    over = true
    more()
  }
  void read()

  async function until<Found>(look: (text: string) => Found | undefined): Promise<Found | undefined> {
    for (;;) {
      const found = look(text)
      if (found !== undefined || over) return found
      await soon(grown.promise, () => `Nothing of the kind was written: ${text}`)
    }
  }

  return { text: () => text, until }
}

const linesOf = (text: string): LogLine[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as LogLine)

async function logged({ out }: Run, isIt: (line: LogLine) => boolean): Promise<LogLine> {
  const line = await out.until(text => linesOf(text).find(isIt))
  if (line === undefined) throw new Error(`There is no such line in the log: ${out.text()}`)
  return line
}

/** What is awaited, or an error once patience is at its end: a test that hangs should say on what. */
export async function soon<Value>(awaited: Promise<Value>, complaint: () => string): Promise<Value> {
  const { promise: never, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(complaint())), patienceMs)
  try {
    return await Promise.race([awaited, never])
  } finally {
    clearTimeout(timer)
  }
}
