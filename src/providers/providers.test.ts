import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { mannersOf } from '../house/tongues.ts'
import { providers } from './index.ts'
import { keyIn } from './provider.ts'
import { sim } from './sim.ts'

const rows = [...providers, sim]
const loopback = /^http:\/\/127\.0\.0\.1:\d+(?:\/|$)/
const readme = join(import.meta.dir, '../../README.md')

/** Where a provider's key stands by its own documentation, written down here a second time. */
const documentedKeys: Readonly<Record<string, string>> = {
  openai: 'OPENAI_API_KEY',
  anthropic: 'ANTHROPIC_API_KEY',
  google: 'GEMINI_API_KEY',
  bedrock: 'AWS_BEARER_TOKEN_BEDROCK',
  cohere: 'COHERE_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  dashscope: 'DASHSCOPE_API_KEY',
  mistral: 'MISTRAL_API_KEY',
  groq: 'GROQ_API_KEY',
  xai: 'XAI_API_KEY',
  together: 'TOGETHER_API_KEY',
  fireworks: 'FIREWORKS_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
  perplexity: 'PERPLEXITY_API_KEY',
  cerebras: 'CEREBRAS_API_KEY',
  moonshot: 'MOONSHOT_API_KEY',
  zai: 'ZAI_API_KEY',
  nvidia: 'NVIDIA_API_KEY',
  huggingface: 'HF_TOKEN',
  tokenmix: 'TOKENMIX_API_KEY',
}

describe.each(rows.map((row): [string, typeof row] => [row.id, row]))('the row of %s', (id, row) => {
  test('has a name that can stand before a slash, in a config and in a label', () => {
    expect(id).toMatch(/^[a-z][a-z\d-]*$/)
    expect(row.name).not.toBe('')
  })

  test('speaks a dialect that is built', () => {
    expect(mannersOf.has(row.dialect)).toBe(true)
  })

  test('sends a key only where it cannot be read on the way', () => {
    if (row === sim) return expect(row.baseUrl).toBe('')
    if (row.keyFrom.length === 0) return expect(row.baseUrl).toMatch(loopback)
    expect(row.baseUrl).toMatch(/^https:\/\/[\w.-]+(?:\/[\w./-]*)?[^/]$/)
    return expect(new URL(row.baseUrl).username).toBe('')
  })

  test('reads the key from the variable that the provider documents', () => {
    expect(row.keyFrom[0]).toBe(documentedKeys[id] as string)
    for (const name of row.keyFrom) expect(name).toMatch(/^[A-Z][A-Z\d_]*_(?:KEY|TOKEN|TOKEN_BEDROCK)$/)
  })

  test('shows the key in one header and nowhere else', () => {
    const shown = Object.entries((row.auth ?? keyIn('x-key'))('sk-1'))
    expect(shown.map(([, value]) => value.replace('Bearer ', ''))).toEqual(['sk-1'])
  })

  test('refuses nothing that is not sent', () => {
    if (row.dialect !== openaiChat.id) return
    const sent = [...Object.values(openaiChat.request.nouns), 'top_logprobs', 'max_tokens']
    expect((row.quirks?.refuses ?? []).filter(field => !sent.includes(field))).toEqual([])
  })

  test('says where its facts come from', () => {
    expect(row.docs).toMatch(row === sim ? /^docs\/sim\.md$/ : /^https:\/\//)
  })
})

test('no two rows have the same name, the same place or the same family of models', () => {
  const all = (of: (row: (typeof rows)[number]) => readonly string[]): string[] => rows.flatMap(of)
  for (const names of [
    all(row => [row.id]),
    all(row => [row.baseUrl]),
    all(row => row.serves ?? []),
    all(row => row.keyFrom),
  ]) {
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  }
})

test('no family of models lies within another provider’s', () => {
  const families = rows.flatMap(row => (row.serves ?? []).map(start => ({ id: row.id, start })))
  const within = families.flatMap(({ id, start }) =>
    families.filter(other => other.id !== id && other.start.startsWith(start)).map(other => `${other.start} in ${id}`),
  )
  expect(within).toEqual([])
})

test('every row has a file of its own', () => {
  for (const { id } of rows) expect(existsSync(join(import.meta.dir, `${id}.ts`))).toBe(true)
})

const page = existsSync(readme) ? readFileSync(readme, 'utf8') : ''
const listed = page.split('\n').filter(line => /^\|.*_(?:API_KEY|TOKEN)\b/.test(line))

test.skipIf(listed.length === 0)('the table of providers in README.md is the rows', () => {
  for (const { id, keyFrom } of providers) {
    const lines = page.split('\n').filter(line => line.startsWith('|') && line.includes(`\`${id}\``))
    expect([id, lines.length]).toEqual([id, 1])
    for (const name of keyFrom) expect(lines[0]).toContain(`\`${name}\``)
  }
  const named = listed
    .flatMap(line => line.match(/`[A-Z\d_]+_(?:API_KEY|TOKEN)`/g) ?? [])
    .map(name => name.slice(1, -1))
  expect(named.filter(name => !providers.some(row => row.keyFrom.includes(name)))).toEqual([])
})
