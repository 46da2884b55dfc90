/** The behaviours a caller can ask for, as a table, and how they are asked for: `echo+slow=200+cut=3` or a header. */

import { nearest } from '../lib/nearest.ts'
import { Refusal } from './refusal.ts'
import { type Place, places, type Where } from './strike.ts'

type Row = {
  /** What the number after `=` means; a row without it takes none. */
  readonly unit?: string
  /** The number when none is written; a row with a unit and without it needs one. */
  readonly usual?: number
  /** The largest number that makes sense. */
  readonly most?: number
  readonly does: string
}

const hour = 3_600_000

/** These happen somewhere in the answer: their number may also be the name of a place. */
const strikes = {
  stall: { unit: 'tokens', usual: 3, does: 'falls silent for ever after so many tokens' },
  cut: { unit: 'tokens', usual: 3, does: 'resets the connection (TCP RST) after so many tokens' },
  drop: {
    unit: 'tokens',
    usual: 3,
    does: 'closes the connection (TCP FIN) in the middle of the body after so many tokens',
  },
  close: {
    unit: 'tokens',
    usual: 3,
    does: 'ends the body cleanly after so many tokens: no finish, no last event, half a JSON',
  },
  'half-frame': { unit: 'tokens', usual: 3, does: 'ends the body cleanly in the middle of the event that comes next' },
  malformed: { unit: 'tokens', usual: 1, does: 'writes something that is not JSON after so many tokens, then goes on' },
  'bad-utf8': { unit: 'tokens', usual: 1, does: 'puts a byte into the event that comes next which no UTF-8 has' },
  'bad-crc': {
    unit: 'tokens',
    usual: 1,
    does: 'spoils the checksum of the frame that comes next, in the dialect that has frames',
  },
  'error-chunk': { unit: 'tokens', usual: 1, does: 'puts an `error` beside what the event that comes next says' },
  'error-after': {
    unit: 'tokens',
    usual: 3,
    does: 'an error event in the stream after so many tokens, then the end; a JSON answer becomes `error200`',
  },
} as const satisfies Record<string, Row>

const others = {
  delay: { unit: 'ms', most: hour, does: 'waits before it answers at all, headers included' },
  first: { unit: 'ms', most: hour, does: 'sends the headers at once and the first token late' },
  pace: { unit: 'ms', most: hour, does: 'waits between tokens' },
  slow: { unit: 'ms', usual: 2000, most: hour, does: 'first token late, then 50 ms a token' },
  silent: { does: 'accepts the request and never answers' },
  reset: { does: 'resets the connection before any byte of an answer' },
  html: { does: '200 with an HTML page' },
  empty: { does: '200 with an empty body, or a stream without events' },
  error200: { does: '200 with an error of the dialect (502 where it has codes) as the body, or as the only event' },
  status: { unit: 'code', most: 599, does: 'any error status with an error in the dialect' },
  429: { unit: 'seconds', usual: 1, most: 3600, does: '429 that says when to come back, in the way of the dialect' },
  '429-bare': { does: '429 without a word on when to come back' },
  500: { does: '500' },
  503: { does: '503' },
  auth: { does: '401, or what the dialect has for it, unless the request carries the key `sim-key`' },
  signed: { does: '400 unless thinking and calls come back with the signatures that the sim gave them' },
  fail: {
    unit: 'requests',
    usual: 1,
    does: '500 for the first requests with the same `x-sim-session` header, or else the same body; then answers',
  },
  flaky: { does: '429, 500, 503 or a reset for about a third of the requests, in an order that the seed decides' },
  remaining: {
    unit: 'requests',
    usual: 0,
    does: 'says in its rate-limit headers that so many requests are left this second',
  },
  'no-done': { does: 'leaves the last event out' },
  'no-usage': { does: 'leaves the usage out' },
  'no-finish': { does: 'leaves the finish reason out' },
  'usage-twice': { does: 'sends the usage twice' },
  'start-twice': { does: 'opens the answer twice' },
  'role-every': { does: 'repeats the role in every chunk, in the dialect that has it there' },
  'no-ids': { does: 'leaves the ids of tool calls out, in the dialect that can do without them' },
  'index-gaps': { does: 'numbers its blocks and tool calls 1, 3, 5 …' },
  'string-numbers': { does: 'writes each number as a string' },
  comments: { does: 'comments before and between events; blank lines before a JSON body' },
  heartbeat: {
    unit: 'ms',
    usual: 50,
    most: hour,
    does: 'after the finish goes on sending comments at this interval and never ends',
  },
  crlf: { does: 'ends lines with CR LF' },
  split: {
    unit: 'bytes',
    usual: 1,
    does: 'writes so many bytes at a time, each in a packet of its own, through the middle of characters',
  },
  big: { unit: 'bytes', most: 67_108_864, does: 'answers with a text of that many bytes' },
  think: { does: 'thinks, and shows it, whether asked to or not' },
  redacted: { does: 'thinks in secret as well, in dialects that have redacted thinking' },
  parallel: { unit: 'calls', usual: 2, most: 64, does: 'calls so many tools at once, where it calls any' },
  rounds: {
    unit: 'rounds',
    usual: 2,
    most: 64,
    does: 'calls tools so many times, one after the other, where it calls any by itself',
  },
  preface: { does: 'says a sentence before it calls a tool' },
  filtered: { does: 'ends as if a filter had stopped it' },
} as const satisfies Record<string, Row>

