import { expect, test } from 'bun:test'
import { anthropicMessages } from '../../dialects/anthropic-messages/index.ts'
import type { Dialect } from '../../dialects/dialect.ts'
import { geminiGenerate } from '../../dialects/gemini-generate/index.ts'
import { openaiChat } from '../../dialects/openai-chat/index.ts'
import { openaiResponses } from '../../dialects/openai-responses/index.ts'
import { upToFault } from './up-to-fault.ts'

const said = (event: object, name?: string): string =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(event)}\n\n`

const wrong = { message: 'Oops.', type: 'server_error', code: 503, status: 'UNAVAILABLE' }
const hello = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }
const failed = { type: 'response.failed', response: { status: 'failed', output: [], error: wrong } }
const completed = { type: 'response.completed', response: { status: 'completed', output: [] } }

/** Some content, an error, and what would end a whole reply. */
const streams: readonly (readonly [Dialect, string, string, string])[] = [
  [openaiChat, said({ choices: [{ delta: { content: 'Hi' } }] }), said({ error: wrong }), 'data: [DONE]\n\n'],
  [anthropicMessages, said(hello), said({ type: 'error', error: wrong }, 'error'), said({ type: 'message_stop' })],
  [
    geminiGenerate,
    said({ candidates: [{ content: { parts: [{ text: 'Hi' }] } }] }),
    said({ error: wrong }),
    said({ candidates: [{ finishReason: 'STOP' }] }),
  ],
  [openaiResponses, said({ type: 'response.output_text.delta', delta: 'Hi' }), said(failed), said(completed)],
]
const cases = streams.flatMap(([dialect, ...frames]) =>
  ['\n', '\r\n'].map(line => [dialect.id, line, dialect, frames.map(each => each.replaceAll('\n', line))] as const),
)

test.each(cases)('of a read of %s, lines ended by %j, nothing stays behind the error', (_, __, dialect, frames) => {
  const [content = '', error = '', end = ''] = frames
  for (const before of ['', content]) {
    const read = dialect.stream.glance({ hideUsage: false, array: false }).read(Buffer.from(before + error + end))
    const { bytes, events } = upToFault(read, dialect.stream)
    expect(Buffer.from(bytes).toString()).toBe(before + error)
    expect(events.at(-1)?.type).toBe('fault')
  }
})
