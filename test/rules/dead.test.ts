import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { inPlace, inTree, repository } from './tree.ts'

const manifest = JSON.stringify({ name: 'seeded', type: 'module', dependencies: { yaml: '2.9.1', zod: '4.6.7' } })

const files = new Map([
  ['package.json', manifest],
  ['src/main.ts', "import { alive } from './lib/half.ts'\nimport { z } from 'zod'\nimport 'hono'\nalive(z)\n"],
  [
    'src/lib/half.ts',
    'export const alive = (value: unknown): unknown => value\nexport const dead = 1\nexport type Ghost = string\n',
  ],
  ['src/lib/half.test.ts', "import { usedByTests } from './fake.ts'\nusedByTests({ edge: 1 })\n"],
  [
    'src/lib/fake.ts',
    'export const usedByTests = (shape: Shape): Shape => shape\nexport type Shape = { readonly edge: Edge }\nexport type Edge = number\n',
  ],
  ['src/lib/forgotten.ts', 'export const never = 1\n'],
])

test('dead files, exports, types and dependencies are reported, and nothing that is used', async () => {
  const { issues, exitCode } = await knip()
  const found = issues.flatMap(issue =>
    Object.entries(issue).flatMap(([kind, names]) =>
      Array.isArray(names) ? names.map(each => `${kind} ${each.name}`) : [],
    ),
  )
  expect(found.sort()).toEqual([
    'dependencies yaml',
    'exports dead',
    'files src/lib/forgotten.ts',
    'types Ghost',
    'unlisted hono',
  ])
  expect(exitCode).toBe(1)
})

type Issue = { readonly file: string } & { readonly [kind: string]: string | readonly { readonly name: string }[] }

async function knip(): Promise<{ issues: readonly Issue[]; exitCode: number }> {
  return await inTree({ files, copies: inPlace('knip.json', 'tsconfig.json') }, async root => {
    const bin = join(repository, 'node_modules/knip/bin/knip.js')
    const child = Bun.spawn([process.execPath, bin, '--reporter', 'json', '--no-progress'], {
      cwd: root,
      stdout: 'pipe',
    })
    const [{ issues }, exitCode] = await Promise.all([
      child.stdout.json() as Promise<{ issues: Issue[] }>,
      child.exited,
    ])
    return { issues, exitCode }
  })
}
