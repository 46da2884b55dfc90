import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createOpenAI } from '@ai-sdk/openai'
import { streamText } from 'ai'
import Ajv from 'ajv/dist/2020.js'
import fc from 'fast-check'
import OpenAI from 'openai'
import type { Making } from '../../src/dialects/dialect.ts'
import { openaiResponses } from '../../src/dialects/openai-responses/index.ts'
import { eventsIn, FrameCutter } from '../../src/lib/sse.ts'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import { Fault } from '../../src/model/fault.ts'
import { fold, unfold } from '../../src/model/fold.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { chatExchanges, type Exchange } from '../translation/exchanges.ts'
import { complaintsAbout, complaintsAboutResponse } from './machines/openai-responses.ts'

/** OpenAI's Responses wire against its recordings, the published schema and its own clients. */

const { request, answer, stream, fault } = openaiResponses
const maker = 'openai/gpt-5'
const aim = { provider: 'openai', model: 'gpt-5', quirks: { routesItself: true }, stream: false }
const makingFor = (body: JsonObject, by = maker): Making => ({
  id: 'req_0001',
  created: 1_700_000_000,
  maker: by,
  call: { operation: 'chat', model: 'gpt-5', stream: true, wantsUsage: true },
  body: { ...body, store: false },
})

const exchanges = chatExchanges().filter(({ dialect }) => dialect === openaiResponses.id)
const named = (of: (exchange: Exchange) => boolean): [string, Exchange][] =>
  exchanges.filter(of).map(exchange => [exchange.id, exchange])
const bodyOf = ({ bytes }: Exchange): JsonObject => JSON.parse(bytes.toString()) as JsonObject
const askedIn = (exchange: Exchange): JsonObject => exchange.request ?? {}

const asked = named(({ request, status }) => request !== undefined && status === 200)
const whole = named(({ status, streamed }) => status === 200 && !streamed)
const streamed = named(({ status, streamed }) => status === 200 && streamed)
const refused = named(({ status }) => status !== 200)

const read = (bytes: Uint8Array): readonly Delta[] => stream.reader(maker).read(bytes)
const failed = (deltas: readonly Delta[]): boolean => deltas.some(delta => delta.type === 'fault')
const relayed = streamed.filter(([, exchange]) => !failed(read(exchange.bytes)))

function told(deltas: readonly Delta[], making: Making): Buffer {
  const writer = stream.writer(making)
  const writes = deltas.map(delta => writer.write([delta]))
  return Buffer.concat([...writes, writer.end()])
}

/** The meaning alone: places are the wire's. */
const meaning = (value: unknown): Json =>
  JSON.parse(JSON.stringify(value, (key, inner) => (key === 'at' ? undefined : inner))) as Json

/** What a caller is told, without what only brings it back: our ids and envelopes are new each time. */
const substance = ({ choices, usage }: Answer): Json =>
  JSON.parse(JSON.stringify({ choices, usage }, (key, inner) => (key === 'seal' ? undefined : inner))) as Json