const table = { ...strikes, ...others }

type NameIn<Table> = `${keyof Table & (string | number)}`

export type Strike = NameIn<typeof strikes>
export type Other = NameIn<typeof others>
export type Behaviour = Strike | Other

/** The table as it is read: rows by name. */
export const behaviours: Readonly<Record<Behaviour, Row>> = table

/** What was asked for, with its numbers; a behaviour without a number is 1. */
export type Behaving = { readonly [name in Other]?: number } & { readonly [name in Strike]?: Where }

/** `echo+slow=200+cut=3` is the model `echo` that is slow and cuts. */
export function splitName(name: string): { readonly model: string; readonly asked: readonly string[] } {
  const [model = '', ...asked] = name.split('+')
  return { model, asked }
}

/** Reads `name` or `name=number`; what is said later wins. */
export function readBehaviours(asked: readonly string[]): Behaving {
  const behaving: { [name in Other]?: number } & { [name in Strike]?: Where } = {}
  for (const each of asked) {
    const [name = '', value] = each.split('=', 2)
    if (isIn(strikes, name)) behaving[name] = placeIn(value) ?? numberFor(name, strikes[name], value)
    else if (isIn(others, name)) behaving[name] = numberFor(name, behaviours[name], value)
    else throw unknown(name)
  }
  return behaving
}

/** The value of an `x-sim` header: behaviours with commas between. */
export function readHeader(header: string | undefined): Behaving {
  if (header === undefined) return {}
  return readBehaviours(
    header
      .split(',')
      .map(each => each.trim())
      .filter(each => each !== ''),
  )
}

const isIn = <Table extends object>(rows: Table, name: string): name is NameIn<Table> => Object.hasOwn(rows, name)

const placeIn = (value: string | undefined): Place | undefined => places.find(each => each === value)

function numberFor(name: string, row: Row, value: string | undefined): number {
  if (row.unit === undefined) {
    if (value !== undefined) throw new Refusal(400, `The sim's behaviour '${name}' takes no value, not '${value}'.`)
    return 1
  }
  if (value === undefined && row.usual !== undefined) return row.usual
  const most = row.most ?? Number.MAX_SAFE_INTEGER
  if (value !== undefined && /^\d{1,15}$/.test(value) && Number(value) <= most) return Number(value)
  const upTo = row.most === undefined ? '' : ` up to ${row.most}`
  throw new Refusal(400, `The sim's behaviour '${name}' wants a number of ${row.unit}${upTo}, as in '${name}=20'.`)
}

function unknown(name: string): Refusal {
  const near = nearest(name, Object.keys(table)).join(', ')
  const hint = near === '' ? '' : ` Nearest: ${near}.`
  return new Refusal(400, `The sim has no behaviour '${name}'.${hint}`, { code: 'unknown_behaviour' })
}
