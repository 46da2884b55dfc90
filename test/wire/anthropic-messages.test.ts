import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Anthropic from '@anthropic-ai/sdk'
import Ajv from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { anthropicMessages } from '../../src/dialects/anthropic-messages/index.ts'
import type { Making } from '../../src/dialects/dialect.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import { Fault } from '../../src/model/fault.ts'
import { fold, unfold } from '../../src/model/fold.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Part } from '../../src/model/part.ts'
import { chatExchanges, type Exchange } from '../translation/exchanges.ts'
import { complaintsAbout } from './machines/anthropic-messages.ts'

/** Anthropic's wire against its recordings, its published schema and its own client. */

const { request, answer, stream, fault } = anthropicMessages
const maker = 'anthropic/claude-sonnet-4-5'
const making: Making = {
  id: 'req_0001',
  created: 1_700_000_000,
  maker,
  call: { operation: 'chat', model: 'claude-sonnet-4-5', stream: true, wantsUsage: true },
  body: {},
}

const exchanges = chatExchanges().filter(({ dialect }) => dialect === anthropicMessages.id)
const named = (of: (exchange: Exchange) => boolean): [string, Exchange][] =>
  exchanges.filter(of).map(exchange => [exchange.id, exchange])
const bodyOf = ({ bytes }: Exchange): JsonObject => JSON.parse(bytes.toString()) as JsonObject

const spec = join(import.meta.dir, '../../../shared/specs/anthropic-openapi.yml')

/** What is wrong with a value by the published schema of this name; none without the schema's file. */
const schemas = existsSync(spec) ? compiled() : undefined
function compiled(): (name: string, value: unknown) => readonly string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false })
  ajv.addSchema(JSON.parse(readFileSync(spec, 'utf8')), 'spec')
  return (name, value) => {
    const validate = ajv.getSchema(`spec#/components/schemas/${name}`)
    if (!validate) throw new Error(`The schema has no ${name}.`)
    return validate(value) ? [] : (validate.errors ?? []).map(error => `${error.instancePath} ${error.message}`)
  }
}

const written = (answer: Answer): string => told([unfold(answer)])

/** The text of a stream whose deltas came in these batches. */
function told(batches: readonly (readonly Delta[])[]): string {
  const writer = stream.writer(making)
  return Buffer.concat([...batches.map(batch => writer.write(batch)), writer.end()]).toString()
}

const read = (text: string | Buffer): Delta[] => [...stream.reader(maker).read(Buffer.from(text))]

const eventsOf = (text: string): JsonObject[] =>
  text.split('\n').flatMap(line => (line.startsWith('data: ') ? [JSON.parse(line.slice(6)) as JsonObject] : []))

/** What Anthropic's own client makes of a stream. */
async function accumulated(text: string): Promise<Anthropic.Message> {
  const fetch = () =>
    Promise.resolve(new Response(text, { headers: { 'content-type': 'text/event-stream', 'request-id': 'req_1' } }))
  const client = new Anthropic({ apiKey: 'none', baseURL: 'http://127.0.0.1:9', fetch, maxRetries: 0 })
  const messages = [{ role: 'user' as const, content: 'Hi' }]
  return client.messages.stream({ model: 'claude', max_tokens: 9, messages }).finalMessage()
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text || '{}')
  } catch {
    return text
  }
}

