import { describe, expect, test } from 'bun:test'
import type { ProviderDialect } from '../../src/dialects/dialect.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { callerDialect, callers, providerDialects } from '../wire/dialects.ts'

/**
 * Providers keep the beginning of a prompt, to the byte, and take a tenth for what they have kept. A conversation that
 * grows must therefore begin, told to any provider, as it began the turn before: the same tools and the same fields in
 * the same order, and what was said before in front of what is new (bifrost#898, and litellm's incident with Bedrock).
 */

const turns = 50
const schema = { type: 'object', properties: { city: { type: 'string' }, at: { type: 'number' } }, required: ['city'] }
const tools = ['weather', 'news', 'a_third', 'stocks']
const system = 'You are brief. '.repeat(20)

/** What was said in each turn: a question, a call, its result, and words. */
const question = (n: number): string => `And what of day ${n}? "${'é😀'.repeat(n % 3)}"`
const args = (n: number): JsonObject => ({ city: `Town ${n}`, at: n / 8 })
const result = (n: number): string => `${n} degrees`
const words = (n: number): string => `It has ${n}.`

type Steps = { readonly user: Json[]; readonly call: Json[]; readonly result: Json[]; readonly words: Json[] }

/** A request up to the question of a turn, or to the result of its call. */
type Said = (steps: (n: number) => Steps, turn: number, upTo: 'question' | 'result') => Json[]

const said: Said = (steps, turn, upTo) => {
  const before = Array.from({ length: turn }, (_, n) => steps(n)).flatMap(each => Object.values(each).flat())
  const { user, call, result } = steps(turn)
  return [...before, ...user, ...(upTo === 'question' ? [] : [...call, ...result])]
}

/** How a conversation is written by callers of each dialect. */
const conversations: Readonly<Record<string, (...at: [turn: number, upTo: 'question' | 'result']) => JsonObject>> = {
  'openai-chat': (...at) => ({
    model: 'm',
    messages: [
      { role: 'system', content: system },
      ...said(
        n => ({
          user: [{ role: 'user', content: question(n) }],
          call: [
            {
              role: 'assistant',
              content: null,
              tool_calls: [
                { id: `call_${n}`, type: 'function', function: { name: 'news', arguments: JSON.stringify(args(n)) } },
              ],
            },
          ],
          result: [{ role: 'tool', tool_call_id: `call_${n}`, content: result(n) }],
          words: [{ role: 'assistant', content: words(n) }],
        }),
        ...at,
      ),
    ],
    tools: tools.map(name => ({ type: 'function', function: { name, description: name, parameters: schema } })),
    temperature: 0.5,
    max_completion_tokens: 500,
  }),
  'openai-responses': (...at) => ({
    model: 'm',
    instructions: system,
    input: said(
      n => ({
        user: [{ role: 'user', content: question(n) }],
        call: [{ type: 'function_call', call_id: `call_${n}`, name: 'news', arguments: JSON.stringify(args(n)) }],
        result: [{ type: 'function_call_output', call_id: `call_${n}`, output: result(n) }],
        words: [{ role: 'assistant', content: [{ type: 'output_text', text: words(n), annotations: [] }] }],
      }),
      ...at,
    ),
    tools: tools.map(name => ({ type: 'function', name, description: name, parameters: schema, strict: false })),
    max_output_tokens: 500,
  }),
  'anthropic-messages': (...at) => ({
    model: 'm',
    max_tokens: 500,
    system: [{ type: 'text', text: system, cache_control: { type: 'ephemeral' } }],
    messages: said(
      n => ({
        user: [{ role: 'user', content: question(n) }],
        call: [{ role: 'assistant', content: [{ type: 'tool_use', id: `toolu_${n}`, name: 'news', input: args(n) }] }],
        result: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: `toolu_${n}`, content: result(n) }] }],
        words: [{ role: 'assistant', content: words(n) }],
      }),
      ...at,
    ),
    tools: tools.map(name => ({ name, description: name, input_schema: schema })),
  }),
  'gemini-generate': (...at) => ({
    systemInstruction: { parts: [{ text: system }] },
    contents: said(
      n => ({
        user: [{ role: 'user', parts: [{ text: question(n) }] }],
        call: [{ role: 'model', parts: [{ functionCall: { name: 'news', args: args(n) } }] }],
        result: [{ role: 'user', parts: [{ functionResponse: { name: 'news', response: { output: result(n) } } }] }],
        words: [{ role: 'model', parts: [{ text: words(n) }] }],
      }),
      ...at,
    ),
    tools: [{ functionDeclarations: tools.map(name => ({ name, description: name, parametersJsonSchema: schema })) }],
  }),
}

/** Models that are told a conversation each in its own way. */
const models: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': ['gpt-5'],
  'openai-responses': ['gpt-5'],
  'anthropic-messages': ['claude-sonnet-4-5', 'claude-opus-4-8'],
  'gemini-generate': ['gemini-2.5-pro', 'gemini-3-pro'],
  'bedrock-converse': ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'amazon.nova-pro-v1:0'],
  'cohere-chat': ['command-a-03-2025'],
}

/** Where each dialect has what was said. */
const lists = ['messages', 'input', 'contents'] as const

type Told = { readonly rest: string; readonly list: string }

/** As it goes over the wire: what was said, and all else. */
function told(caller: string, provider: ProviderDialect, model: string, asked: JsonObject): Told {
  const chat = callerDialect(caller).request.understand(asked)
  const aim = { provider: provider.id, model, quirks: {}, stream: false }
  const body = JSON.parse(JSON.stringify(provider.request.compose(chat, aim).body)) as JsonObject
  const name = lists.find(each => Array.isArray(body[each])) ?? ''
  return { rest: JSON.stringify({ ...body, [name]: [] }), list: JSON.stringify(body[name]) }
}

const pairs = callers.flatMap(caller =>
  providerDialects
    .filter(({ id }) => id !== caller)
    .flatMap(provider => (models[provider.id] ?? []).map(model => [caller, provider.id, model, provider] as const)),
)

describe('a conversation that grows', () => {
  test.each(pairs)('of a caller of %s begins, for %s and %s, as it began before', (caller, _, model, provider) => {
    const conversation = conversations[caller]
    if (!conversation) throw new Error(`Nobody writes ${caller}.`)
    let before: Told | undefined
    for (let turn = 0; turn < turns; turn++) {
      for (const upTo of ['question', 'result'] as const) {
        const now = told(caller, provider, model, conversation(turn, upTo))
        if (before) {
          expect(now.rest).toBe(before.rest)
          expect(now.list.startsWith(before.list.slice(0, -1))).toBe(true)
        }
        before = now
      }
    }
    expect(before?.list.length).toBeGreaterThan(turns * 100)
  })
})
