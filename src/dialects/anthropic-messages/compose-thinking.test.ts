import { describe, expect, test } from 'bun:test'
import type { Chat } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { assistant, call, compose, result, text, user, weather } from './sample.test-data.ts'

/** How long, how hard and how freely a model is asked to answer. */

describe('without a limit of the caller, a reply of this model may be as long', () => {
  const lengths: readonly (readonly [string, number])[] = [
    ['claude-3-opus-20240229', 4096],
    ['claude-3-5-haiku-latest', 8192],
    ['claude-3-7-sonnet-20250219', 64_000],
    ['claude-opus-4-20250514', 32_000],
    ['claude-opus-4-1', 32_000],
    ['claude-sonnet-4-0', 64_000],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 64_000],
    ['anthropic/claude-opus-4.5', 64_000],
    ['claude-sonnet-4-6', 128_000],
    ['claude-opus-4-6', 128_000],
    ['claude-opus-4-7', 128_000],
    ['claude-opus-5-5-20260922', 128_000],
    ['claude-mythos-preview', 8192],
    ['kimi-k2-thinking', 8192],
  ]
  test.each([...lengths])('%s: %d', (model, tokens) => {
    expect(compose({}, model).body.max_tokens).toBe(tokens)
  })
})

describe('a reply longer than this model gives is cut to what it gives, and told', () => {
  const limits: readonly (readonly [string, number, number, readonly string[]])[] = [
    ['claude-sonnet-4-5', 100_000, 64_000, ['maxTokens']],
    ['claude-3-5-haiku-20241022', 100_000, 8192, ['maxTokens']],
    ['claude-sonnet-4-5', 64_000, 64_000, []],
    ['kimi-k2-thinking', 1_000_000, 1_000_000, []],
  ]
  test.each([...limits])('%s: %d becomes %d', (model, maxTokens, tokens, told) => {
    const { body, lost } = compose({ maxTokens }, model)
    expect([body.max_tokens, lost]).toEqual([tokens, told])
  })

  test('but not for a caller of this dialect, which may have more by a beta', () => {
    const { body, lost } = compose({ maxTokens: 100_000, extras: { dialect: 'anthropic-messages', fields: {} } })
    expect([body.max_tokens, lost]).toEqual([100_000, []])
  })
})

