import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { ContentFilterFinishReasonError, LengthFinishReasonError } from 'openai/core/error'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { parse } from 'yaml'
import type { Making } from '../../src/dialects/dialect.ts'
import { openaiChat } from '../../src/dialects/openai-chat/index.ts'
import { FrameCutter } from '../../src/lib/sse.ts'
import type { Answer } from '../../src/model/answer.ts'
import type { Delta } from '../../src/model/delta.ts'
import { Fault } from '../../src/model/fault.ts'
import { fold, unfold } from '../../src/model/fold.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Part, ToolCallPart } from '../../src/model/part.ts'
import { providers } from '../../src/providers/index.ts'
import { chatExchanges, type Exchange } from '../translation/exchanges.ts'
import { answers, chats, takesAll } from './arbitrary/openai-chat.ts'
import { complaintsAbout } from './machines/openai-chat.ts'

/** OpenAI's wire against the recordings of its forty speakers, its published schema and its own client. */

const { request, answer, stream, fault } = openaiChat
const making: Making = {
  id: 'req_0001',
  created: 1_700_000_000,
  maker: 'p/m',
  call: { operation: 'chat', model: 'm', stream: true, wantsUsage: true },
  body: {},
}

const exchanges = chatExchanges().filter(({ dialect }) => dialect === openaiChat.id)
const named = (of: (exchange: Exchange) => boolean): [string, Exchange][] =>
  exchanges.filter(of).map(exchange => [exchange.id, exchange])

const answered = ({ status }: Exchange): boolean => status === 200
const streamed = (exchange: Exchange): boolean => answered(exchange) && exchange.streamed
const whole = (exchange: Exchange): boolean => answered(exchange) && !exchange.streamed
const bodyOf = ({ bytes }: Exchange): JsonObject => JSON.parse(bytes.toString()) as JsonObject
const quirksOf = ({ provider }: Exchange) => providers.find(({ id }) => id === provider)?.quirks ?? {}

const read = (bytes: Uint8Array): readonly Delta[] => stream.reader('p/m').read(bytes)
const withoutFaults = (deltas: readonly Delta[]): readonly Delta[] => deltas.filter(({ type }) => type !== 'fault')

function written(deltas: readonly Delta[]): Buffer {
  const writer = stream.writer(making)
  return Buffer.concat([...deltas.map(delta => writer.write([delta])), writer.end()])
}

/** What it says, without what only its maker understands, names of its own and places. */
const meaning = ({ choices, usage }: Answer): unknown =>
  plain({ usage, choices: choices.map(({ parts, stop }) => ({ parts, reason: stop?.reason })) })

const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, each: unknown) => {
      if (key === 'at' || key === 'start' || key === 'end') return undefined
      return key === 'seal' && each ? sealedIn(each as { value: string }) : each
    }),
  )

/** A sealed entry whatever the order of its fields; of a citation only that there is one. */
function sealedIn({ value }: { readonly value: string }): unknown {
  if (!value.startsWith('{')) return value
  const { index: _, ...entry } = JSON.parse(value) as Record<string, unknown>
  return 'url_citation' in entry || entry.type === 'url_citation' ? undefined : entry
}

/** A reply without a reason ends like one that had said all. */
const ended = (said: Answer): Answer => ({
  ...said,
  choices: said.choices.map(({ stop, ...choice }) => ({
    ...choice,
    stop: {
      reason:
        stop?.reason === 'sequence' || stop?.reason === 'other'
          ? 'end'
          : (stop?.reason ?? (choice.parts.some(({ type }) => type === 'tool-call') ? 'tools' : 'end')),
    },
  })),
})

describe.skipIf(exchanges.length === 0)('recorded requests', () => {
  test.each(named(exchange => answered(exchange) && exchange.request?.messages !== undefined))(
    '%s is understood, and told again says the same',
    (_, exchange) => {
      const body = exchange.request as JsonObject
      const chat = request.understand(body)
      const aim = {
        provider: 'p',
        model: 'm',
        quirks: takesAll,
        stream: body.stream === true,
      }
      const again = request.compose(chat, aim)
      expect(plain(request.understand(again.body))).toEqual(
        plain({ ...chat, parallelTools: chat.tools.length > 0 ? chat.parallelTools : undefined }),
      )
      expect(again.lost).toEqual([])
    },
  )

  test.each(named(exchange => answered(exchange) && providers.some(({ id }) => id === exchange.provider)))(
    '%s loses nothing but marks and thoughts on the way to its own provider',
    (_, exchange) => {
      const body = exchange.request
      if (!body?.messages) return
      const { lost } = request.compose(request.understand(body), {
        provider: 'p',
        model: 'm',
        quirks: quirksOf(exchange),
        stream: true,
      })
      expect(lost.filter(name => !/\.cache_control|reasoning_content$|content\[\d+\]$/.test(name))).toEqual([])
    },
  )
})