/** The same value whatever the order of its fields, and whatever the spacing of arguments. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => {
      if (key === 'input' && typeof inner === 'string') return { arguments: parsed(inner) }
      if (key === 'value' && typeof inner === 'string' && inner.startsWith('{')) return parsed(inner)
      return inner
    }),
  )
}

const asksForDamage = ({ status }: Exchange): boolean => status === 400

describe.skipIf(exchanges.length === 0)('every recorded request (skipped where ../shared/corpus is absent)', () => {
  const asked = named(exchange => exchange.request !== undefined && !asksForDamage(exchange))
  test.each(asked)('keeps its meaning: %s', (_, { request: recorded }) => {
    const chat = request.understand(recorded ?? {})
    const { body, lost } = request.compose(chat, { provider: 'p', model: 'm', quirks: {}, stream: false })
    expect(lost).toEqual([])
    const places = (_key: string, value: unknown) => (_key === 'at' ? undefined : value)
    const meaning = (of: unknown): unknown => JSON.parse(JSON.stringify(of, places))
    expect(meaning(request.understand(body))).toEqual(meaning(chat))
    expect(Object.keys(body).sort()).toEqual(namesOf(recorded ?? {}))
  })
})

/** The fields that the composed request must have: those that were there, under their newest names. */
function namesOf(body: JsonObject): string[] {
  const kept = Object.keys(body).filter(
    name => name !== 'stream' && body[name] !== null && !Bun.deepEquals(body[name], []),
  )
  const renamed = kept.map(name => (name === 'output_format' ? 'output_config' : name))
  return [...new Set([...renamed, 'model'])].sort()
}

describe.skipIf(exchanges.length === 0)('every recorded whole reply (skipped where ../shared/corpus is absent)', () => {
  const whole = named(({ status, streamed }) => status === 200 && !streamed)
  test.each(whole)('is written back as it was: %s', (_, exchange) => {
    const meaning = answer.read(bodyOf(exchange), '', maker)
    const back = answer.write(meaning, making)
    expect(plain(answer.read(back, '', maker))).toEqual(plain(meaning))
    expect(back).toMatchObject(withoutNulls(bodyOf(exchange)))
  })

  test.each(whole)('means the same as a stream: %s', (_, exchange) => {
    const meaning = answer.read(bodyOf(exchange), '', maker)
    const text = written(meaning)
    expect(complaintsAbout(text)).toEqual([])
    expect(plain(fold(read(text)))).toEqual(plain(meaning))
  })

  test.each(whole)('tells its stop and its usage at a glance: %s', (_, exchange) => {
    const { usage, choices } = answer.read(bodyOf(exchange), '', maker)
    const glanced = answer.glance(bodyOf(exchange), '', 'chat')
    expect(glanced.find(event => event.type === 'usage')?.usage).toEqual(usage as never)
    expect(glanced.find(event => event.type === 'stop')?.reason).toEqual(choices[0]?.stop?.raw as never)
  })
})

const withoutNulls = (body: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify(body, (_, value) => (value === null ? undefined : value)))

const streams = named(({ status, streamed }) => status === 200 && streamed)

describe.skipIf(exchanges.length === 0)('every recorded stream (skipped where ../shared/corpus is absent)', () => {
  test.each(streams)('means the same when it is written again, to us and to the client: %s', async (_, exchange) => {
    const deltas = read(exchange.bytes)
    expect(deltas.filter(({ type }) => type === 'fault')).toEqual([])
    expect(deltas.at(-1)).toEqual({ type: 'done' })
    const text = told([deltas])
    expect(complaintsAbout(text)).toEqual([])
    expect(plain(fold(read(text)))).toEqual(plain(fold(deltas)))
    const { usage: _usage, ...message } = await accumulated(text)
    const { usage: _other, ...recorded } = await accumulated(exchange.bytes.toString())
    expect(message).toMatchObject(withoutNulls(recorded as unknown as JsonObject) as never)
  })

  test.each(streams)('means the same however it is cut: %s', (_, exchange) => {
    const bytes = exchange.bytes
    const reader = stream.reader(maker)
    const cutter = new FrameCutter()
    const deltas = Array.from(bytes, byte => reader.read(cutter.push(Uint8Array.of(byte)))).flat()
    expect([...deltas, ...reader.read(cutter.end())]).toEqual(read(bytes))
  })

  test.each(streams)('says at a glance what it says in full: %s', (_, exchange) => {
    const { usage, choices } = fold(read(exchange.bytes))
    const { bytes, events } = stream.glance({ hideUsage: false, array: false }).read(exchange.bytes)
    expect(Buffer.from(bytes).equals(exchange.bytes)).toBe(true)
    expect(events.findLast(event => event.type === 'usage')?.usage).toEqual(usage as never)
    expect(events.find(event => event.type === 'stop')?.reason).toBe(choices[0]?.stop?.raw as never)
    expect(events.filter(event => event.type === 'done')).toHaveLength(1)
    expect(events.some(event => event.type === 'content')).toBe((choices[0]?.parts ?? []).length > 0)
  })
})

