/** Behaviours that change what an answer says, note by note, before it is framed. */

import type { Behaving, Strike } from './behave.ts'
import { isList, isObject, type Json } from './json.ts'
import type { Note, Notes } from './steps.ts'
import { type Blow, strike } from './strike.ts'

/** What an error looks like in the dialect at hand, as a member of an event and as an event of its own. */
export type Failing = {
  readonly member: object
  notes(): Notes
}

type Alteration = readonly [Strike, (failing: Failing) => Blow<Note>]

const alterations: readonly Alteration[] = [
  ['bad-crc', () => ({ put: next => (next === undefined ? [] : [{ ...next, spoiled: true }]), after: 'instead' })],
  ['error-chunk', ({ member }) => ({ put: next => [withError(next, member)], after: 'instead' })],
  ['bad-utf8', () => ({ put: next => [garbled(next)], after: 'instead' })],
  ['malformed', () => ({ put: next => [halved(next)], after: 'go on' })],
  ['error-after', ({ notes }) => ({ put: notes, after: 'end' })],
]

export function alter(notes: Notes, behaving: Behaving, failing: Failing): Notes {
  let altered = behaving['string-numbers'] === undefined ? notes : each(notes, withStrings)
  for (const [name, blowFor] of alterations) {
    const where = behaving[name]
    if (where !== undefined) altered = strike(altered, ({ kind }) => kind, where, blowFor(failing))
  }
  return altered
}

/** The same for a body that comes whole: it is one note, and it is struck wherever that was asked for. */
export function alterWhole(body: string, behaving: Behaving, member: object): string | Uint8Array {
  let note: Note = { kind: 'token', data: body }
  if (behaving['string-numbers'] !== undefined) note = withStrings(note)
  if (behaving['error-chunk'] !== undefined) note = withError(note, member)
  if (behaving['bad-utf8'] !== undefined) note = garbled(note)
  return behaving.malformed === undefined ? note.data : broken(note.data)
}

function* each(notes: Notes, change: (note: Note) => Note): Generator<Note> {
  for (const note of notes) yield change(note)
}

/** A control character and a string that does not end, where nothing of the kind may be. */
function broken(data: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(data)
  const half = bytes.length >> 1
  return Buffer.concat([bytes.subarray(0, half), Buffer.from('\u0007{"'), bytes.subarray(half)])
}

const noise: Note = { kind: 'noise', data: '{"broken":"noise"}' }

const halved = ({ data, ...rest }: Note = noise): Note => ({
  ...rest,
  kind: 'noise',
  data: data.slice(0, Math.ceil(data.length / 2)),
})

/** A byte that no UTF-8 has, inside the last string of it. */
function garbled({ data, ...rest }: Note = noise): Note {
  const bytes = Buffer.from(data)
  const at = Math.max(bytes.lastIndexOf('"'), 0)
  return { ...rest, data: Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc3, 0x28]), bytes.subarray(at)]) }
}

function withError(note: Note = noise, error: object): Note {
  const body = read(note)
  return isObject(body) ? { ...note, data: JSON.stringify({ ...body, error }) } : note
}

function withStrings(note: Note): Note {
  const body = read(note)
  return body === undefined ? note : { ...note, data: JSON.stringify(stringed(body)) }
}

/** Each number as a string that says it. */
function stringed(value: Json): Json {
  if (typeof value === 'number') return String(value)
  if (isList(value)) return value.map(stringed)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, stringed(held ?? null)]))
}

/** `[DONE]` is no JSON. */
function read({ data }: Note): Json | undefined {
  const text = typeof data === 'string' ? data : new TextDecoder().decode(data)
  return text.startsWith('{') ? (JSON.parse(text) as Json) : undefined
}
