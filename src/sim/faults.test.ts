import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import net from 'node:net'
import { type Sim, startSim } from './sim.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

/** A caller on a bare socket: it sees each packet and how the connection ends. */
function call(
  model: string,
  { stream = true, headers = {} as Record<string, string>, path = '/v1/chat/completions', extra = {} } = {},
) {
  const messages = [{ role: 'user', content: 'one two three four five' }]
  const body = JSON.stringify({ model, messages, ...(stream ? { stream } : {}), ...extra })
  const lines = Object.entries({
    host: 'sim',
    connection: 'close',
    'content-length': Buffer.byteLength(body),
    ...headers,
  })
  const packets: Buffer[] = []
  let changed = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<'reset' | 'close'>()
  const text = () => Buffer.concat(packets).toString('utf8')
  const socket = net.connect(sim.port, '127.0.0.1', () => {
    socket.write(`POST ${path} HTTP/1.1\r\n${lines.map(line => `${line.join(': ')}\r\n`).join('')}\r\n${body}`)
  })
  socket.on('data', (packet: Buffer) => {
    packets.push(packet)
    changed.resolve()
    changed = Promise.withResolvers<void>()
  })
  socket.on('error', () => ended.resolve('reset'))
  socket.on('close', () => ended.resolve('close'))
  return {
    packets,
    text,
    ended: ended.promise,
    leave: () => socket.destroy(),
    async until(piece: string) {
      while (!text().includes(piece)) await changed.promise
      return performance.now()
    },
  }
}

async function whole(model: string, options?: Parameters<typeof call>[1]) {
  const caller = call(model, options)
  const ended = await caller.ended
  // One character a byte: a chunk may end in the middle of a character.
  const text = Buffer.concat(caller.packets).toString('latin1')
  const start = text.indexOf('\r\n\r\n')
  const [head, raw] = start < 0 ? [text, ''] : [text.slice(0, start), text.slice(start + 4)]
  return { head, raw, body: Buffer.from(unchunked(raw, head), 'latin1').toString(), ended, packets: caller.packets }
}

/** Chunked transfer coding undone. */
function unchunked(raw: string, head: string): string {
  if (!/transfer-encoding: chunked/i.test(head)) return raw
  let body = ''
  for (let at = 0; at < raw.length; ) {
    const line = raw.indexOf('\r\n', at)
    const size = Number.parseInt(raw.slice(at, line), 16)
    if (Number.isNaN(size)) throw new Error(`no chunk at ${at}: ${raw.slice(at, at + 20)}`)
    body += raw.slice(line + 2, line + 2 + size)
    at = line + 4 + size
  }
  return body
}

const endsWhole = (raw: string): boolean => raw.endsWith('0\r\n\r\n')
const deltas = (body: string): number => body.match(/"delta":\{"content":"[^"]/g)?.length ?? 0
const statusOf = (head: string): number => Number(head.split(' ')[1])

/** Polls until it holds; a test that never sees it ends by its own deadline. */
async function soon(holds: () => boolean): Promise<number> {
  const begun = performance.now()
  while (!holds()) await new Promise(resolve => setImmediate(resolve))
  return performance.now() - begun
}

