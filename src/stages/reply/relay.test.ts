import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { sampleLetter, sampleVisit, sampleWorld } from '../../../test/fakes/visit.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { Batch, StreamSource } from '../../model/source.ts'
import { settle } from '../settle.ts'
import { relay } from './relay.ts'

const batch = (text: string, ...events: readonly Event[]): Batch => ({ bytes: Buffer.from(text), events })
const content = batch('data: hi\n\n', { type: 'content' })
const done = batch('data: [DONE]\n\n', { type: 'done' })
const broken = new Fault('upstream_failed', 'It broke.')

/** A step of a source: what it brings, or what it fails with. */
type Step = Batch | Fault

type Drain = StreamSource['drain']

function sourceOf(steps: readonly Step[], bring = <T>(step: Promise<T>): Promise<T> => step, drain?: Drain) {
  const rest = [...steps]
  const seen = { asked: 0, closed: 0 }
  const source: StreamSource = {
    type: 'stream',
    dialect: 'openai-chat',
    next() {
      seen.asked++
      const step = rest.shift()
      return bring(step instanceof Fault ? Promise.reject(step) : Promise.resolve(step))
    },
    fail: () => undefined,
    close: () => void seen.closed++,
    drain,
  }
  return { source, seen }
}

type Relaying = { readonly bring?: Bring; readonly append?: () => Promise<void>; readonly drain?: Drain }

async function relayed(steps: readonly Step[], { bring, append, drain }: Relaying = {}) {
  const { source, seen } = sourceOf(steps, bring, drain)
  const settling = sampleWorld(append)
  const visit = sampleVisit()
  visit.diary.call = sampleLetter({ stream: true }).call
  visit.diary.replied = 0
  const world = {
    clock: settling.clock,
    disclose: 'basic' as const,
    settle: () => settle(visit, settling.world),
  }
  return { stream: await relay(source, visit, world), seen, rows: settling.rows, diary: visit.diary }
}

type Bring = <T>(step: Promise<T>) => Promise<T>
type Reader = { read(): Promise<Read> }
type Read = { readonly done: boolean; readonly value?: Uint8Array | undefined }

const textOf = (read: Read): string => Buffer.from(read.value ?? []).toString()

async function readAll(reader: Reader): Promise<string> {
  let text = ''
  for (let read = await reader.read(); !read.done; read = await reader.read()) text += textOf(read)
  return text
}

test('a caller that leaves a provider which is heard to its end is settled with what that says', async () => {
  const usage = { input: 3, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 }
  const { stream, rows, seen } = await relayed([content], { drain: async () => [{ type: 'usage', usage }] })
  const reader = stream.getReader()
  await reader.read()
  await reader.cancel()
  expect([rows.map(row => [row.code, row.usage]), seen.closed]).toEqual([[['client_closed', usage]], 1])
})

describe('a stream is handed on', () => {
  test('byte for byte, and settled with what it said', async () => {
    const { stream, rows, seen } = await relayed([
      content,
      batch(''),
      batch('more', { type: 'stop', reason: 'stop' }),
      done,
    ])
    expect(await readAll(stream.getReader())).toBe('data: hi\n\nmoredata: [DONE]\n\n')
    expect(rows.map(row => [row.code, row.stopReason, row.bytesOut])).toEqual([['ok', 'stop', 28]])
    expect(seen.closed).toBe(0)
  })

  test('one read at a time: a slow caller is not run ahead of', async () => {
    const { stream, seen } = await relayed([content, content, content, done])
    const reader = stream.getReader()
    await Promise.resolve()
    // The first is there when the reply begins.
    expect(seen.asked).toBe(1)
    for (const asked of [1, 2, 3]) {
      await reader.read()
      await Promise.resolve()
      expect(seen.asked).toBe(asked)
    }
    await reader.cancel()
  })

  test('with its row written before its closing mark leaves', async () => {
    const written = Promise.withResolvers<void>()
    const { stream, rows } = await relayed([content, done], { append: () => written.promise })
    const reader = stream.getReader()
    expect(textOf(await reader.read())).toBe('data: hi\n\n')
    expect(rows).toHaveLength(0)
    let left = false
    const last = reader.read().then(read => {
      left = true
      return textOf(read)
    })
    // Turns of the loop in which a mark that does not wait would have left.
    for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
    expect([rows.length, left]).toEqual([1, false])
    written.resolve()
    expect(await last).toBe('data: [DONE]\n\n')
  })

  test('with its end, if that is there when the row is written', async () => {
    const { stream, seen } = await relayed([content, done])
    const reader = stream.getReader()
    await reader.read()
    expect(textOf(await reader.read())).toBe('data: [DONE]\n\n')
    // Nothing is left to be asked: the stream was closed together with its last bytes.
    expect([seen.asked, (await reader.read()).done, seen.asked]).toEqual([3, true, 3])
  })

  test('with what follows its closing mark, as it comes', async () => {
    const { stream } = await relayed([content, done, batch(': late\n\n')])
    expect(await readAll(stream.getReader())).toBe('data: hi\n\ndata: [DONE]\n\n: late\n\n')
  })

  test('with its row written before its end, where no closing mark comes', async () => {
    const written = Promise.withResolvers<void>()
    const { stream } = await relayed([content], { append: () => written.promise })
    const reader = stream.getReader()
    await reader.read()
    let over = false
    const end = reader.read().then(read => {
      over = read.done
    })
    for (let i = 0; i < 5; i++) await new Promise(resolve => setImmediate(resolve))
    expect(over).toBe(false)
    written.resolve()
    await end
    expect(over).toBe(true)
  })
})

