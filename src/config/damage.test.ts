import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { parseConfig, type World } from './parse.ts'
import { ConfigError } from './problem.ts'

/** A good configuration, damaged at random, is refused in an orderly way or still good: nothing else may happen. */

const env = {
  OPENAI_API_KEY: 'HUSH1',
  DEV_KEY: 'HUSH2',
  GROQ_API_KEY: 'HUSH3',
  WEBSITE_KEY: 'HUSH4',
  RESEARCH_KEY: 'HUSH5',
  OPENAI_KEY_2: 'HUSH7',
}
const known = { providers: ['openai', 'groq', 'deepseek', 'sim'].map(id => ({ id, keyless: false })) }
const world: World = { env, known, folder: '/', readFile: () => 'HUSH6\n' }

const folder = join(import.meta.dir, '../../examples')
const good = await Promise.all(
  ['minimal.yaml', 'providers.yaml', 'vllm.yaml', 'never-down.yaml'].map(name => Bun.file(join(folder, name)).text()),
)

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0.5,
    1e300,
    '',
    'x',
    'sim/echo',
    '30s',
    'env:DEV_KEY',
    [],
    {},
    [[]],
    [{ a: 1 }],
  ),
  fc.jsonValue(),
)

const damage = fc.oneof(
  fc.record({ type: fc.constant('delete' as const), at: fc.nat() }),
  fc.record({ type: fc.constant('rename' as const), at: fc.nat(), name: fc.string() }),
  fc.record({ type: fc.constant('replace' as const), at: fc.nat(), value: junk }),
)

type Damage = typeof damage extends fc.Arbitrary<infer D> ? D : never
type Slot = { readonly owner: Record<string, unknown>; readonly name: string }

const slots = (owner: unknown): readonly Slot[] =>
  typeof owner !== 'object' || owner === null
    ? []
    : Object.entries(owner).flatMap(([name, inner]) => [{ owner: owner as Slot['owner'], name }, ...slots(inner)])

function apply(value: unknown, change: Damage): void {
  const all = slots(value)
  const slot = all[change.at % Math.max(1, all.length)]
  if (slot === undefined) return
  const { owner, name } = slot
  const former = owner[name]
  if (change.type === 'replace') owner[name] = change.value
  else if (Array.isArray(owner)) owner.splice(Number(name), 1)
  else delete owner[name]
  if (change.type === 'rename' && change.name !== '__proto__' && !Array.isArray(owner)) owner[change.name] = former
}

/** What came of it: 'good', or 'refused' in an orderly way. Anything else throws. */
function outcome(text: string): 'good' | 'refused' {
  const lines = text.split('\n').length
  try {
    parseConfig(text, 'thalamus.yaml', world)
    return 'good'
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.problems.length).toBeGreaterThan(0)
    for (const { line, column } of error.problems) {
      expect(line >= 1 && line <= lines && column >= 1, `${line}:${column} of ${lines} lines`).toBe(true)
    }
    expect(error.message).not.toContain('HUSH')
    return 'refused'
  }
}

describe('a good configuration', () => {
  test('is good as it stands', () => {
    expect(good.map(outcome)).toEqual(good.map(() => 'good'))
  })

  test('with fields deleted, renamed or replaced is good or refused with places', () => {
    const seen = new Set<string>()
    const property = fc.property(
      fc.constantFrom(...good),
      fc.array(damage, { minLength: 1, maxLength: 4 }),
      (text, all) => {
        const value: unknown = parse(text)
        for (const change of all) apply(value, change)
        seen.add(outcome(stringify(value)))
      },
    )
    fc.assert(property, { numRuns: 400 })
    expect([...seen].sort()).toEqual(['good', 'refused'])
  })

  test('with a piece cut out or something put in is good or refused with places', () => {
    const splice = fc.record({
      from: fc.nat(),
      cut: fc.nat(12),
      put: fc.oneof(fc.constant(''), fc.string({ maxLength: 6 })),
    })
    const property = fc.property(fc.constantFrom(...good), splice, (text, { from, cut, put }) => {
      const start = from % text.length
      outcome(text.slice(0, start) + put + text.slice(start + cut))
    })
    fc.assert(property, { numRuns: 600 })
  })
})
