import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Secret } from '../lib/secret.ts'
import { Fault } from '../model/fault.ts'
import { quoted, say } from '../model/sentence.ts'
import { redact, scrub } from './redact.ts'

const canary = 'c4n4ryC4N4RY0123456789'

test.each([
  `Authorization: Bearer ${canary}`,
  `authorization: ${canary}`,
  `{"authorization":"bearer ${canary}"}`,
  `https://x.test/v1beta/models?key=${canary}&alt=sse`,
  `x-api-key: ${canary}`,
  `{"api_key": "${canary}"}`,
  `Incorrect API key provided: sk-${canary}.`,
  `sk-proj-${canary}`,
  `sk-ant-api03-${canary}`,
  `use thal_${canary}`,
  `(gsk_${canary})`,
  `xai-${canary}`,
  `hf_${canary}`,
  `AIza${canary}`,
  `eyJ${canary}.${canary}.${canary}`,
  `access_token=${canary}`,
  `password: ${canary}`,
  `\u001b[31msk-${canary}`,
  `{"text":"a\\nsk-${canary}"}`,
  `q=a%20sk-${canary}`,
])('what looks like a credential does not get through: %s', text => {
  expect(scrub(text)).not.toContain(canary)
  expect(scrub(text)).toContain('•••')
})

test.each([
  'openai/gpt-5-mini',
  'risk-assessment-of-keys',
  'task-summarize-2026-11-22',
  'This model allows 4096 tokens; you asked for 5000 tokens.',
  'The key dev (thal_4fX…) is limited to 600 requests a minute.',
  'a secret garden',
])('what a person wrote stays: %s', text => {
  expect(scrub(text)).toBe(text)
})

test('a key anywhere in any text is gone, however the text is cut', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5000 }), fc.string({ maxLength: 50 }), (before, after) => {
      expect(scrub(`${before} thal_${canary}"${after}`)).not.toContain('c4n4ry')
    }),
    { numRuns: 300 },
  )
})

test('a long text is cut and looked through in linear time', () => {
  const began = performance.now()
  expect(scrub('a-'.repeat(5_000_000)).length).toBeLessThan(2100)
  expect(scrub('keykeykey-token'.repeat(500_000)).length).toBeLessThan(2100)
  expect(performance.now() - began).toBeLessThan(1000)
})

test('secrets are dots at any depth: by their type, by the name of their field, by their look', () => {
  const value = {
    held: new Secret(canary),
    list: [{ deep: { apiKey: canary, 'Set-Cookie': canary, refresh_token: canary } }],
    text: `Bearer ${canary}`,
  }
  expect(JSON.stringify(redact(value))).not.toContain(canary)
})

test('figures about tokens are not secrets', () => {
  const value = { usage: { input_tokens: 12 }, max_tokens: 5, tokens: 3, key: 'dev' }
  expect(redact(value)).toEqual(value)
})

test('an error is told by name, message, code, stack and causes; what else hangs on it stays out', () => {
  const inner = Object.assign(new TypeError('inner'), { code: 'ECONNRESET', config: { headers: { 'x-note': canary } } })
  const error = new AggregateError([inner], 'outer', { cause: inner })
  const told = redact(error) as { name: string; message: string; stack: string; cause: unknown; errors: unknown[] }
  expect(told).toMatchObject({
    name: 'AggregateError',
    message: 'outer',
    cause: { name: 'TypeError', code: 'ECONNRESET' },
  })
  expect(told.stack).toContain('redact.test.ts')
  expect(told.errors).toHaveLength(1)
  expect(JSON.stringify(told)).not.toContain(canary)
})

test('of a fault the log has what is noted, and of it and others no word that they quote, in no line of the stack', () => {
  const parsing = faultOf(() => JSON.parse(`{"a": ${canary}}`))
  const addressing = faultOf(() => new URL(`"${canary}'\n    at ${canary}`))
  const fault = new Fault('upstream_failed', say`It said ${quoted(`"${canary}`)}.`, { cause: [parsing, addressing] })
  const told = redact(new Fault('internal', 'Ours.', { cause: fault })) as { cause: { message: string; stack: string } }
  expect(JSON.stringify(told)).not.toContain(canary)
  expect(told.cause.message).toBe('It said ….')
  expect(told.cause.stack).toContain('redact.test.ts')
  expect(JSON.stringify(told)).toContain('JSON Parse error')
})

function faultOf(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

test('what refers to itself, is huge or is not JSON still prints', () => {
  const loop: { [name: string]: unknown } = {
    big: 10n ** 30n,
    bytes: new Uint8Array(5),
    many: Array.from({ length: 1e5 }, () => 1),
  }
  loop.self = loop
  const text = JSON.stringify(redact(loop))
  expect(text.length).toBeLessThan(5_000)
  expect(text).toContain('5 bytes')
})
