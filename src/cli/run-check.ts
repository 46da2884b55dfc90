import { loadConfig } from '../config/load.ts'
import { ConfigError } from '../config/problem.ts'
import { knownProviders } from '../house/places.ts'

/** Says whether the config is right, and where it is not. */
export async function runCheck({ config, json }: { config?: string; json?: boolean }): Promise<void> {
  const path = config
  try {
    const known = { providers: knownProviders }
    const { file } = await loadConfig({ path, cwd: process.cwd(), env: process.env, known })
    console.log(
      json
        ? JSON.stringify({ ok: true, file: file ?? null, problems: [] })
        : `${file ?? 'No config file: the defaults'} is right.`,
    )
  } catch (error) {
    if (!json || !(error instanceof ConfigError)) throw error
    console.log(JSON.stringify({ ok: false, problems: error.problems }))
    process.exitCode = 1
  }
}
