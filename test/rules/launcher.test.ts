import { describe, expect, test } from 'bun:test'
import { chmod, realpath, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { inPlace, inTree } from './tree.ts'

/** Stands in for src/main.ts: does what its first argument asks, and says who it is. */
const main = `
const { argv, env, pid } = process
if (argv[2] === 'drain') process.on('SIGTERM', () => process.exit(7))
if (argv[2] === 'drain' || argv[2] === 'wait') setInterval(() => {}, 1000)
if (argv[2] === 'fail') process.exitCode = 3
const { THALAMUS_BUN: runtime, BUN_CONFIG_MAX_HTTP_REQUESTS: requests } = env
console.log(JSON.stringify({ pid, runtime, requests, args: argv.slice(2) }))
`

/** Asks its own server for as many answers at once as it is told to; none comes before all were asked for. */
const crowd = `
const all = Number(process.argv[2])
const { promise: everybodyIsHere, resolve: open } = Promise.withResolvers()
let asked = 0
const server = Bun.serve({ port: 0, idleTimeout: 0, async fetch() {
  if (++asked === all) open()
  await everybodyIsHere
  return new Response()
} })
await Promise.all(Array.from({ length: all }, () => fetch(server.url)))
console.log(asked)
process.exit()
`

const wideHeader = `
const server = Bun.serve({ port: 0, fetch: request => new Response(request.headers.get('x-wide')) })
const { status } = await fetch(server.url, { headers: { 'x-wide': 'a'.repeat(65536) } })
console.log(status)
process.exit()
`

const files = new Map([
  ['src/main.ts', main],
  ['crowd.ts', crowd],
  ['wide-header.ts', wideHeader],
])

/** Where npm leaves the executable, and where the install script of the package `bun` moves it, if it may run. */
const untouched = 'node_modules/@oven/bun-this-platform/bin/bun'
const moved = 'node_modules/bun/bin/bun.exe'
/** All that the launcher may call. A bun that happens to be on this machine is not among it. */
const tools = ['sh', 'dirname', 'readlink'].map((name): [string, string] => [`tools/${name}`, Bun.which(name) ?? name])

const clone = { files, copies: inPlace('bin'), links: new Map([[untouched, process.execPath], ...tools]) }
const unfinished = { ...clone, links: new Map(tools) }

describe('bin/thalamus', () => {
  test('replaces itself: the process that was started is the runtime, with its arguments', async () => {
    await inTree(clone, async root => {
      const child = launch(root, 'bin/thalamus', ['keys', 'a b', '--json'])
      const said = await whatIsSaid(child)
      expect(said.pid).toBe(child.pid)
      expect(said.args).toEqual(['keys', 'a b', '--json'])
    })
  })

  test('dies of SIGTERM when the program does', async () => {
    await inTree(clone, async root => {
      const child = launch(root, 'bin/thalamus', ['wait'])
      await whatIsSaid(child)
      child.kill('SIGTERM')
      await child.exited
      expect(child.signalCode).toBe('SIGTERM')
    })
  })

  test('exits with what the program makes of SIGTERM', async () => {
    await inTree(clone, async root => {
      const child = launch(root, 'bin/thalamus', ['drain'])
      await whatIsSaid(child)
      child.kill('SIGTERM')
      expect(await child.exited).toBe(7)
    })
  })

  test("exits with the program's own status", async () => {
    await inTree(clone, async root => {
      expect(await launch(root, 'bin/thalamus', ['fail']).exited).toBe(3)
    })
  })

  test('works through a chain of links, relative and absolute', async () => {
    await inTree(clone, async root => {
      await symlink(join(root, 'bin/thalamus'), join(root, 'tools/absolute'))
      await symlink('../tools/absolute', join(root, 'src/relative'))
      const child = launch(root, 'src/relative')
      expect((await whatIsSaid(child)).pid).toBe(child.pid)
    })
  })

  test.each([untouched, moved])('finds the runtime in %s', async place => {
    await inTree({ ...clone, links: new Map([[place, process.execPath], ...tools]) }, async root => {
      expect((await whatIsSaid(launch(root, 'bin/thalamus'))).runtime).toBe(join(root, place))
    })
  })

  test.each([untouched, moved])('finds the runtime in %s beside itself, installed as a package', async place => {
    const home = 'lib/node_modules/thalamus'
    const installed = {
      files: new Map([[`${home}/src/main.ts`, main]]),
      copies: new Map([[`${home}/bin`, 'bin']]),
      links: new Map([[`lib/${place}`, process.execPath], ['bin/thalamus', `../${home}/bin/thalamus`], ...tools]),
    }
    await inTree(installed, async root => {
      const { runtime } = await whatIsSaid(launch(root, 'bin/thalamus'))
      expect(await realpath(runtime)).toBe(await realpath(process.execPath))
    })
  })

  test('passes over what does not run here: another platform, and the placeholder of an install script', async () => {
    const foreign = 'node_modules/@oven/bun-another-platform/bin/bun'
    const files = new Map([...clone.files, [foreign, '\x7fELF of another machine'], [moved, 'exit 1\n']])
    await inTree({ ...clone, files }, async root => {
      for (const path of [foreign, moved]) await chmod(join(root, path), 0o755)
      expect((await whatIsSaid(launch(root, 'bin/thalamus'))).runtime).toBe(join(root, untouched))
      await rm(join(root, untouched))
      expect(await launch(root, 'bin/thalamus').exited).toBe(1)
    })
  })

  test('says what to do when the runtime is missing', async () => {
    await inTree(unfinished, async root => {
      const child = launch(root, 'bin/thalamus')
      const [status, complaint] = await Promise.all([child.exited, child.stderr.text()])
      expect(complaint).toBe(`thalamus: its runtime is missing; run 'npm ci' in ${root} first.\n`)
      expect(status).toBe(1)
    })
  })
})

describe('bin/runtime', () => {
  test('lifts the limit of 256 requests at once', async () => {
    await inTree(clone, async root => {
      expect(await outputOf(launch(root, 'bin/runtime', ['crowd.ts', '300']))).toBe('300\n')
    })
  })

  test("sets BUN_CONFIG_MAX_HTTP_REQUESTS before the runtime starts, and leaves an operator's own number alone", async () => {
    await inTree(clone, async root => {
      const own = { BUN_CONFIG_MAX_HTTP_REQUESTS: '1000' }
      expect((await whatIsSaid(launch(root, 'bin/runtime', ['src/main.ts']))).requests).toBe('65535')
      expect((await whatIsSaid(launch(root, 'bin/runtime', ['src/main.ts'], own))).requests).toBe('1000')
    })
  })

  test('lets a header of 64 KB in', async () => {
    await inTree(clone, async root => {
      expect(await outputOf(launch(root, 'bin/runtime', ['wide-header.ts']))).toBe('200\n')
    })
  })

  test('runs the bun that THALAMUS_BUN names', async () => {
    await inTree(unfinished, async root => {
      const said = await whatIsSaid(launch(root, 'bin/runtime', ['src/main.ts'], { THALAMUS_BUN: process.execPath }))
      expect(said.runtime).toBe(process.execPath)
    })
  })
})

type Said = { readonly pid: number; readonly runtime: string; readonly requests: string; readonly args: string[] }
type Child = ReturnType<typeof launch>

function launch(
  root: string,
  path: string,
  args: readonly string[] = [],
  env: { readonly [name: string]: string } = {},
) {
  return Bun.spawn([join(root, path), ...args], {
    cwd: root,
    timeout: 4000,
    env: { PATH: join(root, 'tools'), ...env },
    stdout: 'pipe',
    stderr: 'pipe',
  })
}

/** The one line that the program prints, as soon as it has. */
async function whatIsSaid(child: Child): Promise<Said> {
  const { value } = await child.stdout.getReader().read()
  return JSON.parse(new TextDecoder().decode(value)) as Said
}

const outputOf = (child: Child): Promise<string> => child.stdout.text()
