import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import manifest from '../../package.json'
import { repository } from './tree.ts'

const packageFolders = ['.', 'bench']
const locks = packageFolders.map(folder => join(folder, 'package-lock.json'))
const manifests = packageFolders.map(folder => join(folder, 'package.json'))
/** Nothing where git or the clone's history is absent; what is asked about every file is then skipped. */
const files = trackedFiles()
const pages = files.filter(path => path.endsWith('.md'))

/** What would be true on one machine only. */
const elsewhere: ReadonlyMap<string, RegExp> = new Map([
  ["a path of somebody's machine", /(?<![\w.~-])\/(?:home|Users|root|work)\/[\w.-]/],
  ['a registry', /\bregistry\.(?!example\b)[\w-]+\.\w+|\/-\/[\w.-]+\.tgz/],
])

/** Packages that ask npm to run a script, and why nothing is lost when it does not. */
const installScripts: ReadonlyMap<string, string> = new Map([
  ['node_modules/bun', 'Moves the executable from one package to another; bin/runtime finds it in either place.'],
  [
    'node_modules/@swc/core',
    'Fetches a slower build where the platform package is missing; the floors need the fast one.',
  ],
  ['node_modules/protobufjs', 'Only warns of versions that do not match; Google’s SDK, for tests, brings it.'],
  [
    'node_modules/@portkey-ai/gateway',
    'Would apply patches that its package does not contain; only the benchmark has it.',
  ],
])

const permissive = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0']

describe.skipIf(files.length === 0)('every file', () => {
  for (const [what, pattern] of elsewhere) {
    test(`names no ${what.replace(/^an? /, '')}`, () => {
      expect(files.flatMap(path => linesWith(pattern, path))).toEqual([])
    })
  }
})

describe.each(locks)('%s', path => {
  const packages = lockOf(path)

  test('says what to install, not where from', () => {
    expect(Object.entries(packages).flatMap(([name, { resolved }]) => (resolved ? [name] : []))).toEqual([])
  })

  test('pins by its content every package but those of platforms it was not made on', () => {
    const loose = Object.entries(packages).filter(([name, { integrity, os }]) => name !== '' && !integrity && !os)
    expect(loose.map(([name]) => name)).toEqual([])
  })

  test('has what a package may want on any platform, or npm ci refuses it', () => {
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    expect(wanted.filter(name => !packages[`node_modules/${name}`])).toEqual([])
  })

  test('asks for no install script that has no known reason', () => {
    const asking = Object.entries(packages).flatMap(([name, { hasInstallScript }]) => (hasInstallScript ? [name] : []))
    expect(asking.filter(name => !installScripts.has(name))).toEqual([])
  })
})

describe.each(manifests)('%s', path => {
  test('pins exact versions', () => {
    const { dependencies = {}, devDependencies = {} } = read<Manifest>(path)
    const versions = Object.entries({ ...dependencies, ...devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })

  test('has a lock file beside it that agrees', () => {
    const { name, dependencies, devDependencies } = read<Manifest>(path)
    const root = lockOf(join(dirname(path), 'package-lock.json'))['']
    expect(root).toMatchObject({
      name,
      ...(dependencies && { dependencies }),
      ...(devDependencies && { devDependencies }),
    })
  })
})

describe('what is installed to run', () => {
  const shipped = Object.entries(lockOf('package-lock.json')).filter(([name, { dev }]) => name !== '' && !dev)

  test('is listed', () => {
    expect(shipped.length).toBeGreaterThan(Object.keys(manifest.dependencies).length)
  })

  for (const [name, { license, optional }] of shipped) {
    test(`${name} has a permissive licence`, () => {
      const installed = existsSync(join(repository, name))
        ? read<Manifest>(join(name, 'package.json')).license
        : undefined
      if (!optional) expect(installed).toBeDefined()
      expect(permissive).toContain(installed ?? license ?? 'none')
    })
  }
})

describe.each(pages)('%s', path => {
  const text = readText(path)

  test('links to files that are there', () => {
    const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    const local = links.filter(target => !/^[a-z]+:|^#/.test(target)).map(target => target.replace(/#.*/, ''))
    expect(local.filter(target => !existsSync(join(repository, dirname(path), target)))).toEqual([])
  })

  test('names npm scripts that are there', () => {
    const named = [...text.matchAll(/(?:`|^|&& |\$ )npm (?:run )?([\w:-]+)/gm)].map(([, script = '']) => script)
    const own = new Set(['ci', 'install', 'run', ...Object.keys(manifest.scripts)])
    expect(named.filter(script => !own.has(script))).toEqual([])
  })
})

const papers = ['README.md', 'LICENSE', 'CONTRIBUTING.md', 'AGENTS.md', 'CHANGELOG.md']

test.each(papers)('%s is there', path => {
  expect(existsSync(join(repository, path))).toBeTrue()
})

test.each(['.ci/run', 'bin/runtime', 'bin/thalamus'])('%s can be executed', path => {
  expect(statSync(join(repository, path)).mode & 0o111).toBe(0o111)
})

type Manifest = {
  readonly name: string
  readonly license?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

type Locked = {
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
  readonly dev?: boolean
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly os?: readonly string[]
  readonly license?: string
}

/** What git has, and what it would add. Whoever owns the folder: a container often has it from somebody else. */
function trackedFiles(): string[] {
  if (!Bun.which('git')) return []
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const { stdout } = Bun.spawnSync(['git', '-c', `safe.directory=${repository}`, ...list], { cwd: repository })
  return stdout
    .toString()
    .split('\0')
    .filter(path => path !== '' && existsSync(join(repository, path)))
}

function readText(path: string): string {
  return readFileSync(join(repository, normalize(path)), 'utf8')
}

function read<Shape>(path: string): Shape {
  return JSON.parse(readText(path)) as Shape
}

function lockOf(path: string): Readonly<Record<string, Locked>> {
  return read<{ readonly packages: Record<string, Locked> }>(path).packages
}

function linesWith(pattern: RegExp, path: string): string[] {
  return readText(path)
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim().slice(0, 120)}`] : []))
}
