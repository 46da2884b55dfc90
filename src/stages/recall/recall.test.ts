import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { sampleCaller, sampleLetter, sampleVisit } from '../../../test/fakes/visit.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Batch, Source, StreamSource } from '../../model/source.ts'
import { memoryReplays } from '../../stores/memory/replays.ts'
import { isDeterministic } from './coalesce.ts'
import { type Asked, Recall } from './recall.ts'

const usage: Event = { type: 'usage', usage: { input: 3, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 } }

/** A provider whose replies a test writes, piece by piece. */
/** One that lingers is told to stop, and takes its time. */
function provider(lingers: boolean) {
  const asked: { readonly signal: Visit['signal']; reply(source: Source): void; fail(fault: Fault): void }[] = []
  return {
    asked,
    ask: (visit: Visit): Promise<Source> => {
      const { promise, resolve, reject } = Promise.withResolvers<Source>()
      if (!lingers) visit.signal.addEventListener('abort', () => reject(new Fault('client_closed', 'gone')))
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

function desk({ lingers = false } = {}) {
  const clock = fakeClock()
  const replays = memoryReplays(clock)
  const told: string[] = []
  const tell = (happening: Happening, visit: Visit): void => {
    if (happening.type === 'coalesce') told.push(`${visit.id} with ${happening.with}`)
  }
  const passes = ['anthropic-beta']
  const recall = new Recall({ clock, passes, tell, replays, hash: text => text, unkept: () => undefined })
  const { asked, ask } = provider(lingers)
  let n = 0
  type Coming = {
    readonly headers?: Readonly<Record<string, string>>
    readonly caller?: typeof sampleCaller
    readonly plan?: Asked['plan']
  }
  function enter(letter: Letter, { headers = {}, caller = sampleCaller, plan = {} }: Coming) {
    const leaving = new AbortController()
    const visit = { ...sampleVisit({ headers }, leaving.signal), id: `req_${++n}` }
    const source = recall.answer({ plan, letter, caller, visit }, ask)
    source.catch(() => undefined)
    return { visit, source, leave: () => leaving.abort() }
  }
  const come = (key: string | undefined, more: JsonObject = {}, caller = sampleCaller) =>
    enter(sampleLetter(more), { caller, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) })
  const hurried = (patienceMs: number, more: JsonObject = {}) =>
    enter({ ...sampleLetter(more), patienceMs }, { headers: { 'idempotency-key': 'k' } })
  const alike = (more: JsonObject = { temperature: 0 }, coming: Coming = {}) =>
    enter(sampleLetter(more), { plan: { coalesce: true }, ...coming })
  return { clock, asked, come, hurried, alike, told, replays }
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

  test('waits in its own time for a reply on its way, and harms nobody when that is over', async () => {
    const { asked, come, hurried, clock } = desk()
    const first = come('k')
    await turns()
    const second = hurried(300)
    await turns()
    clock.advance(299)
    await turns()
    clock.advance(1)
    expect(await codeOf(second.source)).toEqual(['upstream_timeout', 504])
    asked[0]?.reply(whole('hi'))
    expect([(await read(await first.source)).text, asked.length, clock.waiting()]).toEqual(['hi', 1, 0])
  })

  test('is told of a stream on its way what comes in its own time', async () => {
    const { asked, come, hurried, clock } = desk()
    const { source, say, end } = streamed()
    const first = come('k', { stream: true })
    await turns()
    const second = hurried(300, { stream: true })
    const patient = hurried(9_000, { stream: true })
    await turns()
    asked[0]?.reply(source)
    const [one, two, three] = [await stream(first.source), await stream(second.source), read(await patient.source)]
    const [begun, heard] = [one.next(), two.next()]
    await turns()
    say('a', { type: 'content' })
    expect([(await begun)?.bytes.length, (await heard)?.bytes.length]).toEqual([1, 1])
    const more = two.next()
    await turns()
    clock.advance(300)
    expect(await codeOf(more)).toEqual(['upstream_timeout', 504])
    two.close()
    say('b', { type: 'stop', reason: 'stop' }, { type: 'done' })
    await turns()
    end()
    expect([(await read(one)).text, (await three).text, clock.waiting()]).toEqual(['b', 'ab', 0])
  })

  test('is asked for anew, once, for those who have more time than the first had', async () => {
    const { asked, come, hurried } = desk()
    const first = hurried(300)
    await turns()
    const others = [come('k'), hurried(900)]
    const hasty = hurried(200)
    await turns()
    asked[0]?.fail(new Fault('upstream_timeout', 'late'))
    expect(await codeOf(first.source)).toEqual(['upstream_timeout', 504])
    expect(await codeOf(hasty.source)).toEqual(['upstream_timeout', 504])
    await turns()
    asked[1]?.reply(whole('hi'))
    for (const { source } of others) expect((await read(await source)).text).toBe('hi')
    expect([asked.length, others.map(({ visit }) => visit.diary.replayOf)]).toEqual([2, [undefined, 'req_2']])
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

describe('whoever comes when the last has just left', () => {
  const comings = [
    ['under the same key', (at: ReturnType<typeof desk>, more: JsonObject = {}) => at.come('k', more)],
    [
      'with the same request',
      (at: ReturnType<typeof desk>, more: JsonObject = {}) => at.alike({ temperature: 0, ...more }),
    ],
  ] as const

  test.each(comings)('%s, before the beginning, has a reply of its own, which others join', async (_, coming) => {
    const at = desk({ lingers: true })
    coming(at).leave()
    await turns()
    const [second, third] = [coming(at), coming(at)]
    await turns()
    at.asked[0]?.fail(new Fault('client_closed', 'gone'))
    await turns()
    const fourth = coming(at)
    await turns()
    at.asked[1]?.reply(whole('hi'))
    for (const { source } of [second, third, fourth]) expect((await read(await source)).text).toBe('hi')
    expect([at.asked.length, at.asked[0]?.signal.aborted]).toEqual([2, true])
  })

  test.each(comings)('%s, in the middle of a stream that is heard to its end, too', async (_, coming) => {
    const at = desk()
    const { promise: heard, resolve: hear } = Promise.withResolvers<readonly Event[]>()
    const first = coming(at, { stream: true })
    await turns()
    at.asked[0]?.reply(streamed(() => heard).source)
    const rest = (await stream(first.source)).drain?.()
    await turns()
    const second = coming(at, { stream: true })
    await turns()
    hear([usage])
    at.asked[1]?.reply(whole('hi'))
    expect([await rest, (await read(await second.source)).text]).toEqual([[usage], 'hi'])
  })

  test.each(comings)('%s, while its whole reply is being kept, is given that', async (_, coming) => {
    const at = desk()
    const first = coming(at)
    await turns()
    at.asked[0]?.reply(whole('hi'))
    first.leave()
    const second = coming(at)
    expect((await read(await second.source)).text).toBe('hi')
    expect(at.asked.length).toBe(1)
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

describe('requests that are the same, where they may share a reply', () => {
  test('are asked once, and each is told the whole; the first pays and the others are told by whom', async () => {
    const { asked, alike, told } = desk()
    const [first, second] = [alike(), alike()]
    await turns()
    asked[0]?.reply(whole('hi'))
    expect([await read(await first.source), await read(await second.source)]).toEqual([
      { text: 'hi', events: ['content', 'stop', 'usage'] },
      { text: 'hi', events: ['content', 'stop'] },
    ])
    expect([asked.length, told]).toEqual([1, ['req_2 with req_1']])
    expect([first.visit.diary.sharedWith, second.visit.diary.sharedWith]).toEqual([undefined, 'req_1'])
    expect([second.visit.diary.replayOf, second.visit.diary.usage]).toEqual([undefined, undefined])
  })

  test('share streams, too, from wherever they are', async () => {
    const { asked, alike } = desk()
    const { source, say, end } = streamed()
    const first = alike({ temperature: 0, stream: true })
    await turns()
    asked[0]?.reply(source)
    const one = await stream(first.source)
    const begun = one.next()
    await turns()
    say('a', { type: 'content' })
    await begun
    const two = read(await alike({ temperature: 0, stream: true }).source)
    await turns()
    say('b', { type: 'stop', reason: 'stop' }, { type: 'done' })
    await turns()
    end()
    expect(await two).toEqual({ text: 'ab', events: ['content', 'stop', 'done'] })
    expect((await read(one)).text).toBe('b')
  })

  test('are asked anew when it is over: nothing is kept', async () => {
    const { asked, alike } = desk()
    const first = alike()
    await turns()
    asked[0]?.reply(whole('hi'))
    await first.source
    await turns()
    alike()
    await turns()
    expect(asked.length).toBe(2)
  })

  test('are answered by the same target, and their wait is no work of ours', async () => {
    const { asked, alike, clock } = desk()
    const [first, second] = [alike(), alike()]
    await turns()
    first.visit.diary.target = { provider: 'acme', model: 'large' }
    first.visit.diary.lost = ['seed']
    clock.advance(700)
    asked[0]?.reply(whole('hi'))
    await second.source
    const { diary } = second.visit
    const overheadMs = diary.overheadMs(clock.now())
    expect([diary.target, diary.lost, overheadMs]).toEqual([{ provider: 'acme', model: 'large' }, ['seed'], 0])
  })

  test('may leave without harming the others', async () => {
    const { asked, alike } = desk()
    const [first, second, third] = [alike(), alike(), alike()]
    await turns()
    first.leave()
    third.leave()
    await turns()
    expect([asked[0]?.signal.aborted, await codeOf(third.source)]).toEqual([false, ['client_closed', 499]])
    asked[0]?.reply(whole('hi'))
    expect((await read(await second.source)).text).toBe('hi')
    expect(first.visit.diary.usage?.input).toBe(3)
  })

  test('stop what runs when the last has left', async () => {
    const { asked, alike } = desk()
    const [first, second] = [alike(), alike()]
    await turns()
    first.leave()
    second.leave()
    await turns()
    expect(asked[0]?.signal.aborted).toBe(true)
  })

  test('fail together, and the next is asked anew', async () => {
    const { asked, alike } = desk()
    const [first, second] = [alike(), alike()]
    await turns()
    asked[0]?.fail(new Fault('overloaded', 'no'))
    expect([await codeOf(first.source), await codeOf(second.source)]).toEqual(Array(2).fill(['overloaded', 503]))
    alike()
    await turns()
    expect(asked.length).toBe(2)
  })

  test('ask for themselves where too much of the reply is gone', async () => {
    const { asked, alike } = desk()
    const { source, say } = streamed()
    const first = alike({ temperature: 0, stream: true })
    await turns()
    asked[0]?.reply(source)
    void read(await first.source)
    for (let i = 0; i < 3; i++) {
      await turns()
      say('x'.repeat(3 << 20))
    }
    await turns()
    alike({ temperature: 0, stream: true })
    await turns()
    expect(asked.length).toBe(2)
  })

  const apart: readonly (readonly [string, ...Parameters<ReturnType<typeof desk>['alike']>])[] = [
    ['of another key', undefined, { caller: { ...sampleCaller, keyId: 'key_2' } }],
    ['with another word', { temperature: 0, seed: 1 }],
    ['as a stream', { temperature: 0, stream: true }],
    ['with another wish of their provider', undefined, { headers: { 'anthropic-beta': 'x' } }],
    ['under an idempotency-key', undefined, { headers: { 'idempotency-key': 'k' } }],
  ]
  test.each([...apart])('are none: %s', async (_, more, coming) => {
    const { asked, alike } = desk()
    alike()
    alike(more, coming)
    await turns()
    expect(asked.length).toBe(2)
  })

  const alone: typeof apart = [
    ['where it is not wished for', undefined, { plan: {} }],
    ['with a temperature', { temperature: 0.1 }],
    ['without one', {}],
    ['with one that is nothing', { temperature: null }],
  ]
  test.each([...alone])('are asked for each: %s', async (_, more, coming) => {
    const { asked, alike } = desk()
    alike(more, coming)
    alike(more, coming)
    await turns()
    expect(asked.length).toBe(2)
  })

  const letters: readonly (readonly [boolean, Partial<Letter>])[] = [
    [true, { call: { ...sampleLetter().call, operation: 'embeddings' } }],
    [true, { outline: { generationConfig: { temperature: 0 } } }],
    [false, { outline: { generationConfig: { temperature: 1 }, temperature: 0 } }],
    [false, { outline: { generationConfig: {} } }],
    [false, { call: { ...sampleLetter().call, operation: 'count_tokens' }, outline: { temperature: 0 } }],
  ]
  test.each([...letters])('are no matter of chance: %p', (shared, more) => {
    expect(isDeterministic({ ...sampleLetter(), ...more })).toBe(shared)
  })
})

describe('a reply is kept before its last byte is handed on', () => {
  /** Keeping waits for a test's word. */
  function slow() {
    const { replays, ...rest } = desk()
    const kept = Promise.withResolvers<void>()
    const seen: string[] = []
    const keep = replays.keep.bind(replays)
    replays.keep = async (name, one, ttlMs) => {
      seen.push(Buffer.from(one.bytes).toString())
      await kept.promise
      await keep(name, one, ttlMs)
    }
    return { ...rest, seen, written: () => kept.resolve(), lost: () => kept.reject(new Error('The disk is full.')) }
  }

  test('a whole one, with its only one', async () => {
    const { asked, come, seen, written } = slow()
    const first = come('k')
    let had = false
    void first.source.then(() => (had = true))
    await turns()
    asked[0]?.reply(whole('hi'))
    await turns()
    expect([seen, had]).toEqual([['hi'], false])
    written()
    expect((await read(await first.source)).text).toBe('hi')
  })

  test('a stream, with its last mark; what comes behind it is kept as well', async () => {
    const { asked, come, seen, written } = slow()
    const { source, say, end } = streamed()
    const first = come('k', { stream: true })
    await turns()
    asked[0]?.reply(source)
    const one = await stream(first.source)
    const begun = one.next()
    await turns()
    say('a', { type: 'content' })
    await begun
    let had = false
    const last = one.next().then(() => (had = true))
    await turns()
    say('b', { type: 'done' })
    await turns()
    expect([seen, had]).toEqual([['ab'], false])
    written()
    await last
    const rest = read(one)
    await turns()
    say('c')
    await turns()
    end()
    await rest
    expect(seen).toEqual(['ab', 'abc'])
  })

  test('a stream without a mark, with its end', async () => {
    const { asked, come, seen, written } = slow()
    const { source, say, end } = streamed()
    const first = come('k', { stream: true })
    await turns()
    asked[0]?.reply(source)
    let had = false
    const reading = read(await first.source).finally(() => (had = true))
    await turns()
    say('a', { type: 'content' })
    await turns()
    end()
    await turns()
    expect([seen, had]).toEqual([['a'], false])
    written()
    expect((await reading).text).toBe('a')
  })

  test('one that cannot be kept reaches its caller all the same', async () => {
    const { asked, come, lost } = slow()
    const first = come('k')
    await turns()
    asked[0]?.reply(whole('hi'))
    lost()
    expect((await read(await first.source)).text).toBe('hi')
  })
})
