import { expect, test } from 'bun:test'
import { report } from './report.ts'

const about = { date: '2026-01-02', circumstances: [], peers: [{ name: 'thalamus', version: '1' }] }
const figure = (measure: string, value: number) => ({ peer: 'thalamus', measure, value })

test('a pair of dialects is told with its ratio, and what was not measured is a dash', () => {
  const { text, missed } = report(about, [
    figure('pair.json.openai-chat.openai-chat', 100),
    figure('pair.json.openai-chat.cohere-chat', 150),
    figure('pair.json.openai-chat.cohere-chat.ratio', 1.5),
  ])
  const row = text.split('\n').find(line => line.startsWith('| openai-chat '))
  expect(row?.split('|').map(cell => cell.trim())).toEqual([
    ...['', 'openai-chat', '100', '-', '-', '-', '-', '150 (1.50 x)', ''],
  ])
  expect(missed).toEqual([])
})

test('a limit is missed by the costliest pair alone', () => {
  const { missed } = report(about, [
    figure('pair.stream.openai-chat.gemini-generate.ratio', 2.6),
    figure('pair.stream.openai-chat.cohere-chat.ratio', 1.1),
    figure('pair.stream.anthropic-messages.cohere-chat.ratio', 1.2),
  ])
  expect(missed.map(({ measured }) => measured)).toEqual([2.6])
})

test('limits of scenarios that were not run are counted, not listed', () => {
  const { text } = report(about, [figure('start', 20)])
  expect(text.match(/\| first 200 after the start/g)).toHaveLength(1)
  expect(text).toMatch(/\n\d+ other limits were not measured\.\n/)
  expect(text).not.toContain('not measured |')
})
