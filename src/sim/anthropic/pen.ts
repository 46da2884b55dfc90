/** An answer of the Messages API in events: one block is open at a time, and a ping stands in the first. */

import type { Pen, Placed } from '../recite.ts'
import type { Kind, Note } from '../steps.ts'
import { blockBody, deltaUsage, type Letter, messageBody, signatureOf, stopOf, usageBody } from './parts.ts'

type Event = { readonly type: string; readonly [name: string]: unknown }

const event = (kind: Kind, body: Event): Note => ({ kind, event: body.type, data: JSON.stringify(body) })

const ping: Note = { kind: 'noise', event: 'ping', data: '{"type": "ping"}' }

export function messagePen(letter: Letter): Pen {
  const { desk } = letter
  let pinged = false
  return {
    open: () => [event('open', { type: 'message_start', message: startBody(letter) })],
    *begin(placed) {
      const { block, index } = placed
      const body = { ...blockBody(placed, desk), ...empty[block.type] }
      yield event('open', { type: 'content_block_start', index, content_block: body })
      if (!pinged) yield ping
      pinged = true
      if (block.type === 'call') yield delta('open', index, { type: 'input_json_delta', partial_json: '' })
    },
    piece: (placed, token) => pieceOf(placed, token),
    *end({ block, index }) {
      if (block.type === 'thinking')
        yield delta('open', index, { type: 'signature_delta', signature: signatureOf(block) })
      yield event('open', { type: 'content_block_stop', index })
    },
    finish: answer => [
      event('usage', {
        type: 'message_delta',
        delta: { container: null, ...stopOf(desk, answer) },
        ...deltaUsage(letter),
      }),
    ],
    close: () => (desk.behaving['no-done'] === undefined ? [event('done', { type: 'message_stop' })] : []),
  }
}

const startBody = (letter: Letter) => ({
  ...messageBody(letter.desk),
  content: [],
  stop_reason: null,
  stop_sequence: null,
  stop_details: null,
  ...usageBody(letter, 1),
})

/** What a block is without before its pieces come. */
const empty = {
  thinking: { thinking: '', signature: '' },
  secret: {},
  text: { text: '' },
  call: { input: {} },
} as const

const delta = (kind: Kind, index: number, body: Event): Note =>
  event(kind, { type: 'content_block_delta', index, delta: body })

function pieceOf({ block, index }: Placed, token: string): readonly Note[] {
  switch (block.type) {
    case 'thinking':
      return [delta('token', index, { type: 'thinking_delta', thinking: token })]
    case 'text':
      return [delta('token', index, { type: 'text_delta', text: token })]
    case 'call':
      return [delta('argument', index, { type: 'input_json_delta', partial_json: token })]
    case 'secret':
      return []
  }
}
