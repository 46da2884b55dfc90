import { expect, test } from 'bun:test'
import type { Delta } from '../../model/delta.ts'
import { unbroken, unbrokenReader } from './unbroken.ts'

const text: Delta = { type: 'text', at: 0, text: 'Hi' }
const start: Delta = { type: 'start', id: 'x' }
const broken: Delta = { type: 'stop', reason: 'malformed', raw: 'MALFORMED_FUNCTION_CALL' }
const ended: Delta = { type: 'stop', reason: 'end' }

const streams: readonly (readonly [string, readonly (readonly Delta[])[], readonly string[]])[] = [
  ['nothing but a call that could not be read', [[start], [broken]], ['start', 'fault']],
  ['that behind a text', [[start], [text], [broken]], ['start', 'text', 'stop']],
  ['that behind a text in one read', [[start, text, broken]], ['start', 'text', 'stop']],
  ['nothing, and an end', [[start, ended]], ['start', 'stop']],
]
test.each(streams)('of %s', (_, reads, types) => {
  const rest = [...reads]
  const reader = unbrokenReader({ read: () => rest.shift() ?? [] })
  expect(reads.flatMap(() => reader.read(Buffer.of(0))).map(({ type }) => type)).toEqual([...types] as never)
})

test('a whole reply that is nothing but a call that could not be read is none', () => {
  const stop = { reason: 'malformed', raw: 'MALFORMED_FUNCTION_CALL' } as const
  expect(() => unbroken({ choices: [{ parts: [], stop }] })).toThrow('MALFORMED_FUNCTION_CALL')
  const said = { choices: [{ parts: [{ type: 'text', text: 'Hi' }], stop }] } as const
  expect(unbroken(said)).toBe(said)
})
