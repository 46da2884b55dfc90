import { expect, test } from 'bun:test'
import { sampleLetter, sampleVisit } from '../../test/fakes/visit.ts'
import { Fault } from '../model/fault.ts'
import type { Source } from '../model/source.ts'
import { count } from './count.ts'

const said: Source = { type: 'whole', dialect: 'd', contentType: '', bytes: new Uint8Array(), events: [] }
const tokens = async (texts: readonly string[]): Promise<number> => texts.join('').length
const bodyOf = (source: Source) =>
  source.type === 'whole' ? JSON.parse(Buffer.from(source.bytes).toString()) : undefined

test('the provider’s own count is handed on', async () => {
  expect(await count(sampleLetter(), sampleVisit(), { ask: async () => said, tokens })).toBe(said)
})

test('without an endpoint for it, and where that fails, an estimate is given, and marked as one', async () => {
  for (const ask of [undefined, () => Promise.reject(new Fault('model_not_found', 'no such path'))])
    expect(bodyOf(await count(sampleLetter(), sampleVisit(), { ask, tokens }))).toEqual({
      thalamus: { estimate: true },
    })
})

test('what the provider refuses, and a caller who has left, is not estimated', async () => {
  for (const code of ['invalid_request', 'client_closed', 'too_large'] as const) {
    const ask = () => Promise.reject(new Fault(code, 'no'))
    expect(count(sampleLetter(), sampleVisit(), { ask, tokens })).rejects.toThrow('no')
  }
})
