import { expect, test } from 'bun:test'
import { holdsSealed, seal } from '../../model/sealed.ts'
import { anthropicMessages } from './index.ts'
import { broughtByCaller, nobodys, signed } from './seals.ts'

const foreign = { dialect: 'gemini-generate', maker: 'google/gemini', value: 'sig' }

test.each([
  ['', undefined],
  [nobodys, undefined],
  ['EqQB', { dialect: 'anthropic-messages', value: 'EqQB' }],
  [seal(foreign), foreign],
])('the signature %p is of %p', (signature, expected) => {
  expect(signed(signature, broughtByCaller)).toEqual(expected)
})

test('a thought that nobody signed is told so that it is known again, whole and in a stream', () => {
  const making = {
    id: 'req_1',
    created: 1,
    maker: 'deepseek/r1',
    call: { operation: 'chat', model: 'm', stream: true, wantsUsage: true },
    body: {},
  } as const
  const thought = { type: 'reasoning', text: 'Hm.' } as const
  const whole = anthropicMessages.answer.write({ choices: [{ parts: [thought] }] }, making)
  const writer = anthropicMessages.stream.writer(making)
  const stream = writer.write([
    { ...thought, at: 0 },
    { type: 'stop', reason: 'end' },
  ])
  const streamed = Buffer.concat([stream, writer.end()]).toString()
  for (const text of [JSON.stringify(whole), streamed]) {
    expect(text).toContain(nobodys)
    expect(holdsSealed(text)).toBe(true)
  }
})
