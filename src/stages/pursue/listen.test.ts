import { describe, expect, test } from 'bun:test'
import { type FakeClock, fakeClock } from '../../../test/fakes/clock.ts'
import { events } from '../../../test/fakes/upstream.ts'
import { sampleAccount } from '../../../test/fakes/visit.ts'
import { openaiChat } from '../../dialects/openai-chat/index.ts'
import { type Heard, NetworkError } from '../../lib/http.ts'
import { Leash } from '../../lib/leash.ts'
import { FrameCutter } from '../../lib/sse.ts'
import { Fault } from '../../model/fault.ts'
import type { Outcome } from '../../model/health.ts'
import type { Batch, StreamSource } from '../../model/source.ts'
import { listen } from './listen.ts'
import type { Voice } from './speaking.ts'

const { role, says, stop, usage, done } = events
const waits = { firstToken: 1000, idle: 100, total: 10_000 }

const silence = Symbol('silence')
/** Said so many milliseconds after it was asked for. */
type Late = { readonly text: string; readonly afterMs: number }
type Step = string | Late | Error | typeof silence

/** A provider that says these things; at silence it says no more until the leash is cut. */
function heardFrom(steps: readonly Step[], signal: AbortSignal, clock: FakeClock) {
  const rest = [...steps]
  const seen = { reads: 0, closed: false }
  const heard: Heard = {
    status: 200,
    contentType: 'text/event-stream',
    header: () => undefined,
    whole: () => Promise.reject(new Error('A stream is not read whole.')),
    read() {
      seen.reads++
      const step = rest.shift()
      if (step instanceof Error) return Promise.reject(step)
      if (typeof step === 'object') {
        const { promise, resolve } = Promise.withResolvers<Uint8Array>()
        clock.after(step.afterMs, () => resolve(Buffer.from(step.text)))
        return promise
      }
      if (step !== silence) return Promise.resolve(step === undefined ? undefined : Buffer.from(step))
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new NetworkError('left'))))
    },
    close() {
      seen.closed = true
    },
  }
  return { heard, seen }
}

const asItCame = {
  stream: () => openaiChat.stream.glance({ hideUsage: false, array: false }),
  cutter: () => new FrameCutter(),
  verbatim: true,
}

const listening = (...steps: readonly Step[]) => listeningBy(asItCame, ...steps)

const ofSeveral = {
  ...asItCame,
  stream: () => openaiChat.stream.glance({ hideUsage: false, array: false, several: true }),
  choices: 2,
}

type Heeded = Pick<Voice, 'stream' | 'cutter' | 'verbatim'> & { readonly choices?: number }

function listeningBy({ choices, ...voice }: Heeded, ...steps: readonly Step[]) {
  const clock = fakeClock()
  const caller = new AbortController()
  const leash = new Leash(clock, caller.signal)
  leash.within(waits.firstToken, 'the first of the reply')
  const { heard, seen } = heardFrom(steps, leash.signal, clock)
  const route = {
    provider: 'acme',
    dialect: openaiChat,
    quirks: {},
    url: () => '',
    headers: () => new Headers(),
    shows: (text: string) => text.includes('sk-secret'),
  }
  const outcomes: Outcome[] = []
  const account = sampleAccount(clock, outcome => void outcomes.push(outcome))
  const source = listen({ heard, leash, route, waits, until: waits.total, clock, account, choices }, voice)
  source.catch(() => undefined)
  return { source, clock, caller, seen, outcomes }
}

async function faultOf(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => undefined,
    error => error as unknown,
  )
  if (!(error instanceof Fault)) throw new Error(`No fault: ${String(error)}`)
  return `${error.code}: ${error.message}`
}

const textIn = (batch: Batch | undefined): string => Buffer.from(batch?.bytes ?? []).toString()

async function textOf(source: StreamSource): Promise<string> {
  let text = ''
  for (let batch = await source.next(); batch; batch = await source.next()) text += Buffer.from(batch.bytes).toString()
  return text
}

/** Lets what has been read be taken in, then moves time on. */
async function pass(clock: FakeClock, ms: number): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  clock.advance(ms)
}

