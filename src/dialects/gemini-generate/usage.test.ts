import { describe, expect, test } from 'bun:test'
import type { Json } from '../../model/json.ts'
import type { Usage } from '../../model/usage.ts'
import { readTier, readUsage, usageDetails, writeTier, writeUsage } from './usage.ts'

const none = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 }

describe('a usage report is read into buckets that do not overlap:', () => {
  const reports: readonly (readonly [string, Json, Partial<Usage> | undefined])[] = [
    [
      'what was cached is part of the prompt',
      { promptTokenCount: 10, cachedContentTokenCount: 4 },
      { input: 6, cacheRead: 4 },
    ],
    [
      'thoughts are counted beside the reply',
      { promptTokenCount: 1, candidatesTokenCount: 2, thoughtsTokenCount: 3 },
      { input: 1, output: 2, reasoning: 3 },
    ],
    ['what tools brought is input', { promptTokenCount: 1, toolUsePromptTokenCount: 9 }, { input: 10 }],
    ['thoughts alone are no reply', { promptTokenCount: 1, thoughtsTokenCount: 3 }, { input: 1, reasoning: 3 }],
    ['numbers may stand in quotes', { promptTokenCount: '5', candidatesTokenCount: '6' }, { input: 5, output: 6 }],
    ['more cached than there is, is not', { promptTokenCount: 1, cachedContentTokenCount: 4 }, { cacheRead: 1 }],
    ['a report that counts nothing is none', { trafficType: 'ON_DEMAND' }, undefined],
    ['nonsense is none', { promptTokenCount: -1, candidatesTokenCount: 'x' }, undefined],
    ['what is no report is none', null, undefined],
  ]
  test.each([...reports])('%s', (_, wire, expected) => {
    expect(readUsage(wire)).toEqual((expected && { ...none, ...expected }) as Usage)
  })
})

test('a report that is written is read as it was, details and all', () => {
  const usage = { input: 12, cacheRead: 4, cacheWrite: 0, output: 5, reasoning: 6 }
  const details = { toolUsePromptTokenCount: 3, promptTokensDetails: [{ modality: 'TEXT', tokenCount: 13 }] }
  const wire = writeUsage(usage, 'default', details)
  expect(wire).toMatchObject({ promptTokenCount: 13, totalTokenCount: 27, serviceTier: 'standard' })
  expect([readUsage(wire), usageDetails(wire)]).toEqual([usage, details])
  expect(writeUsage(undefined, undefined, {})).toBeUndefined()
})

test('tiers have one name in all dialects', () => {
  expect(['standard', 'STANDARD', 'flex', 'priority', 'unspecified', '', 5].map(readTier)).toEqual([
    ...['default', 'default', 'flex', 'priority'],
    ...[undefined, undefined, undefined],
  ] as never)
  expect(['default', 'flex', 'priority', 'scale', 'constructor', undefined].map(writeTier)).toEqual([
    ...['standard', 'flex', 'priority'],
    ...[undefined, undefined, undefined],
  ] as never)
})
