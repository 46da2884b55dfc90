import { serve } from './serve.ts'

/** Starts the relay and stays until it is told to go: SIGTERM or SIGINT drain it, SIGHUP reloads the config. */
export async function runServe(config: string | undefined): Promise<void> {
  warnIfBare()
  const running = await serve({
    path: config,
    cwd: process.cwd(),
    env: process.env,
    greet: text => console.error(text),
  })
  let leaving = false
  function leave(): void {
    if (leaving) return
    leaving = true
    running.drain().then(
      () => process.exit(0),
      error => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', leave)
  process.on('SIGINT', leave)
  process.on('SIGHUP', () => void running.reload())
}

/** Without the launcher the runtime makes only 256 calls at once, and nothing inside the process can change that. */
function warnIfBare(): void {
  if (process.env.BUN_CONFIG_MAX_HTTP_REQUESTS) return
  console.error('Started without bin/thalamus: at most 256 calls to providers will run at once.')
}
