import { expect, test } from 'bun:test'
import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { inWholeCharacters } from './whole-characters.ts'

const [high, low] = ['\ud83d', '\ude00']
const text = (words: string, at = 0, choice = 0): Delta => ({ type: 'text', at, choice, text: words })
const thought = (words: string): Delta => ({ type: 'reasoning', at: 0, choice: 0, text: words })
const stop: Delta = { type: 'stop', choice: 0, reason: 'end' }
const done: Delta = { type: 'done' }
const usage: Delta = { type: 'usage', usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 1, reasoning: 0 } }
const tokens: Delta = { type: 'logprobs', choice: 0, tokens: [] }
const citation: Delta = { type: 'citation', at: 0, choice: 0, citation: {} }
const fault: Delta = { type: 'fault', fault: new Fault('upstream_failed', 'x') }

const rows: readonly (readonly [string, readonly Delta[], readonly Delta[]])[] = [
  [
    'a text of whole ones is as it was',
    [text('a'), text(''), text(`b${high}${low}`)],
    [text('a'), text(''), text('b😀')],
  ],
  ['a half goes with the next piece', [text(`a${high}`), text(`${low}b`), stop], [text('a'), text('😀b'), stop]],
  ['a half alone waits', [text(high), text(low), stop], [text('😀'), stop]],
  ['one is joined after the other', [text(high), text(low + high), text(low)], [text('😀'), text('😀')]],
  ['an empty piece between them is none', [text(high), text(''), text(low)], [text('😀')]],
  [
    'what is said of the reply may stand between them',
    [text(high), tokens, usage, citation, text(low)],
    [tokens, usage, citation, text('😀')],
  ],
  [
    'choices wait for themselves',
    [text(high), text(`b${high}`, 0, 1), text(low), text(low, 0, 1)],
    [text('b', 0, 1), text('😀'), text('😀', 0, 1)],
  ],
  [
    'a half without its other is told as it came',
    [text(`a${high}`), text('b'), text(high), stop, done],
    [text('a'), text(`${high}b`), text(high), stop, done],
  ],
  ['and before another block', [thought(high), text(low, 1)], [thought(high), text(low, 1)]],
  ['and where only the mark of the end comes', [text(high), done], [text(high), done]],
  ['but a stream that fails has not said it', [text(`a${high}`), fault], [text('a'), fault]],
]
test.each([...rows])('%s', (_, said, told) => {
  const wholes = (batches: readonly (readonly Delta[])[]): readonly Delta[] => {
    const left = [...batches]
    const reader = inWholeCharacters({ read: () => left.shift() ?? [] })
    return batches.flatMap(() => reader.read(new Uint8Array(0)))
  }
  expect(wholes([said])).toEqual(told)
  expect(wholes(said.map(delta => [delta]))).toEqual(told)
})