describe.skipIf(exchanges.length === 0)('recorded replies', () => {
  test.each(named(whole))('%s is read, and written again says the same', (_, exchange) => {
    const body = bodyOf(exchange)
    if (body.error) return expect(() => answer.read(body, '', 'p/m')).toThrow(Fault)
    const said = answer.read(body, JSON.stringify(body), 'p/m')
    expect(said.choices.some(({ parts }) => parts.length > 0) || said.choices.some(({ stop }) => stop)).toBe(true)
    const again = JSON.parse(JSON.stringify(answer.write(said, making))) as JsonObject
    expect(meaning(answer.read(again, '', 'p/m'))).toEqual(meaning(ended(said)))
    expect(complaintsOf('CreateChatCompletionResponse', again)).toEqual([])
    return expect(meaning(fold(read(written(unfold(said)))))).toEqual(meaning(ended(said)))
  })

  test.each(named(streamed))('%s is read, and written again says the same', (_, exchange) => {
    const deltas = read(exchange.bytes)
    const failed = deltas.some(({ type }) => type === 'fault')
    expect(failed).toBe(exchange.oddities.some(odd => odd === 'error-in-200' || odd === 'mid-stream-error'))
    const text = written(withoutFaults(deltas))
    expect(complaintsAbout(text.toString())).toEqual([])
    if (!failed) expect(meaning(fold(read(text)))).toEqual(meaning(ended(fold(deltas))))
    for (const chunk of chunksOf(text)) expect(complaintsOf('CreateChatCompletionStreamResponse', chunk)).toEqual([])
  })

  test.each(named(streamed))('%s says the same byte by byte', (_, exchange) => {
    const bytes = exchange.bytes
    const cutter = new FrameCutter()
    const reader = stream.reader('p/m')
    const frames = Array.from(bytes, byte => cutter.push(Uint8Array.of(byte))).filter(each => each.length > 0)
    const deltas = [...frames, cutter.end()].flatMap(each => reader.read(each))
    expect(deltas).toEqual([...read(bytes)])
  })

  test.each(named(streamed))("%s reaches OpenAI's client as it was meant", async (_, exchange) => {
    const deltas = withoutFaults(read(exchange.bytes))
    const said = fold(deltas)
    const client = ChatCompletionStream.fromReadableStream(chunkLines(written(deltas)))
    const completion = await client.finalChatCompletion().catch((error: Error) => error)
    if (completion instanceof LengthFinishReasonError || completion instanceof ContentFilterFinishReasonError) return
    if (completion instanceof Error) throw completion
    for (const [index, { message }] of completion.choices.map(({ index: n, ...each }) => [n, each] as const)) {
      const parts = said.choices[index]?.parts ?? []
      expect(message.content ?? '').toBe(textIn(parts))
      expect(
        (message.tool_calls ?? []).map(call =>
          call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : [],
        ),
      ).toEqual(
        parts
          .filter((part): part is ToolCallPart => part.type === 'tool-call')
          .map(({ id, name, input }) => [id, name, input]),
      )
    }
  })

  test.each(named(({ status }) => status >= 400))('%s is a fault with the words of its provider', (_, exchange) => {
    const { status, contentType, bytes } = exchange
    const { message, code } = fault.read({
      provider: 'p',
      status,
      contentType,
      retryAfterMs: undefined,
      body: bytes.toString(),
    })
    expect(message).toMatch(/^p answered \d{3}: (?!no reason).{8}/)
    expect(code).not.toBe('internal')
  })
})

const textIn = (parts: readonly Part[]): string => parts.map(part => (part.type === 'text' ? part.text : '')).join('')

const chunksOf = (text: Buffer): readonly JsonObject[] =>
  text
    .toString()
    .split('\n\n')
    .filter(frame => frame.startsWith('data: {'))
    .map(frame => JSON.parse(frame.slice(6)) as JsonObject)

/** As the client's own `toReadableStream` has it: a chunk a line. */
function chunkLines(text: Buffer): ReadableStream {
  const lines = chunksOf(text).map(chunk => `${JSON.stringify(chunk)}\n`)
  return new Response(lines.join('')).body as ReadableStream
}

const spec = join(import.meta.dir, '../../../shared/specs/openai-openapi.yaml')
const schemas = existsSync(spec) ? compiled() : undefined

/** What is wrong with a value by the published schema of this name; nothing without the schema's file. */
const complaintsOf = (name: string, value: unknown): readonly string[] => schemas?.(name, value) ?? []

