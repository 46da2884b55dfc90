import { eventMessage } from '../../src/lib/aws-event-stream.ts'
import { USED } from '../content.ts'
import type { Frames, Spoken } from './dialect.ts'

/** Amazon's Converse, whose streams are binary messages with checksums. Spoken by the upstream only. */
export const bedrockConverse: Spoken = {
  id: 'bedrock-converse',
  base: '',
  answersAt: path => path.startsWith('/model/'),
  streams: path => path.endsWith('/converse-stream'),
  contentType: 'application/vnd.amazon.eventstream',
  whole: text => ({
    metrics: { latencyMs: 1 },
    output: { message: { content: [{ text }], role: 'assistant' } },
    stopReason: 'end_turn',
    usage: USAGE,
  }),
  frames,
}

const USAGE = { inputTokens: USED.input, outputTokens: USED.output, totalTokens: USED.input + USED.output }

/** What pads each event so that its length says nothing of the text. */
const PADDING = 'abcdefghijklmnop'

const message = (type: string, body: object): Uint8Array =>
  eventMessage(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify({ ...body, p: PADDING }),
  )

function frames(words: readonly string[]): Frames {
  return {
    opening: [message('messageStart', { role: 'assistant' })],
    words: words.map(text => message('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })),
    closing: [
      message('contentBlockStop', { contentBlockIndex: 0 }),
      message('messageStop', { stopReason: 'end_turn' }),
      message('metadata', { metrics: { latencyMs: 1 }, usage: USAGE }),
    ],
  }
}
