/** How the notes of a stream become bytes: the shapes of event streams that dialects choose from. */

import { type Note, type Notes, type Step, send } from './steps.ts'

export type Framing = {
  readonly contentType: string
  /** Bytes that mean nothing and that every reader must skip. */
  readonly comment: string | Uint8Array
  write(note: Note, nth: number): string | Uint8Array
  /** Closes the body. */
  readonly end?: string
}

export function* framed(notes: Notes, framing: Framing): Generator<Step> {
  let nth = 0
  for (const note of notes) yield send(note.kind, framing.write(note, nth++))
  if (framing.end !== undefined) yield send('done', nth === 0 ? `[${framing.end}` : framing.end)
}

/** Server-sent events that are data alone. */
export const events: Framing = {
  contentType: 'text/event-stream; charset=utf-8',
  comment: ': keep-alive\n\n',
  write: ({ data }) => around('data: ', data, '\n\n'),
}

/** Server-sent events that have names; the odd one without, as `[DONE]`, is data alone. */
export const namedEvents: Framing = {
  ...events,
  write: ({ event, data }) => around(event === undefined ? 'data: ' : `event: ${event}\ndata: `, data, '\n\n'),
}

/** One JSON array, an element a note. */
export const jsonArray: Framing = {
  contentType: 'application/json; charset=UTF-8',
  comment: '\n',
  write: ({ data }, nth) => around(nth === 0 ? '[' : ',\r\n', data, ''),
  end: ']',
}

function around(before: string, data: string | Uint8Array, after: string): string | Uint8Array {
  if (typeof data === 'string') return before + data + after
  return Buffer.concat([Buffer.from(before), data, Buffer.from(after)])
}
