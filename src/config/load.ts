import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Config } from './config.ts'
import { parseConfig } from './parse.ts'
import { ConfigError } from './problem.ts'
import type { Known } from './rules.ts'
import { causeOf } from './secrets.ts'

export type LoadOptions = {
  /** The file that was asked for. That it is missing is then an error. */
  readonly path?: string | undefined
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly known: Known
}

/** `file` is the absolute path of what was read; undefined if there was no file and the defaults hold. */
export type Loaded = { readonly config: Config; readonly file: string | undefined }

const usualNames = ['thalamus.yaml', 'thalamus.yml', 'thalamus.json']

/** Reads the file that was asked for, or the first of the usual ones in `cwd`. Throws a ConfigError and nothing else. */
export async function loadConfig({ path, cwd, env, known }: LoadOptions): Promise<Loaded> {
  const found = path === undefined ? await firstOf(usualNames, cwd) : await read(path, cwd, true)
  const file = found && resolve(cwd, found.name)
  const folder = file === undefined ? cwd : dirname(file)
  const world = { env, known, folder, readFile: (name: string) => readFileSync(name, 'utf8') }
  return { config: parseConfig(found?.text ?? '', found?.name ?? 'environment', world), file }
}

type Read = { readonly name: string; readonly text: string }

async function firstOf(names: readonly string[], cwd: string): Promise<Read | undefined> {
  for (const name of names) {
    const found = await read(name, cwd, false)
    if (found !== undefined) return found
  }
  return undefined
}

async function read(name: string, cwd: string, wanted: boolean): Promise<Read | undefined> {
  try {
    const bytes = await Bun.file(resolve(cwd, name)).bytes()
    return { name, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    if (!wanted && causeOf(error) === 'ENOENT') return undefined
    throw unreadable(name, error)
  }
}

function unreadable(file: string, cause: unknown): ConfigError {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'There is no such file.',
    ERR_ENCODING_INVALID_ENCODED_DATA: 'The file is not text in UTF-8.',
  }
  const message = reasons[causeOf(cause)] ?? `The file cannot be read (${causeOf(cause)}).`
  return new ConfigError([{ file, line: 0, column: 0, path: '', message }], { cause })
}
