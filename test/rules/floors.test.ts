import { describe, expect, test } from 'bun:test'
import { dirname, join, relative } from 'node:path'
import { cruiseFloors, floors } from '../../scripts/cruise.ts'
import { inPlace, inTree, repository } from './tree.ts'

type Import = { readonly from: string; readonly to: string }
type Seed = Import & { readonly rule: string }

/** Imports that break one rule each, and the only rule that may report them. */
const seeds: readonly Seed[] = [
  { rule: 'model-stands-on', from: 'src/model/up.ts', to: 'src/lib/tool.ts' },
  { rule: 'lib-stands-on', from: 'src/lib/up.ts', to: 'src/model/noun.ts' },
  { rule: 'ports-stands-on', from: 'src/ports/up.ts', to: 'src/lib/tool.ts' },
  { rule: 'dialects-stands-on', from: 'src/dialects/up.ts', to: 'src/ports/question.ts' },
  { rule: 'catalog-stands-on', from: 'src/catalog/up.ts', to: 'src/providers/row.ts' },
  { rule: 'policy-stands-on', from: 'src/policy/up.ts', to: 'src/ports/question.ts' },
  { rule: 'providers-stands-on', from: 'src/providers/up.ts', to: 'src/dialects/one/stream.ts' },
  { rule: 'stores-stands-on', from: 'src/stores/up.ts', to: 'src/config/schema.ts' },
  { rule: 'observe-stands-on', from: 'src/observe/up.ts', to: 'src/stores/memory.ts' },
  { rule: 'config-stands-on', from: 'src/config/up.ts', to: 'src/providers/row.ts' },
  { rule: 'stages-stands-on', from: 'src/stages/up.ts', to: 'src/dialects/one/stream.ts' },
  { rule: 'stages-stands-on', from: 'src/stages/higher.ts', to: 'src/stores/memory.ts' },
  { rule: 'gateway-stands-on', from: 'src/gateway.ts', to: 'src/stages/first.ts' },
  { rule: 'edge-stands-on', from: 'src/edge/up.ts', to: 'src/admin/page.ts' },
  { rule: 'admin-stands-on', from: 'src/admin/up.ts', to: 'src/gateway.ts' },
  { rule: 'sim-stands-on', from: 'src/sim/up.ts', to: 'src/dialects/dialect.ts' },
  { rule: 'line-stands-on', from: 'src/line.ts', to: 'src/policy/plan.ts' },
  { rule: 'house-stands-on', from: 'src/house/up.ts', to: 'src/cli/command.ts' },
  { rule: 'version-stands-on', from: 'src/version.ts', to: 'src/lib/tool.ts' },
  { rule: 'cli-stands-on', from: 'src/cli/up.ts', to: 'src/stages/first.ts' },
  { rule: 'main-stands-on', from: 'src/main.ts', to: 'src/stores/memory.ts' },
  { rule: 'every-file-has-a-room', from: 'src/attic/box.ts', to: 'src/model/noun.ts' },
  { rule: 'no-stage-calls-another', from: 'src/stages/first.ts', to: 'src/stages/second/step.ts' },
  { rule: 'no-stage-calls-another', from: 'src/stages/second/other.ts', to: 'src/stages/second-best/step.ts' },
  { rule: 'no-dialect-knows-another', from: 'src/dialects/two/stream.ts', to: 'src/dialects/one/stream.ts' },
  { rule: 'nothing-stands-on-tests', from: 'src/lib/leaning.ts', to: 'test/story.ts' },
  { rule: 'nothing-stands-on-tests', from: 'src/lib/leaning.ts', to: 'src/lib/tool.test.ts' },
  { rule: 'pure-floors-are-plain', from: 'src/model/fancy.ts', to: 'zod' },
  { rule: 'pure-floors-are-plain', from: 'src/ports/fancy.ts', to: 'node:crypto' },
  { rule: 'pure-floors-are-plain', from: 'src/dialects/one/fancy.ts', to: 'bun:sqlite' },
  { rule: 'pure-floors-are-plain', from: 'src/policy/fancy.ts', to: 'fast-check' },
  { rule: 'no-development-dependency-ships', from: 'src/stores/checked.ts', to: 'fast-check' },
  { rule: 'no-development-dependency-ships', from: 'src/stores/missing.ts', to: 'acorn' },
  { rule: 'one-door-to-the-world', from: 'src/stages/sly.ts', to: 'node:http' },
  { rule: 'one-door-to-the-world', from: 'src/observe/late.ts', to: 'node:timers/promises' },
  { rule: 'one-door-to-the-world', from: 'src/edge/early.ts', to: 'undici' },
]

