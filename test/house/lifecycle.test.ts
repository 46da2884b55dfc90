import { afterEach, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ask } from '../fakes/ask.ts'
import { eventually, rowOf, rows } from '../fakes/ledger.ts'
import {
  configText,
  folderWith,
  type LogLine,
  type StartOptions,
  spawn,
  startThalamus,
  type Thalamus,
  thalamus,
} from '../fakes/thalamus.ts'
import { events, scriptedUpstream, streamHead, type Upstream } from '../fakes/upstream.ts'

/** How the relay comes, changes and goes, as the person sees it who runs it. */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

const opened: { stop(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.stop()
})

/** Gone after the test, whatever becomes of it. */
function keep<Stoppable extends { stop(): Promise<unknown> }>(each: Stoppable): Stoppable {
  opened.push(each)
  return each
}

const start = async (options?: StartOptions): Promise<Thalamus> => keep(await startThalamus(options))

async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = await folderWith(files)
  keep({ stop: () => rm(path, { recursive: true, force: true }) })
  return path
}

/** Puts another config in place at once, and gives the line of the log that says what came of it. */
async function reload(house: Thalamus, text: string): Promise<LogLine | undefined> {
  const before = outcomes(house).length
  await writeFile(join(house.folder, 'next.yaml'), text)
  await rename(join(house.folder, 'next.yaml'), join(house.folder, 'thalamus.yaml'))
  process.kill(house.pid, 'SIGHUP')
  const all = await eventually(
    async () => outcomes(house),
    ({ length }) => length > before,
  )
  return all.at(-1)
}

const outcomes = (house: Thalamus): LogLine[] => house.logLines().filter(({ event }) => event === 'reload')

describe('a start', () => {
  test('needs no config and no key of a provider, and shows a line that works', async () => {
    const began = performance.now()
    const house = await start()
    const answered = await ask(house, { model: 'sim/echo' })
    expect(answered.status).toBe(200)
    // Far below in fact; what matters here is that nothing waits.
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(house.stderr()).toContain(`curl ${house.url}/v1/chat/completions -H "authorization: Bearer ${house.key}"`)
    expect(house.key).toStartWith('thal_')
    expect(house.adminToken).toStartWith('thal_admin_')
  })

  test('shows secrets once, and the next one goes on with them', async () => {
    const house = await start()
    const { key, adminToken } = house
    const { id } = await ask(house, { model: 'sim/echo' })
    await house.restart()
    expect(house.stderr()).not.toContain(key)
    expect(house.stderr()).not.toContain('thal_admin_')
    expect(house.stderr()).toContain('thalamus keys create')
    expect((await ask(house, { model: 'sim/echo' })).status).toBe(200)
    expect((await rowOf({ adminUrl: house.adminUrl, adminToken }, id)).code).toBe('ok')
    expect(await rows(house)).toHaveLength(2)
  })

  test('takes the token of the admin from the environment, and then shows none', async () => {
    const house = await start({ env: { THALAMUS_ADMIN_TOKEN: 'a-token-of-my-own-0123456789' } })
    expect(house.stderr()).not.toContain('admin token')
    expect(await rows(house)).toEqual([])
    expect(await rows({ ...house, adminToken: 'another' }).catch(String)).toContain('401')
  })

  test('keeps secrets out of its database', async () => {
    const house = await start()
    await ask(house, { model: 'sim/echo' })
    await house.kill('SIGTERM')
    const database = await Bun.file(join(house.folder, 'thalamus.db')).bytes()
    expect(Buffer.from(database).includes(house.key)).toBe(false)
    expect(Buffer.from(database).includes(house.adminToken)).toBe(false)
  })

  test.each(['server', 'admin'])('is refused in a sentence where the port of %s is taken', async which => {
    const house = await start()
    const port = Number(new URL(house.url).port)
    const cwd = await folder({ 'thalamus.yaml': configText({ [which]: { port } }) })
    const ran = await thalamus(['serve'], { cwd, env: { NODE_ENV: 'production' } })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toMatch(/port.* in use\.? .*Choose another port in the config/)
    expect(ran.stderr).toStartWith(`${join(cwd, 'thalamus.yaml')}: ${which}.port: `)
    expect(ran.stderr).not.toContain('    at ')
  })

  test('is refused with the field where the host is none of this machine', async () => {
    const cwd = await folder({ 'thalamus.yaml': configText({ admin: { host: '203.0.113.9' } }) })
    const ran = await thalamus(['serve'], { cwd })
    expect(ran).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/yaml: admin\.host: 203\.0\.113\.9 is no/),
    })
  })

  test('that was refused keeps no secret to itself: the next one shows them', async () => {
    const house = await start()
    const port = Number(new URL(house.adminUrl).port)
    const cwd = await folder({ 'thalamus.yaml': configText({ admin: { port } }) })
    expect((await thalamus(['serve'], { cwd })).code).toBe(1)
    const free = await start({ files: { 'thalamus.db': await readFile(join(cwd, 'thalamus.db')) } })
    expect(free.adminToken).toStartWith('thal_admin_')
    expect(free.key).toStartWith('thal_')
    expect(await rows(free)).toEqual([])
  })

  test('is refused with file, line and the nearest name where the config is wrong', async () => {
    const cwd = await folder({ 'thalamus.yaml': 'server:\n  port: 0\n  max_boddy: 1MiB\n' })
    const ran = await thalamus(['serve'], { cwd })
    expect(ran).toMatchObject({ code: 1, stdout: '' })
    expect(ran.stderr).toMatch(/thalamus\.yaml:3:3.*max_boddy.*max_body/)
  })
})

