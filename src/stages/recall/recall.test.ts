import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { sampleCaller, sampleLetter, sampleVisit } from '../../../test/fakes/visit.ts'
import type { Visit } from '../../line.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Batch, Source, StreamSource } from '../../model/source.ts'
import { memoryReplays } from '../../stores/memory/replays.ts'
import { Recall } from './recall.ts'

const usage: Event = { type: 'usage', usage: { input: 3, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 } }

/** A provider whose replies a test writes, piece by piece. */
function provider() {
  const asked: { readonly signal: AbortSignal; reply(source: Source): void; fail(fault: Fault): void }[] = []
  return {
    asked,
    ask: (visit: Visit): Promise<Source> => {
      const { promise, resolve, reject } = Promise.withResolvers<Source>()
      visit.signal.addEventListener('abort', () => reject(new Fault('client_closed', 'gone')))
      asked.push({ signal: visit.signal, reply: resolve, fail: reject })
      return promise
    },
  }
}

function streamed(drain?: () => Promise<readonly Event[]>) {
  const waiting: { resolve(batch: Batch | undefined): void; reject(fault: Fault): void }[] = []
  const seen = { pulls: 0, closed: 0 }
  const source: StreamSource = {
    type: 'stream',
    dialect: 'openai-chat',
    next() {
      seen.pulls++
      const { promise, resolve, reject } = Promise.withResolvers<Batch | undefined>()
      waiting.push({ resolve, reject })
      return promise
    },
    fail: () => undefined,
    close: () => void seen.closed++,
    drain,
  }
  const say = (text: string, ...events: readonly Event[]): void =>
    waiting.shift()?.resolve({ bytes: Buffer.from(text), events })
  return {
    source,
    seen,
    say,
    end: () => waiting.shift()?.resolve(undefined),
    fail: (fault: Fault) => waiting.shift()?.reject(fault),
  }
}

const whole = (text: string): Source => ({
  type: 'whole',
  dialect: 'openai-chat',
  contentType: 'application/json',
  bytes: Buffer.from(text),
  events: [{ type: 'content' }, { type: 'stop', reason: 'stop' }, usage],
})

function desk() {
  const clock = fakeClock()
  const replays = memoryReplays(clock)
  const recall = new Recall({ replays, hash: text => text, unkept: () => undefined })
  const { asked, ask } = provider()
  let n = 0
  function come(key: string | undefined, more: JsonObject = {}, caller = sampleCaller) {
    const leaving = new AbortController()
    const headers = key === undefined ? {} : { 'idempotency-key': key }
    const visit = { ...sampleVisit({ headers }, leaving.signal), id: `req_${++n}` }
    const source = recall.answer(sampleLetter(more), caller, visit, ask)
    source.catch(() => undefined)
    return { visit, source, leave: () => leaving.abort() }
  }
  return { clock, asked, come }
}

async function stream(source: Promise<Source>): Promise<StreamSource> {
  const found = await source
  if (found.type !== 'stream') throw new Error('It is no stream.')
  return found
}