describe.skipIf(exchanges.length === 0)('the corpus beside the repository', () => {
  test.each(asked)('a request is understood, and composed again it means the same: %s', (_, exchange) => {
    const body = askedIn(exchange)
    const chat = request.understand(body)
    const composed = request.compose(chat, { ...aim, stream: body.stream === true })
    expect(composed.lost).toEqual([])
    expect(meaning(request.understand(composed.body))).toEqual(meaning(chat))
    const said = Object.keys(body).filter(name => ![null, false, ''].includes(body[name] as null))
    expect(Object.keys(composed.body)).toEqual(expect.arrayContaining(said.filter(name => name !== 'model')))
  })

  test.each(whole)('a reply is read, and written again it says the same: %s', (_, exchange) => {
    const body = bodyOf(exchange)
    const first = answer.read(body, JSON.stringify(body), maker)
    expect(first).toEqual(fold(unfold(first)))
    const again = answer.write(first, makingFor(askedIn(exchange)))
    if (first.choices.length === 0) return
    expect(complaintsAboutResponse(again)).toEqual([])
    const second = answer.read(again, JSON.stringify(again), maker)
    expect(said(second)).toEqual(said(first))
  })

  test.each(relayed)('a stream is read, and written again it says the same, in order: %s', (_, exchange) => {
    const deltas = read(exchange.bytes)
    for (const by of [maker, 'another/model']) {
      const text = told(deltas, makingFor(askedIn(exchange), by))
      expect(complaintsAbout(text.toString())).toEqual([])
      if (by === maker) expect(said(fold(read(text)))).toEqual(said(fold(deltas)))
    }
  })

  test.each(relayed)('a stream amounts to the response that it ends with: %s', (_, exchange) => {
    const last = eventsIn(exchange.bytes)
      .filter(({ data }) => data !== '[DONE]')
      .map(({ data }) => (JSON.parse(data) as { response?: JsonObject }).response)
      .findLast(response => response !== undefined)
    // Codex tells the items in the stream only.
    if (!Array.isArray(last?.output) || last.output.length === 0) return
    const amount = said(fold(read(exchange.bytes)))
    expect(amount).toEqual(said(answer.read(last, JSON.stringify(last), maker)))
  })

  test.each(streamed)('a stream that is cut elsewhere says the same: %s', (_, exchange) => {
    const bytes = exchange.bytes
    const cutter = new FrameCutter()
    const reader = stream.reader(maker)
    const glancer = stream.glance({ hideUsage: false, array: false })
    const deltas: Delta[] = []
    const events: string[] = []
    const frames = Array.from(bytes, (_byte, i) => cutter.push(bytes.subarray(i, i + 1)))
    for (const frame of [...frames, cutter.end()]) {
      if (frame.length === 0) continue
      deltas.push(...reader.read(frame))
      events.push(...glancer.read(frame).events.map(event => event.type))
    }
    expect(deltas).toEqual([...read(bytes)])
    const atOnce = stream.glance({ hideUsage: false, array: false }).read(bytes).events
    expect(new Set(events)).toEqual(new Set(atOnce.map(event => event.type)))
  })

  test.each(streamed)('a stream glanced at has the stop and the usage of one that is read: %s', (_, exchange) => {
    const glanced = stream.glance({ hideUsage: false, array: false }).read(exchange.bytes).events
    const deltas = read(exchange.bytes)
    expect(glanced.findLast(event => event.type === 'usage')?.usage).toEqual(fold(deltas).usage)
    expect(glanced.some(event => event.type === 'fault')).toBe(failed(deltas))
    if (!failed(deltas)) expect(glanced.some(event => event.type === 'done')).toBe(true)
  })

  test.each(refused)('a refusal has words and a code: %s', (_, exchange) => {
    const { status, bytes } = exchange
    const found = fault.read({
      provider: 'openai',
      status,
      contentType: 'application/octet-stream',
      retryAfterMs: undefined,
      body: bytes.toString(),
    })
    expect(found.message).toMatch(/^openai answered \d+: \S/)
    expect(found.status).toBe(status)
  })
})

/** Two replies say the same if their words, calls and pictures are; how many log probabilities are told depends on rounding. */
function said(answer: Answer): Json {
  const [choice] = answer.choices
  const parts = (choice?.parts ?? []).filter(part => part.type !== 'reasoning' || part.text !== '')
  return withoutPlaces(substance({ ...answer, choices: [{ parts, stop: choice?.stop }] }))
}

/** Some annotations come without a place or a title, which we must fill in. */
const withoutPlaces = (value: Json): Json =>
  JSON.parse(
    JSON.stringify(value, (key, inner) => (['start', 'end', 'title', 'citations'].includes(key) ? undefined : inner)),
  ) as Json

const spec = join(import.meta.dir, '../../../shared/specs/openresponses-openapi.json')

describe.skipIf(!existsSync(spec) || exchanges.length === 0)('the published schema', () => {
  const { components } = existsSync(spec)
    ? (JSON.parse(readFileSync(spec, 'utf8')) as { components: object })
    : { components: {} }
  const ajv = new Ajv({ strict: false, validateFormats: false, discriminator: false })
  ajv.addSchema({ $id: 'spec', components })
  const faults = (name: string, value: unknown): readonly string[] => {
    const validate = ajv.getSchema(`spec#/components/schemas/${name}`)
    if (!validate) return [`the schema has no ${name}`]
    return validate(value) ? [] : (validate.errors ?? []).map(error => `${name}${error.instancePath} ${error.message}`)
  }

  /** Open Responses knows messages, thoughts and functions; the other items are OpenAI's. */
  const isOpen = (deltas: readonly Delta[]): boolean =>
    deltas.every(delta => delta.type !== 'opaque' && delta.type !== 'media' && !(delta.type === 'tool' && delta.custom))
  const plain = relayed.filter(([, exchange]) => isOpen(read(exchange.bytes)) && isOpenRequest(askedIn(exchange)))

  test.each(plain)('every event of a stream that we write accords with it: %s', (_, exchange) => {
    const deltas = read(exchange.bytes)
    const making = { ...makingFor({}), body: askedIn(exchange) }
    for (const { data } of eventsIn(told(deltas, making))) {
      const event = JSON.parse(data) as { readonly type: string }
      // Thoughts in full have another name there than at OpenAI (platform.openai.com/docs/api-reference/responses-streaming).
      const type = event.type.replace('.reasoning_text.', '.reasoning.')
      expect(faults(schemaOf(type), { ...event, type })).toEqual([])
    }
  })
})

