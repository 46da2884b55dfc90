/** An answer of Converse in events: only a call has a start, and the usage comes after the stop. */

import { mix } from '../chance.ts'
import type { Pen, Placed } from '../recite.ts'
import type { Kind, Note } from '../steps.ts'
import { type Letter, redacted, signatureOf, stopOf, usageOf, useOf } from './parts.ts'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234'

export function conversePen(letter: Letter): Pen {
  const { desk } = letter
  let nth = 0
  /** `p` hides the lengths of what is said. */
  const event = (kind: Kind, name: string, body: object): Note => ({
    kind,
    event: name,
    data: JSON.stringify({ ...body, p: letters.slice(0, 1 + (mix(desk.mark, nth++) % letters.length)) }),
  })
  const delta = (kind: Kind, { index }: Placed, body: object): Note =>
    event(kind, 'contentBlockDelta', { contentBlockIndex: index, delta: body })
  return {
    open: () => [event('open', 'messageStart', { role: 'assistant' })],
    *begin(placed) {
      const { block, index } = placed
      if (block.type === 'call')
        yield event('open', 'contentBlockStart', { contentBlockIndex: index, start: { toolUse: useOf(placed, desk) } })
      if (block.type === 'secret')
        yield delta('open', placed, { reasoningContent: { redactedContent: redacted(block.text) } })
    },
    piece(placed, token) {
      switch (placed.block.type) {
        case 'thinking':
          return [delta('token', placed, { reasoningContent: { text: token } })]
        case 'text':
          return [delta('token', placed, { text: token })]
        case 'call':
          return [delta('argument', placed, { toolUse: { input: token } })]
        case 'secret':
          return []
      }
    },
    *end(placed) {
      const { block, index } = placed
      if (block.type === 'thinking')
        yield delta('open', placed, { reasoningContent: { signature: signatureOf(block.text) } })
      yield event('open', 'contentBlockStop', { contentBlockIndex: index })
    },
    finish: answer =>
      desk.behaving['no-finish'] === undefined ? [event('finish', 'messageStop', stopOf(desk, answer))] : [],
    *close() {
      if (desk.behaving['no-done'] !== undefined) return
      const metadata = { ...usageOf(letter), metrics: { latencyMs: 1 } }
      yield event('usage', 'metadata', metadata)
      if (desk.behaving['usage-twice'] !== undefined) yield event('usage', 'metadata', metadata)
    },
  }
}
