import { expect, test } from 'bun:test'
import { nearest } from '../lib/nearest.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import type { Directory } from './directory.ts'
import { plan } from './plan.ts'

const caller: Caller = { keyId: 'key_1', keyName: 'dev', team: undefined, models: ['acme/*'], limits: {} }
const waits = { firstToken: 10, idle: 20, total: 30_000 }
const acme = {
  id: 'acme',
  ready: true,
  keyName: undefined,
  models: undefined,
  serves: [],
  configured: true,
  listed: [],
}
const directory: Directory = { aliases: new Map([['best', [{ provider: 'other', model: 'm' }]]]), providers: [acme] }

const letter = (model: string, patienceMs?: number): Letter => ({
  dialect: 'openai-chat',
  text: '{}',
  fields: [],
  body: {},
  strict: false,
  call: { operation: 'chat', model, stream: false, wantsUsage: false },
  ...(patienceMs === undefined ? {} : { patienceMs }),
})

test('a plan has a leg for the target, and says why it leads there', () => {
  const { legs, reason } = plan(letter('acme/m'), caller, directory, waits, nearest)
  expect(legs).toEqual([{ target: { provider: 'acme', model: 'm' } }])
  expect(reason).toContain('acme')
})

test('a model that the key may not use is forbidden, by whatever name', () => {
  expect(() => plan(letter('best'), caller, directory, waits, nearest)).toThrow(/may not use the model 'best'/)
})

test.each([
  [undefined, 30_000],
  [1_500, 1_500],
  [90_000, 30_000],
])('a caller that waits %p ms for the whole reply gets %p ms', (patience, total) => {
  expect(plan(letter('acme/m', patience), caller, directory, waits, nearest).waits).toEqual({ ...waits, total })
})
