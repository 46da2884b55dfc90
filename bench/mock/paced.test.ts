import { expect, test } from 'bun:test'
import { stampIn, WORDS } from '../content.ts'
import { openaiChat } from '../dialects/openai-chat.ts'
import { faultOfStream } from '../faults.ts'
import { messageReader } from '../http.ts'
import type { Line } from './line.ts'
import { BREAKS_AFTER, type Pace, play } from './paced.ts'

const plain: Pace = { everyMs: 1, from: 0, ending: undefined, stampAll: false }

/** Plays a stream into a line that keeps what it is sent. */
function played(pace: Pace) {
  const said: string[] = []
  const heard = Promise.withResolvers<'whole' | 'killed'>()
  const spoken = Promise.withResolvers<void>()
  const feed = messageReader({
    head: () => undefined,
    body: piece => {
      said.push(piece.toString())
      if (said.join('').match(/ word-/g)?.length === BREAKS_AFTER) spoken.resolve()
    },
    end: () => heard.resolve('whole'),
  })
  const line: Line = {
    feed: () => undefined,
    out: { send: feed, drain: () => undefined },
    onClose: new Set(),
    kill: () => heard.resolve('killed'),
  }
  let over = false
  play(line, openaiChat, pace, false, () => {
    over = true
  })
  return { line, said, heard: heard.promise, spoken: spoken.promise, isOver: () => over }
}

const wordsIn = (said: readonly string[]): readonly string[] => said.join('').match(/ word-\d+/g) ?? []

test('a stream is told word by word and comes to its end', async () => {
  const stream = played(plain)
  expect(await stream.heard).toBe('whole')
  expect(faultOfStream(openaiChat, stream.said.join(''))).toBeUndefined()
  expect(stream.said.map(piece => stampIn(piece) !== undefined).filter(Boolean)).toHaveLength(1)
  expect([stream.isOver(), stream.line.onClose.size]).toEqual([true, 0])
})

test('one that is stamped throughout tells of each word when it was sent', async () => {
  const stream = played({ ...plain, stampAll: true })
  await stream.heard
  const stamps = stream.said.map(stampIn).filter(stamp => stamp !== undefined)
  expect(stamps).toHaveLength(WORDS.length)
  expect(stamps).toEqual(stamps.toSorted((one, other) => one - other))
  expect(faultOfStream(openaiChat, stream.said.join(''))).toBeUndefined()
})

test('one that dies is cut after half of its words', async () => {
  const stream = played({ ...plain, ending: 'dies' })
  expect(await stream.heard).toBe('killed')
  expect(wordsIn(stream.said)).toEqual(WORDS.slice(0, BREAKS_AFTER))
})

test('one that stalls stays open, until its reader leaves', async () => {
  const stream = played({ ...plain, ending: 'stalls' })
  await stream.spoken
  expect([stream.isOver(), stream.line.onClose.size]).toEqual([false, 1])
  for (const close of stream.line.onClose) close()
  expect(stream.isOver()).toBe(true)
})

test('one that resumes says the rest', async () => {
  const stream = played({ ...plain, from: BREAKS_AFTER })
  await stream.heard
  expect(wordsIn(stream.said)).toEqual(WORDS.slice(BREAKS_AFTER))
})
