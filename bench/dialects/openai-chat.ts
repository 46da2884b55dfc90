import { BORN, MODEL, USED } from '../content.ts'
import { type Asked, at, dataFrame, type Frames, type Spoken, sse, type Turn, wishInBody } from './dialect.ts'

/** OpenAI's chat completions. */
export const openaiChat: Spoken & Asked = {
  id: 'openai-chat',
  base: '/v1',
  answersAt: path => path === '/v1/chat/completions',
  streams: wishInBody,
  contentType: sse,
  whole: text => ({
    ...BIRTH,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
  }),
  frames,
  path: () => '/v1/chat/completions',
  body: ({ model, stream, turns, maxTokens }) => ({
    model,
    ...(stream ? { stream } : {}),
    messages: turns.map(messageOf),
    max_tokens: maxTokens,
  }),
  text: reply => at(reply, 'choices', 0, 'message', 'content'),
  tells: 1,
  ends: /data: \[DONE\]\n\n$/,
}

const BIRTH = { id: 'chatcmpl-bench0000000000000000000000', created: BORN, model: MODEL }

const USAGE = {
  prompt_tokens: USED.input,
  completion_tokens: USED.output,
  total_tokens: USED.input + USED.output,
}

const messageOf = ({ by, text }: Turn) => ({ role: by === 'user' ? 'user' : 'assistant', content: text })

function frames(words: readonly string[], { usage }: { readonly usage: boolean }): Frames {
  const chunk = (choices: readonly object[], used?: object | null) =>
    dataFrame({ ...BIRTH, object: 'chat.completion.chunk', choices, ...(usage ? { usage: used ?? null } : {}) })
  const choice = (delta: object, reason: string | null) => [{ index: 0, delta, logprobs: null, finish_reason: reason }]
  return {
    opening: [chunk(choice({ role: 'assistant', content: '' }, null))],
    words: words.map(content => chunk(choice({ content }, null))),
    closing: [chunk(choice({}, 'stop')), ...(usage ? [chunk([], USAGE)] : []), 'data: [DONE]\n\n'],
  }
}
