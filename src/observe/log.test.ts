import { expect, test } from 'bun:test'
import { join } from 'node:path'
import fc from 'fast-check'
import { Secret } from '../lib/secret.ts'
import { Fault } from '../model/fault.ts'
import type { Record } from '../model/record.ts'
import { type LogLevel, openLog } from './log.ts'
import { scrub } from './redact.ts'
import { sampleRecord } from './sample.test-data.ts'

const canary = 'thal_c4n4ryC4N4RY0123456789'

function capture(level: LogLevel = 'info') {
  const texts: string[] = []
  const log = openLog({ level, write: text => void texts.push(text) })
  const lines = () => texts.map(text => JSON.parse(text))
  return { log, lines, text: () => texts.join('') }
}

test('a request is one line with its figures, and what is not known is left out', () => {
  const { log, lines, text } = capture()
  log.request(sampleRecord())
  expect(text().match(/\n/g)).toHaveLength(1)
  expect(text().endsWith('\n')).toBe(true)
  const { time, ...rest } = lines()[0]
  expect(new Date(time).toISOString()).toBe(time)
  expect(rest).toEqual({
    level: 'info',
    event: 'request',
    request_id: 'req_1',
    operation: 'chat',
    dialect: 'openai-chat',
    stream: true,
    key: 'dev',
    team: 'core',
    model_asked: 'openai/gpt-5-mini',
    provider: 'openai',
    model: 'gpt-5-mini',
    status: 200,
    code: 'ok',
    stop_reason: 'stop',
    attempts: 1,
    usage: { input: 100, cache_read: 20, cache_write: 3, output: 40, reasoning: 7 },
    cost_usd: '0.00000125',
    ttft_ms: 400.123,
    duration_ms: 812.5,
    overhead_ms: 0.412,
    bytes_in: 250,
    bytes_out: 900,
    lost: ['logit_bias'],
    tags: ['a', 'b'],
  })
})

test('the fields of a line stand in one order, whichever of them are known', () => {
  const { log, lines } = capture()
  const all = { message: 'm', traceId: 't', task: 'k', user: 'u' }
  log.request(sampleRecord({ ...all, code: 'internal', status: 500 }), 'why')
  log.request(sampleRecord({ usage: undefined, firstTokenMs: undefined, team: undefined }))
  const [full = [], bare = []] = lines().map(line => Object.keys(line))
  expect(full.join(' ')).toBe(
    'time level event request_id trace_id operation dialect stream key team model_asked provider model status code ' +
      'message stop_reason attempts usage cost_usd ttft_ms duration_ms overhead_ms bytes_in bytes_out lost task user ' +
      'tags cause',
  )
  expect(bare).toEqual(
    full.filter(name => !['trace_id', 'team', 'message', 'usage', 'ttft_ms', 'task', 'user', 'cause'].includes(name)),
  )
})

test('each line has the time of its writing', () => {
  let wall = 0
  const texts: string[] = []
  const clock = { now: () => 0, wall: () => wall, after: () => () => undefined }
  const log = openLog({ level: 'info', write: text => void texts.push(text), clock })
  for (wall of [1_790_000_000_000, 1_790_000_000_000, 1_790_000_000_001, 1_790_000_000_000]) log.request(sampleRecord())
  const end = (text: string) => JSON.parse(text).time.slice(-4)
  expect(texts.map(end)).toEqual(['000Z', '000Z', '001Z', '000Z'])
})

test('whatever a caller writes, its request is one line that says it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), said => {
      const { log, text, lines } = capture()
      log.request(sampleRecord({ modelAsked: said, user: said, tags: [said] }))
      expect(text().indexOf('\n')).toBe(text().length - 1)
      expect(lines()[0]).toMatchObject({ model_asked: scrub(said), user: scrub(said), tags: [scrub(said)] })
    }),
    { examples: [['"'], ['\\'], ['a\nb'], ['\ud800'], ['grün 🌱']] },
  )
})

test('an unknown cost is null, never zero; a known cost of nothing is zero', () => {
  const { log, lines } = capture()
  log.request(sampleRecord({ cost: undefined }))
  log.request(sampleRecord({ cost: 0 }))
  expect(lines().map(line => line.cost_usd)).toEqual([null, '0'])
})

const levels: readonly [LogLevel, readonly string[]][] = [
  ['debug', ['info', 'info', 'warn', 'error', 'info', 'error']],
  ['info', ['info', 'info', 'warn', 'error', 'info', 'error']],
  ['warn', ['warn', 'error', 'error']],
  ['error', ['error', 'error']],
  ['silent', []],
]

test.each(levels)('at the level %s the lines are %j', (level, expected) => {
  const { log, lines } = capture(level)
  log.request(sampleRecord())
  log.request(sampleRecord({ status: 401, code: 'unauthenticated' }))
  log.request(sampleRecord({ status: 502, code: 'upstream_failed' }))
  log.request(sampleRecord({ status: 500, code: 'internal' }))
  log.event('reload', {})
  log.error('The store is gone.', new Error('x'))
  expect(lines().map(line => line.level)).toEqual([...expected])
})

