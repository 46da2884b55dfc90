import { describe, expect, test } from 'bun:test'
import type { Delta } from '../model/delta.ts'
import { frameReader, objectOf, sseIn } from './frames.ts'
import { unreadable } from './provider-fault.ts'
import { faultOf } from './sample.test-data.ts'

const text = (words: string, choice = 0): Delta => ({ type: 'text', at: 0, choice, text: words })
const stop = (choice = 0): Delta => ({ type: 'stop', choice, reason: 'end' })
const usage: Delta = { type: 'usage', usage: { input: 1, cacheRead: 0, cacheWrite: 0, output: 1, reasoning: 0 } }

/** What is read of a stream whose frames say this. A frame that is an error is thrown. */
function readOf(...reads: readonly (readonly (Delta | Error)[])[]): readonly (readonly Delta[])[] {
  let frames: readonly (Delta | Error)[] = []
  const reader = frameReader(
    () => frames,
    frame => {
      if (frame instanceof Error) throw frame
      return [frame]
    },
  )
  return reads.map(read => {
    frames = read
    return reader.read(Buffer.of(0))
  })
}

const typesOf = (reads: ReturnType<typeof readOf>): readonly string[] => reads.flat().map(({ type }) => type)

describe('a stream is read', () => {
  test('up to what cannot be read: that is a fault, and nothing comes after it', () => {
    const damage = unreadable('it is odd.')
    expect(readOf([text('a'), damage, text('b')], [text('c')])).toEqual([
      [text('a'), { type: 'fault', fault: damage }],
      [],
    ])
  })

  test('up to its closing mark', () => {
    expect(typesOf(readOf([text('a'), stop(), { type: 'done' }, usage], [usage]))).toEqual(['text', 'stop', 'done'])
  })

  test('up to a failure of our own, whose details stay in the log', () => {
    const [[told] = []] = readOf([new TypeError('undefined is not a function')])
    expect(told?.type === 'fault' && [told.fault.code, told.fault.message.includes('undefined')]).toEqual([
      'internal',
      false,
    ])
  })
})

describe('a reply that has told why it stopped', () => {
  test('does not go on', () => {
    const reads = readOf([text('a'), stop()], [text('b')])
    expect(typesOf(reads)).toEqual(['text', 'stop', 'fault'])
  })

  test('may say nothing, or the same again, and tell its usage', () => {
    expect(typesOf(readOf([text('a'), stop(), text(''), stop(), usage, { type: 'done' }]))).toEqual([
      ...['text', 'stop', 'usage', 'done'],
    ])
  })

  test('leaves the others of the same request to go on', () => {
    expect(typesOf(readOf([stop(0), text('b', 1), stop(1)]))).toEqual(['stop', 'text', 'stop'])
  })
})

test('what is no UTF-8, or no JSON object, is told as such', () => {
  expect(faultOf(() => sseIn(Buffer.from([0x64, 0x61, 0xff]))).message).toContain('no UTF-8')
  for (const data of ['[]', '{', '<html>'])
    expect(faultOf(() => objectOf(data)).message).toContain(`no JSON object: ${data}`)
  expect(objectOf('{"a":1}')).toEqual({ a: 1 })
})
