import { expect, setDefaultTimeout, test } from 'bun:test'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import { bedrockConverse } from '../../src/dialects/bedrock-converse/index.ts'
import { cohereChat } from '../../src/dialects/cohere-chat/index.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { geminiGenerate } from '../../src/dialects/gemini-generate/index.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import type { JsonObject } from '../../src/model/json.ts'

/**
 * Requests of many small things: understanding one and telling it again takes time in proportion to their number. A caller
 * chooses that number, and while one request is told again nobody else is served.
 */

setDefaultTimeout(60_000)

const providers = [openaiChat, openaiResponses, anthropicMessages, geminiGenerate, bedrockConverse, cohereChat]

const many = <T>(count: number, make: (n: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, n) => make(n))
const hello = { role: 'user', content: 'hi' }
const chat = (messages: readonly object[]) => ({ model: 'm', messages: [hello, ...messages] })
const call = (n: number) => ({ id: `c${n}`, type: 'function', function: { name: 'f', arguments: '{}' } })
const answer = (n: number) => ({ role: 'tool', tool_call_id: `c${n}`, content: 'r' })
const gemini = (...contents: readonly object[]) => ({
  contents: [{ role: 'user', parts: [{ text: 'q' }] }, ...contents],
})

const requests: readonly (readonly [string, Dialect, (count: number) => object])[] = [
  ['turns of a chat', openaiChat, n => chat(many(n, i => ({ role: i % 2 ? 'assistant' : 'user', content: 'a' })))],
  ['messages of one', openaiChat, n => chat(many(n, () => ({ role: 'user', content: 'a' })))],
  ['calls of a chat', openaiChat, n => chat([{ role: 'assistant', tool_calls: many(n, call) }, ...many(n, answer)])],
  [
    'calls in turns, of one id',
    openaiChat,
    n => chat(many(n, () => [{ role: 'assistant', tool_calls: [call(0)] }, answer(0)]).flat()),
  ],
  [
    'calls of names that are too long, and begin alike',
    openaiChat,
    n =>
      chat([
        {
          role: 'assistant',
          tool_calls: many(n, i => ({ ...call(i), function: { name: `${'x'.repeat(130)}${i}`, arguments: '{}' } })),
        },
        ...many(n, answer),
      ]),
  ],
  [
    'calls of functions',
    openaiChat,
    n =>
      chat(
        many(n, () => [
          { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
          { role: 'function', name: 'f', content: 'r' },
        ]).flat(),
      ),
  ],
  ['fields that nobody knows', openaiChat, n => ({ ...chat([]), ...Object.fromEntries(many(n, i => [`x${i}`, 1])) })],
  [
    'calls of Responses',
    openaiResponses,
    n => ({
      model: 'm',
      input: [
        hello,
        ...many(n, i => ({ type: 'function_call', call_id: `c${i}`, name: 'f', arguments: '{}' })),
        ...many(n, i => ({ type: 'function_call_output', call_id: `c${i}`, output: 'r' })),
      ],
    }),
  ],
  [
    'thoughts of Responses',
    openaiResponses,
    n => ({
      model: 'm',
      input: [hello, ...many(n, i => ({ type: 'reasoning', summary: [], encrypted_content: `e${i}` }))],
    }),
  ],
  [
    'blocks of a message',
    anthropicMessages,
    n => ({
      model: 'm',
      max_tokens: 9,
      messages: [{ role: 'user', content: many(n, () => ({ type: 'text', text: 'a' })) }],
    }),
  ],
  [
    'calls of a message',
    anthropicMessages,
    n => ({
      model: 'm',
      max_tokens: 9,
      messages: [
        hello,
        { role: 'assistant', content: many(n, i => ({ type: 'tool_use', id: `c${i}`, name: 'f', input: {} })) },
        { role: 'user', content: many(n, i => ({ type: 'tool_result', tool_use_id: `c${i}`, content: 'r' })) },
      ],
    }),
  ],
  ['parts of a model', geminiGenerate, n => gemini({ role: 'model', parts: many(n, () => ({ text: 'a' })) })],
  ['parts with fields', geminiGenerate, n => gemini({ role: 'user', parts: many(n, () => ({ text: 'a', more: 2 })) })],
  [
    'calls without ids',
    geminiGenerate,
    n =>
      gemini(
        { role: 'model', parts: many(n, () => ({ functionCall: { name: 'f', args: {} } })) },
        { role: 'user', parts: many(n, () => ({ functionResponse: { name: 'f', response: {} } })) },
      ),
  ],
  [
    'calls of many names, answered from the last',
    geminiGenerate,
    n =>
      gemini(
        { role: 'model', parts: many(n, i => ({ functionCall: { name: `f${i}`, args: {} } })) },
        { role: 'user', parts: many(n, i => ({ functionResponse: { name: `f${n - 1 - i}`, response: {} } })) },
      ),
  ],
]

/** Where each is looked at once a step takes a tenth of a second; where each looks at all others, two and more. */
const count = 16_000
const mostMs = 1_000

test.each(requests)('%s', (_, caller, make) => {
  const body = make(count) as JsonObject
  expect(quickest(() => caller.request.understand(body))).toBeLessThan(mostMs)
  const understood = caller.request.understand(body)
  const aim = { provider: 'p', model: 'm', quirks: {}, stream: false }
  for (const provider of providers)
    expect(quickest(() => provider.request.compose(understood, aim))).toBeLessThan(mostMs)
})

/** Of three runs, if one is not quick enough: the machine may be busy. */
function quickest(run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let n = 0; n < 3 && least >= mostMs; n++) {
    const began = performance.now()
    run()
    least = Math.min(least, performance.now() - began)
  }
  return least
}
