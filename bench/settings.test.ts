import { expect, test } from 'bun:test'
import { readSettings } from './settings.ts'

test('without options everything is measured against everyone, and written', () => {
  const settings = readSettings([])
  expect(settings).toMatchObject({ rounds: 5, seconds: 2, write: true, json: false, hasty: false })
  expect(settings).not.toBe('help')
})

test.each([
  [['--quick'], { hasty: true, write: false, rounds: 1 }],
  [['--only', 'json,stream'], { only: ['json', 'stream'], write: false }],
  [['--peers', 'minimal'], { write: false }],
  [['--peers', 'minimal', '--write'], { write: true }],
  [['--before', '/tmp'], { write: false }],
  [['--quick', '--rounds', '3', '--seconds', '0.1'], { rounds: 3, seconds: 0.1 }],
] as const)('%j is understood', (args, settings) => {
  expect(readSettings(args)).toMatchObject(settings)
})

test.each([
  [['--only', 'jason'], /--only knows .*json.*not 'jason'/],
  [['--peers', 'litellm'], /--peers knows .*portkey, not 'litellm'/],
  [['--rounds', '0'], /--rounds wants a number above 0, not '0'/],
  [['--fast'], /--fast/],
] as const)('%j is refused with what it could have been', (args, message) => {
  expect(() => readSettings(args)).toThrow(message)
})

test('what it was before is one more gateway', () => {
  const settings = readSettings(['--peers', 'thalamus,minimal', '--before', '/tmp/nowhere'])
  expect(settings).not.toBe('help')
  if (settings === 'help') return
  expect(settings.peers.map(({ name }) => name)).toEqual(['thalamus', 'minimal', 'before'])
  expect(settings.peers.at(-1)?.absent()).toContain('/tmp/nowhere/src/main.ts')
})
