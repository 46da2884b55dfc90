import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import oxlint from '../../.oxlintrc.json'
import biome from '../../biome.json'
import { inPlace, inTree, repository } from './tree.ts'

type Seed = { readonly rule: string; readonly code: string; readonly file?: string }

const globals = ['fetch', 'Date', 'performance', 'setTimeout', 'setInterval', 'process']

const biomeSeeds: readonly Seed[] = [
  ...globals.map(name => ({ rule: 'style/noRestrictedGlobals', code: `export const seed: unknown = ${name}` })),
  { rule: 'style/useImportType', code: "import { type Seed } from './other.ts'\nexport type Soil = Seed" },
  { rule: 'style/useNodejsImportProtocol', code: "import { join } from 'path'\nexport const seed = join('a', 'b')" },
  { rule: 'style/noNonNullAssertion', code: 'export const seed = (soil: readonly string[]): string => soil[0]!' },
  { rule: 'suspicious/noExplicitAny', code: 'export const seed = (soil: any): unknown => soil' },
  { rule: 'suspicious/noConsole', code: "console.log('seed')" },
  { rule: 'suspicious/noEmptyBlockStatements', code: 'try {\n  JSON.parse("{")\n} catch {}' },
  { rule: 'correctness/noUnusedImports', code: "import { seed } from './other.ts'\nexport const soil = 1" },
  { rule: 'correctness/noUnusedVariables', code: 'export const seed = (): void => {\n  const soil = 1\n}' },
]

const forbiddenProperties = ['Math.random', 'Bun.sleep', 'Bun.nanoseconds', 'Bun.env']

const oxlintSeeds: readonly Seed[] = [
  ...forbiddenProperties.map(name => ({
    rule: 'no-restricted-properties',
    code: `export const seed: unknown = ${name}`,
  })),
  { rule: 'no-floating-promises', code: 'const seed = async (): Promise<void> => {}\nseed()' },
  { rule: 'no-misused-promises', code: 'export const seed = (): void => [1].forEach(async () => {})' },
  {
    rule: 'switch-exhaustiveness-check',
    code: "export function seed(soil: 'a' | 'b'): number {\n  switch (soil) {\n    case 'a':\n      return 1\n  }\n  return 2\n}",
  },
  {
    rule: 'switch-exhaustiveness-check',
    code: "export function seed(soil: 'a' | 'b'): number {\n  switch (soil) {\n    case 'a':\n      return 1\n    default:\n      return 2\n  }\n}",
  },
  {
    rule: 'unbound-method',
    code: 'class Seed {\n  #soil = 1\n  grow(): number {\n    return this.#soil\n  }\n}\nexport const { grow } = new Seed()',
  },
  { rule: 'only-throw-error', code: "export const seed = (): never => {\n  throw 'text'\n}" },
]

/** The doors: what is forbidden elsewhere is what these files are for. */
const doors = [
  'src/lib/http.ts',
  'src/lib/clock.ts',
  'src/main.ts',
  'src/cli/serve.ts',
  'src/config/load.ts',
  'src/sim/server.ts',
]
const doorCode = [...globals, ...forbiddenProperties]
  .map((name, i) => `export const seed${i}: unknown = ${name}`)
  .join('\n')

const sown = (seeds: readonly Seed[]): Map<string, string> =>
  new Map([
    ...seeds.map((seed, i): [string, string] => [bed(i), seed.code]),
    ...doors.map((door): [string, string] => [door, doorCode]),
  ])

const bed = (i: number): string => `src/stages/seed-${i}.ts`

const biomeFound = await inTree(
  { files: sown(biomeSeeds), copies: inPlace('biome.json', '.gitignore') },
  async root => {
    const { diagnostics } = await answer<BiomeAnswer>(root, [
      '@biomejs/biome/bin/biome',
      'lint',
      '.',
      '--reporter=json',
      '--max-diagnostics=none',
    ])
    return diagnostics.map(each => ({
      file: each.location.path,
      rule: each.category.replace('lint/', ''),
      severity: each.severity,
    }))
  },
)

const oxlintFound = await inTree(
  { files: sown(oxlintSeeds), copies: inPlace('.oxlintrc.json', 'tsconfig.json', 'package.json') },
  async root => {
    const { diagnostics } = await answer<OxlintAnswer>(root, [
      'oxlint/bin/oxlint',
      '--type-aware',
      '--format=json',
      'src',
    ])
    return diagnostics.map(each => ({
      file: each.filename,
      rule: each.code.replace(/.*\((.*)\)/, '$1'),
      severity: each.severity,
    }))
  },
)

describe.each([['biome', biomeSeeds, biomeFound] as const, ['oxlint', oxlintSeeds, oxlintFound] as const])(
  '%s',
  (_tool, seeds, found) => {
    for (const [i, { rule, code }] of seeds.entries()) {
      test(`reports ${rule} as an error, and nothing else, in: ${code.replaceAll(/\s+/g, ' ')}`, () => {
        expect(found.filter(each => each.file === bed(i))).toEqual([{ file: bed(i), rule, severity: 'error' }])
      })
    }

    for (const door of doors) {
      test(`lets ${door} touch the world`, () => {
        expect(found.filter(each => each.file === door)).toEqual([])
      })
    }
  },
)

describe('the configuration', () => {
  test('forbids no global that has no seed', () => {
    const denied = biome.overrides.flatMap(each => {
      const rule = each.linter.rules.style?.noRestrictedGlobals
      return typeof rule === 'object' ? Object.keys(rule.options.deniedGlobals) : []
    })
    expect(new Set(denied)).toEqual(new Set(globals))
  })

  test('names no rule that has no seed', () => {
    const named = Object.values(biome.linter.rules).flatMap(group =>
      typeof group === 'object' ? Object.keys(group) : [],
    )
    const rules = [...named, ...rulesOn(oxlint.rules)]
    const seeded = new Set([...biomeSeeds, ...oxlintSeeds].map(seed => seed.rule.replace(/.*\//, '')))
    expect(rules.filter(rule => !seeded.has(rule))).toEqual([])
  })
})

type BiomeAnswer = {
  readonly diagnostics: readonly {
    readonly severity: string
    readonly category: string
    readonly location: { readonly path: string }
  }[]
}
type OxlintAnswer = {
  readonly diagnostics: readonly { readonly severity: string; readonly code: string; readonly filename: string }[]
}

/** Rules switched off forbid nothing: methods here are closures and need no `this`; a spread may group a long list. */
function rulesOn(rules: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(rules).flatMap(([name, level]) => (level === 'off' ? [] : [name.replace('typescript/', '')]))
}

async function answer<Answer>(root: string, [bin = '', ...args]: readonly string[]): Promise<Answer> {
  const child = Bun.spawn([process.execPath, join(repository, 'node_modules', bin), ...args], {
    cwd: root,
    stdout: 'pipe',
    stderr: 'ignore',
  })
  return JSON.parse(await child.stdout.text()) as Answer
}