async function read(source: Source): Promise<{ readonly text: string; readonly events: readonly string[] }> {
  if (source.type === 'whole')
    return { text: Buffer.from(source.bytes).toString(), events: source.events.map(each => each.type) }
  let text = ''
  const events: string[] = []
  for (let batch = await source.next(); batch; batch = await source.next()) {
    text += Buffer.from(batch.bytes).toString()
    events.push(...batch.events.map(each => each.type))
  }
  return { text, events }
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

const codeOf = (failing: Promise<unknown>): Promise<unknown> =>
  failing.then(
    () => undefined,
    error => (error instanceof Fault ? [error.code, error.status] : error),
  )

describe('without an idempotency-key', () => {
  test('every request is asked', async () => {
    const { asked, come } = desk()
    come(undefined)
    come(undefined)
    await turns()
    expect(asked.length).toBe(2)
  })
})

describe('the same request under the same key', () => {
  test('is given the same reply afterwards, for nothing', async () => {
    const { asked, come } = desk()
    const first = come('k')
    await turns()
    asked[0]?.reply(whole('hi'))
    expect(await read(await first.source)).toEqual({ text: 'hi', events: ['content', 'stop', 'usage'] })
    await turns()
    const again = come('k')
    expect(await read(await again.source)).toEqual({ text: 'hi', events: ['content', 'stop'] })
    expect([asked.length, again.visit.diary.replayOf, first.visit.diary.replayOf]).toEqual([1, 'req_1', undefined])
  })

  test('joins the one that is on its way', async () => {
    const { asked, come } = desk()
    const first = come('k')
    await turns()
    const second = come('k')
    await turns()
    asked[0]?.reply(whole('hi'))
    expect([await read(await first.source), await read(await second.source)]).toMatchObject([
      { text: 'hi' },
      { text: 'hi' },
    ])
    expect(asked.length).toBe(1)
  })

  test('joins a stream in its middle, and misses nothing of it; whoever comes later is given all at once', async () => {
    const { asked, come } = desk()
    const { source, say, end, seen } = streamed()
    const first = come('k', { stream: true })
    await turns()
    asked[0]?.reply(source)
    const one = await stream(first.source)
    const begun = one.next()
    await turns()
    say('a', { type: 'content' })
    await begun
    const second = come('k', { stream: true })
    const two = read(await second.source)
    await turns()
    say('b', usage)
    await turns()
    say('c', { type: 'stop', reason: 'stop' }, { type: 'done' })
    await turns()
    end()
    expect(await two).toEqual({ text: 'abc', events: ['content', 'stop', 'done'] })
    expect(await read(one)).toEqual({ text: 'bc', events: ['usage', 'stop', 'done'] })
    await turns()
    expect(await read(await come('k', { stream: true }).source)).toEqual({
      text: 'abc',
      events: ['content', 'stop', 'done'],
    })
    expect([asked.length, seen.pulls]).toEqual([1, 4])
  })

  test('after a day is asked anew', async () => {
    const { asked, come, clock } = desk()
    const first = come('k')
    await turns()
    asked[0]?.reply(whole('hi'))
    await first.source
    await turns()
    clock.advance(24 * 3_600_000)
    come('k')
    await turns()
    expect(asked.length).toBe(2)
  })

  test('of another caller is another', async () => {
    const { asked, come } = desk()
    come('k')
    come('k', {}, { ...sampleCaller, keyId: 'key_2' })
    await turns()
    expect(asked.length).toBe(2)
  })
})

test('another request under the same key is refused, while the first is on its way and afterwards', async () => {
  const { asked, come } = desk()
  const first = come('k')
  await turns()
  expect(await codeOf(come('k', { seed: 1 }).source)).toEqual(['invalid_request', 409])
  asked[0]?.reply(whole('hi'))
  await first.source
  await turns()
  expect(await codeOf(come('k', { seed: 1 }).source)).toEqual(['invalid_request', 409])
})

test('an empty key and one that is too long are refused', async () => {
  const { come } = desk()
  expect(await codeOf(come('k'.repeat(256)).source)).toEqual(['invalid_request', 400])
})

describe('what failed is not kept', () => {
  test('before its beginning: all who wait are told, and the next is asked anew', async () => {
    const { asked, come } = desk()
    const [first, second] = [come('k'), come('k')]
    await turns()
    asked[0]?.fail(new Fault('overloaded', 'no'))
    expect([await codeOf(first.source), await codeOf(second.source)]).toEqual([
      ['overloaded', 503],
      ['overloaded', 503],
    ])
    await turns()
    come('k')
    await turns()
    expect(asked.length).toBe(2)
  })

  const endings: readonly (readonly [string, (of: ReturnType<typeof streamed>) => void])[] = [
    ['by a break', of => of.fail(new Fault('upstream_failed', 'cut'))],
    ['by an error event', of => of.say('e', { type: 'fault', fault: new Fault('upstream_failed', 'in it') })],
  ]
  test.each([...endings])('in its middle, %s', async (_, ending) => {
    const { asked, come } = desk()
    const stream1 = streamed()
    const first = come('k', { stream: true })
    await turns()
    asked[0]?.reply(stream1.source)
    const reading = read(await first.source).catch(() => undefined)
    await turns()
    ending(stream1)
    await turns()
    stream1.end()
    await reading
    await turns()
    come('k', { stream: true })
    await turns()
    expect(asked.length).toBe(2)
  })
})

describe('a caller who leaves', () => {
  test('before the beginning stops the pursuit, if nobody else waits', async () => {
    const { asked, come } = desk()
    const first = come('k')
    await turns()
    first.leave()
    await turns()
    expect([asked[0]?.signal.aborted, await codeOf(first.source)]).toEqual([true, ['client_closed', 499]])
  })

  test('does not stop it for the others, and pays for it all the same', async () => {
    const { asked, come } = desk()
    const first = come('k')
    await turns()
    const second = come('k')
    await turns()
    first.leave()
    await turns()
    expect(asked[0]?.signal.aborted).toBe(false)
    asked[0]?.reply(whole('hi'))
    expect(await read(await second.source)).toEqual({ text: 'hi', events: ['content', 'stop'] })
    expect(await codeOf(first.source)).toEqual(['client_closed', 499])
    expect([first.visit.diary.usage?.input, second.visit.diary.usage]).toEqual([3, undefined])
  })

  test('in the middle of a stream closes it, if nobody else reads', async () => {
    const { asked, come } = desk()
    const { source, seen, say } = streamed()
    const first = come('k', { stream: true })
    await turns()
    asked[0]?.reply(source)
    const one = await stream(first.source)
    const begun = one.next()
    await turns()
    say('a', usage)
    await begun
    const rest = one.drain?.()
    await turns()
    expect([seen.closed, await rest]).toEqual([1, [usage]])
    come('k', { stream: true })
    await turns()
    expect(asked.length).toBe(2)
  })

  test('of a provider that bills on is heard to the end by it', async () => {
    const { asked, come } = desk()
    const { source, seen } = streamed(async () => [usage])
    const first = come('k', { stream: true })
    await turns()
    asked[0]?.reply(source)
    const one = await stream(first.source)
    expect([await one.drain?.(), seen.closed]).toEqual([[usage], 1])
  })
})

test('a reply that is too long to be kept reaches its caller whole, and nobody else', async () => {
  const { asked, come } = desk()
  const { source, say, end } = streamed()
  const first = come('k', { stream: true })
  await turns()
  asked[0]?.reply(source)
  const reading = read(await first.source)
  const piece = 'x'.repeat(3 << 20)
  for (let i = 0; i < 4; i++) {
    await turns()
    say(piece)
  }
  await turns()
  expect(await codeOf(come('k', { stream: true }).source)).toEqual(['overloaded', 503])
  end()
  expect((await reading).text.length).toBe(12 << 20)
})