const cycle: readonly Import[] = [
  { from: 'src/lib/hen.ts', to: 'src/lib/egg.ts' },
  { from: 'src/lib/egg.ts', to: 'src/lib/hen.ts' },
]

/** Imports near the ones above that nobody may report: a rule that forbids too much is wrong as well. */
const allowed: readonly Import[] = [
  { from: 'src/lib/tool.test.ts', to: 'src/stages/first.ts' },
  { from: 'src/lib/http.ts', to: 'node:https' },
  { from: 'src/config/load.ts', to: 'node:process' },
  { from: 'src/stores/memory.ts', to: 'bun:sqlite' },
  { from: 'src/stores/memory.ts', to: 'zod' },
  { from: 'src/stages/second/step.ts', to: 'src/stages/second/deeper.ts' },
  { from: 'src/stages/third.ts', to: 'src/dialects/dialect.ts' },
  { from: 'src/dialects/one/stream.ts', to: 'src/dialects/dialect.ts' },
  { from: 'src/providers/row.ts', to: 'src/dialects/dialect.ts' },
  { from: 'src/edge/http.ts', to: 'src/gateway.ts' },
  { from: 'src/stages/third.ts', to: 'src/line.ts' },
  { from: 'src/house/house.ts', to: 'src/stores/memory.ts' },
  { from: 'src/cli/command.ts', to: 'src/sim/server.ts' },
  { from: 'src/main.ts', to: 'src/cli/command.ts' },
]

const copies = inPlace('package.json', 'tsconfig.json')
const reported = await inTree({ files: treeOf([...seeds, ...cycle, ...allowed]), copies }, cruiseFloors)

describe('the floors', () => {
  for (const { rule, from, to } of seeds) {
    test(`${from} importing ${to} is reported by ${rule} alone`, () => {
      expect(rulesAgainst({ from, to })).toEqual([rule])
    })
  }

  test('two files that import each other are reported by no-cycles alone', () => {
    expect(cycle.flatMap(rulesAgainst)).toEqual(['no-cycles'])
  })

  for (const { from, to } of allowed) {
    test(`${from} may import ${to}`, () => {
      expect(rulesAgainst({ from, to })).toEqual([])
    })
  }

  test('report nothing else', () => {
    expect(reported.violations.length).toBe(seeds.length + 1)
  })

  test('have no rule without a seed', () => {
    const rules = new Set(floors.ruleSet?.forbidden?.map(rule => rule.name))
    expect(rules).toEqual(new Set([...seeds.map(seed => seed.rule), 'no-cycles']))
  })
})

describe('npm run floors', () => {
  test('exits 1 and names the import that goes up', async () => {
    const { exitCode, stderr } = await floorsOf(treeOf([{ from: 'src/model/up.ts', to: 'src/lib/tool.ts' }]))
    expect(stderr).toContain('model-stands-on: src/model/up.ts imports src/lib/tool.ts')
    expect(exitCode).toBe(1)
  })

  test('exits 1 when no module was seen', async () => {
    const { exitCode, stderr } = await floorsOf(new Map([['src/notes.txt', 'no source here']]))
    expect(stderr).toContain('no module was cruised')
    expect(exitCode).toBe(1)
  })

  test('exits 0 when every import goes down', async () => {
    const { exitCode, stderr } = await floorsOf(treeOf([{ from: 'src/ports/question.ts', to: 'src/model/noun.ts' }]))
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  })
})

async function floorsOf(files: ReadonlyMap<string, string>): Promise<{ exitCode: number; stderr: string }> {
  return await inTree({ files, copies }, async root => {
    const child = Bun.spawn([process.execPath, join(repository, 'scripts/floors.ts'), root], {
      stderr: 'pipe',
      stdout: 'ignore',
    })
    const [exitCode, stderr] = await Promise.all([child.exited, child.stderr.text()])
    return { exitCode, stderr }
  })
}

function rulesAgainst({ from, to }: Import): string[] {
  const target = to.startsWith('node:') ? to.slice('node:'.length) : to
  return reported.violations
    .filter(each => each.from === from && (each.to === target || each.unresolvedTo === to))
    .map(each => each.rule.name)
}

/** Every file named, importing what it is said to import. */
function treeOf(imports: readonly Import[]): Map<string, string> {
  const files = new Map<string, string>()
  for (const { from, to } of imports) {
    if (to.includes('.ts')) files.set(to, files.get(to) ?? 'export {}\n')
    files.set(from, `${files.get(from) ?? 'export {}\n'}import '${specifier(from, to)}'\n`)
  }
  return files
}

function specifier(from: string, to: string): string {
  if (!to.includes('.ts')) return to
  const path = relative(dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}
