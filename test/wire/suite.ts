import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../src/model/json.ts'
import { asksUsage, type Departure, departureOf, reportIn, saidIn, stopIn, wrongIn } from './oracle.ts'
import type { Recording } from './recording.ts'
import { type Replay, startReplay, type Told } from './replay.ts'

/** Each stream is cut at so many places on its way through sockets; short ones at every byte. */
const sampledCuts = 5
const shortest = 450

/** Replays recordings through the running relay, and holds what both sides see to what was recorded. */
export function wireSuite(title: string, recordings: readonly Recording[]): void {
  describe(title, () => {
    let replay: Replay
    beforeAll(async () => {
      replay = await startReplay()
    })
    afterAll(() => replay.stop())

    test.each(recordings.map((each): [string, Recording] => [each.id, each]))('%s', async (_, recording) => {
      const told = await asked(replay, recording, [recording.answer])
      expectTold(told, recording)
      expectSent(told.sent, recording)
      await expectRow(replay, told, recording)
    })

    const streams = recordings.filter(each => each.streamed && each.status === 200)
    test.each(streams.map((each): [string, Recording] => [each.id, each]))(
      '%s arrives whole in two reads',
      async (_, recording) => {
        for (const cut of cutsOf(recording.answer)) {
          const parts = [recording.answer.subarray(0, cut), recording.answer.subarray(cut)]
          const told = await asked(replay, recording, parts)
          expect(endsOf(told.reads)).toContain(cut)
          expectTold(told, recording, cut)
        }
      },
    )
  })
}

/** Where each read ended. */
function endsOf(reads: readonly number[]): readonly number[] {
  let at = 0
  return reads.map(read => {
    at += read
    return at
  })
}

function cutsOf(answer: Buffer): readonly number[] {
  const every = answer.length - 1
  const count = answer.length <= shortest ? every : sampledCuts
  // A stride that is no multiple of a frame's usual length, so that the cuts fall anywhere in it.
  return Array.from({ length: count }, (_, i) => (count === every ? i + 1 : 1 + ((i * 7919 + answer.length) % every)))
}

const asked = (replay: Replay, recording: Recording, parts: readonly Uint8Array[]): Promise<Told> =>
  replay.ask({
    operation: recording.operation,
    text: textOf(recording),
    status: recording.status,
    contentType: recording.contentType,
    parts,
  })

/** The recorded request, addressed to the provider that replays. */
function textOf(recording: Recording): string {
  const body = requestOf(recording)
  return JSON.stringify({ ...body, model: `replay/${modelIn(body)}` })
}

const modelIn = ({ model }: JsonObject): string => (typeof model === 'string' ? model : '')

/** Of some recordings only the reply was kept; they are asked for what they answer. */
const requestOf = ({ request, streamed, operation }: Recording): JsonObject =>
  request ?? {
    model: 'recorded',
    [operation === 'chat' ? 'messages' : 'prompt']: [{ role: 'user', content: 'Say it again.' }],
    ...(streamed && { stream: true, stream_options: { include_usage: true } }),
  }

function expectTold(told: Told, recording: Recording, cut?: number): void {
  const departure = departureOf(recording, told.reads)
  const { status, type, bytes } = due(departure, recording)
  const from = cut === undefined ? '' : `cut at ${cut}: `
  expect(`${from}${told.status} ${told.contentType}`).toBe(`${from}${status} ${type}`)
  if (isOurs(departure)) expectOurs(told.bytes, bytes)
  else expect(from + told.bytes.toString('latin1')).toBe(from + bytes.toString('latin1'))
}

const isOurs = ({ type }: Departure): boolean => type === 'cut' || type === 'our key' || type === 'said nothing'

type Due = { readonly status: number; readonly type: string; readonly bytes: Buffer }

function due(departure: Departure, { status, streamed, contentType, answer }: Recording): Due {
  const type = streamed ? 'text/event-stream; charset=utf-8' : contentType
  switch (departure.type) {
    case 'none':
    case 'cut':
      return { status, type, bytes: answer }
    case 'usage hidden':
      return { status, type, bytes: departure.bytes }
    case 'failed inside':
      return { status: departure.status, type: 'application/json', bytes: departure.bytes }
    case 'our key':
    case 'said nothing':
      return { status: 502, type: 'application/json', bytes: Buffer.alloc(0) }
    default:
      return departure satisfies never
  }
}

/** An error of the relay's own stands after what the provider said. */
function expectOurs(told: Buffer, recorded: Buffer): void {
  expect(told.subarray(0, recorded.length).toString('latin1')).toBe(recorded.toString('latin1'))
  const error = told.subarray(recorded.length).toString()
  expect(error).toMatch(/^(?:data: \{.*\}\n\n|\{.*\})$/)
  expect(error).toContain('"code":"upstream_failed"')
}

/** Nothing of the request changes but the model's name, our wish for usage, and the wishes that were meant for us. */
function expectSent(sent: string, recording: Recording): void {
  const body = requestOf(recording)
  const text = JSON.stringify(body)
  const wish = body.stream === true && recording.request && !asksUsage(recording)
  const { models, provider, ...rest } = body
  const routed = models === undefined && provider === undefined ? text : JSON.stringify(rest)
  expect(sent).toBe(wish ? withWish(routed, rest.stream_options) : routed)
}

function withWish(text: string, options: unknown): string {
  if (!isObject(options)) return `${text.slice(0, -1)},"stream_options":{"include_usage":true}}`
  return text.replace(JSON.stringify(options), JSON.stringify({ ...options, include_usage: true }))
}

async function expectRow(replay: Replay, told: Told, recording: Recording): Promise<void> {
  const row = await replay.row(told.id)
  const departure = departureOf(recording, told.reads)
  const { operation, stream, provider, model, status, bytes_out } = row
  const body = requestOf(recording)
  const refused = recording.status !== 200 || departure.type === 'failed inside' || departure.type === 'said nothing'
  expect({ operation, stream, provider, model, status }).toEqual({
    operation: recording.operation,
    stream: body.stream === true,
    provider: 'replay',
    model: modelIn(body),
    status: told.status,
  })
  expect(row.code === 'ok').toBe(!refused && departure.type !== 'cut' && !fails(recording))
  if (refused) {
    expect(row.usage).toBeNull()
    return
  }
  if (departure.type !== 'cut') expect(bytes_out).toBe(told.bytes.length)
  expect(row.stop_reason).toBe(stopIn(recording))
  expectUsage(row.usage, recording)
  if (recording.expected) expect({ stop: row.stop_reason, usage: row.usage }).toEqual({ ...recording.expected })
}

const fails = (recording: Recording): boolean => saidIn(recording).some(chunk => chunk.error)

function expectUsage(usage: Awaited<ReturnType<Replay['row']>>['usage'], recording: Recording): void {
  const report = reportIn(recording)
  if (!report) expect(usage).toBeNull()
  else expect(usage ? wrongIn(usage, report) : 'no usage').toEqual([])
}