describe('on the wire, a stream with', () => {
  test('nothing asked for ends whole', async () => {
    const { raw, body, ended } = await whole('echo')
    expect(endsWhole(raw)).toBe(true)
    expect(deltas(body)).toBe(5)
    expect(body).toEndWith('data: [DONE]\n\n')
    expect(ended).toBe('close')
  })

  test.each([
    ['cut=2', 2, 'reset'],
    ['cut=0', 0, 'reset'],
    ['cut=99', 5, 'reset'],
    ['cut=99+no-finish+no-done', 5, 'reset'],
    ['drop=2', 2, 'close'],
  ])('%s breaks off after %d tokens by a %s, without the last chunk', async (asked, tokens, how) => {
    const { raw, body, ended } = await whole(`echo+${asked}`)
    expect(ended).toBe(how as 'reset' | 'close')
    expect(endsWhole(raw)).toBe(false)
    expect(deltas(body)).toBe(tokens)
    expect(body).not.toContain('"finish_reason":"')
  })

  test('close=2 ends cleanly after two tokens without a finish', async () => {
    const { raw, body } = await whole('echo+close=2')
    expect(endsWhole(raw)).toBe(true)
    expect(deltas(body)).toBe(2)
    expect(body).not.toContain('"finish_reason":"')
    expect(body).not.toContain('[DONE]')
  })

  test('malformed carries a chunk that is no JSON and goes on', async () => {
    const { body } = await whole('echo+malformed')
    const events = body.split('\n\n').filter(each => each !== '' && !each.includes('[DONE]'))
    const broken = events.filter(each => {
      try {
        return JSON.parse(each.slice(6)) === undefined
      } catch {
        return true
      }
    })
    expect(broken).toHaveLength(1)
    expect(broken[0]).toStartWith('data: {"id":"chatcmpl-')
    expect(deltas(body)).toBe(5)
  })

  test('error-after=2 says an error and ends', async () => {
    const { raw, body } = await whole('echo+error-after=2')
    const last = body.trimEnd().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.slice(6)).error).toMatchObject({ message: 'Provider returned error', code: 502 })
    expect(deltas(body)).toBe(2)
    expect(endsWhole(raw)).toBe(true)
  })

  test('error200 says an error first', async () => {
    const { head, body } = await whole('echo+error200')
    expect(head).toStartWith('HTTP/1.1 200')
    expect(head.toLowerCase()).toContain('content-type: text/event-stream')
    expect(JSON.parse(body.slice(6)).error.code).toBe(502)
  })

  test('empty has no events', async () => {
    const { head, body } = await whole('echo+empty')
    expect(head).toStartWith('HTTP/1.1 200')
    expect(head.toLowerCase()).toContain('content-type: text/event-stream')
    expect(body).toBe('')
  })

  test.each<[string, RegExp, boolean]>([
    ['no-done', /\[DONE\]/, false],
    ['no-finish', /"finish_reason":"/, false],
    ['no-usage', /"usage":\{/, false],
    ['usage-twice', /"finish_reason":"stop"\}\],"usage":\{.*"choices":\[\],"usage":\{/s, true],
    ['role-every', /(?:"delta":\{"role":"assistant","content".*){6}/s, true],
    ['comments', /^: keep-alive\n\ndata: .*\n\n: keep-alive\n\ndata: /, true],
  ])('%s: %s is there: %p', async (asked, pattern, there) => {
    const { body } = await whole(`echo+${asked}`, { extra: { stream_options: { include_usage: true } } })
    expect(pattern.test(body)).toBe(there)
    expect(deltas(body.replaceAll('"role":"assistant",', ''))).toBe(5)
  })

  test('crlf ends every line with CR LF', async () => {
    const { body } = await whole('echo+crlf')
    expect(body).toEndWith('data: [DONE]\r\n\r\n')
    expect(body.replaceAll('\r\n', '')).not.toContain('\n')
  })

  test('split comes byte by byte and is the same text', async () => {
    const extra = { messages: [{ role: 'user', content: 'é👍' }] }
    const { body, packets } = await whole('echo+split', { extra })
    expect(body).toContain('é')
    expect(body).toEndWith('data: [DONE]\n\n')
    expect(packets.length).toBeGreaterThan(Buffer.byteLength(body) / 4)
    const larger = await whole('echo+split=7', { extra })
    expect(larger.raw).toContain('\r\n7\r\n')
  })

  test('first=120 sends its headers at once and the body late', async () => {
    const caller = call('echo+first=120')
    const headers = await caller.until('\r\n\r\n')
    const body = await caller.until('data: ')
    expect(body - headers).toBeGreaterThan(90)
    expect(await caller.ended).toBe('close')
  })

  test('delay=120 sends nothing at first', async () => {
    const begun = performance.now()
    const headers = await call('echo+delay=120').until('\r\n\r\n')
    expect(headers - begun).toBeGreaterThan(110)
  })

  test('pace=30 waits between its tokens', async () => {
    const caller = call('echo+pace=30')
    const first = await caller.until('"content":"one"')
    const last = await caller.until('[DONE]')
    expect(last - first).toBeGreaterThan(4 * 30 - 20)
    expect(caller.packets.length).toBeGreaterThanOrEqual(5)
  })

  test('slow=100 is late and then paced at 50 ms', async () => {
    const begun = performance.now()
    const caller = call('echo+slow=100')
    const first = await caller.until('"content":"one"')
    const second = await caller.until('"content":" two"')
    expect(first - begun).toBeGreaterThan(90)
    expect(second - first).toBeGreaterThan(35)
    caller.leave()
  })

  test('heartbeat goes on with comments after the finish', async () => {
    const caller = call('echo+heartbeat=5')
    await caller.until('"finish_reason":"stop"')
    await caller.until(': keep-alive\n\n\r\ne\r\n: keep-alive\n\n\r\ne\r\n: keep-alive')
    expect(caller.text()).not.toContain('[DONE]')
    caller.leave()
  })
})

describe('on the wire, a JSON answer with', () => {
  const json = { stream: false }

  test('cut breaks off', async () => {
    const { raw, ended } = await whole('echo+cut', json)
    expect(ended).toBe('reset')
    expect(endsWhole(raw)).toBe(false)
    expect(raw).toContain('{')
  })

  test.each(['close=2', 'close=99', 'malformed', 'html', 'empty'])('%s is 200 and no JSON', async asked => {
    const { head, body } = await whole(`echo+${asked}`, json)
    expect(head).toStartWith('HTTP/1.1 200')
    expect(() => JSON.parse(body)).toThrow()
  })

  test.each(['error200', 'error-after=2'])('%s is 200 with an error inside', async asked => {
    const { head, body } = await whole(`echo+${asked}`, json)
    expect(head).toStartWith('HTTP/1.1 200')
    expect(JSON.parse(body).error).toEqual({
      message: 'Provider returned error',
      type: 'server_error',
      param: null,
      code: 502,
    })
  })

  test('comments is JSON with blank lines before it', async () => {
    const { body } = await whole('echo+comments', json)
    expect(body).toStartWith('\n')
    expect(JSON.parse(body).choices[0].message.content).toBe('one two three four five')
  })

  test('split is the same JSON', async () => {
    const { body } = await whole('echo+split=16', json)
    expect(JSON.parse(body).choices[0].message.content).toBe('one two three four five')
  })

  test('no-usage and no-finish leaves both out', async () => {
    const answer = JSON.parse((await whole('echo+no-usage+no-finish', json)).body)
    expect(answer.usage).toBeUndefined()
    expect(answer.choices[0].finish_reason).toBeNull()
  })

  test('big=100000 is that large', async () => {
    const { body } = await whole('echo+big=100000', json)
    expect(JSON.parse(body).choices[0].message.content).toHaveLength(100_000)
  })

  test('pace=20 takes its time for each token of the answer, not of the JSON', async () => {
    const begun = performance.now()
    const { body } = await whole('echo+pace=20', json)
    expect(JSON.parse(body).choices[0].message.content).toBe('one two three four five')
    const took = performance.now() - begun
    expect(took).toBeGreaterThan(70)
    expect(took).toBeLessThan(400)
  })

  test('pieces through the middle of characters is the same text', async () => {
    const extra = { messages: [{ role: 'user', content: '👍 👍 👍 é' }] }
    const { body } = await whole('echo+pace=1', { stream: false, extra })
    expect(JSON.parse(body).choices[0].message.content).toBe('👍 👍 👍 é')
  })

  test.each(['cut=99', 'drop=99'])('%s is never whole', async asked => {
    const { body } = await whole(`echo+${asked}`, json)
    expect(body).toContain('"usage"')
    expect(() => JSON.parse(body)).toThrow()
  })

  test('slow=80 comes late, headers and all', async () => {
    const begun = performance.now()
    const headers = await call('echo+slow=80+pace=0', json).until('\r\n\r\n')
    expect(headers - begun).toBeGreaterThan(70)
  })
})

describe('instead of an answer,', () => {
  test.each([
    ['429', 429, { 'retry-after': '1', 'retry-after-ms': '1000' }, 'rate_limit_exceeded'],
    ['429=7', 429, { 'retry-after': '7', 'retry-after-ms': '7000' }, 'rate_limit_exceeded'],
    ['429-bare', 429, { 'retry-after': undefined, 'retry-after-ms': undefined }, 'rate_limit_exceeded'],
    ['500', 500, {}, null],
    ['503', 503, {}, null],
    ['status=418', 418, {}, null],
    ['status=401', 401, {}, 'invalid_api_key'],
    ['status=200', 400, {}, null],
  ])('%s answers %d', async (asked, status, headers, code) => {
    const { head, body } = await whole(`echo+${asked}`)
    expect(statusOf(head)).toBe(status)
    expect(JSON.parse(body).error.code).toBe(code)
    for (const [name, value] of Object.entries(headers)) {
      expect(head.match(new RegExp(`^${name}: (.*)$`, 'mi'))?.[1]).toBe(value)
    }
  })

  test('reset breaks off before a byte was sent', async () => {
    const { head, ended } = await whole('echo+reset')
    expect(head).toBe('')
    expect(ended).toBe('reset')
  })

  test('auth wants its key', async () => {
    const key = (authorization: string) => ({ headers: { authorization } })
    expect(statusOf((await whole('echo+auth')).head)).toBe(401)
    expect(statusOf((await whole('echo+auth', key('Bearer other'))).head)).toBe(401)
    expect(statusOf((await whole('echo+auth', key('Bearer sim-key'))).head)).toBe(200)
  })

  test('fail=2 fails twice for the same session or the same body', async () => {
    const statuses = async (headers?: Record<string, string>, model = 'echo+fail=2') => {
      const seen: number[] = []
      for (let i = 0; i < 4; i++) seen.push(statusOf((await whole(model, headers ? { headers } : {})).head))
      return seen
    }
    expect(await statuses({ 'x-sim-session': 'a' })).toEqual([500, 500, 200, 200])
    expect(await statuses({ 'x-sim-session': 'b' })).toEqual([500, 500, 200, 200])
    expect(await statuses()).toEqual([500, 500, 200, 200])
  })

  test('the header decides where both speak', async () => {
    const { head } = await whole('echo+status=500', { headers: { 'x-sim': 'status=404' } })
    expect(statusOf(head)).toBe(404)
    const models = await fetch(`${sim.url}/models`, { headers: { 'x-sim': '503' } })
    expect(models.status).toBe(503)
  })

  test('remaining=0 says that no request is left', async () => {
    const { head } = await whole('echo+remaining')
    expect(head).toMatch(/^x-ratelimit-remaining-requests: 0\r$/m)
    expect(head).toMatch(/^x-ratelimit-reset-requests: 1s\r$/m)
  })
})

describe('a caller who leaves is noticed within 100 ms', () => {
  test.each([
    ['before any answer', 'echo+silent', undefined],
    ['while the answer is delayed', 'echo+delay=60000', undefined],
    ['before the first token', 'echo+first=60000', '\r\n\r\n'],
    ['between tokens', 'echo+pace=60000', '"content":"one"'],
    ['in a stalled stream', 'echo+stall=2', '"content":" two"'],
    ['in a heartbeat', 'echo+heartbeat=60000', '"finish_reason":"stop"'],
  ])('%s', async (_, model, piece) => {
    const before = { ...sim.stats }
    const caller = call(model)
    await soon(() => sim.stats.inFlight === before.inFlight + 1)
    if (piece !== undefined) await caller.until(piece)
    caller.leave()
    const took = await soon(() => sim.stats.aborted === before.aborted + 1)
    expect(took).toBeLessThan(100)
    expect(sim.stats).toEqual({ ...before, begun: before.begun + 1, aborted: before.aborted + 1 })
  })
})

test('a stream that is open is counted as open', async () => {
  const caller = call('echo+stall=1')
  await caller.until('"content":"one"')
  expect(sim.stats.openStreams).toBe(1)
  caller.leave()
  await soon(() => sim.stats.openStreams === 0)
})

test('a connection that the sim broke is neither finished nor aborted', async () => {
  const before = { ...sim.stats }
  await whole('echo+cut')
  await soon(() => sim.stats.broken === before.broken + 1)
  expect(sim.stats).toEqual({ ...before, begun: before.begun + 1, broken: before.broken + 1 })
})

test('a caller who does not read holds the stream back', async () => {
  const body = JSON.stringify({ model: 'echo+big=10000000', stream: true, messages: [{ role: 'user', content: 'x' }] })
  const socket = net.connect(sim.port, '127.0.0.1', () => {
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: sim\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  })
  socket.pause()
  await soon(() => sim.stats.openStreams === 1)
  const before = process.memoryUsage.rss()
  // Two million tokens would be half a gigabyte: had they been made, they would be here.
  for (let i = 0; i < 200; i++) await new Promise(resolve => setImmediate(resolve))
  expect(process.memoryUsage.rss() - before).toBeLessThan(100_000_000)
  expect(sim.stats.openStreams).toBe(1)
  socket.destroy()
  await soon(() => sim.stats.openStreams === 0)
})

test('a sim that stops breaks what is open and is gone', async () => {
  const mine = startSim()
  const stalled = fetch(`${mine.url}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'echo+stall=1', stream: true, messages: [{ role: 'user', content: 'one two' }] }),
  })
  const response = await stalled
  const read = response.text().then(
    () => 'whole',
    () => 'broken',
  )
  await mine.stop()
  expect(await read).toBe('broken')
  expect(mine.stats.inFlight).toBe(0)
  expect(await fetch(mine.url).catch(() => 'refused')).toBe('refused')
})
