import { describe, expect, test } from 'bun:test'
import type { Effort, Reasoning } from '../model/chat.ts'
import { effortsOf, fittedEffort } from './openai-efforts.ts'

const all: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

describe('a model knows the efforts of its maker’s word:', () => {
  const models: readonly (readonly [string, string | undefined])[] = [
    ['gpt-3.5-turbo', ''],
    ['gpt-4o', ''],
    ['gpt-4.1-mini-2025-04-14', ''],
    ['ft:gpt-4o-2024-08-06:org::id', ''],
    ['chatgpt-4o-latest', ''],
    ['gpt-5-chat-latest', ''],
    ['gpt-5-search-api-2025-10-14', ''],
    ['o1-mini', ''],
    ['o1-preview-2024-09-12', ''],
    ['o1', 'low medium high'],
    ['o1-pro-2025-03-19', 'low medium high'],
    ['o3', 'low medium high'],
    ['o3-mini-2025-01-31', 'low medium high'],
    ['o4-mini', 'low medium high'],
    ['o3-deep-research', 'medium'],
    ['o4-mini-deep-research-2025-06-26', 'medium'],
    ['codex-mini-latest', 'low medium high'],
    ['gpt-5', 'minimal low medium high'],
    ['openai/gpt-5-nano-2025-08-07', 'minimal low medium high'],
    ['gpt-5-codex', 'low medium high'],
    ['gpt-5-pro-2025-10-06', 'high'],
    ['gpt-5.1', 'none low medium high'],
    ['gpt-5.1-chat-latest', 'medium'],
    ['gpt-5.1-codex-mini', 'low medium high'],
    ['gpt-5.1-codex-max', 'low medium high xhigh'],
    ['gpt-5.2-2025-12-11', 'none low medium high xhigh'],
    ['gpt-5.2-pro', 'medium high xhigh'],
    ['gpt-5.2-codex', 'low medium high xhigh'],
    ['gpt-5.3-codex', 'low medium high xhigh'],
    ['gpt-5.4-mini', 'none low medium high xhigh'],
    ['gpt-5.6-terra', 'none low medium high xhigh max'],
    ['gpt-oss-120b', undefined],
    ['gpt-5.9', undefined],
    ['gpt-5-something-new', undefined],
    ['deepseek-chat', undefined],
    ['o1-of-our-own', undefined],
  ]
  test.each([...models])('%s', (model, efforts) => {
    expect(effortsOf(model)?.join(' ')).toBe(efforts as string)
  })
})

describe('a wish is told as', () => {
  const wishes: readonly (readonly [string, Reasoning, string, Effort | undefined, readonly string[]])[] = [
    ['itself to a model that knows it', { effort: 'high' }, 'o3', 'high', []],
    ['itself to a model that nobody knows', { effort: 'max' }, 'a-new-one', 'max', []],
    ['the next lower effort', { effort: 'max' }, 'gpt-5.4', 'xhigh', ['reasoning.effort']],
    ['the lowest, where none is lower', { effort: 'low' }, 'gpt-5-pro', 'high', ['reasoning.effort']],
    ['some thinking, not as none', { effort: 'minimal' }, 'gpt-5.1', 'low', ['reasoning.effort']],
    ['the least to a model that always thinks', { effort: 'none' }, 'gpt-5', 'minimal', ['reasoning']],
    ['the least for a budget of nothing', { budget: 0 }, 'o3', 'low', ['reasoning.budget']],
    ['none to a model that need not think', { budget: 0 }, 'gpt-5.1', 'none', []],
    ['nothing to a model that never thinks', { effort: 'low' }, 'gpt-4o', undefined, ['reasoning.effort']],
    ['nothing, for a budget', { budget: 2000 }, 'gpt-4o', undefined, ['reasoning.budget']],
    ['nothing, for as much as it likes', { budget: -1 }, 'gpt-4o', undefined, ['reasoning.budget']],
    ['nothing, where thoughts are only to be shown', { shown: true }, 'gpt-4o', undefined, []],
    ['nothing, and nothing is lost, where it was not to think', { effort: 'none' }, 'gpt-4o', undefined, []],
    ['nothing where it is left to the model', { budget: -1 }, 'gpt-5', undefined, []],
  ]
  test.each([...wishes])('%s', (_, wish, model, effort, lost) => {
    expect<unknown>(fittedEffort(wish, model)).toEqual({ effort, lost })
  })

  test('an effort that the model knows, whatever was wished', () => {
    for (const model of ['o3', 'gpt-5', 'gpt-5-pro', 'gpt-5.1', 'gpt-5.2-pro', 'gpt-5.6'])
      for (const effort of all) expect(effortsOf(model)).toContain(fittedEffort({ effort }, model).effort as Effort)
  })
})
