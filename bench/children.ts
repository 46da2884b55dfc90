import { cpus } from 'node:os'
import type { Subprocess } from 'bun'

/**
 * Starts the processes of a run, each on its core, and sees to it that none outlives the run: whatever ends this
 * process short of SIGKILL ends them first. The mock and the load also end when their input is closed.
 */
export function startGateway(command: readonly string[], options: GatewayOptions): Subprocess {
  return keep(
    Bun.spawn([...onCore('gateway'), ...command], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdin: 'ignore',
      stdout: Bun.file(options.log),
      stderr: Bun.file(`${options.log}.err`),
    }),
  )
}

export type GatewayOptions = {
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Takes what it prints; what it complains of goes beside it, under `.err`. */
  readonly log: string
}

/** Starts one of our own, beside the run, to talk with over its input and output. */
export function startTool(command: readonly string[]): Tool {
  return keep(Bun.spawn([...onCore('load'), ...command], { stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' }))
}

export type Tool = Subprocess<'pipe', 'pipe', 'inherit'>

/** Asks it to end, and after a grace ends it: a benchmark has no streams worth draining. */
export async function stop(child: Subprocess): Promise<void> {
  child.kill('SIGTERM')
  const grace = setTimeout(() => child.kill('SIGKILL'), 1500)
  await child.exited
  clearTimeout(grace)
}

export const pinned: boolean = cpus().length >= 2 && Bun.which('taskset') !== null

/** Moves this process to the core of the load, so that its polling never disturbs a gateway. */
export async function settleDown(): Promise<void> {
  if (pinned) await Bun.$`taskset -acp ${CORES.load} ${process.pid}`.quiet()
}

/** Gateways have one core for themselves; the mock, the load and the run itself share the other. */
const CORES = { gateway: '0', load: '1' } as const

function onCore(core: keyof typeof CORES): readonly string[] {
  return pinned ? ['taskset', '-c', CORES[core]] : []
}

const running = new Set<Subprocess>()

function keep<T extends Subprocess>(child: T): T {
  running.add(child)
  void child.exited.then(() => running.delete(child))
  return child
}

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

for (const [signal, status] of Object.entries(STATUS)) process.on(signal, () => process.exit(status))
