import { afterEach, describe, expect, test } from 'bun:test'
import { manyAborts } from './load/aborts.ts'
import { closedLoop, countedLoop } from './load/closed.ts'
import { gapsIn } from './load/gaps.ts'
import { onSchedule, openLoop, quantiles } from './load/open.ts'

const REQUEST = 'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}'
const WHILE = { connections: 4, leadSeconds: 0.01, seconds: 0.05 }

let server: Bun.Server<undefined> | undefined
afterEach(() => server?.stop(true))

function serve(answer: (asked: number) => Response | Promise<Response>): number {
  let asked = 0
  server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => answer(asked++) })
  return server.port ?? 0
}

describe('the load', () => {
  test('counts what was answered, and finds nothing wrong with equal answers', async () => {
    const result = await closedLoop({
      port: serve(() => new Response('fine')),
      pid: process.pid,
      request: REQUEST,
      ...WHILE,
    })
    expect(result).toMatchObject({ sample: { status: 200, length: 4, body: 'fine' }, wrong: {} })
    expect(result.requests).toBeGreaterThan(10)
  })

  test('asks exactly as often as it is told', async () => {
    let asked = 0
    const port = serve(() => {
      asked += 1
      return new Response('fine')
    })
    await countedLoop({ port, request: REQUEST, connections: 4, count: 250 })
    expect(asked).toBe(250 + 1)
  })

  test('notices an error and a shorter body among a thousand good answers', async () => {
    const port = serve(asked => {
      if (asked === 300) return new Response('fine', { status: 503 })
      return new Response(asked === 600 ? 'fin' : 'fine')
    })
    const { wrong } = await countedLoop({ port, request: REQUEST, connections: 4, count: 1000 })
    expect(wrong).toEqual({ 'status 503': 1, '3 bytes for 4': 1 })
  })

  test('notices connections that are closed in the middle of an answer', async () => {
    const port = serve(asked => {
      if (asked > 50) void server?.stop(true)
      return new Response('fine')
    })
    const { wrong } = await countedLoop({ port, request: REQUEST, connections: 4, count: 1000 })
    expect(wrong).toEqual({ 'connection closed': 4 })
  })

  test('lets every request pay for a stall that delayed it', async () => {
    const stalls = async (asked: number): Promise<Response> => {
      if (asked === 20) Bun.sleepSync(300)
      return new Response('fine')
    }
    const task = { port: serve(stalls), request: REQUEST, connections: 2, rate: 200, seconds: 0.5 }
    const { p50, p99, wrong } = await openLoop(task)
    expect(wrong).toEqual({})
    expect(p99).toBeGreaterThan(200)
    expect(p50).toBeGreaterThan(50)
  })

  test('measures the longest silence between two words, and hands the bodies back', async () => {
    const port = serve(
      () =>
        new Response(
          new ReadableStream({
            async start(controller) {
              for (const [place, pause] of [0, 80, 5].entries()) {
                await Bun.sleep(pause)
                controller.enqueue(`data: word-${place}\n\ndata:  word-${place}\n\n`)
              }
              controller.close()
            },
          }),
        ),
    )
    const { gap, first, bodies } = await gapsIn({ port, request: REQUEST, connections: 2, count: 4 })
    expect(gap.p50).toBeGreaterThan(70)
    expect(first.p50).toBeLessThan(70)
    expect(bodies).toHaveLength(1)
    expect(bodies[0]?.match(/ word-\d/g)).toHaveLength(6)
  })

  test('leaves streams after their first word', async () => {
    let left = 0
    const port = serve(
      () =>
        new Response(
          new ReadableStream({
            start: controller => controller.enqueue('data: 1\n\n'),
            cancel: () => {
              left += 1
            },
          }),
        ),
    )
    expect(await manyAborts({ port, request: REQUEST, connections: 2, count: 10 })).toEqual({ wrong: {} })
    const deadline = Date.now() + 2000
    while (left < 10 && Date.now() < deadline) await Bun.sleep(1)
    expect(left).toBe(10)
  })
})

test('a schedule keeps its rate and names every due time', async () => {
  const due: number[] = []
  await onSchedule(1000, 50, time => due.push(time))
  expect(due).toHaveLength(50)
  expect((due.at(-1) ?? 0) - (due[0] ?? 0)).toBeCloseTo(49, 6)
})

test('quantiles are values that were seen', () => {
  const values = Array.from({ length: 1000 }, (_, place) => place)
  expect(quantiles(values.toReversed())).toEqual({ p50: 500, p95: 950, p99: 990 })
  expect(quantiles([3])).toEqual({ p50: 3, p95: 3, p99: 3 })
})