describe('SIGTERM', () => {
  let upstream: Upstream

  /** A relay with a stream that has begun and goes on when it is told to. */
  async function streaming(more: object = {}) {
    upstream = keep(await scriptedUpstream())
    const house = await start({ config: { providers: { p: { base_url: upstream.url } }, ...more } })
    const { promise: finish, resolve } = Promise.withResolvers<void>()
    const { promise: heard, resolve: begun } = Promise.withResolvers<void>()
    upstream.play(async ({ write, end }) => {
      await write(streamHead + events.role + events.says('one'))
      await finish
      await write(events.says(' two') + events.stop + events.usage(3, 2) + events.done)
      end()
    })
    const answered = ask(house, { model: 'p/m', stream: true } as { model: string }, { heard: begun })
    await heard
    return { house, answered, finish: resolve }
  }

  test('lets an open stream go on to its end, settles it, and exits with 0', async () => {
    const { house, answered, finish } = await streaming()
    const readyz = (): Promise<number> => fetch(`${house.adminUrl}/readyz`).then(({ status }) => status)
    const gone = house.kill('SIGTERM')
    await eventually(readyz, status => status === 503)
    expect(await fetch(`${house.adminUrl}/healthz`).then(({ status }) => status)).toBe(200)
    expect(await ask(house, { model: 'p/m' }).catch(() => 'refused')).toBe('refused')
    finish()
    const { text, id, broke } = await answered
    expect([text.endsWith(events.says(' two') + events.stop + events.done), broke]).toEqual([true, false])
    expect(await gone).toEqual({ code: 0, signal: null })
    const told = house.logLines().map(line => line.event)
    expect(told).toEqual(['listening', 'draining', 'request', 'stopped'])
    await house.restart()
    expect(await rowOf(house, id)).toMatchObject({ code: 'ok', usage: { input: 3, output: 2 } })
  })

  const hi = [{ role: 'user', content: 'hi' }]
  /** A stream in each dialect, and the last that is told in it: the failure, and in which words. */
  const tongues: readonly (readonly [path: string, fields: object, last: RegExp])[] = [
    ['/v1/chat/completions', { messages: hi }, /^data: \{"error":\{"message":"[^"]*going away/],
    ['/v1/responses', { input: 'hi' }, /^event: response\.failed\n.*going away/s],
    [
      '/v1/messages',
      { messages: hi, max_tokens: 9 },
      /^event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error"/,
    ],
    ['/v1beta/models/p%2Fm:streamGenerateContent?alt=sse', { contents: [{ parts: [{ text: 'hi' }] }] }, /going away/],
  ]

  test.each([...tongues])('tells a stream that outlasts the time to drain its end: %s', async (path, fields, last) => {
    upstream = keep(await scriptedUpstream())
    const gone = Promise.withResolvers<void>()
    upstream.play(async ({ write, closed }) => {
      await write(streamHead + events.role + events.says('one'))
      await closed
      gone.resolve()
    })
    const config = { providers: { p: { base_url: upstream.url } }, server: { drain: '100ms' } }
    const house = await start({ config })
    const { promise: heard, resolve: begun } = Promise.withResolvers<void>()
    const answered = ask(house, JSON.stringify({ model: 'p/m', stream: true, ...fields }), { path, heard: begun })
    await heard
    expect(await house.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    const { text, id, broke } = await answered
    expect([text.trim().split('\n\n').at(-1), broke]).toEqual([expect.stringMatching(last), false])
    await gone.promise
    expect(house.logLines().filter(({ event }) => event === 'request')).toMatchObject([{ code: 'overloaded' }])
    await house.restart()
    expect(await rows(house)).toHaveLength(1)
    expect(await rowOf(house, id)).toMatchObject({ code: 'overloaded', status: 200, attempts: [{ outcome: 'ok' }] })
  })

  /** What a request waits for whose reply has not begun. */
  const waits: readonly (readonly [name: string, config: object, fields: object])[] = [
    ['a whole reply', {}, {}],
    ['the first of a stream', {}, { stream: true }],
    ['a reply that is heard to its end for its usage', { drain_for_usage: true }, {}],
    ['a reply that others may share', {}, { temperature: 0 }],
  ]

  test.each([...waits])(
    'answers 503 where the time to drain is over and this has not come: %s',
    async (_, more, fields) => {
      const { promise: asked, resolve } = Promise.withResolvers<void>()
      upstream = keep(await scriptedUpstream(() => resolve()))
      const providers = { p: { base_url: upstream.url, ...more } }
      const config = { providers, server: { drain: '100ms' }, defaults: { coalesce: true } }
      const house = await start({ config })
      const answered = ask(house, { model: 'p/m', ...fields })
      await asked
      expect(await house.kill('SIGTERM')).toEqual({ code: 0, signal: null })
      const { status, headers, json, id } = await answered
      expect([status, headers.get('retry-after')]).toEqual([503, '1'])
      expect(json()).toMatchObject({ error: { message: expect.stringContaining('going away') } })
      await house.restart()
      expect(await rows(house)).toHaveLength(1)
      expect(await rowOf(house, id)).toMatchObject({
        code: 'overloaded',
        status: 503,
        attempts: [{ outcome: 'overloaded' }],
      })
    },
  )

  test('tells a reply that is heard to its end for its usage its end as well, and ends on time', async () => {
    upstream = keep(await scriptedUpstream())
    upstream.play(({ write }) => write(streamHead + events.role + events.says('one')))
    const providers = { p: { base_url: upstream.url, drain_for_usage: true } }
    const house = await start({ config: { providers, server: { drain: '100ms' } } })
    const leaving = new AbortController()
    const { promise: heard, resolve: begun } = Promise.withResolvers<void>()
    const { promise: heardToo, resolve: begunToo } = Promise.withResolvers<void>()
    const stream = { model: 'p/m', stream: true }
    const stayed = ask(house, stream, { heard: begun })
    const left = ask(house, stream, { heard: begunToo, signal: leaving.signal }).catch(() => undefined)
    await Promise.all([heard, heardToo])
    leaving.abort()
    await left
    expect(await house.kill('SIGTERM')).toEqual({ code: 0, signal: null })
    expect((await stayed).text).toContain('going away')
    await house.restart()
    expect((await rows(house)).map(({ code }) => code).toSorted()).toEqual(['client_closed', 'overloaded'])
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('and %s end at once what has nothing to do', async signal => {
    const house = await start()
    const began = performance.now()
    expect(await house.kill(signal)).toEqual({ code: 0, signal: null })
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

describe('SIGKILL', () => {
  test('takes no row of a reply that was whole', async () => {
    const house = await start()
    const { id } = await ask(house, { model: 'sim/echo', stream: true } as { model: string })
    expect(await house.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    await house.restart()
    expect((await rowOf(house, id)).code).toBe('ok')
  })
})

describe('SIGHUP', () => {
  const first = { keys: [{ name: 'dev', secret: 'env:DEV_KEY' }], models: { mine: { targets: ['sim/echo'] } } }
  const options = { config: first, env: { DEV_KEY: 'dev-key-0123456789' } }
  const key = options.env.DEV_KEY

  test('moves into a good config, with the connections and the books as they were', async () => {
    const house = await start(options)
    expect((await ask(house, { model: 'yours' }, { key })).status).toBe(404)
    const said = await reload(house, configText({ ...first, models: { yours: { targets: ['sim/lorem'] } } }))
    expect(said).toMatchObject({ event: 'reload', ok: true })
    expect((await ask(house, { model: 'yours' }, { key })).status).toBe(200)
    expect((await ask(house, { model: 'mine' }, { key })).status).toBe(404)
    expect(await rows(house)).toHaveLength(3)
  })

  test.skipIf(process.platform !== 'linux').each(['SIGHUP', 'SIGTERM'] as const)(
    'and SIGTERM are heard before the start is over: %s',
    async signal => {
      const cwd = await folder()
      const config = join(cwd, 'thalamus.yaml')
      // A start that waits for its config.
      expect(Bun.spawnSync(['mkfifo', config]).exitCode).toBe(0)
      const child = spawn(['serve'], cwd)
      try {
        const caught = (status: string): number =>
          Number.parseInt(/^SigCgt:\t(\w+)$/m.exec(status)?.[1]?.slice(-8) ?? '', 16)
        await eventually(
          () => readFile(`/proc/${child.pid}/status`, 'utf8'),
          status => (caught(status) & 1) === 1,
        )
        child.kill(signal)
        await writeFile(config, configText({}))
        const { value } = await child.stderr.getReader().read()
        expect(new TextDecoder().decode(value)).toContain('listening')
        child.kill('SIGTERM')
        await child.exited
        expect([child.exitCode, child.signalCode]).toEqual([0, null])
      } finally {
        child.kill('SIGKILL')
      }
    },
  )

  test('says what a restart alone brings about', async () => {
    const house = await start(options)
    const asItWas = await readFile(join(house.folder, 'thalamus.yaml'), 'utf8')
    expect(await reload(house, asItWas)).toMatchObject({ ok: true, needs_restart: [] })
    const louder = { ...(Bun.YAML.parse(asItWas) as object), log: { level: 'debug' }, store: 'sqlite:./other.db' }
    expect(await reload(house, JSON.stringify(louder))).toMatchObject({ ok: true, needs_restart: ['store', 'log'] })
  })

  test('with a bad one changes nothing, and says why; and then still takes a good one', async () => {
    const bad: readonly (readonly [string, RegExp])[] = [
      ['models: [', /thalamus\.yaml:1/],
      [configText({ ...first, modles: {} }), /modles.*models/],
      [configText({ keys: [{ name: 'x', secret: 'env:NOT_THERE' }] }), /NOT_THERE/],
    ]
    const house = await start(options)
    for (const [text, why] of bad) {
      const said = await reload(house, text)
      expect(said).toMatchObject({ event: 'reload', ok: false, level: 'error' })
      expect(said?.message).toContain('the one in use stays')
      expect(JSON.stringify(said?.cause)).toMatch(why)
      expect((await ask(house, { model: 'mine' }, { key })).status).toBe(200)
    }
    expect(await reload(house, configText(first))).toMatchObject({ event: 'reload', ok: true })
  })
})

describe('the command line', () => {
  test.each([
    [['--help'], /serve.*check.*simulate|serve[\s\S]*keys/],
    [['serve', '--help'], /--config/],
    [['keys', '--help'], /create[\s\S]*list[\s\S]*revoke/],
    [['keys', 'create', '--help'], /--rpm/],
    [['simulate', '--help'], /--port/],
    [['check', '--help'], /--json/],
    [['schema', '--help'], /schema/i],
  ])('%j helps, and that is a success', async (args, says) => {
    const { code, stdout, stderr } = await thalamus(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(says)
  })

  test.each([
    [['sevre'], /no command 'sevre'. Did you mean 'serve'/],
    [['keys', 'creat'], /create/],
    [['doctor'], /not yet built/],
    [['serve', '--prot', '1'], /--prot/],
    [['keys', 'create'], /name/i],
    [['keys', 'create', ''], /name/],
    [['keys', 'create', '  '], /name/],
    [['keys', 'create', 'a\nb'], /one line/],
    [['keys', 'create', 'x'.repeat(101)], /100 characters/],
    [['keys', 'create', 'x', '--team', ''], /team/],
    [['keys', 'create', 'x', '--rpm', 'many'], /rpm/],
    [['simulate', '--port', '99999999'], /port/],
  ])('%j is bad usage', async (args, says) => {
    const { code, stdout, stderr } = await thalamus(args, { cwd: await folder() })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(says)
  })

  test('check says whether a config is right, for people and for programs', async () => {
    const good = await folder({ 'thalamus.yaml': configText({}) })
    const bad = await folder({ 'thalamus.yaml': 'server:\n  port: none\n' })
    expect(await thalamus(['check'], { cwd: good })).toMatchObject({ code: 0, stderr: '' })
    const right = await thalamus(['check', '--json'], { cwd: good })
    expect(JSON.parse(right.stdout)).toMatchObject({ ok: true, problems: [] })
    const wrong = await thalamus(['check', '--config', join(bad, 'thalamus.yaml')])
    expect(wrong).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/thalamus\.yaml:2:9.*"none"/) })
    const problems = await thalamus(['check', '--json'], { cwd: bad })
    expect(problems.code).toBe(1)
    expect(JSON.parse(problems.stdout)).toMatchObject({ ok: false, problems: [{ line: 2 }] })
    expect(await thalamus(['check', '--config', '/no/such/file.yaml'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('/no/such/file.yaml'),
    })
  })

  test('an empty THALAMUS_CONFIG names no file, and an empty --config is bad usage', async () => {
    const env = { THALAMUS_CONFIG: '' }
    const ran = await thalamus(['check'], { cwd: await folder(), env })
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('the defaults is right') })
    expect(await thalamus(['check', '--config', ''])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/a file/),
    })
    const named = { THALAMUS_CONFIG: '/no/such/file.yaml' }
    expect((await thalamus(['check'], { env: named })).stderr).toContain('/no/such/file.yaml: There is no such file')
  })

  test('schema prints a JSON Schema of the config', async () => {
    const { code, stdout } = await thalamus(['schema'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', properties: { server: {}, providers: {}, keys: {} } })
  })

  test('keys are made, listed and revoked without a server', async () => {
    const cwd = await folder()
    const run = async (...args: string[]) => {
      const ran = await thalamus(['keys', ...args, '--json'], { cwd })
      return { code: ran.code, stderr: ran.stderr, said: ran.stdout === '' ? undefined : JSON.parse(ran.stdout) }
    }
    const { said: made } = await run('create', 'web', '--team', 'core', '--rpm', '60', '--models', 'sim/*')
    expect(made).toMatchObject({ name: 'web', team: 'core', rpm: 60, models: ['sim/*'], revoked_at: null })
    expect(made.secret).toStartWith('thal_')
    const { said: listed } = await run('list')
    expect(listed).toMatchObject([{ id: made.id, name: 'web', hint: expect.any(String) }])
    expect(JSON.stringify(listed)).not.toContain(made.secret)
    expect(await run('revoke', 'web')).toMatchObject({ code: 0, said: { revoked: 'web' } })
    expect((await run('list')).said).toMatchObject([{ revoked_at: expect.any(String) }])
    const again = await run('revoke', 'web')
    expect([again.code, again.said]).toEqual([1, undefined])
    expect(again.stderr).toContain("no key 'web'")
  })

  test('keys of the file are listed as such; their names are taken, and they are not revoked', async () => {
    const env = { DEV_KEY: 'dev-key-0123456789' }
    const keys = [{ name: 'dev', secret: 'env:DEV_KEY', team: 'core' }]
    const house = await start({ config: { keys }, env })
    const run = (...args: string[]) => thalamus(['keys', ...args], { cwd: house.folder, env })
    expect((await run('list')).stdout).toMatch(/dev +- +core .* in the file/)
    expect(JSON.parse((await run('list', '--json')).stdout)).toMatchObject([
      { id: 'config:dev', name: 'dev', source: 'file', hint: null, created_at: null },
    ])
    for (const refused of [
      ['create', 'dev'],
      ['revoke', 'dev'],
      ['revoke', 'config:dev'],
    ]) {
      expect(await run(...refused)).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('config file'),
      })
    }
    const headers = { authorization: `Bearer ${house.adminToken}`, 'content-type': 'application/json' }
    const admin = async (method: string, path: string, body?: string) => {
      const response = await fetch(`${house.adminUrl}/admin/v1/keys${path}`, { method, headers, ...(body && { body }) })
      return [response.status, await response.text()] as const
    }
    expect(await admin('GET', '')).toEqual([200, expect.stringContaining('"id":"config:dev"')])
    expect(await admin('POST', '', '{"name":"dev"}')).toEqual([400, expect.stringContaining('config file')])
    expect(await admin('DELETE', '/dev')).toEqual([400, expect.stringContaining('config file')])
    await reload(house, configText({ keys: [] }))
    expect((await admin('GET', ''))[1]).not.toContain('config:dev')
    expect((await admin('POST', '', '{"name":"dev"}'))[0]).toBe(201)
  })

  test('keys are not made in a store that nobody else will see', async () => {
    const cwd = await folder({ 'thalamus.yaml': configText({ store: 'sqlite::memory:' }) })
    for (const args of [
      ['create', 'x'],
      ['revoke', 'x'],
    ]) {
      expect(await thalamus(['keys', ...args], { cwd })).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('sqlite::memory:'),
      })
    }
    expect((await thalamus(['keys', 'list'], { cwd })).code).toBe(0)
  })

  test('a key is made in the store of the config, from whatever folder', async () => {
    const house = await start()
    const made = await thalamus(['keys', 'create', 'x', '--json', '--config', join(house.folder, 'thalamus.yaml')], {
      cwd: await folder(),
    })
    const { secret: key } = JSON.parse(made.stdout) as { readonly secret: string }
    expect((await ask(house, { model: 'sim/echo' }, { key })).status).toBe(200)
  })

  test('simulate is a provider that any client can talk to, until it is told to go', async () => {
    const child = spawn(['simulate', '--port', '0'], await folder())
    try {
      const { value } = await child.stdout.getReader().read()
      const url = /http:\/\/\S+/.exec(new TextDecoder().decode(value))?.[0] ?? ''
      const answered = await ask({ url, key: 'none' }, { model: 'echo' }, { path: '/chat/completions' })
      expect(answered.json()).toMatchObject({ choices: [{ finish_reason: 'stop' }] })
      child.kill('SIGTERM')
      expect(await child.exited).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  })
})