/** Open Responses repeats neither the tools of OpenAI's own nor an output's schema (which has to be null there). */
const isOpenRequest = ({ tools, tool_choice: choice, text }: JsonObject): boolean =>
  text === undefined &&
  (Array.isArray(tools) ? tools : []).every(tool => (tool as JsonObject).type === 'function') &&
  (typeof choice !== 'object' || (choice as JsonObject | null)?.type !== 'allowed_tools')

/** `response.output_item.added` → `ResponseOutputItemAddedStreamingEvent`; its summaries have a shorter name. */
function schemaOf(type: string): string {
  const words = type.replace('reasoning_summary_text', 'reasoning_summary').split(/[._]/)
  return `${words.map(word => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')}StreamingEvent`
}

const spoken: readonly Delta[] = [
  { type: 'start', model: 'claude', created: 7 },
  { type: 'reasoning', at: 0, text: 'Hm.', summary: true },
  { type: 'seal', at: 0, seal: { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'EqQB' } },
  { type: 'text', at: 1, text: 'I ' },
  { type: 'text', at: 1, text: 'look.' },
  { type: 'citation', at: 1, citation: { url: 'https://x', title: 'X' } },
  { type: 'tool', at: 2, id: 'a', name: 'weather' },
  { type: 'tool', at: 3, id: 'b', name: 'weather' },
  { type: 'input', at: 2, text: '{"city":' },
  { type: 'input', at: 3, text: '{"city":"Bern"}' },
  { type: 'input', at: 2, text: '"Oslo"}' },
  { type: 'usage', usage: { input: 1, cacheRead: 2, cacheWrite: 0, output: 3, reasoning: 4 } },
  { type: 'stop', reason: 'tools' },
]

const replying = (bytes: Uint8Array, contentType = 'text/event-stream') =>
  (async () =>
    new Response(Buffer.from(bytes), { headers: { 'content-type': contentType } })) as unknown as typeof fetch

describe("OpenAI's own client", () => {
  const client = (bytes: Uint8Array, type?: string) =>
    new OpenAI({ apiKey: 'x', baseURL: 'http://x', maxRetries: 0, fetch: replying(bytes, type) })

  test('adds a stream up to the response that ends it', async () => {
    const reply = await client(told(spoken, makingFor({})))
      .responses.stream({ model: 'm', input: 'x' })
      .finalResponse()
    expect(reply.output_text).toBe('I look.')
    expect(reply.output.map(item => item.type)).toEqual(['reasoning', 'message', 'function_call', 'function_call'])
    expect(reply.usage?.total_tokens).toBe(10)
  })

  test('accumulates the same from the events alone', async () => {
    const items: unknown[] = []
    const events = client(told(spoken, makingFor({}))).responses.stream({ model: 'm', input: 'x' })
    events.on('response.output_item.done', event => items.push(event.item))
    const { output } = await events.finalResponse()
    expect(items.length).toBe(output.length)
    expect(meaning(output)).toMatchObject(
      meaning(output.map(item => items.find(other => (other as { id: string }).id === item.id))) as object,
    )
  })

  test('raises an error that comes in the middle', async () => {
    const writer = stream.writer(makingFor({}))
    const bytes = Buffer.concat([
      writer.write(spoken.slice(0, 4)),
      writer.fail(new Fault('upstream_failed', 'Oops.'), 'r'),
    ])
    expect(client(bytes).responses.stream({ model: 'm', input: 'x' }).finalResponse()).rejects.toThrow('Oops.')
  })

  test('takes a whole reply', async () => {
    const body = answer.write(fold(spoken), makingFor({}))
    const reply = await client(Buffer.from(JSON.stringify(body)), 'application/json').responses.create({
      model: 'm',
      input: 'x',
    })
    expect(reply.output_text).toBe('I look.')
  })
})

test('the AI SDK reads a stream: text, thoughts, calls and sources', async () => {
  const provider = createOpenAI({ apiKey: 'x', baseURL: 'http://x', fetch: replying(told(spoken, makingFor({}))) })
  const result = streamText({ model: provider.responses('m'), prompt: 'x', maxRetries: 0 })
  expect(await result.text).toBe('I look.')
  expect(await result.reasoningText).toBe('Hm.')
  expect((await result.toolCalls).map(call => call.toolCallId)).toEqual(['a', 'b'])
  expect((await result.sources).length).toBe(1)
})