describe('a stream begins', () => {
  test('with its first content, and what came before goes out first', async () => {
    const { source, seen, clock } = listening(': wait\n\n', role, says('Hi') + says('!'), stop, done)
    const stream = await source
    expect(seen.reads).toBe(3)
    expect(await textOf(stream)).toBe(`: wait\n\n${role}${says('Hi')}${says('!')}${stop}${done}`)
    expect(clock.waiting()).toBe(0)
  })

  test('with a stop, where a model says nothing', async () => {
    expect(await textOf(await listening(stop + done).source)).toBe(stop + done)
  })
})

describe('a stream that is told again', () => {
  const failed = new Fault('upstream_failed', 'It cannot be read.')
  /** Says nothing of a call until it is whole, as a dialect does whose calls come at once. */
  const retold = {
    cutter: () => new FrameCutter(),
    stream: () => ({
      read(frames: Uint8Array): Batch {
        const text = Buffer.from(frames).toString()
        if (text.includes('half')) return { bytes: Buffer.of(), events: [{ type: 'content' }] }
        if (text.includes('word')) return { bytes: Buffer.from('word '), events: [{ type: 'content' }] }
        if (text.includes('broken')) return { bytes: Buffer.from('failed'), events: [{ type: 'fault', fault: failed }] }
        return { bytes: Buffer.from('call'), events: [{ type: 'stop', reason: 'tools' }] }
      },
      end: (): Batch => ({ bytes: Buffer.from(' closed'), events: [{ type: 'done' }] }),
    }),
  }

  test('begins when its caller can have something of it; a failure before is thrown', async () => {
    expect(await textOf(await listeningBy(retold, 'half\n\n', 'call\n\n').source)).toBe('call closed')
    expect(await faultOf(listeningBy(retold, 'half\n\n', new NetworkError('reset')).source)).toContain(
      'closed the conn',
    )
  })

  test('has its last word, without a blank line after it, before its failure', async () => {
    const { source, outcomes } = listeningBy(retold, 'word\n\n', 'word\n')
    const stream = await source
    expect([textIn(await stream.next()), textIn(await stream.next())]).toEqual(['word ', 'word '])
    expect(await faultOf(stream.next())).toContain('ended its reply before it was whole')
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(['cut_short'])
  })

  test('ends with what it failed by, and is not closed like a whole one', async () => {
    const { source, outcomes } = listeningBy(retold, 'call\n\n', 'broken')
    expect(await textOf(await source)).toBe('callfailed')
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(['server_error'])
  })

  test('has failed before it began where all of it is half an event', async () => {
    expect(await faultOf(listeningBy(retold, 'broken').source)).toBe('upstream_failed: It cannot be read.')
  })
})

describe('a stream of several choices', () => {
  const chunk = (index: number, more: object): string =>
    `data: ${JSON.stringify({ choices: [{ index, delta: {}, finish_reason: null, ...more }] })}\n\n`
  const says = (index: number): string => chunk(index, { delta: { content: 'w' } })
  const stops = (index: number): string => chunk(index, { finish_reason: 'stop' })
  const begun = says(0) + says(1)
  const reading = async (...steps: readonly Step[]) => {
    const { source, clock, outcomes } = listeningBy(ofSeveral, ...steps)
    return { stream: await source, clock, outcomes }
  }

  /** Longer in all than a provider has after its stop. */
  const many = (index: number): readonly string[] => Array.from({ length: 60 }, () => says(index))
  const goingOn: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['beside one that has stopped', [begun, stops(1)], [...many(0), stops(0)]],
    ['beside one that stopped in the same read', [begun + stops(1) + says(0)], [...many(0), stops(0)]],
    ['after one that has stopped', [says(0), stops(0)], [...many(1), stops(1)]],
  ]
  test.each([...goingOn])('is waited for as long as one goes on %s', async (_, first, then) => {
    const pause = waits.idle - 1
    const { stream, clock, outcomes } = await reading(
      ...first,
      ...then.map(text => ({ text, afterMs: pause })),
      silence,
    )
    for (const text of first) expect(textIn(await stream.next())).toBe(text)
    for (const text of then) {
      const next = stream.next()
      await pass(clock, pause)
      expect(textIn(await next)).toBe(text)
    }
    const last = stream.next()
    await pass(clock, 5000)
    expect([await last, outcomes.map(({ failure }) => failure)]).toEqual([undefined, [undefined]])
  })

  test('has failed where it falls silent before all have stopped, however long after the first stop', async () => {
    const { stream, clock, outcomes } = await reading(begun + stops(1), silence)
    await stream.next()
    const next = stream.next()
    await pass(clock, waits.idle)
    expect(await faultOf(next)).toContain('upstream_timeout: acme took too long over the next of its reply')
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(['timeout'])
  })

  test('has failed where it ends in the middle of one', async () => {
    const { stream, outcomes } = await reading(begun, stops(1), says(0))
    expect(await faultOf(textOf(stream))).toContain('ended its reply before it was whole')
    expect(outcomes.map(({ failure }) => failure?.kind)).toEqual(['cut_short'])
  })

  const wholes: readonly (readonly [string, string])[] = [
    ['all of them', begun + stops(1) + stops(0)],
    ['all that it has begun', says(0) + stops(0)],
    ['nothing but its closing mark', begun + done],
    ['one that then says it was nothing more', begun + stops(0) + stops(1) + says(1)],
  ]
  test.each([...wholes])('is whole where it ends after %s', async (_, wire) => {
    const { stream, outcomes } = await reading(wire)
    expect([await textOf(stream), outcomes.map(({ failure }) => failure)]).toEqual([wire, [undefined]])
  })
})

