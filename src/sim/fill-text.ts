/** A string of a schema's format and length, or `undefined` when its pattern is not met. */

import type { JsonObject } from './json.ts'
import { lorem } from './words.ts'

/** `turn` asks for another one, where several must differ. */
export function fillText(schema: JsonObject, seed: number, turn: number): string | undefined {
  const formatted = typeof schema.format === 'string' ? formats[schema.format]?.(turn) : undefined
  const candidates = formatted === undefined ? [plain(schema, seed, turn), ...samples] : [formatted]
  return candidates.find(each => suits(each, schema))
}

const formats: Readonly<Record<string, (turn: number) => string>> = {
  'date-time': turn => `2025-01-${day(turn)}T12:00:00Z`,
  date: turn => `2025-01-${day(turn)}`,
  time: turn => `12:00:${two(turn % 60)}Z`,
  duration: turn => `P${turn + 1}D`,
  email: turn => `user${turn + 1}@example.com`,
  'idn-email': turn => `user${turn + 1}@example.com`,
  hostname: turn => `host${turn + 1}.example.com`,
  'idn-hostname': turn => `host${turn + 1}.example.com`,
  ipv4: turn => `192.0.2.${(turn % 254) + 1}`,
  ipv6: turn => `2001:db8::${(turn + 1).toString(16)}`,
  uri: turn => `https://example.com/${turn + 1}`,
  'uri-reference': turn => `/${turn + 1}`,
  iri: turn => `https://example.com/${turn + 1}`,
  uuid: turn => `00000000-0000-4000-8000-${(turn + 1).toString(16).padStart(12, '0')}`,
  'json-pointer': turn => `/${turn + 1}`,
  regex: turn => `a{${turn + 1}}`,
}

const two = (value: number): string => String(value).padStart(2, '0')
const day = (turn: number): string => two((turn % 28) + 1)

function plain({ minLength, maxLength }: JsonObject, seed: number, turn: number): string {
  const least = typeof minLength === 'number' ? minLength : 0
  const most = typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY
  const words = turn === 0 ? lorem(3, seed) : `${turn} ${lorem(3, seed)}`
  return (words.length < least ? `${words} ${lorem(least, seed)}`.slice(0, least) : words).slice(0, most)
}

/** Tried where a pattern is asked for that the usual text does not meet. */
const samples: readonly string[] = [
  ...['a', 'A', '1', 'abc', 'ABC', 'Abc', '123', '1234', '12345', 'abc123', 'ABC-123', 'AB12', 'a1', 'a_b', 'a-b'],
  ...['abcdef', 'ABCDEF', '12345678', 'abcdefgh', '#a1b2c3', '1.5', '1.2.3', '$1.00', '@user', '@user_name'],
  ...['/a/b', 'a@example.com', 'https://example.com', '2025-01-01', '12:00', '12:00:00', '2025-01-01T12:00:00Z'],
  ...['+12025550123', '(555)555-5555', '555-555-5555', 'en', 'en-US', 'USD', '00000000-0000-4000-8000-000000000001'],
]

function suits(value: string, { pattern, minLength, maxLength }: JsonObject): boolean {
  if (typeof minLength === 'number' && value.length < minLength) return false
  if (typeof maxLength === 'number' && value.length > maxLength) return false
  return typeof pattern !== 'string' || matches(pattern, value)
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    // Not a pattern of this language: nothing can be said to meet it.
    return false
  }
}