// What other dialects' readers make of a reply.

const dialect = 'other-dialect'
const word = fc.string({ minLength: 1 })
const seal = word.map(value => ({ dialect, maker: 'other/model', value }))
const callInput = fc
  .dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.array(fc.string())))
  .map(input => JSON.stringify(input))
const sealed = <T extends Part>(part: fc.Arbitrary<T>): fc.Arbitrary<Part> =>
  fc.tuple(part, fc.option(seal)).map(([part, seal]) => (seal ? { ...part, seal } : part))
const part: fc.Arbitrary<Part> = fc.oneof(
  sealed(word.map(text => ({ type: 'text' as const, text }))),
  sealed(word.map(text => ({ type: 'reasoning' as const, text }))),
  seal.map((seal): Part => ({ type: 'reasoning', text: '', seal })),
  sealed(
    fc.tuple(word, callInput).map(([id, input]) => ({ type: 'tool-call' as const, id: `x${id}`, name: 'f', input })),
  ),
  word.map((text): Part => ({ type: 'refusal', text })),
  seal.map((seal): Part => ({ type: 'opaque', label: 'web_search_call', seal })),
  word.map((id): Part => ({ type: 'tool-call', id: `x${id}`, name: 'free', input: id, custom: true })),
)
const reply: fc.Arbitrary<Answer> = fc.record({
  id: word,
  model: word,
  choices: fc.tuple(
    fc.record({
      parts: fc.array(part, { maxLength: 6 }),
      stop: fc.record({
        reason: fc.constantFrom('end', 'length', 'sequence', 'tools', 'refused', 'filtered', 'malformed'),
        raw: word,
      }),
    }),
  ),
  usage: fc.record({
    input: fc.nat(),
    cacheRead: fc.nat(),
    cacheWrite: fc.nat(),
    output: fc.nat(),
    reasoning: fc.nat(),
  }),
})

/** What the assistant is taken to have said when its client hands the content back. */
function handedBack(content: unknown): readonly Part[] {
  const messages = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content },
  ] as unknown as JsonObject[]
  const parts = request.understand({ messages }).messages[1]?.parts ?? []
  return parts.map(part => JSON.parse(JSON.stringify({ ...part, at: undefined })) as Part)
}

/** As this wire can tell it: a refusal is a text, free text an object's string. */
function expectedBack(part: Part): Part {
  if (part.type === 'refusal') return { type: 'text', text: part.text }
  if (part.type !== 'tool-call' || !part.custom) return part
  return { type: part.type, id: part.id, name: part.name, input: JSON.stringify({ input: part.input }) }
}

