import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../test/fakes/clock.ts'
import { sampleCaller, sampleLetter, sampleVisit } from '../../test/fakes/visit.ts'
import { keeping } from '../dialects/openai-responses/keeping.ts'
import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import type { JsonObject } from '../model/json.ts'
import type { Batch, StreamSource, WholeSource } from '../model/source.ts'
import { openMemory } from '../stores/memory/open.ts'
import { remember } from './remember.ts'
import { resume } from './resume.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const whole: WholeSource = {
  type: 'whole',
  dialect: 'openai-responses',
  contentType: 'application/json',
  bytes: bytes('{"id":"resp_1","output":[{"type":"message","id":"msg_1"}]}'),
  events: [],
}

function visited(): Visit {
  const visit = sampleVisit()
  visit.diary.caller = sampleCaller
  visit.diary.target = { provider: 'acme', model: 'large' }
  return { ...visit, dialect: { ...visit.dialect, keeping } }
}

function letterOf(more: JsonObject): Letter {
  const body = { input: 'hi', ...more }
  return { ...sampleLetter(), outline: body, body }
}

function memory(native = true) {
  const { replies } = openMemory()
  return { replies, clock: fakeClock(), native: () => native }
}

const found = ({ replies }: ReturnType<typeof memory>) => replies.find('resp_1', sampleCaller.keyId)

function streamOf(...batches: Batch[]): StreamSource {
  const rest = [...batches]
  return {
    type: 'stream',
    dialect: 'openai-responses',
    next: () => Promise.resolve(rest.shift()),
    fail: () => undefined,
    close: () => undefined,
  }
}

describe('a reply', () => {
  test('is kept whole if its caller asks for that', () => {
    const world = memory(false)
    expect(remember(whole, letterOf({ store: true }), visited(), world)).toBe(whole)
    expect(world.replies.find('resp_1', sampleCaller.keyId)).toMatchObject({
      maker: 'acme/large',
      kept: { reply: '{"id":"resp_1","output":[{"type":"message","id":"msg_1"}]}' },
    })
  })

  test('that nobody asked to be kept leaves behind who made it, where its provider keeps it', () => {
    const world = memory()
    remember(whole, letterOf({}), visited(), world)
    expect(found(world)).toMatchObject({ maker: 'acme/large', kept: undefined, lasting: true })
  })

  test('that nobody asked to be kept is remembered for a while, where its provider does not keep it', () => {
    const world = memory(false)
    remember(whole, letterOf({}), visited(), world)
    expect(found(world)).toMatchObject({ kept: { items: ['msg_1'] }, lasting: false })
  })

  test('that is not to be kept is not, but for the next turn of a socket', () => {
    const world = memory()
    remember(whole, letterOf({ store: false }), visited(), world)
    expect(found(world)).toBeUndefined()
    remember(whole, letterOf({ store: false }), { ...visited(), socket: true }, world)
    expect(found(world)).toMatchObject({ kept: { items: ['msg_1'] }, lasting: false })
  })

  test('that is streamed is kept before its end is handed on, and its bytes are not touched', async () => {
    const world = memory()
    const created = bytes('data: {"type":"response.created","response":{"id":"resp_2"}}\n\n')
    const completed = bytes('data: {"type":"response.completed","response":{"id":"resp_2","output":[]}}\n\n')
    const source = remember(
      streamOf({ bytes: created, events: [] }, { bytes: completed, events: [{ type: 'done' }] }),
      letterOf({ store: true }),
      visited(),
      world,
    ) as StreamSource
    expect((await source.next())?.bytes).toBe(created)
    expect(world.replies.find('resp_2', sampleCaller.keyId)).toBeUndefined()
    expect((await source.next())?.bytes).toBe(completed)
    expect(world.replies.find('resp_2', sampleCaller.keyId)?.kept?.reply).toBe('{"id":"resp_2","output":[]}')
  })

  test('whose end another told is at none of them: only all of it can be kept', async () => {
    const end = 'data: {"type":"response.completed","response":{"id":"resp_1","output":[]}}\n\n'
    for (const [body, found] of [
      [{}, undefined],
      [{ store: true }, { maker: 'globex/small' }],
    ] as const) {
      const [world, visit] = [memory(), visited()]
      const stream = remember(streamOf({ bytes: bytes(end), events: [{ type: 'done' }] }), letterOf(body), visit, world)
      visit.diary.target = { provider: 'globex', model: 'small' }
      if (stream.type === 'stream') await stream.next()
      const kept = world.replies.find('resp_1', sampleCaller.keyId)
      if (found) expect(kept).toMatchObject(found)
      else expect(kept).toBeUndefined()
    }
  })

  test('that broke off is not kept as if it were whole', async () => {
    const world = memory()
    const created = bytes('data: {"type":"response.created","response":{"id":"resp_2"}}\n\n')
    const source = remember(streamOf({ bytes: created, events: [] }), letterOf({ store: true }), visited(), world)
    await (source as StreamSource).next()
    expect(await (source as StreamSource).next()).toBeUndefined()
    expect(world.replies.find('resp_2', sampleCaller.keyId)).toBeUndefined()
  })
})

describe('a letter that continues a reply', () => {
  const next = letterOf({ model: 'm', previous_response_id: 'resp_1', input: 'and now?' })

  test('has what was said before in it, and is text again', () => {
    const { replies, ...world } = memory()
    remember(whole, letterOf({ store: true }), visited(), { ...world, replies })
    const letter = resume(next, sampleCaller, visited(), replies)
    expect(letter.body.previous_response_id).toBeUndefined()
    expect((letter.body.input as readonly JsonObject[]).map(item => item.type)).toEqual([
      'message',
      'message',
      'message',
    ])
    expect(JSON.parse(letter.text)).toEqual(letter.body)
    expect(letter.fields.map(({ name }) => name)).toContain('input')
  })

  test('is bound to the provider that alone has it', () => {
    const { replies, ...world } = memory()
    remember(whole, letterOf({}), visited(), { ...world, replies })
    expect(resume(next, sampleCaller, visited(), replies)).toEqual({ ...next, boundTo: 'acme' })
  })

  test('stays as it is for another key, and where the id is not known here', () => {
    const { replies, ...world } = memory()
    remember(whole, letterOf({ store: true }), visited(), { ...world, replies })
    expect(resume(next, { ...sampleCaller, keyId: 'key_2' }, visited(), replies)).toBe(next)
    expect(
      resume(letterOf({ previous_response_id: 'resp_7' }), sampleCaller, visited(), replies).boundTo,
    ).toBeUndefined()
    expect(resume(next, sampleCaller, sampleVisit(), replies)).toBe(next)
  })
})

describe('a letter that refers to items', () => {
  const refers = letterOf({ input: [{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_9' }] })

  test('has those that are known here in their places, and is text again', () => {
    const { replies, ...world } = memory()
    remember(whole, letterOf({ store: true }), visited(), { ...world, replies })
    const letter = resume(refers, sampleCaller, visited(), replies)
    expect(letter.body.input).toEqual([{ type: 'message', id: 'msg_1' }, { id: 'msg_9' }])
    expect(JSON.parse(letter.text)).toEqual(letter.body)
    expect(letter.asked).toBe(refers.body)
  })

  test('stays as it is where none is known, or another key said them', () => {
    const { replies, ...world } = memory()
    expect(resume(refers, sampleCaller, visited(), replies)).toBe(refers)
    remember(whole, letterOf({ store: true }), visited(), { ...world, replies })
    expect(resume(refers, { ...sampleCaller, keyId: 'key_2' }, visited(), replies)).toBe(refers)
  })
})
