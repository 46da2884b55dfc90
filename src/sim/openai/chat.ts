/** `/v1/chat/completions`: writes the answer whole, field for field as OpenAI does, or has it streamed. */

import type { Desk, Dialect } from '../dialect.ts'
import { Field } from '../field.ts'
import { perform } from '../perform.ts'
import { type Answer, callsOf, textOf } from '../script.ts'
import { spoken } from '../spoken.ts'
import { tokens } from '../words.ts'
import { callId, finishReasons, idOf, type Letter, tokenLogprob, toolCall } from './chat-parts.ts'
import { chatPen } from './chat-pen.ts'
import { openai, page } from './manners.ts'
import { readChat } from './messages.ts'
import { usageBody } from './usage.ts'
import { words } from './words.ts'

export const openaiChat: Dialect = {
  ...openai,
  use: 'chat',
  summons: body => ({ model: body.model, stream: body.stream === true }),
  read(json, desk) {
    const body = new Field(words, json)
    const { ask, style } = readChat(body, desk.behaving.think !== undefined)
    const script = perform(desk.model, ask, desk.behaving, desk.recall)
    const letter = { desk, script, style, logprobs: readLogprobs(body) }
    const { stream } = style
    return spoken({ desk, script, stream, whole: () => page(wholeBody(letter)), pen: () => chatPen(letter) })
  },
}

function readLogprobs(body: Field): number | undefined {
  const top = body.get('top_logprobs')
  const size = top.integer({ min: 0, max: 20 })
  if (body.get('logprobs').flag()) return size ?? 0
  if (size === undefined) return undefined
  throw top.wrong("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.")
}

function wholeBody(letter: Letter) {
  const { desk, script } = letter
  return {
    id: idOf(desk),
    object: 'chat.completion',
    created: desk.created,
    model: desk.name,
    choices: script.answers.map((answer, index) => ({
      index,
      message: message(answer, desk, index),
      logprobs: letter.logprobs === undefined ? null : wholeLogprobs(answer, letter.logprobs),
      finish_reason: desk.behaving['no-finish'] === undefined ? finishReasons[answer.finish] : null,
    })),
    ...(desk.behaving['no-usage'] === undefined ? { usage: usageBody(script.usage) } : {}),
    service_tier: 'default',
    system_fingerprint: 'fp_sim',
  }
}

function message(answer: Answer, desk: Desk, index: number) {
  const calls = callsOf(answer)
  const text = textOf(answer)
  return {
    role: 'assistant',
    content: calls.length > 0 && text === '' ? null : text,
    ...thoughts(answer),
    ...(calls.length === 0
      ? {}
      : { tool_calls: calls.map((call, nth) => toolCall(call.name, call.text, callId(desk, index, nth))) }),
    refusal: null,
    annotations: [],
  }
}

function thoughts({ blocks }: Answer) {
  const shown = blocks.find(block => block.type === 'thinking')
  return shown === undefined ? {} : { reasoning_content: shown.text }
}

function wholeLogprobs(answer: Answer, top: number) {
  return { content: [...tokens(textOf(answer))].map(token => tokenLogprob(token, top)), refusal: null }
}
