import { BORN, MODEL, USED } from '../content.ts'
import { type Asked, at, type Frames, namedFrame, type Spoken, sse, type Turn, wishInBody } from './dialect.ts'

/** OpenAI's Responses: a response has items, an item parts, and each is told as it begins, grows and ends. */
export const openaiResponses: Spoken & Asked = {
  id: 'openai-responses',
  base: '/v1',
  answersAt: path => path === '/v1/responses',
  streams: wishInBody,
  contentType: sse,
  whole: text => responseOf('completed', text),
  frames,
  path: () => '/v1/responses',
  body: ({ model, stream, turns, maxTokens }) => ({
    model,
    ...(stream ? { stream } : {}),
    input: turns.map(messageOf),
    max_output_tokens: maxTokens,
    store: false,
  }),
  text: reply => at(reply, 'output', 0, 'content', 0, 'text'),
  // The events that end the text, its part, its item and the response have all of it.
  tells: 5,
  ends: /event: response\.completed\ndata: [^\n]+\n\n$/,
}

const ITEM = 'msg_bench00000000000000000000000000'

const messageOf = ({ by, text }: Turn) => ({ role: by === 'user' ? 'user' : 'assistant', content: text })

const partOf = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] })

const itemOf = (status: string, text?: string) => ({
  id: ITEM,
  type: 'message',
  status,
  role: 'assistant',
  content: text === undefined ? [] : [partOf(text)],
})

/** A response as it is told at its beginning and at its end, with the settings that it repeats. */
const responseOf = (status: 'in_progress' | 'completed', text?: string) => ({
  id: 'resp_bench0000000000000000000000000',
  object: 'response',
  created_at: BORN,
  status,
  background: false,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: 256,
  model: MODEL,
  output: text === undefined ? [] : [itemOf('completed', text)],
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  service_tier: 'default',
  store: false,
  temperature: 1,
  text: { format: { type: 'text' }, verbosity: 'medium' },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: 'disabled',
  usage: status === 'completed' ? USAGE : null,
  user: null,
  metadata: {},
})

const USAGE = {
  input_tokens: USED.input,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: USED.output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: USED.input + USED.output,
}

function frames(words: readonly string[]): Frames {
  let number = 0
  const event = (type: string, more: object): string => namedFrame({ type, sequence_number: number++, ...more })
  const at = { item_id: ITEM, output_index: 0, content_index: 0 }
  const text = words.join('')
  return {
    opening: [
      event('response.created', { response: responseOf('in_progress') }),
      event('response.in_progress', { response: responseOf('in_progress') }),
      event('response.output_item.added', { output_index: 0, item: itemOf('in_progress') }),
      event('response.content_part.added', { ...at, part: partOf('') }),
    ],
    words: words.map(delta => event('response.output_text.delta', { ...at, delta, logprobs: [] })),
    closing: [
      event('response.output_text.done', { ...at, text, logprobs: [] }),
      event('response.content_part.done', { ...at, part: partOf(text) }),
      event('response.output_item.done', { output_index: 0, item: itemOf('completed', text) }),
      event('response.completed', { response: responseOf('completed', text) }),
    ],
  }
}
