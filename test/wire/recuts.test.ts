import { describe, expect, test } from 'bun:test'
import type { Cutter, Dialect, StreamGlancer } from '../../src/dialects/dialect.ts'
import type { Heard } from '../../src/lib/http.ts'
import { Leash } from '../../src/lib/leash.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import { Diary } from '../../src/model/diary.ts'
import type { Event } from '../../src/model/event.ts'
import { Fault } from '../../src/model/fault.ts'
import { isObject } from '../../src/model/json.ts'
import type { Usage } from '../../src/model/usage.ts'
import { listen } from '../../src/stages/pursue/listen.ts'
import { relay } from '../../src/stages/reply/relay.ts'
import { fakeClock } from '../fakes/clock.ts'
import { sampleAccount } from '../fakes/visit.ts'
import { callerDialect } from './dialects.ts'
import { asksUsage, departureOf } from './oracle.ts'
import { corpusRecordings, ownRecordings, type Recording } from './recording.ts'

/**
 * What becomes of a stream does not depend on how the network cut it. From the reads of a body to the bytes for the
 * caller, without sockets, so that there is time for every cut of every stream.
 */

const streams = [...ownRecordings(), ...corpusRecordings()].filter(each => each.streamed && each.status === 200)
const named = (most: number): [string, Recording][] =>
  streams.filter(({ bytes }) => bytes.length <= most).map(each => [each.id, each])

/** Enough of them to end everywhere; the longest streams come in several bytes at once. */
const mostReads = 5_000

describe('read byte by byte', () => {
  test.each(named(Infinity))('%s', async (_, recording) => {
    const { bytes } = recording
    const size = Math.ceil(bytes.length / mostReads)
    const count = Math.ceil(bytes.length / size)
    const reads = Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
    expect(await relayed(recording, reads)).toEqual(due(recording, reads))
  })
})

describe('read in two, cut at every byte', () => {
  test.each(named(1_000))('%s', async (_, recording) => {
    for (let cut = 0; cut <= recording.bytes.length; cut++) {
      const reads = [recording.bytes.subarray(0, cut), recording.bytes.subarray(cut)].filter(read => read.length > 0)
      const told = await relayed(recording, reads)
      const meant = due(recording, reads)
      if (!Bun.deepEquals(told, meant)) expect({ cut, ...told }).toEqual({ cut, ...meant })
    }
  })
})

describe('understood the same, cut at every byte', () => {
  test.each(named(2_200))('%s', (_, recording) => {
    const whole = understood(recording, [recording.bytes])
    expect(whole.bytes.length).toBeGreaterThan(0)
    for (let cut = 1; cut < recording.bytes.length; cut++) {
      const parts = understood(recording, [recording.bytes.subarray(0, cut), recording.bytes.subarray(cut)])
      if (!Bun.deepEquals(parts, whole)) expect({ cut, ...parts }).toEqual({ cut, ...whole })
    }
  })
})

/** What a caller got: the bytes, then an error of ours at their end, or an error instead of all. */
type Outcome = {
  readonly status: number
  readonly text: string
  readonly ended: 'well' | 'by us'
}

function due(recording: Recording, reads: readonly Uint8Array[]): Outcome {
  const departure = departureOf(
    recording,
    reads.map(read => read.length),
  )
  const text = recording.bytes.toString('latin1')
  switch (departure.type) {
    case 'none':
      return { status: 200, text, ended: 'well' }
    case 'usage hidden':
      return { status: 200, text: departure.bytes.toString('latin1'), ended: 'well' }
    case 'failed inside':
      return { status: departure.status, text: departure.bytes.toString('latin1'), ended: 'well' }
    case 'cut':
      return { status: 200, text, ended: 'by us' }
    case 'said nothing':
    case 'key refused':
      return { status: 502, text: '', ended: 'by us' }
    default:
      return departure satisfies never
  }
}

