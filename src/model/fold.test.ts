import { describe, expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Answer } from './answer.ts'
import type { Delta } from './delta.ts'
import { fold, unfold } from './fold.ts'

const seal = { dialect: 'd', maker: 'p/m', value: 'sig' }

describe('fold', () => {
  test('a reply without anything is an answer without choices', () => {
    expect(fold([])).toEqual({ choices: [] })
  })

  test('interleaved tool calls come apart by their index, in the order of the index', () => {
    const deltas: Delta[] = [
      { type: 'tool', at: 1, id: 'b', name: 'two' },
      { type: 'tool', at: 0, id: 'a', name: 'one' },
      { type: 'input', at: 1, text: '{"x"' },
      { type: 'input', at: 0, text: '{}' },
      { type: 'input', at: 1, text: ':1}' },
    ]
    expect(fold(deltas).choices[0]?.parts).toEqual([
      { type: 'tool-call', id: 'a', name: 'one', input: '{}' },
      { type: 'tool-call', id: 'b', name: 'two', input: '{"x":1}' },
    ])
  })

  test('the last usage counts, the first stop, the first start', () => {
    const usage = { input: 1, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 }
    const deltas: Delta[] = [
      { type: 'start', id: 'one', model: 'm' },
      { type: 'start', id: 'two', created: 5 },
      { type: 'usage', usage: { ...usage, output: 1 } },
      { type: 'stop', reason: 'end', raw: 'stop' },
      { type: 'stop', reason: 'other' },
      { type: 'usage', usage },
    ]
    expect(fold(deltas)).toEqual({
      id: 'one',
      model: 'm',
      created: 5,
      usage,
      choices: [{ parts: [], stop: { reason: 'end', raw: 'stop' } }],
    })
  })

  test('a seal without words is a redacted thought; a seal in pieces is joined', () => {
    const deltas: Delta[] = [
      { type: 'seal', at: 0, seal },
      { type: 'reasoning', at: 1, text: 'hm' },
      { type: 'seal', at: 1, seal },
      { type: 'seal', at: 1, seal: { ...seal, value: '-more' } },
    ]
    expect(fold(deltas).choices[0]?.parts).toEqual([
      { type: 'reasoning', text: '', seal },
      { type: 'reasoning', text: 'hm', seal: { ...seal, value: 'sig-more' } },
    ])
  })

  test('blocks that say nothing are not there', () => {
    expect(
      fold([
        { type: 'text', at: 0, text: '' },
        { type: 'reasoning', at: 1, text: '' },
      ]).choices[0]?.parts,
    ).toEqual([])
  })

  test('audio in pieces is one part', () => {
    const piece = (data: string, transcript: string): Delta => ({
      type: 'media',
      at: 0,
      kind: 'audio',
      source: { from: 'data', mediaType: 'audio/wav', data },
      transcript,
    })
    expect(fold([piece('QUJD', 'Hel'), piece('REVG', 'lo')]).choices[0]?.parts).toEqual([
      {
        type: 'media',
        kind: 'audio',
        source: { from: 'data', mediaType: 'audio/wav', data: 'QUJDREVG' },
        transcript: 'Hello',
      },
    ])
  })
})

const word = fc.string({ minLength: 1, maxLength: 8 })
const maybeSeal = fc.option(fc.constant({ seal }), { nil: {} })
const anyPart = fc.oneof(
  fc.tuple(word, maybeSeal).map(([text, more]) => ({ type: 'text' as const, text, ...more })),
  fc.tuple(word, maybeSeal).map(([text, more]) => ({ type: 'reasoning' as const, text, ...more })),
  word.map(text => ({ type: 'refusal' as const, text })),
  fc.tuple(word, word, fc.json()).map(([id, name, input]) => ({ type: 'tool-call' as const, id, name, input })),
  word.map(label => ({ type: 'opaque' as const, label, seal })),
)
const anyAnswer: fc.Arbitrary<Answer> = fc.record({
  id: word,
  model: word,
  created: fc.nat(),
  choices: fc.array(
    fc.record({
      parts: fc.array(anyPart, { maxLength: 5 }),
      stop: fc.constant({ reason: 'end' as const, raw: 'stop' }),
    }),
    { maxLength: 3 },
  ),
})

test('an answer that is told as deltas and folded again is the same answer', () => {
  fc.assert(fc.property(anyAnswer, answer => expect(fold(unfold(answer))).toEqual(answer)))
})