describe('before it begins, a failure is thrown', () => {
  const cases: readonly (readonly [string, readonly Step[], string])[] = [
    ['an end', [role], 'acme ended its reply before it was whole'],
    ['an end that says it is one', [role, done], 'acme ended its reply without saying anything'],
    ['an error', [role, 'data: {"error":{"message":"no"}}\n\n'], 'The provider failed inside its reply: no'],
    ['an error with the first content', [`${says('Hi')}data: {"error":{"message":"no"}}\n\n`], 'inside its reply: no'],
    ['an error that shows the key', ['data: {"error":{"message":"bad sk-secret"}}\n\n'], 'may not be repeated'],
    ['a broken connection', [role, new NetworkError('reset')], 'acme closed the connection before'],
  ]
  test.each([...cases])('%s', async (_, steps, words) => {
    const fault = await faultOf(listening(...steps).source)
    expect(fault).toStartWith('upstream_failed: ')
    expect(fault).toContain(words)
    expect(fault).not.toContain('sk-secret')
  })

  const empty: readonly (readonly [string, readonly Step[]])[] = [
    ['with a closing mark', [done]],
    ['with a role and a closing mark', [role + done]],
    ['with a closing mark, and lingers', [done, silence]],
  ]
  test.each([...empty])('an end %s is not told to be well', async (_, steps) => {
    const { source, clock, outcomes } = listening(...steps)
    await pass(clock, 1000)
    expect(await faultOf(source)).toContain('acme ended its reply without saying anything')
    expect(outcomes).toEqual([])
  })

  test('silence, when the time for the first token is over, whatever comments came', async () => {
    const { source, clock } = listening(': wait\n\n', role, silence)
    await pass(clock, 999)
    expect(clock.waiting()).toBe(1)
    await pass(clock, 1)
    expect(await faultOf(source)).toBe(
      'upstream_timeout: acme took too long over the first of the reply. Try again, or another model.',
    )
  })
})

