import { describe, expect, test } from 'bun:test'
import { figuresOf, median } from './figures.ts'
import { judge, LIMITS, type Limit } from './limits.ts'

const RATIO: Limit = { says: 'cpu', measure: 'cpu', over: 'minimal', most: 1.8, unit: 'x' }
const LEAST: Limit = { says: 'streams', measure: 'peak', least: 2000, unit: 'streams' }

const rounds = (peer: string, measure: string, values: readonly number[]) =>
  values.map(value => ({ peer, measure, value }))

describe('a limit', () => {
  test.each([
    [[150, 170, 180], [100, 100, 100], 'kept', 1.7],
    [[150, 190, 200], [100, 100, 100], 'MISSED', 1.9],
    [[180], [100], 'kept', 1.8],
  ] as const)('on a ratio of %j to %j is %s', (mine, theirs, verdict, measured) => {
    const figures = figuresOf([...rounds('thalamus', 'cpu', mine), ...rounds('minimal', 'cpu', theirs)])
    expect(judge(RATIO, figures)).toMatchObject({ verdict, measured })
  })

  test.each([
    [2000, 'kept'],
    [1999, 'MISSED'],
  ] as const)('from below holds %d to be %s', (peak, verdict) => {
    expect(judge(LEAST, figuresOf(rounds('thalamus', 'peak', [peak]))).verdict).toBe(verdict)
  })

  test.each(LIMITS.map(limit => [limit.says, limit] as const))('without figures is not kept: %s', (_, limit) => {
    expect(judge(limit, figuresOf([])).verdict).toBe('not measured')
  })

  test('on a ratio is not kept when the other gateway was absent', () => {
    expect(judge(RATIO, figuresOf(rounds('thalamus', 'cpu', [1]))).verdict).toBe('not measured')
  })

  test('on several measures is judged by the highest, with its own range', () => {
    const limit: Limit = { says: 'pairs', measure: ['a', 'b', 'c'], most: 2, unit: 'x' }
    const all = [
      ...rounds('thalamus', 'a', [1, 1]),
      ...rounds('thalamus', 'b', [2, 4]),
      ...rounds('thalamus', 'c', [1]),
    ]
    expect(judge(limit, figuresOf(all))).toMatchObject({ measured: 3, verdict: 'MISSED', range: [2, 4] })
  })

  test('from above holds what is below nothing to be kept', () => {
    const limit: Limit = { says: 'late', measure: 'late', most: 0, unit: 'ms' }
    expect(judge(limit, figuresOf(rounds('thalamus', 'late', [-3]))).verdict).toBe('kept')
  })

  test('shows the worst and the best round, each against the same round of the other', () => {
    const figures = figuresOf([...rounds('thalamus', 'cpu', [100, 300]), ...rounds('minimal', 'cpu', [100, 200])])
    expect(judge(RATIO, figures).range).toEqual([1, 1.5])
  })
})

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
  [[7], 7],
  [[], undefined],
] as const)('the median of %j is %p', (values, middle) => {
  expect(median(values)).toBe(middle as never)
})