describe('a reply of another dialect', () => {
  test('is a message by the schema, and comes back with all that was sealed', () => {
    fc.assert(
      fc.property(reply, answered => {
        const message = answer.write(answered, making)
        expect(schemas?.('Message', message) ?? []).toEqual([])
        const parts = (answered.choices[0]?.parts ?? []).map(expectedBack)
        expect(plain(handedBack(message.content))).toEqual(plain(parts))
      }),
      { numRuns: 200 },
    )
  })

  test('is a stream by the schema that the client takes for the same message', async () => {
    await fc.assert(
      fc.asyncProperty(reply, fc.integer({ min: 1, max: 5 }), async (answered, size) => {
        const deltas = unfold(answered)
        const batches = Array.from({ length: Math.ceil(deltas.length / size) }, (_, n) =>
          deltas.slice(n * size, (n + 1) * size),
        )
        const text = told(batches)
        expect(complaintsAbout(text)).toEqual([])
        for (const event of eventsOf(text)) expect(schemas?.('MessageStreamEvent', event) ?? []).toEqual([])
        const message = await accumulated(text)
        const whole = answer.write(answered, making)
        expect(plain(message.content)).toEqual(plain(whole.content))
        expect(message.stop_reason).toBe(whole.stop_reason as never)
        expect(message.usage).toMatchObject({ output_tokens: (whole.usage as JsonObject).output_tokens } as never)
      }),
      { numRuns: 100 },
    )
  })

  test('may have calls that were written in turns: each comes out whole', async () => {
    const calls = fc.array(callInput, { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(calls, fc.array(fc.nat()), async (inputs, turns) => {
        const text = told([[{ type: 'start' }], ...interleaved(inputs, turns), [{ type: 'stop', reason: 'end' }]])
        expect(complaintsAbout(text)).toEqual([])
        const message = await accumulated(text)
        const calls = message.content.map(block => (block.type === 'tool_use' ? block.input : undefined))
        expect(calls).toEqual(inputs.map(input => JSON.parse(input)))
        expect(message.stop_reason).toBe('tool_use')
      }),
      { numRuns: 100 },
    )
  })
})

/** The pieces of several calls' arguments, one piece a batch, in an order that a list of numbers decides. */
function interleaved(inputs: readonly string[], turns: readonly number[]): readonly (readonly Delta[])[] {
  const left = inputs.map(input => Array.from(input))
  const begun = new Set<number>()
  const batches: Delta[][] = []
  for (let n = 0; left.some(chars => chars.length > 0); n++) {
    // Blocks begin in the order of their indices.
    const next = Math.min((turns[n % Math.max(turns.length, 1)] ?? 0) % inputs.length, begun.size)
    const at = left[next]?.length ? next : left.findIndex((chars, i) => chars.length > 0 && i <= begun.size)
    if (!begun.has(at)) batches.push([{ type: 'tool', at, id: `toolu_${at}`, name: 'f' }])
    begun.add(at)
    batches.push([{ type: 'input', at, text: (left[at] ?? []).splice(0, 3).join('') }])
  }
  return batches
}

describe('damage', () => {
  const bytes = streams[0] ? streams[0][1].bytes : Buffer.from(written({ choices: [{ parts: [] }] }))

  test('in a stream ends in deltas, never in an error that is none', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }), edits => {
        const spoilt = Buffer.from(bytes)
        for (const [at, byte] of edits) spoilt[at % spoilt.length] = byte
        const deltas = read(spoilt)
        told([deltas.filter(({ type }) => type !== 'fault')])
        stream.glance({ hideUsage: false, array: false }).read(Buffer.from(spoilt))
      }),
      { numRuns: 300 },
    )
  })

  test('in a whole reply is a fault of the provider, or a reply', () => {
    const loose = fc.oneof(fc.jsonValue(), fc.record({ content: fc.array(fc.jsonValue()) }))
    fc.assert(
      fc.property(loose, body => {
        if (typeof body !== 'object' || body === null || Array.isArray(body)) return
        try {
          answer.write(answer.read(body as JsonObject, '', maker), making)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
          expect((error as Fault).code).toBe('upstream_failed')
        }
      }),
      { numRuns: 300 },
    )
  })
})

test('a failure in the middle is an error to the client, whatever came before it', async () => {
  const writer = stream.writer(making)
  const begun = writer.write([{ type: 'start' }, { type: 'text', at: 0, text: 'Half a' }])
  const failure = writer.fail(new Fault('overloaded', 'Too many callers.'), 'req_0001')
  const text = Buffer.concat([begun, failure]).toString()
  expect(complaintsAbout(text)).toEqual([])
  const outcome = await accumulated(text).then(() => 'a whole message', String)
  expect(outcome).toContain('Too many callers.')
  expect(schemas?.('ErrorResponse', fault.write(new Fault('over_budget', 'Empty.'), 'req_0001')) ?? []).toEqual([])
})