function compiled(): (name: string, value: unknown) => readonly string[] {
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false })
  ajv.addSchema(withNulls(parse(readFileSync(spec, 'utf8'))) as object, 'spec')
  return (name, value) => {
    const validate = ajv.getSchema(`spec#/components/schemas/${name}`)
    if (!validate) throw new Error(`The schema has no ${name}.`)
    return validate(value) ? [] : (validate.errors ?? []).map(error => `${error.instancePath} ${error.message}`)
  }
}

/** OpenAPI 3.0's way to allow null, which the document still has in places, in JSON Schema's. */
function withNulls(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withNulls)
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, ...rest } = Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, withNulls(each)]))
  return nullable === true ? { anyOf: [rest, { type: 'null' }] } : rest
}

describe.skipIf(schemas === undefined)('by the published schema', () => {
  const schematic = answers.map(
    (said): Answer => ({
      ...said,
      // The schema knows custom tools in whole replies only, and the generated tool names are its business.
      choices: said.choices.map(choice => ({
        ...choice,
        parts: choice.parts.filter(part => part.type !== 'tool-call' || !part.custom),
      })),
    }),
  )

  test('every whole reply is right', () => {
    fc.assert(
      fc.property(answers, said => {
        expect(
          complaintsOf('CreateChatCompletionResponse', JSON.parse(JSON.stringify(answer.write(said, making)))),
        ).toEqual([])
      }),
      { numRuns: 100 },
    )
  })

  test('every chunk of a stream is right', () => {
    fc.assert(
      fc.property(schematic, said => {
        for (const chunk of chunksOf(written(unfold(said))))
          expect(complaintsOf('CreateChatCompletionStreamResponse', chunk)).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

describe('whatever is mutated', () => {
  const junk = fc.constantFrom<unknown>(
    null,
    5,
    -1,
    '',
    'x',
    true,
    [],
    {},
    [null],
    { type: 'text' },
    '__proto__',
    'constructor',
  )

  /** A value with one of its places, found by walking down it, holding something else. */
  const mutated = (value: unknown, path: readonly number[], by: unknown): unknown => {
    const [step, ...rest] = path
    if (step === undefined || typeof value !== 'object' || value === null) return by
    const entries = Object.entries(value)
    if (entries.length === 0) return by
    const at = step % entries.length
    const changed = entries.map(([key, each], n): [string, unknown] => [key, n === at ? mutated(each, rest, by) : each])
    return Array.isArray(value) ? changed.map(([, each]) => each) : Object.fromEntries(changed)
  }
  const path = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 6 })

  test('a request is understood or refused with the place of the fault', () => {
    fc.assert(
      fc.property(chats, path, junk, (chat, steps, by) => {
        const { body } = request.compose(chat, { provider: 'p', model: 'm', quirks: takesAll, stream: false })
        try {
          request.understand(mutated(JSON.parse(JSON.stringify(body)), steps, by) as JsonObject)
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
          expect(error).toMatchObject({ code: 'invalid_request', param: expect.any(String) })
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('a whole reply is read or is a fault', () => {
    fc.assert(
      fc.property(answers, path, junk, (said, steps, by) => {
        const body = mutated(JSON.parse(JSON.stringify(answer.write(said, making))), steps, by)
        try {
          answer.write(
            answer.read((typeof body === 'object' && body !== null ? body : {}) as JsonObject, '', 'p/m'),
            making,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(Fault)
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('a stream is read or is a fault, and what is written of it is well formed', () => {
    fc.assert(
      fc.property(answers, fc.nat(), path, junk, (said, at, steps, by) => {
        const chunks = [...chunksOf(written(unfold(said)))]
        const n = at % chunks.length
        chunks[n] = mutated(chunks[n], steps, by) as JsonObject
        const text = [...chunks.map(chunk => JSON.stringify(chunk)), '[DONE]'].map(data => `data: ${data}\n\n`).join('')
        expect(complaintsAbout(written(untilStops(read(Buffer.from(text)))).toString())).toEqual([])
      }),
      { numRuns: 1500 },
    )
  })

  /** What a provider says of a choice that it has ended is told all the same, and is no well-formed stream. */
  function untilStops(deltas: readonly Delta[]): readonly Delta[] {
    const stopped = new Set<number>()
    return withoutFaults(deltas).filter(delta => {
      if (!('choice' in delta)) return true
      const over = stopped.has(delta.choice ?? 0)
      if (delta.type === 'stop') stopped.add(delta.choice ?? 0)
      return !over
    })
  }

  test('bytes are read or are a fault', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }), reads => {
        const reader = stream.reader('p/m')
        for (const bytes of reads) reader.read(bytes)
      }),
      { numRuns: 1000 },
    )
  })
})
