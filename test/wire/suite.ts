import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../src/model/json.ts'
import { recordedMeaning } from '../translation/recorded.ts'
import { asksUsage, type Departure, departureOf, reportIn, saidIn, stopIn, wrongIn } from './oracle.ts'
import type { Recording } from './recording.ts'
import { type Asked, type Replay, startReplay, type Told } from './replay.ts'

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
      const told = await asked(replay, recording, [recording.bytes])
      expectTold(told, recording)
      expectSent(told.sent, recording)
      await expectRow(replay, told, recording)
    })

    const streams = recordings.filter(each => each.streamed && each.status === 200)
    test.each(streams.map((each): [string, Recording] => [each.id, each]))(
      '%s arrives whole in two reads',
      async (_, recording) => {
        for (const cut of cutsOf(recording.bytes)) {
          const parts = [recording.bytes.subarray(0, cut), recording.bytes.subarray(cut)]
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
  replay.ask(askedBy(recording), { ...recording, parts })

/** The recorded request, addressed to the provider that replays. */
function askedBy(recording: Recording): Asked {
  const body = requestOf(recording)
  const model = `${recording.dialect}/${modelIn(recording)}`
  if (recording.dialect === 'gemini-generate')
    return { path: `/v1beta/models/${model}:${methodOf(recording)}`, text: JSON.stringify(body) }
  const path = paths[`${recording.dialect} ${recording.operation}`] ?? ''
  return { path, text: JSON.stringify({ ...body, model }) }
}

const paths: Readonly<Record<string, string>> = {
  'openai-chat chat': '/v1/chat/completions',
  'openai-chat completions': '/v1/completions',
  'openai-chat embeddings': '/v1/embeddings',
  'openai-responses chat': '/v1/responses',
  'openai-responses count_tokens': '/v1/responses/input_tokens',
  'anthropic-messages chat': '/v1/messages',
  'anthropic-messages count_tokens': '/v1/messages/count_tokens',
}

function methodOf({ operation, streamed, array, request }: Recording): string {
  if (operation === 'embeddings') return request?.requests === undefined ? 'embedContent' : 'batchEmbedContents'
  if (operation !== 'chat') return 'countTokens'
  return streamed ? `streamGenerateContent${array ? '' : '?alt=sse'}` : 'generateContent'
}

/** Gemini's stands in the path. Each is another model, so that none is left alone for what another was refused. */
function modelIn(recording: Recording): string {
  const { model } = requestOf(recording)
  return typeof model === 'string' && recording.dialect !== 'gemini-generate' ? model : recording.id
}

/** Of some recordings only the reply was kept: they are asked for what they answer. Some have the model in the path. */
function requestOf({ id, request, streamed, operation, dialect }: Recording): JsonObject {
  if (request) return dialect === 'gemini-generate' ? request : { ...request, model: request.model ?? id }
  const prompt = operation === 'completions' ? 'prompt' : (prompts[dialect] ?? '')
  return {
    ...(dialect !== 'gemini-generate' && { model: id, ...(streamed && { stream: true }) }),
    [prompt]: [{ role: 'user', content: 'Say it again.' }],
    ...(dialect === 'openai-chat' && streamed && { stream_options: { include_usage: true } }),
  }
}

const prompts: Readonly<Record<string, string>> = {
  'openai-chat': 'messages',
  'openai-responses': 'input',
  'anthropic-messages': 'messages',
  'gemini-generate': 'contents',
}

function expectTold(told: Told, recording: Recording, cut?: number): void {
  const departure = departureOf(recording, told.reads)
  const { status, type, bytes } = due(departure, recording)
  const from = cut === undefined ? '' : `cut at ${cut}: `
  expect(`${from}${told.status} ${told.contentType}`).toBe(`${from}${status} ${type}`)
  if (departure.type === 'key refused') expectOurs(told.bytes, bytes, `(${departure.status}). Its operator has to`)
  else if (departure.type === 'cut' || departure.type === 'said nothing') expectOurs(told.bytes, bytes, '')
  else expect(from + told.bytes.toString('latin1')).toBe(from + bytes.toString('latin1'))
}

type Due = { readonly status: number; readonly type: string; readonly bytes: Buffer }

function due(departure: Departure, { status, streamed, array, contentType, bytes }: Recording): Due {
  const type = array
    ? 'application/json'
    : streamed
      ? 'text/event-stream; charset=utf-8'
      : // Google says so of an error on a stream's path, and sends JSON.
        contentType.replace('text/event-stream', 'application/json; charset=UTF-8')
  switch (departure.type) {
    case 'none':
    case 'cut':
      return { status, type, bytes }
    case 'usage hidden':
      return { status, type, bytes: departure.bytes }
    case 'failed inside':
      return { status: departure.status, type: 'application/json', bytes: departure.bytes }
    case 'said nothing':
    case 'key refused':
      return { status: 502, type: 'application/json', bytes: Buffer.alloc(0) }
    default:
      return departure satisfies never
  }
}

/** An error of the relay's own stands after what the provider said. */
function expectOurs(told: Buffer, recorded: Buffer, words: string): void {
  expect(told.subarray(0, recorded.length).toString('latin1')).toBe(recorded.toString('latin1'))
  const error = told.subarray(recorded.length).toString()
  expect(error).toMatch(/^(?:data: \{.*\}\n\n|\{.*\})$/)
  expect(error).toContain('"code":"upstream_failed"')
  expect(error).toContain(words)
}

/** Nothing of the request changes but the model's name, our wish for usage, and the wishes that were meant for us. */
function expectSent(sent: string, recording: Recording): void {
  const body = renamed(recording)
  const text = JSON.stringify(body)
  const wish = body.stream === true && recording.request && !asksUsage(recording)
  const { models, provider, ...rest } = body
  const routed = models === undefined && provider === undefined ? text : JSON.stringify(rest)
  expect(sent).toBe(wish ? withWish(routed, rest.stream_options) : routed)
}

/** Gemini's batches name the model in each of their requests. */
function renamed(recording: Recording): JsonObject {
  const body = requestOf(recording)
  const { requests } = body
  if (!Array.isArray(requests)) return body
  return { ...body, requests: requests.map(each => ({ ...each, model: `models/${modelIn(recording)}` })) }
}

function withWish(text: string, options: unknown): string {
  if (!isObject(options)) return `${text.slice(0, -1)},"stream_options":{"include_usage":true}}`
  return text.replace(JSON.stringify(options), JSON.stringify({ ...options, include_usage: true }))
}

const unanswered: readonly Departure['type'][] = ['failed inside', 'said nothing', 'key refused']

async function expectRow(replay: Replay, told: Told, recording: Recording): Promise<void> {
  const row = await replay.row(told.id)
  const departure = departureOf(recording, told.reads)
  const { operation, stream, provider, model, status, bytes_out } = row
  const refused = recording.status !== 200 || unanswered.includes(departure.type)
  expect({ operation, stream, provider, model, status }).toEqual({
    operation: recording.operation,
    stream: streams(recording),
    provider: recording.dialect,
    model: modelIn(recording),
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

const streams = (recording: Recording): boolean =>
  recording.dialect === 'gemini-generate' ? recording.streamed : requestOf(recording).stream === true

const fails = (recording: Recording): boolean => saidIn(recording).some(chunk => chunk.error)

type Usage = Awaited<ReturnType<Replay['row']>>['usage']

function expectUsage(usage: Usage, recording: Recording): void {
  if (recording.dialect === 'openai-chat') {
    const report = reportIn(recording)
    if (!report) expect(usage).toBeNull()
    else expect(usage ? wrongIn(usage, report) : 'no usage').toEqual([])
  } else if (recording.operation === 'chat') {
    expect(usage ? totalsOf(usage) : undefined).toEqual(recordedMeaning(recording).usage)
  }
}

/** The ledger's buckets, summed as the other dialects' oracle counts them. */
const totalsOf = ({ input, cache_read, cache_write, output, reasoning }: NonNullable<Usage>) => ({
  input: input + cache_read + cache_write,
  output: output + reasoning,
})