describe('the machine that judges streams', () => {
  const good = told(spoken, makingFor({})).toString()
  const broken: readonly [string, (text: string) => string][] = [
    ['an event left out', text => text.replace(/event: response\.output_text\.done\n.*\n\n/, '')],
    ['an item that is not done', text => text.replace(/event: response\.output_item\.done\n.*\n\n/, '')],
    ['a text that changes', text => text.replace('"delta":"I "', '"delta":"You "')],
    ['an id that changes', text => text.replace('"item_id":"fc_', '"item_id":"fx_')],
    ['a field left out', text => text.replace('"annotations":[],', '')],
    ['no end', text => text.replace(/event: response\.completed\n.*\n\n/, '')],
    ['something after the end', text => `${text}${text.slice(text.indexOf('event: response.output_item.added'))}`],
    ['another name', text => text.replace('event: response.created', 'event: created')],
  ]

  test('has nothing against a good one', () => {
    expect(complaintsAbout(good)).toEqual([])
  })

  test.each(broken)('complains about %s', (_, damage) => {
    expect(complaintsAbout(damage(good)).length).toBeGreaterThan(0)
  })
})

describe('whatever comes', () => {
  /** A copy in which one thing, somewhere, is something else. */
  const damaged = (value: Json, path: readonly number[], odd: Json): Json => {
    const [step = 0, ...rest] = path
    if (Array.isArray(value) && value.length > 0)
      return value.map((inner, i) => (i === step % value.length ? damaged(inner as Json, rest, odd) : (inner as Json)))
    if (typeof value !== 'object' || value === null || Object.keys(value).length === 0 || path.length === 0) return odd
    const names = Object.keys(value)
    const name = names[step % names.length] ?? ''
    return { ...(value as JsonObject), [name]: damaged((value as JsonObject)[name] ?? null, rest, odd) }
  }
  const path = fc.array(fc.nat(40), { maxLength: 7 })
  const odd = fc.constantFrom<Json>(null, 7, -1, '', 'x', true, [], {}, [7], { type: 'x' }, [[null]], '\ud800', 1e308)
  const onlyFaults = (act: () => unknown): void => {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Fault)) throw error
    }
  }
  const pick = <T>(from: readonly T[], at: number): T | undefined => from[at % Math.max(1, from.length)]

  test.skipIf(exchanges.length === 0)('a damaged request is understood or refused, never more', () => {
    fc.assert(
      fc.property(fc.nat(), path, odd, (at, where, value) => {
        const body = damaged(askedIn(pick(asked, at)?.[1] as Exchange), where, value)
        if (typeof body === 'object' && body !== null && !Array.isArray(body))
          onlyFaults(() => request.compose(request.understand(body as JsonObject), aim))
      }),
      { numRuns: 2000 },
    )
  })

  test.skipIf(exchanges.length === 0)('a damaged reply is read or is a fault, never more', () => {
    fc.assert(
      fc.property(fc.nat(), path, odd, (at, where, value) => {
        const body = damaged(bodyOf(pick(whole, at)?.[1] as Exchange), where, value)
        if (typeof body !== 'object' || body === null || Array.isArray(body)) return
        const wire = JSON.stringify(body)
        answer.glance(body as JsonObject, wire, 'chat')
        onlyFaults(() => answer.write(answer.read(body as JsonObject, wire, maker), makingFor({})))
      }),
      { numRuns: 2000 },
    )
  })

  test.skipIf(exchanges.length === 0)(
    'a damaged stream is read to its end, and what is written from it is in order',
    () => {
      fc.assert(
        fc.property(fc.nat(), fc.nat(), path, odd, (at, nth, where, value) => {
          const events = eventsIn((pick(relayed, at) as [string, Exchange])[1].bytes).filter(
            ({ data }) => data !== '[DONE]',
          )
          const damage = ({ data }: { data: string }, i: number) =>
            i === nth % events.length ? JSON.stringify(damaged(JSON.parse(data) as Json, where, value)) : data
          const bytes = Buffer.from(events.map((event, i) => `data: ${damage(event, i)}\n\n`).join(''))
          stream.glance({ hideUsage: false, array: false }).read(bytes)
          const deltas = read(bytes)
          const end = deltas.findIndex(delta => delta.type === 'fault')
          const text = told(end === -1 ? deltas : deltas.slice(0, end), makingFor({}, 'another/model')).toString()
          expect(complaintsAbout(text)).toEqual([])
        }),
        { numRuns: 500 },
      )
    },
  )
})
