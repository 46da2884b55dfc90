import type { Running } from './serve.ts'

/**
 * Starts the relay and stays until it is told to go: SIGTERM or SIGINT drain it, SIGHUP reloads the config. It listens to
 * them from the first moment, and does what they say once it has started.
 */
export async function runServe(config: string | undefined): Promise<void> {
  const { promise: starting, resolve, reject } = Promise.withResolvers<Running>()
  listen(starting)
  warnIfBare()
  start(config).then(resolve, reject)
  await starting
}

async function start(config: string | undefined): Promise<Running> {
  const { serve } = await import('./serve.ts')
  return serve({ path: config, cwd: process.cwd(), env: process.env, greet: text => console.error(text) })
}

function listen(starting: Promise<Running>): void {
  let leaving = false
  async function leave(): Promise<void> {
    if (leaving) return
    leaving = true
    try {
      await (await starting).drain()
      process.exit(0)
    } catch (error) {
      console.error(error)
      process.exit(1)
    }
  }
  process.on('SIGTERM', () => void leave())
  process.on('SIGINT', () => void leave())
  // A start that fails says so by itself.
  process.on('SIGHUP', () => void starting.then(running => running.reload()).catch(() => undefined))
}

/** Without the launcher the runtime makes only 256 calls at once, and nothing inside the process can change that. */
function warnIfBare(): void {
  if (process.env.BUN_CONFIG_MAX_HTTP_REQUESTS) return
  console.error('Started without bin/thalamus: at most 256 calls to providers will run at once.')
}