describe('a stream that breaks', () => {
  test('ends with an error event in the dialect, and no closing mark', async () => {
    const { stream, rows, seen } = await relayed([content, broken])
    const text = await readAll(stream.getReader())
    expect(text.startsWith('data: hi\n\ndata: {"error":{"message":"It broke."')).toBe(true)
    expect(text).not.toContain('[DONE]')
    expect(rows.map(row => [row.code, row.status])).toEqual([['upstream_failed', 200]])
    expect(seen.closed).toBe(1)
  })

  test("with the provider's own error hands that on, and settles before it leaves", async () => {
    const said = batch('data: {"error":{}}\n\n', { type: 'fault', fault: broken })
    const { stream, rows } = await relayed([content, said])
    const reader = stream.getReader()
    await reader.read()
    expect(textOf(await reader.read())).toBe('data: {"error":{}}\n\n')
    expect(rows.map(row => row.code)).toEqual(['upstream_failed'])
    expect((await reader.read()).done).toBe(true)
  })

  test("with the provider's own error is not gone on with: the rest would look like a whole reply", async () => {
    const said = batch('data: {"error":{}}\n\n', { type: 'fault', fault: broken })
    const { stream, seen } = await relayed([content, said, content, done])
    expect(await readAll(stream.getReader())).toBe('data: hi\n\ndata: {"error":{}}\n\n')
    expect(seen).toEqual({ asked: 2, closed: 1 })
  })
})

describe('a caller that leaves', () => {
  test('before it reads anything lets the provider go, and is settled', async () => {
    const { stream, rows, seen } = await relayed([content, done])
    await stream.cancel()
    expect([seen.asked, seen.closed]).toEqual([1, 1])
    expect(rows.map(row => [row.code, row.status])).toEqual([['client_closed', 499]])
  })

  test('half-way lets the provider go, and is settled with what was seen', async () => {
    const { stream, rows, seen } = await relayed([content, content, done])
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    expect(seen.closed).toBe(1)
    expect(rows.map(row => [row.code, row.bytesOut])).toEqual([['client_closed', 10]])
  })

  test('before the closing mark is settled with the usage that it had, whenever that was told', async () => {
    // envoy#2563 and new-api#7062: a caller that closes once it has what it needs is not a request for nothing.
    const usage = { input: 3, cacheRead: 0, cacheWrite: 0, output: 2, reasoning: 0 }
    const told = batch('data: {}\n\n', { type: 'usage', usage })
    for (const before of [[told], [told, content], [content, content, told]]) {
      const { stream, rows } = await relayed([...before, content, done])
      const reader = stream.getReader()
      for (const _ of before) await reader.read()
      await reader.cancel()
      expect(rows.map(row => [row.code, row.usage])).toEqual([['client_closed', usage]])
    }
  })

  test('before any usage was told is settled with none, which is not nothing', async () => {
    const { stream, rows } = await relayed([content, content, done])
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    expect(rows.map(row => [row.usage, row.cost])).toEqual([[undefined, undefined]])
  })

  test('after the closing mark has had a whole reply', async () => {
    const { stream, rows } = await relayed([content, done])
    const reader = stream.getReader()
    await reader.read()
    await reader.read()
    await reader.cancel()
    expect(rows.map(row => row.code)).toEqual(['ok'])
  })
})

const endings: Readonly<Record<string, readonly Step[]>> = {
  done: [content, done],
  'done and more': [content, done, batch(': late\n\n')],
  end: [content, content],
  error: [content, broken],
  'an error at once': [broken],
  'an error after the closing mark': [content, done, broken],
  fault: [content, batch('data: {}\n\n', { type: 'fault', fault: broken })],
}

describe.each(Object.entries(endings))('a stream that ends with %s', (_, steps) => {
  test('is settled exactly once, in whatever order its reads, its row and a caller that leaves take their turns', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: -1, max: 3 }), async (turns, leavesAfter) => {
        const { stream, rows, seen } = await turns.waitFor(
          relayed(steps, {
            bring: step => turns.schedule(step),
            append: () => turns.schedule(Promise.resolve()),
          }),
        )
        const reader = stream.getReader()
        const leaving = turns.schedule(Promise.resolve()).then(() => (leavesAfter === -1 ? undefined : reader.cancel()))
        const reading = (async () => {
          for (let read = 0; read < leavesAfter || leavesAfter === -1; read++) if ((await reader.read()).done) return
        })()
        await turns.waitFor(Promise.all([leaving, reading]))
        await turns.waitIdle()
        expect(rows).toHaveLength(1)
        expect(['ok', 'upstream_failed', 'client_closed']).toContain(rows[0]?.code ?? '')
        if (rows[0]?.code === 'client_closed') expect(seen.closed).toBeGreaterThan(0)
      }),
      { numRuns: 300 },
    )
  })
})