async function relayed(recording: Recording, reads: readonly Uint8Array[]): Promise<Outcome> {
  const dialect = callerDialect(recording.dialect)
  const clock = fakeClock()
  const leash = new Leash(clock, new AbortController().signal)
  const diary = new Diary(0, 0)
  let settled = 0
  try {
    const listening = {
      heard: heardIn(reads.map(read => Uint8Array.from(read))),
      leash,
      route: { ...route, dialect },
      waits: { firstToken: 1e6, idle: 1e6, total: 1e6 },
      until: 1e6,
      clock,
      account: sampleAccount(clock),
      choices: choicesOf(recording),
    }
    const source = await listen(listening, voiceIn(recording))
    const visit = { id: 'req_1', dialect, diary } as unknown as Parameters<typeof relay>[1]
    const world = { clock, disclose: 'basic' as const, cost: () => undefined, settle: async () => void settled++ }
    const text = Buffer.from(await new Response(await relay(source, visit, world)).bytes()).toString('latin1')
    expect(settled).toBeGreaterThan(0)
    expect(clock.waiting()).toBe(0)
    return diary.fault?.said || !diary.fault
      ? { status: 200, text, ended: 'well' }
      : endedByUs(text, diary.fault, dialect)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const { status, said } = error
    return { status, text: Buffer.from(said?.body ?? '').toString('latin1'), ended: said ? 'well' : 'by us' }
  }
}

function endedByUs(text: string, fault: Fault, dialect: Dialect): Outcome {
  const frame = Buffer.from(dialect.fault.frame(fault, 'req_1')).toString('latin1')
  expect(text.endsWith(frame)).toBe(true)
  return { status: 200, text: text.slice(0, -frame.length), ended: 'by us' }
}

const route = {
  provider: 'replay',
  quirks: {},
  url: () => '',
  headers: () => new Headers(),
  shows: () => false,
}

const voiceIn = (recording: Recording) => ({
  stream: () => glancerFor(recording),
  cutter: () => cutterFor(recording),
})

const glancerFor = (recording: Recording): StreamGlancer =>
  callerDialect(recording.dialect).stream.glance({
    hideUsage: !asksUsage(recording),
    array: recording.array === true,
    several: choicesOf(recording) !== undefined,
  })

function choicesOf({ request: { n, generationConfig } = {} }: Recording): number | undefined {
  const count = Number(n ?? (isObject(generationConfig) ? generationConfig.candidateCount : 1))
  return count > 1 ? count : undefined
}

const cutterFor = ({ dialect, array }: Recording): Cutter =>
  callerDialect(dialect).stream.cutter?.(array === true) ?? new FrameCutter()

function heardIn(reads: readonly Uint8Array[]): Heard {
  const rest = [...reads]
  return {
    status: 200,
    contentType: 'text/event-stream',
    header: () => undefined,
    whole: () => Promise.reject(new Error('A stream is not read whole.')),
    read: () => Promise.resolve(rest.shift()),
    close: () => undefined,
  }
}

type Understood = { readonly bytes: string; readonly begun: boolean; readonly stop: string | undefined } & {
  readonly usage: Usage | undefined
  readonly done: boolean
  readonly fault: string | undefined
}

/** What reader and cutter make of a stream: the bytes that are handed on, and what is remembered of it in the end. */
function understood(recording: Recording, reads: readonly Uint8Array[]): Understood {
  const cutter = cutterFor(recording)
  const reader = glancerFor(recording)
  // The reader may close up what it takes out in the bytes themselves, so each run has its own.
  const whole = [...reads.map(read => cutter.push(Uint8Array.from(read))), cutter.end()].filter(
    bytes => bytes.length > 0,
  )
  const batches = whole.map(bytes => reader.read(bytes))
  const diary = new Diary(0, 0)
  const events: readonly Event[] = batches.flatMap(batch => batch.events)
  diary.noticed(events, 1)
  return {
    bytes: Buffer.concat(batches.map(batch => batch.bytes)).toString('latin1'),
    begun: diary.firstTokenAt === 1,
    stop: diary.stopReason,
    usage: diary.usage,
    done: events.some(event => event.type === 'done'),
    fault: diary.fault?.message,
  }
}
