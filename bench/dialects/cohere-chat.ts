import { USED } from '../content.ts'
import { type Frames, namedFrame, type Spoken, sse, wishInBody } from './dialect.ts'

/** Cohere's chat, second version. Spoken by the upstream only. */
export const cohereChat: Spoken = {
  id: 'cohere-chat',
  base: '/v2',
  answersAt: path => path === '/v2/chat',
  streams: wishInBody,
  contentType: sse,
  whole: text => ({
    id: ID,
    message: { role: 'assistant', content: [{ type: 'text', text }] },
    finish_reason: 'COMPLETE',
    usage: USAGE,
  }),
  frames,
}

const ID = 'b3b00000-0000-4000-8000-000000000000'

const USAGE = {
  billed_units: { input_tokens: USED.input, output_tokens: USED.output },
  tokens: { input_tokens: USED.input, output_tokens: USED.output },
}

function frames(words: readonly string[]): Frames {
  const told = (type: string, content: object): string =>
    namedFrame({ type, index: 0, delta: { message: { content } } })
  const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  return {
    opening: [
      namedFrame({ id: ID, type: 'message-start', delta: { message } }),
      told('content-start', { type: 'text', text: '' }),
    ],
    words: words.map(text => told('content-delta', { text })),
    closing: [
      namedFrame({ type: 'content-end', index: 0 }),
      namedFrame({ type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: USAGE } }),
      'data: [DONE]\n\n',
    ],
  }
}