describe('after it has begun', () => {
  test('silence for longer than allowed between two reads is a failure', async () => {
    const { source, clock } = listening(says('Hi'), says('!'), silence)
    const stream = await source
    await stream.next()
    clock.advance(99)
    await stream.next()
    const next = stream.next()
    await pass(clock, 99)
    expect(clock.waiting()).toBe(1)
    await pass(clock, 1)
    expect(await faultOf(next)).toContain('upstream_timeout: acme took too long over the next of its reply')
  })

  test('a reply that goes on and on is cut when the time for the whole of it is over', async () => {
    const { source, clock } = listening(...Array.from({ length: 106 }, () => says('…')), silence)
    const stream = await source
    for (let i = 0; i < 106; i++) {
      await stream.next()
      if (i < 105) clock.advance(95)
    }
    const next = stream.next()
    await pass(clock, waits.total - clock.now() - 1)
    expect([clock.now(), clock.waiting()]).toEqual([9999, 1])
    await pass(clock, 1)
    expect(await faultOf(next)).toContain('upstream_timeout')
  })

  const lingering: readonly (readonly [string, string, number])[] = [
    ['a stop', stop, 5000],
    ['a stop and the usage', stop + usage(1, 1), 5000],
    ['the closing mark', stop + done, 1000],
  ]
  test.each([...lingering])(
    'a provider that does not hang up after %s is left to itself, and the reply is whole',
    async (_, last, ms) => {
      const { source, clock } = listening(says('Hi'), last, silence)
      const stream = await source
      const reading = textOf(stream)
      await pass(clock, ms - 1)
      expect(clock.waiting()).toBe(1)
      await pass(clock, 1)
      expect(await reading).toBe(says('Hi') + last)
      expect(clock.waiting()).toBe(0)
    },
  )

  test('heartbeats after a stop do not prolong it', async () => {
    const beat = (afterMs: number) => ({ text: ': beat\n\n', afterMs })
    const { source, clock } = listening(says('Hi'), stop, beat(3000), beat(1999), silence)
    const stream = await source
    await stream.next()
    await stream.next()
    for (const ms of [3000, 1999]) {
      const next = stream.next()
      await pass(clock, ms)
      expect(Buffer.from((await next)?.bytes ?? []).toString()).toBe(': beat\n\n')
    }
    const last = stream.next()
    await pass(clock, 1)
    expect(await last).toBeUndefined()
  })

  test('a caller that takes its time is not the provider’s silence, before a stop and after it', async () => {
    const { source, clock } = listening(says('Hi'), says(' there'), stop, ': beat\n\n', silence)
    const stream = await source
    await stream.next()
    for (const said of [' there', 'finish_reason', ': beat']) {
      clock.advance(3_600_000)
      expect(Buffer.from((await stream.next())?.bytes ?? []).toString()).toContain(said)
    }
    const last = stream.next()
    await pass(clock, 5_000)
    expect(await last).toBeUndefined()
  })

  const cuts: readonly (readonly [string, readonly Step[], string])[] = [
    ['an end without a stop', [says('Hi')], 'before it was whole'],
    ['an end in the middle of a frame', [says('Hi'), 'data: {"choi'], 'before it was whole'],
    ['a broken connection', [says('Hi'), new NetworkError('reset')], 'closed the connection'],
    ['a broken connection after a stop', [says('Hi'), stop, new NetworkError('reset')], 'closed the connection'],
    ['an error that shows the key', [says('Hi'), 'data: {"error":{"message":"sk-secret"}}\n\n'], 'may not be repeated'],
  ]
  test.each([...cuts])('%s is a failure', async (_, steps, words) => {
    const fault = await faultOf(listening(...steps).source.then(textOf))
    expect(fault).toStartWith('upstream_failed: ')
    expect(fault).toContain(words)
  })

  const wholes: readonly (readonly [string, readonly string[]])[] = [
    ['a stop without a closing mark', [says('Hi'), stop]],
    ['a closing mark without a stop', [says('Hi'), done]],
    ['a closing mark without a blank line after it', [says('Hi'), stop, 'data: [DONE]\n']],
    ["the provider's own error", [says('Hi'), 'data: {"error":{"message":"no"}}\n\n']],
  ]
  test.each([...wholes])('an end after %s is none', async (_, steps) => {
    expect(await textOf(await listening(...steps).source)).toBe(steps.join(''))
  })

  test("what comes with the provider's own error in one read is left out", async () => {
    const error = 'data: {"error":{"message":"no"}}\n\n'
    const { source } = listening(says('Hi'), says('!') + error + stop + done)
    expect(await textOf(await source)).toBe(says('Hi') + says('!') + error)
  })

  test('half an event after a stop is left out', async () => {
    expect(await textOf(await listening(says('Hi'), stop, 'data: {"usage":').source)).toBe(says('Hi') + stop)
  })

  test('a connection that breaks after the closing mark takes nothing away', async () => {
    const { source } = listening(says('Hi'), stop + done, new NetworkError('reset'))
    expect(await textOf(await source)).toBe(says('Hi') + stop + done)
  })

  test('a caller that leaves ends the wait', async () => {
    const { source, caller } = listening(says('Hi'), silence)
    const stream = await source
    await stream.next()
    const next = stream.next()
    caller.abort()
    expect(await faultOf(next)).toBe('client_closed: The caller left.')
  })

  test('closing lets the provider go, and there is no more', async () => {
    const { source, seen, clock } = listening(says('Hi'), says('!'))
    const stream = await source
    await stream.next()
    stream.close()
    expect([seen.closed, clock.waiting(), await stream.next()]).toEqual([true, 0, undefined])
  })
})
