import type { Config } from '../config/config.ts'
import { parseConfig } from '../config/parse.ts'
import { knownProviders } from './places.ts'

/** A config as an operator would write it, for tests. */
export const configOf = (written: object, env: Readonly<Record<string, string>> = {}): Config =>
  parseConfig(JSON.stringify(written), 'thalamus.yaml', {
    env,
    known: { providers: knownProviders },
    folder: '/nowhere',
    readFile: () => {
      throw new Error('There is no file here.')
    },
  })
