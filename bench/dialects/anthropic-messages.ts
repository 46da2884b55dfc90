import { MODEL, USED } from '../content.ts'
import { type Asked, at, type Frames, namedFrame, type Spoken, sse, type Turn, wishInBody } from './dialect.ts'

/** Anthropic's Messages: a message has blocks, and each event says what it is. */
export const anthropicMessages: Spoken & Asked = {
  id: 'anthropic-messages',
  base: '/v1',
  answersAt: path => path === '/v1/messages',
  streams: wishInBody,
  contentType: sse,
  whole: text => ({
    ...MESSAGE,
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: usageOf(USED.output),
  }),
  frames,
  path: () => '/v1/messages',
  body: ({ model, stream, turns, maxTokens }) => ({
    model,
    ...(stream ? { stream } : {}),
    messages: turns.map(messageOf),
    max_tokens: maxTokens,
  }),
  text: reply => at(reply, 'content', 0, 'text'),
  tells: 1,
  ends: /event: message_stop\ndata: [^\n]+\n\n$/,
}

const MESSAGE = { id: 'msg_bench000000000000000000', type: 'message', role: 'assistant', model: MODEL }

const messageOf = ({ by, text }: Turn) => ({ role: by === 'user' ? 'user' : 'assistant', content: text })

const usageOf = (output: number) => ({
  input_tokens: USED.input,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: output,
  service_tier: 'standard',
})

function frames(words: readonly string[]): Frames {
  const message = { ...MESSAGE, content: [], stop_reason: null, stop_sequence: null, usage: usageOf(1) }
  return {
    opening: [
      namedFrame({ type: 'message_start', message }),
      namedFrame({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      namedFrame({ type: 'ping' }),
    ],
    words: words.map(text =>
      namedFrame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
    ),
    closing: [
      namedFrame({ type: 'content_block_stop', index: 0 }),
      namedFrame({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: usageOf(USED.output),
      }),
      namedFrame({ type: 'message_stop' }),
    ],
  }
}
