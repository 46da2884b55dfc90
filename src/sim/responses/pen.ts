/** A response in events: the response itself, then its items, each with its parts, each told as it begins, grows and ends. */

import { letters, mix } from '../chance.ts'
import { type Framing, namedEvents } from '../framing.ts'
import type { Pen, Placed } from '../recite.ts'
import type { Refusal } from '../refusal.ts'
import type { Kind, Note } from '../steps.ts'
import { failed, finished, itemOf, type Letter, responseBody, textPart } from './response.ts'

type Event = { readonly type: string; readonly [name: string]: unknown }

const event = (kind: Kind, body: Event): Note => ({ kind, event: body.type, data: JSON.stringify(body) })

export function responsePen(letter: Letter): Pen {
  const { desk } = letter
  const begun = responseBody(letter, { status: 'in_progress', output: [] })
  let chunk = 0
  const obfuscation = () => letters(mix(desk.mark, chunk++), mix(chunk, 7) % 16)
  return {
    open: () => [
      event('open', { type: 'response.created', response: begun }),
      event('open', { type: 'response.in_progress', response: begun }),
    ],
    *begin(placed) {
      const item = itemOf(placed, letter, '', 'in_progress')
      yield event('open', { type: 'response.output_item.added', output_index: placed.index, item })
      yield* partEvents('added', placed, at(letter, placed), '')
    },
    piece: (placed, token) => [
      event(placed.block.type === 'call' ? 'argument' : 'token', {
        type: `${textEvents[placed.block.type]}.delta`,
        ...at(letter, placed),
        delta: token,
        ...(placed.block.type === 'text' ? { logprobs: [] } : {}),
        obfuscation: obfuscation(),
      }),
    ],
    *end(placed) {
      const { text } = placed.block
      yield* doneEvents(placed, at(letter, placed))
      yield* partEvents('done', placed, at(letter, placed), text)
      const item = itemOf(placed, letter, text, 'completed')
      yield event('open', { type: 'response.output_item.done', output_index: placed.index, item })
    },
    finish() {
      if (desk.behaving['no-done'] !== undefined) return []
      const response = finished(letter)
      const name = response.status === 'incomplete' ? 'incomplete' : 'completed'
      return [event('usage', { type: `response.${name}`, response })]
    },
    close: () => [],
  }
}

const textEvents = {
  thinking: 'response.reasoning_summary_text',
  secret: 'response.reasoning_summary_text',
  text: 'response.output_text',
  call: 'response.function_call_arguments',
} as const

/** Which item, and which part of it where it has parts. */
function at(letter: Letter, placed: Placed) {
  const { id } = itemOf(placed, letter, '', 'in_progress')
  const item = { item_id: id, output_index: placed.index }
  switch (placed.block.type) {
    case 'thinking':
    case 'secret':
      return { ...item, summary_index: 0 }
    case 'text':
      return { ...item, content_index: 0 }
    case 'call':
      return item
  }
}

function* partEvents(how: 'added' | 'done', { block }: Placed, place: object, text: string): Generator<Note> {
  if (block.type === 'text')
    yield event('open', { type: `response.content_part.${how}`, ...place, part: textPart(text) })
  if (block.type === 'thinking' && block.text !== '')
    yield event('open', {
      type: `response.reasoning_summary_part.${how}`,
      ...place,
      part: { type: 'summary_text', text },
    })
}

function* doneEvents({ block }: Placed, place: object): Generator<Note> {
  const type = `${textEvents[block.type]}.done`
  if (block.type === 'call') yield event('open', { type, ...place, name: block.name, arguments: block.text })
  if (block.type === 'text') yield event('open', { type, ...place, text: block.text, logprobs: [] })
  if (block.type === 'thinking' && block.text !== '') yield event('open', { type, ...place, text: block.text })
}

/** An error after the response has begun. */
export const failingNotes = (letter: Letter, refusal: Refusal): readonly Note[] => [
  errorNote(refusal),
  event('noise', { type: 'response.failed', response: failed(letter, refusal) }),
]

export const errorNote = ({ message, code, param, type }: Refusal): Note =>
  event('noise', { type: 'error', error: { type, code, message, param } })

/** Each event has a number. */
export const numberedEvents: Framing = {
  ...namedEvents,
  write: (note, nth) => namedEvents.write({ ...note, data: numbered(note, nth) }, nth),
}

function numbered({ data, event: name }: Note, nth: number): string | Uint8Array {
  const head = `{"type":"${name}"`
  const bytes = typeof data === 'string' ? undefined : Buffer.from(data)
  const text = bytes === undefined ? String(data) : bytes.toString('latin1')
  if (!text.startsWith(head)) return data
  const whole = `${head},"sequence_number":${nth}${text.slice(head.length)}`
  return bytes === undefined ? whole : Buffer.from(whole, 'latin1')
}
