import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { knownProviders } from '../house/places.ts'
import { type LoadOptions, loadConfig } from './load.ts'
import { ConfigError } from './problem.ts'

const known = {
  providers: ['openai', 'groq', 'deepseek', 'sim'].map(id => ({ id, keyless: id === 'sim' })),
}

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'thalamus-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const write = (name: string, text: string | Uint8Array): void => writeFileSync(join(cwd, name), text)
const load = (options: Partial<LoadOptions> = {}) => loadConfig({ cwd, env: {}, known, ...options })

async function refusal(options: Partial<LoadOptions>): Promise<string> {
  try {
    await load(options)
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'nothing refused'
}

/** What a start and `thalamus check` know. */
const all = { providers: knownProviders }

describe('loading', () => {
  test.each([
    ['sim/ech', 'the provider sim has no model "ech". Did you mean sim/echo?'],
    ['sim/nothing-like-it', 'the provider sim has no model "nothing-like-it".'],
    ['sim/ech+slow=200', 'the provider sim has no model "ech+slow=200".'],
  ])('a name for a model that the sim does not have is refused: %s', async (target, why) => {
    write('thalamus.yaml', `models: {smart: {targets: [${target}]}}`)
    expect(await refusal({ known: all })).toContain(why)
  })

  test('a name for a model of the sim may have wishes', async () => {
    write(
      'thalamus.yaml',
      'models: {smart: {targets: [sim/echo+slow=200, sim/embed]}}\nproviders: {sim: {models: [echo]}}',
    )
    expect((await load({ known: all })).config.models.smart?.targets).toHaveLength(2)
  })

  test('without a file gives the defaults and says that there was none', async () => {
    const { config, file } = await load()
    expect([config.server.port, file]).toEqual([4000, undefined])
  })

  test('takes thalamus.yaml before thalamus.yml before thalamus.json', async () => {
    const ports = []
    for (const [name, text] of [
      ['thalamus.json', '{"server": {"port": 3}}'],
      ['thalamus.yml', 'server: {port: 2}'],
      ['thalamus.yaml', 'server: {port: 1}'],
    ] as const) {
      write(name, text)
      const { config, file } = await load()
      ports.push(config.server.port)
      expect(file).toBe(join(cwd, name))
    }
    expect(ports).toEqual([3, 2, 1])
  })

  test('a file that was asked for is read instead, and must be there', async () => {
    write('thalamus.yaml', 'server: {port: 1}')
    write('other.yaml', 'server: {port: 2}')
    expect((await load({ path: 'other.yaml' })).config.server.port).toBe(2)
    expect((await load({ path: join(cwd, 'other.yaml') })).file).toBe(join(cwd, 'other.yaml'))
    expect(await refusal({ path: 'none.yaml' })).toBe('none.yaml: There is no such file.')
  })

  test('a file that cannot be read is refused, not taken for absent', async () => {
    expect(await refusal({ path: '.' })).toMatch(/^\.: The file cannot be read \(E\w+\)\.$/)
    write('thalamus.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xff))
    expect(await refusal({})).toBe('thalamus.yaml: The file is not text in UTF-8.')
  })

  test('a relative secret file is sought beside the configuration', async () => {
    write('token', 'abc\r\n')
    write('thalamus.yaml', 'admin: {token: file:token}')
    const { config } = await load({ cwd: '/', path: join(cwd, 'thalamus.yaml') })
    expect(config.admin.token?.reveal()).toBe('abc')
  })

  test('problems carry the name that was asked for', async () => {
    write('thalamus.yaml', 'server:\n  port: x')
    const told = 'server.port: expected a whole number from 0 to 65535, but saw "x".'
    expect(await refusal({})).toBe(`thalamus.yaml:2:9 ${told}`)
    expect(await refusal({ path: './thalamus.yaml' })).toBe(`./thalamus.yaml:2:9 ${told}`)
  })
})

describe('the examples', () => {
  const folder = join(import.meta.dir, '../../examples')
  const env = {
    OPENAI_API_KEY: 'a',
    DEV_KEY: 'b',
    GROQ_API_KEY: 'c',
    WEBSITE_KEY: 'd',
    RESEARCH_KEY: 'e',
    OPENAI_KEY_2: 'g',
  }

  for (const name of readdirSync(folder).filter(each => each.endsWith('.yaml'))) {
    test(`${name} loads`, async () => {
      const text = await Bun.file(join(folder, name)).text()
      write('deepseek', 'f')
      write(name, text.replace('/run/secrets/deepseek', 'deepseek'))
      const { config } = await load({ path: name, env })
      expect(Object.keys(config.providers)).not.toEqual([])
    })
  }
})
