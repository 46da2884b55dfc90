import { describe, expect, test } from 'bun:test'
import { directoryOf } from '../house/directory.ts'
import { place } from '../house/places.ts'
import { configOf } from '../house/sample.test-data.ts'
import { listeningAt } from './listening.ts'
import { greet } from './welcome.ts'

const env = { OPENAI_API_KEY: 'sk-0123456789' }

function greeting(config: object, known: Readonly<Record<string, string>> = {}): string {
  const read = configOf(config, known)
  const directory = directoryOf(read, place(read, known), () => ['listed'])
  const urls = { url: listeningAt('http', '::1', 4000), adminUrl: listeningAt('http', '127.0.0.1', 4001) }
  return greet({ ...urls, file: undefined, newToken: undefined, newKey: 'thal_1' }, { directory })
}

/** The body as a shell hands it on. */
async function bodyIn(text: string): Promise<{ readonly model: string }> {
  const line = text.slice(text.indexOf('  curl')).replace(/\\\n/, '').replace('curl ', 'printf "%s\\n" ')
  const { stdout, exitCode } = Bun.spawnSync(['sh', '-c', line])
  expect(exitCode).toBe(0)
  return JSON.parse(stdout.toString().trim().split('\n').at(-1) ?? '')
}

const off = { sim: { enabled: false } }
const mine = { base_url: 'http://127.0.0.1:1/v1', models: ['m'] }

describe('the line of a start asks for a model that is answered', () => {
  const cases: readonly (readonly [name: string, config: object, env: Readonly<Record<string, string>>, string])[] = [
    ['the sim, where there is nothing else', {}, {}, 'sim/echo'],
    ['the first name of one’s own', { models: { a: { targets: ['sim/echo'] } } }, {}, 'a'],
    [
      'the first whose provider has its key',
      { models: { a: { targets: ['openai/x'] }, b: { targets: ['groq/x', 'sim/echo'] } } },
      {},
      'b',
    ],
    ['none of them, where none has', { models: { a: { targets: ['openai/x'] } } }, {}, 'sim/echo'],
    ['a provider’s own model, where it says which', { providers: { mine } }, {}, 'mine/m'],
    ['a provider that has its key, where the sim is off', { providers: off }, env, 'openai/MODEL'],
    ['a name with a quote in it', { models: { "it's": { targets: ['sim/echo'] } } }, {}, "it's"],
  ]
  test.each([...cases])('%s', async (_, config, env, model) => {
    expect((await bodyIn(greeting(config, env))).model).toBe(model)
  })

  test('and there is none where nobody has a key', () => {
    expect(greeting({ providers: off })).not.toContain('curl')
  })
})

test('an address of IPv6 stands in brackets', () => {
  expect(greeting({})).toContain('curl http://[::1]:4000/v1/')
  expect(URL.canParse(listeningAt('https', '::', 1))).toBe(true)
  expect(listeningAt('http', '0.0.0.0', 4000)).toBe('http://0.0.0.0:4000')
})
