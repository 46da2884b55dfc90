import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { googleSchema } from '../../../test/wire/google-schema.ts'
import { complaintsAbout, complaintsAboutArray } from '../../../test/wire/machines/gemini-generate.ts'
import { FrameCutter } from '../../lib/sse.ts'
import type { Chat } from '../../model/chat.ts'
import type { Delta } from '../../model/delta.ts'
import { fold, unfold } from '../../model/fold.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { geminiGenerate } from './index.ts'
import { aimAt, inArray, making, text } from './sample.test-data.ts'

/** Every recorded exchange of this dialect, with Gemini's own API and with Vertex. */
type Exchange = {
  readonly id: string
  readonly request: { readonly body: JsonObject } | null
  readonly response: { readonly status: number; readonly body_format: string; readonly body: Json }
}

const folder = join(import.meta.dir, '../../../../shared/corpus/exchanges')
const names = existsSync(folder) ? readdirSync(folder).filter(name => name.includes('--gemini-generate--')) : []
const exchanges = names.map(name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Exchange)
const { request, answer, stream, fault } = geminiGenerate
const maker = 'google/gemini-3-pro'

/** A place has the spelling that its caller used, and what we tell has one. */
const spelledAlike = (chat: Chat): unknown =>
  JSON.parse(
    JSON.stringify(chat, (name, value: unknown) =>
      name === 'at' ? String(value).replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()) : value,
    ),
  )

if (exchanges.length === 0)
  test.skip('the corpus of recorded traffic (it does not lie beside this repository)', () => undefined)
