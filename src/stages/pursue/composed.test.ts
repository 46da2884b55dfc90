import { describe, expect, test } from 'bun:test'
import { anthropicMessages } from '../../dialects/anthropic-messages/index.ts'
import { cohereChat } from '../../dialects/cohere-chat/index.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { geminiGenerate } from '../../dialects/gemini-generate/index.ts'
import { openaiChat } from '../../dialects/openai-chat/index.ts'
import { openaiResponses } from '../../dialects/openai-responses/index.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Part } from '../../model/part.ts'
import { composed } from './composed.ts'

const aim = { provider: 'p', model: 'm', quirks: {}, stream: false }
const silent: Chat = { messages: [], tools: [], extras: { dialect: 'another', fields: {} } }
const choosy: Chat = {
  ...silent,
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
  toolChoice: { type: 'tool', name: 'f' },
}

function placeOf(chat: Chat, caller: Dialect): string | undefined {
  try {
    composed(chat, aim, cohereChat.request, caller.request)
  } catch (error) {
    if (error instanceof Fault) return error.param
    throw error
  }
  return 'It was composed.'
}

const callers: readonly (readonly [Dialect, messages: string, toolChoice: string])[] = [
  [openaiChat, 'messages', 'tool_choice'],
  [openaiResponses, 'input', 'tool_choice'],
  [anthropicMessages, 'messages', 'tool_choice'],
  [geminiGenerate, 'contents', 'toolConfig.functionCallingConfig'],
]

test.each(callers.map(each => [each[0].id, ...each] as const))(
  'a provider that refuses what a caller of %s says names it as that caller does',
  (_, caller, messages, toolChoice) => {
    expect([placeOf(silent, caller), placeOf(choosy, caller)]).toEqual([messages, toolChoice])
  },
)

test('what is lost has the name that its caller gave it', () => {
  const logging = { ...choosy, toolChoice: undefined, topP: 0.5, logitBias: { '1': 1 } }
  const { lost } = composed(logging, aim, cohereChat.request, openaiChat.request)
  expect(lost).toEqual(['logit_bias'])
})

describe('what is lost of a part has the name that a caller of Gemini gave it:', () => {
  const at = 'contents[1].parts[0]'
  const seal = { dialect: 'gemini-generate', maker: 'google/gemini-3-pro', value: 'c2ln' }
  const call: Part = { type: 'tool-call', id: 'a', name: 'f', input: '{}', at: 'contents[0].parts[0]' }
  const result: Part = { type: 'tool-result', call: 'a', parts: [{ type: 'text', text: 'x' }], failed: true, at }
  const rows: readonly (readonly [string, readonly Part[], Dialect, string])[] = [
    ['a failure', [call, result], openaiChat, `${at}.functionResponse.response.error`],
    ['a signature', [{ ...call, seal, at }], openaiChat, `${at}.thoughtSignature`],
    ['another model’s signature', [{ type: 'text', text: 'x', seal, at }], geminiGenerate, `${at}.thoughtSignature`],
  ]
  test.each([...rows])('%s', (_, parts, { request }, place) => {
    const messages = parts.map(part => ({
      role: part.type === 'tool-result' ? ('user' as const) : ('assistant' as const),
      parts: [part],
    }))
    const chat = { ...silent, messages, extras: { dialect: 'gemini-generate', fields: {} } }
    expect(composed(chat, aim, request, geminiGenerate.request).lost).toEqual([place])
  })
})
