import { describe, expect, test } from 'bun:test'
import {
  faultOfJson,
  faultOfStream,
  jsonReply,
  pacedModel,
  paceOf,
  stampIn,
  stampNow,
  streamEvents,
  WORDS,
} from './answers.ts'

describe('a JSON reply', () => {
  test.each([900, 10_000, 100_000])('has exactly %d bytes', bytes => {
    expect(Buffer.byteLength(jsonReply(bytes))).toBe(bytes)
  })

  test('that a gateway printed anew, with fields of its own, still says the same', () => {
    const again = JSON.stringify({ provider: 'x', ...JSON.parse(jsonReply(900)) }, null, 2)
    expect(faultOfJson(again, 900)).toBeUndefined()
  })

  test('that lost a letter is found out', () => {
    expect(faultOfJson(jsonReply(900).replace('relay', 'elay'), 900)).toContain('another content')
    expect(faultOfJson('{"error":{}}', 900)).toContain('another content')
  })
})

describe('a stream', () => {
  test('has twenty events and its end, and one more when usage is asked for', () => {
    expect(streamEvents('', false)).toHaveLength(21)
    expect(streamEvents('', true)).toHaveLength(22)
  })

  test('is whole with a stamp and without, with usage and without', () => {
    expect(faultOfStream(streamEvents('', false).join(''))).toBeUndefined()
    expect(faultOfStream(streamEvents(stampNow(), true).join(''))).toBeUndefined()
  })

  test.each([...WORDS.keys()])('that lost word %d is found out', place => {
    const events = streamEvents('', false)
    expect(faultOfStream(events.toSpliced(place + 1, 1).join(''))).toContain('other words')
  })

  test('without its end is found out', () => {
    expect(faultOfStream(streamEvents('', false).slice(0, -1).join(''))).toContain('no [DONE]')
  })
})

test('a stamp is read back to the microsecond and always has the same width', () => {
  const stamp = stampNow()
  expect(stampIn(`data: {"content":"${stamp} word-0"}`)).toBe(Number(stamp.slice(1, -1)))
  expect(stamp).toHaveLength(19)
  expect(stampIn('data: {}')).toBeUndefined()
})

test('the pace stands in the name of the model, and only there', () => {
  expect(paceOf(pacedModel(250))).toBe(250)
  expect(paceOf('gpt-bench')).toBeUndefined()
})