test('an event carries its fields, an error its cause', () => {
  const { log, lines } = capture()
  log.event('listening', { address: 'http://127.0.0.1:4000', secret: new Secret(canary) })
  log.error('The reload failed.', new Fault('internal', 'outer', { cause: new Error('inner') }))
  expect(lines()[0]).toMatchObject({ event: 'listening', address: 'http://127.0.0.1:4000', secret: '•••' })
  expect(lines()[1]).toMatchObject({
    event: 'error',
    message: 'The reload failed.',
    cause: { name: 'Fault', code: 'internal', message: 'outer', cause: { message: 'inner' } },
  })
})

test('fields of an event cannot put on another time or level', () => {
  const { log, lines } = capture()
  log.event('key', { level: 'silent', time: 'never', event: 'other' })
  expect(lines()[0]).toMatchObject({ level: 'info', event: 'key' })
  expect(lines()[0].time).not.toBe('never')
})

function causeFullOf(secret: string): Error {
  const error = new Fault('upstream_failed', `refused ${secret}`, {
    cause: Object.assign(new Error(`GET /?key=${secret}`), { code: secret, headers: { authorization: secret } }),
    said: { dialect: 'openai-chat', contentType: secret, body: secret },
    param: secret,
  })
  error.stack = `Error: Bearer ${secret}\n    at ${secret}`
  return Object.assign(new AggregateError([error, secret, { secret }], secret, { cause: { deep: [secret, error] } }), {
    name: secret,
    [secret.slice(0, 3)]: secret,
    secret: new Secret(secret),
    request: { headers: new Headers({ authorization: secret }), body: secret },
  })
}

test('a credential in any field of a cause, and in any text that a caller chose, is never in the log', () => {
  const { log, text } = capture()
  const chosen: Partial<Record> = {
    modelAsked: canary,
    model: canary,
    message: `No model ${canary}.`,
    task: canary,
    user: canary,
    tags: [canary],
    lost: [canary],
  }
  log.request(sampleRecord({ ...chosen, code: 'internal', status: 500 }), causeFullOf(canary))
  log.error(`failed with ${canary}`, causeFullOf(canary))
  log.event('reload', { cause: causeFullOf(canary), nested: [{ note: canary }] })
  expect(text().split('\n')).toHaveLength(4)
  expect(text()).not.toContain(canary.slice(5))
})

test('a line that cannot be printed is said to be so, and nothing is thrown', () => {
  const { log, lines } = capture()
  const trap = {
    get field(): string {
      throw new Error('no')
    },
  }
  log.event('reload', trap)
  expect(lines()[0]).toMatchObject({ event: 'error', cause: { message: 'no' } })
})

const child = (code: string) => [
  process.execPath,
  '-e',
  `import { openLog } from ${JSON.stringify(join(import.meta.dir, 'log.ts'))}\n${code}`,
]

test('lines reach stdout before the process exits', async () => {
  const run = Bun.spawn(
    child(`const log = openLog({ level: 'info' })
      for (let i = 0; i < 1000; i++) log.event('n', { i })
      log.close()
      process.exit(0)`),
    { stdout: 'pipe' },
  )
  const texts = (await new Response(run.stdout).text()).trimEnd().split('\n')
  expect(texts.map(text => JSON.parse(text).i)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
})

test('a reader of stdout that leaves neither kills the process nor keeps it from exiting', async () => {
  const run = Bun.spawn(
    [
      'sh',
      '-c',
      '"$@" | true; wait',
      'sh',
      ...child(`let lost = 0
      const log = openLog({ level: 'info', onDrop: lines => { lost += lines } })
      await Bun.stdin.text()
      log.event('to nobody', { filler: 'x'.repeat(40_000) })
      while (lost === 0) await new Promise(resolve => setImmediate(resolve))
      log.event('to nobody', {})
      log.close()
      console.error('lost', lost)`),
    ],
    { stdin: 'pipe', stderr: 'pipe' },
  )
  await run.stdin.end()
  expect(await new Response(run.stderr).text()).toContain('lost 2')
  expect(await run.exited).toBe(0)
})

test('a decision is a line of its own, with the request and the trace that it was for, and shows no secret', () => {
  const { log, lines, text } = capture()
  const target = { provider: 'p', model: canary }
  const about = { requestId: 'req_1', traceId: 't' }
  log.happening({ type: 'retry', target, reason: 'timeout', status: 504, waitedMs: 200 }, about)
  log.happening({ type: 'shed', reason: 'lag' }, undefined)
  const [first, second] = lines()
  expect(first).toMatchObject({
    ...{ level: 'info', event: 'retry', request_id: 'req_1', trace_id: 't' },
    ...{ reason: 'timeout', status: 504, waited_ms: 200 },
  })
  expect(second).toMatchObject({ event: 'shed', reason: 'lag' })
  expect(text()).not.toContain(canary)
})