else {
  const complaints = googleSchema()

  const asked = exchanges.flatMap(({ id, request: of }) => (of ? [[id, of.body] as const] : []))
  describe.each([...asked])('the request of %s', (_, body) => {
    test('is understood, and told again it says the same', () => {
      const chat = request.understand(body)
      const composed = request.compose(chat, aimAt('gemini-3-pro'))
      expect(composed.lost).toEqual([])
      expect(spelledAlike(request.understand(composed.body))).toEqual(spelledAlike(chat))
    })
  })

  const wholes = exchanges.filter(
    // Some clients have asked for numbers in the place of names (`enum-encoding=int`), which we never do.
    ({ response }) =>
      response.status === 200 && isObject(response.body) && !/"finishReason":\d/.test(JSON.stringify(response.body)),
  )
  describe.each(wholes.map(({ id, response }) => [id, response.body as JsonObject] as const))(
    'the reply of %s',
    (_, body) => {
      const said = answer.read(body, JSON.stringify(body), maker)

      test('is read, and written again it says the same, in fields that Google describes', () => {
        const written = answer.write(said, making())
        expect(answer.read(written, JSON.stringify(written), maker)).toEqual(said)
        expect(complaints?.('GenerateContentResponse', known(written)) ?? []).toEqual([])
      })

      test('becomes a stream that Google’s clients understand, and that says the same', () => {
        const writer = stream.writer(making())
        const bytes = Buffer.concat([writer.write(unfold(said)), writer.end()])
        expect(complaintsAbout(text(bytes))).toEqual([])
        expect(shape(fold(stream.reader(maker).read(bytes)))).toEqual(shape(said))
      })

      test('is watched for what it cost and why it stopped', () => {
        const events = answer.glance(body, JSON.stringify(body), 'chat')
        expect(events.findLast(event => event.type === 'usage')?.usage).toEqual(said.usage as never)
        expect(events.find(event => event.type === 'stop')?.reason).toBe(said.choices[0]?.stop?.raw as never)
      })
    },
  )

  const streams = exchanges.flatMap(({ id, response: { status, body } }) =>
    status === 200 && typeof body === 'string' ? [[id, body] as const] : [],
  )
  describe.each([...streams])('the stream of %s', (_, body) => {
    const bytes = Buffer.from(body)
    const deltas = stream.reader(maker).read(bytes)

    test('is read without a fault, and byte by byte as it is whole', () => {
      expect(deltas.filter(delta => delta.type === 'fault')).toEqual([])
      expect(readByByte(bytes)).toEqual([...deltas])
    })

    test('is written again as it was, as events and as an array', () => {
      const said = fold(deltas)
      const events = stream.writer(making())
      const written = Buffer.concat([events.write(deltas), events.end()])
      expect(complaintsAbout(text(written))).toEqual([])
      expect(fold(stream.reader(maker).read(written))).toEqual(said)
      const array = stream.writer(inArray())
      const all = text(Buffer.concat([...deltas.map(delta => array.write([delta])), array.end()]))
      expect(complaintsAboutArray(all)).toEqual([])
      for (const chunk of JSON.parse(all))
        expect(complaints?.('GenerateContentResponse', known(chunk)) ?? []).toEqual([])
    })

    test('is watched for what it cost and why it stopped, and handed on as it came', () => {
      const said = fold(deltas)
      const cutter = new FrameCutter()
      const glancer = stream.glance({ hideUsage: false, array: false })
      const batches = [...halves(bytes).map(half => cutter.push(half)), cutter.end()]
        .filter(batch => batch.length > 0)
        .map(batch => glancer.read(batch))
      const events = batches.flatMap(batch => batch.events)
      expect(text(Buffer.concat(batches.map(batch => batch.bytes)))).toBe(body)
      expect(events.findLast(event => event.type === 'usage')?.usage).toEqual(said.usage as never)
      expect(events.findLast(event => event.type === 'stop')?.reason).toBe(said.choices[0]?.stop?.raw as never)
      expect(events.some(event => event.type === 'content')).toBe(said.choices.some(({ parts }) => parts.length > 0))
      expect(events.filter(event => event.type === 'fault' || event.type === 'done')).toEqual([])
    })
  })

  const refusals = exchanges.filter(({ response }) => response.status !== 200)
  test.each(refusals.map(({ id, response }) => [id, response] as const))(
    'the refusal of %s is understood',
    (_, { status, body }) => {
      const wire = JSON.stringify(body)
      const read = fault.read({
        provider: 'google',
        status,
        contentType: 'text/event-stream',
        retryAfterMs: undefined,
        body: wire,
      })
      const badKey = wire.includes('API_KEY_INVALID')
      const codes: Readonly<Record<number, string>> = {
        400: 'invalid_request',
        404: 'model_not_found',
        429: 'rate_limited',
      }
      expect(read.code).toBe((badKey ? 'upstream_failed' : codes[status]) as never)
      expect([read.status, read.said?.body]).toEqual([status, wire])
      expect(read.retryAfterMs).toBe(status === 429 ? 48_000 : undefined)
    },
  )
}

function readByByte(bytes: Buffer): Delta[] {
  const reader = stream.reader(maker)
  const cutter = new FrameCutter()
  const frames = [...bytes].map(byte => cutter.push(Uint8Array.of(byte)))
  return [...frames, cutter.end()].filter(each => each.length > 0).flatMap(each => [...reader.read(each)])
}

const halves = (bytes: Buffer): readonly Buffer[] => {
  const middle = Math.floor(bytes.length / 2)
  return [bytes.subarray(0, middle), bytes.subarray(middle)]
}

/** In a stream nothing tells one text from the next, so what follows each other is one. */
function shape({ choices, usage }: ReturnType<typeof fold>) {
  return {
    usage,
    choices: choices.map(({ parts, stop }) => ({
      stop,
      kinds: parts.map(({ type }) => type).filter((type, i, all) => type !== all[i - 1]),
      words: parts.map(part => ('text' in part ? part.text : '')).join(''),
    })),
  }
}

/** What Google's description leaves out of what Google sends. */
const known = (written: JsonObject): JsonObject => JSON.parse(JSON.stringify(written)) as JsonObject