describe('a wish to think', () => {
  type Row = readonly [string, Partial<Chat>, string, JsonObject, readonly string[]]
  const rows: readonly Row[] = [
    [
      'becomes a budget below the length',
      { reasoning: { effort: 'medium' } },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 8192 }, max_tokens: 64_000 },
      [],
    ],
    [
      'leaves a quarter of a length that it would fill',
      { reasoning: { effort: 'high' }, maxTokens: 2000 },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 1500 }, max_tokens: 2000 },
      [],
    ],
    [
      'leaves a quarter of what the model can say',
      { reasoning: { effort: 'max' } },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 48_000 }, max_tokens: 64_000 },
      [],
    ],
    [
      'of more tokens than the length has gets fewer, and tells it',
      { reasoning: { budget: 8000 }, maxTokens: 4000 },
      'claude-opus-4-6',
      { thinking: { type: 'enabled', budget_tokens: 3000 }, max_tokens: 4000 },
      ['reasoning.budget'],
    ],
    [
      'in a number that fits is kept as it is',
      { reasoning: { budget: 3900 }, maxTokens: 4000 },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 3900 }, max_tokens: 4000 },
      [],
    ],
    [
      'comes on top of a length that nobody has said and nobody knows',
      { reasoning: { effort: 'high' } },
      'kimi-k2-thinking',
      { thinking: { type: 'enabled', budget_tokens: 24_576 }, max_tokens: 32_768 },
      [],
    ],
    [
      'is raised to the least budget',
      { reasoning: { budget: 100 }, maxTokens: 5000 },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 5000 },
      [],
    ],
    [
      'as much as the model likes is a middling budget',
      { reasoning: { budget: -1 } },
      'claude-sonnet-4-5',
      { thinking: { type: 'enabled', budget_tokens: 8192 } },
      [],
    ],
    [
      'becomes an effort',
      { reasoning: { effort: 'xhigh' } },
      'claude-opus-4-7',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
      [],
    ],
    [
      'with a summary shows the thoughts',
      { reasoning: { effort: 'low', summary: 'auto' } },
      'claude-opus-5',
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'low' } },
      [],
    ],
    [
      'of a budget becomes an effort where there are no budgets',
      { reasoning: { budget: 10_000 } },
      'claude-opus-5',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
      [],
    ],
    [
      'of a budget stays one where both are known',
      { reasoning: { budget: 10_000 } },
      'claude-opus-4-6',
      { thinking: { type: 'enabled', budget_tokens: 10_000 } },
      [],
    ],
    [
      'takes the next lower effort, and tells it',
      { reasoning: { effort: 'xhigh' } },
      'claude-opus-4-6',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      ['reasoning'],
    ],
    [
      'at the least is a low one',
      { reasoning: { effort: 'minimal' } },
      'claude-opus-5',
      { output_config: { effort: 'low' } },
      [],
    ],
    [
      'to do it not at all is said',
      { reasoning: { effort: 'none' } },
      'claude-opus-5',
      { thinking: { type: 'disabled' } },
      [],
    ],
    [
      'not at all to a model that always does is a low effort, and told',
      { reasoning: { budget: 0 } },
      'claude-opus-5-5',
      { output_config: { effort: 'low' } },
      ['reasoning'],
    ],
  ]
  test.each([...rows])('%s', (_, chat, model, fields, lost) => {
    const composed = compose(chat, model)
    expect(composed.body).toMatchObject(fields as never)
    expect(composed.lost).toEqual(lost)
  })

  const hindered: readonly (readonly [string, Partial<Chat>, string])[] = [
    ['a tool is forced', { tools: [weather], toolChoice: { type: 'required' } }, 'claude-sonnet-4-5'],
    ['the reply is begun', { messages: [user(text('Hi')), assistant(text('Well'))] }, 'claude-opus-4-6'],
    [
      'another model has thought at the beginning of the turn',
      { messages: [user(text('Hi')), assistant(call('a')), user(result('a'))] },
      'claude-sonnet-4-5',
    ],
    ['the model cannot', {}, 'claude-3-5-sonnet-20241022'],
    ['the reply has no room for the least of thoughts', { maxTokens: 1024 }, 'claude-sonnet-4-5'],
  ]
  test.each([...hindered])('is left out and told where %s', (_, more, model) => {
    const { body, lost } = compose({ reasoning: { effort: 'high' }, ...more }, model)
    expect([body.thinking, body.output_config, lost]).toEqual([undefined, undefined, ['reasoning']])
  })

  test('is kept in the middle of a turn that began with a thought of its own', () => {
    const seal = { dialect: 'anthropic-messages', maker: 'anthropic/claude-sonnet-4-5', value: 'sig' }
    const thought: Part = { type: 'reasoning', text: 'Hm', seal }
    const messages = [user(text('Hi')), assistant(thought, call('a')), user(result('a'))]
    const { body, lost } = compose({ reasoning: { effort: 'low' }, messages })
    expect([body.thinking, lost]).toEqual([{ type: 'enabled', budget_tokens: 1024 }, []])
  })

  test('of a caller of this dialect is left out in the middle of a turn that began with another’s thought', () => {
    const extras = { dialect: 'anthropic-messages', fields: {} }
    const seal = { dialect: 'openai-responses', value: 'x' }
    const foreign: Part = { type: 'reasoning', text: 'Hm', at: 'messages[1].content[0]', seal }
    const messages = [user(text('Hi')), assistant(foreign, call('a')), user(result('a'))]
    const composed = compose({ extras, messages, reasoning: { budget: 2048, effort: 'low' }, maxTokens: 5000 })
    expect(composed.body).toMatchObject({ max_tokens: 5000, output_config: { effort: 'low' } })
    expect([composed.body.thinking, composed.lost]).toEqual([undefined, ['messages[1].content[0]', 'reasoning']])
  })

  test('of a caller of this dialect is sent as it was said', () => {
    const extras = { dialect: 'anthropic-messages', fields: {} }
    const own = (chat: Partial<Chat>, model: string): JsonObject => compose({ extras, ...chat }, model).body
    expect(own({ reasoning: { effort: 'max' } }, 'claude-sonnet-4-5')).toMatchObject({
      output_config: { effort: 'max' },
    })
    expect(own({ reasoning: { effort: 'max' } }, 'claude-opus-5').thinking).toBeUndefined()
    const budget = own({ reasoning: { budget: 5000 }, maxTokens: 10, temperature: 0.5 }, 'claude-opus-5')
    expect(budget).toMatchObject({ thinking: { budget_tokens: 5000 }, max_tokens: 10, temperature: 0.5 })
  })
})

describe('how words are chosen', () => {
  const rows: readonly (readonly [string, Partial<Chat>, string, JsonObject, readonly string[]])[] = [
    ['is passed on', { temperature: 0.3, topK: 5 }, 'claude-3-haiku-20240307', { temperature: 0.3, top_k: 5 }, []],
    ['ends at 1', { temperature: 1.7 }, 'claude-sonnet-4-0', { temperature: 1 }, ['temperature']],
    [
      'is either by temperature or by top_p',
      { temperature: 0.3, topP: 0.9 },
      'claude-sonnet-4-5',
      { temperature: 0.3 },
      ['topP'],
    ],
    [
      'is the model’s own affair',
      { temperature: 0.3, topP: 0.9, topK: 5 },
      'claude-opus-5',
      {},
      ['temperature', 'topP', 'topK'],
    ],
    [
      'may be said where it changes nothing',
      { temperature: 1, topP: 0.99 },
      'claude-opus-5',
      { temperature: 1, top_p: 0.99 },
      [],
    ],
    [
      'is fixed while the model thinks',
      { temperature: 0.3, topK: 5, topP: 0.95, reasoning: { effort: 'low' } },
      'claude-sonnet-4-5',
      { top_p: 0.95 },
      ['temperature', 'topK'],
    ],
  ]
  test.each([...rows])('%s', (_, chat, model, fields, lost) => {
    const { body, lost: told } = compose(chat, model)
    const { temperature, top_p, top_k } = body
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(fields)
    expect(told).toEqual(lost)
  })
})
