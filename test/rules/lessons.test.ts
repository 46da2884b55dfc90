import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './tree.ts'

/**
 * docs/lessons.md is a map from what broke elsewhere to the tests of ours that would fail: a test that it names is there,
 * and a thread that a test names is on it.
 */

const page = readFileSync(join(repository, 'docs/lessons.md'), 'utf8')

/** A test as the page names it: its file, what it describes and its name, and perhaps a row of its table. */
type Named = { readonly path: string; readonly link: string; readonly titles: readonly string[]; readonly row?: string }

const namedIn = (text: string): readonly Named[] =>
  [...text.matchAll(/\[`([^`]+\.ts)`\]\(([^)]+)\)((?: › `[^`]+`)+)(?: \(`([^`]+)`\))?/g)].map(
    ([, path = '', link = '', titles = '', row]) => ({
      path,
      link,
      titles: [...titles.matchAll(/`([^`]+)`/g)].map(([, title = '']) => title),
      ...(row !== undefined && { row }),
    }),
  )

/** What is wrong with it, if anything is. `sourceOf` has no text where there is no such file. */
function wrongWith({ path, link, titles, row }: Named, sourceOf: (path: string) => string | undefined): string[] {
  const source = sourceOf(path)
  if (source === undefined) return [`there is no file ${path}`]
  const missing = missingIn(source, titles)
  return [
    ...(link === `../${path}` ? [] : [`${path} leads to ${link}`]),
    ...(missing === undefined ? [] : [`${path} has no test '${missing}' (${titles.join(' › ')})`]),
    ...(row === undefined || quoted(row).test(source) ? [] : [`${path} has no row '${row}'`]),
  ]
}

/** The first title that is not the first argument of a call somewhere behind the one before it. */
function missingIn(source: string, titles: readonly string[]): string | undefined {
  let from = 0
  for (const title of titles) {
    const found = new RegExp(`\\(\\s*${quoted(title).source},`).exec(source.slice(from))
    if (!found) return title
    from += found.index + 1
  }
  return undefined
}

const quoted = (text: string): RegExp => new RegExp(`(['"\`])${RegExp.escape(text)}\\1`)

const sourceOf = (path: string): string | undefined =>
  existsSync(join(repository, path)) ? readFileSync(join(repository, path), 'utf8') : undefined

describe('docs/lessons.md', () => {
  const named = namedIn(page)

  test('names tests that are there', () => {
    expect(named.flatMap(each => wrongWith(each, sourceOf))).toEqual([])
  })

  test('has nothing in its third column but tests, each understood here', () => {
    const rows = page.slice(0, page.indexOf('## Only in part')).match(/^\|.*\.ts`\].*$/gm) ?? []
    const cells = rows.flatMap(row => row.split(' | ').at(-1)?.replace(/ \|$/, '').split('<br>') ?? [])
    expect(cells.filter(cell => namedIn(cell).map(nameOf).join() !== cell)).toEqual([])
    expect(cells.length).toBe(named.length)
    expect(named.length).toBeGreaterThan(100)
  })

  test('has each thread that a test names', () => {
    const files = [...new Bun.Glob('{src,test}/**/*.ts').scanSync(repository)]
    const threads = files.flatMap(path => sourceOf(path)?.match(/\b(?:[A-Za-z-]+#\d+|CVE-\d{4}-\d+)\b/g) ?? [])
    const known = threads.filter(thread => page.includes(`[${thread}]`))
    expect(threads.filter(thread => !known.includes(thread) && !ofOthers.has(thread))).toEqual([])
    expect(known.length).toBeGreaterThan(10)
  })
})

/** Threads of the runtime are no lessons of gateways. */
const ofOthers: ReadonlySet<string> = new Set(['bun#28035'])

const nameOf = ({ path, link, titles, row }: Named): string =>
  `[\`${path}\`](${link})${titles.map(title => ` › \`${title}\``).join('')}${row === undefined ? '' : ` (\`${row}\`)`}`

describe('what is not there is found:', () => {
  const source = `describe('a stream', () => {
    const rows = [['cut'], ['an odd row']]
    test.each(rows)(
      'by %s ends',
      async () => {},
    )
  })
  describe.each(all)("another's", () => {
    test(\`is \${due}\`, () => {})
  })`
  const at = '[`a.test.ts`](../a.test.ts)'
  const cases: readonly (readonly [what: string, named: string, wrong: string[]])[] = [
    ['nothing', `${at} › \`a stream\` › \`by %s ends\` (\`an odd row\`)`, []],
    ['nothing, in other quotes', `${at} › \`another's\` › \`is \${due}\``, []],
    ['a file', '[`b.test.ts`](../b.test.ts) › `a stream`', ['there is no file b.test.ts']],
    ['where it leads', '[`a.test.ts`](a.test.ts) › `a stream`', ['a.test.ts leads to a.test.ts']],
    ['a test', `${at} › \`a stream\` › \`by cut\``, ["a.test.ts has no test 'by cut' (a stream › by cut)"]],
    ['a part of a name', `${at} › \`by %s\``, ["a.test.ts has no test 'by %s' (by %s)"]],
    ['a row for a test', `${at} › \`cut\``, ["a.test.ts has no test 'cut' (cut)"]],
    ['a row', `${at} › \`a stream\` (\`mended\`)`, ["a.test.ts has no row 'mended'"]],
    [
      'a test of another place',
      `${at} › \`another's\` › \`by %s ends\``,
      ["a.test.ts has no test 'by %s ends' (another's › by %s ends)"],
    ],
  ]
  test.each([...cases])('%s', (_, named, wrong) => {
    const found = namedIn(named)
    expect(found.map(nameOf)).toEqual([named])
    expect(found.flatMap(each => wrongWith(each, path => (path === 'a.test.ts' ? source : undefined)))).toEqual(wrong)
  })
})
