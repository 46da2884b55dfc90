import { expect, test } from 'bun:test'
import { inspect } from 'node:util'
import { Secret } from './secret.ts'

const secret = new Secret('sk-very-secret')

const ways: Readonly<Record<string, () => string>> = {
  'a template': () => `${secret as unknown as string}`,
  String: () => String(secret),
  'JSON.stringify': () => JSON.stringify({ key: secret, keys: [secret] }),
  inspect: () => inspect({ key: secret, keys: [secret] }, { depth: 9, showHidden: true }),
  'Bun.inspect': () => Bun.inspect({ key: secret }),
  'its fields': () =>
    JSON.stringify(Object.entries(secret)) +
    Object.values(Object.getOwnPropertyDescriptors(secret))
      .map(field => field.value as unknown)
      .join(),
  'an error': () => inspect(new Error('failed', { cause: secret })),
}

test.each(Object.entries(ways))('a secret is not seen by %s', (_, show) => {
  expect(show()).not.toContain('very')
})

test('a secret shows dots where it would stand, and itself when asked to', () => {
  expect(String(secret)).toBe('•••')
  expect(JSON.stringify({ key: secret })).toBe('{"key":"•••"}')
  expect(secret.reveal()).toBe('sk-very-secret')
})
