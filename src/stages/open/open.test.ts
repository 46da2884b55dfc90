import { describe, expect, test } from 'bun:test'
import { fakeClock } from '../../../test/fakes/clock.ts'
import { sampleVisit } from '../../../test/fakes/visit.ts'
import { plainText } from '../../lib/byte-text.ts'
import { Fault } from '../../model/fault.ts'
import { open } from './open.ts'
import { readBody } from './read-body.ts'

const chat = '{ "model":"m", "messages":[{"role":"user","content":"h\\u00e9 🚢"}], "seed":18446744073709551615 }\n'

const opened = (body: string | Uint8Array<ArrayBuffer>, type: string | undefined = 'application/json', most = 1000) => {
  const visit = sampleVisit({ body, headers: type === undefined ? {} : { 'content-type': type } })
  if (type === undefined) visit.request.headers.delete('content-type')
  return { visit, letter: open(visit, { clock: fakeClock(), maxBody: most, strict: false }) }
}

async function refusalOf(opening: unknown): Promise<Fault> {
  const error = await Promise.resolve(opening).then(
    () => undefined,
    error => error as unknown,
  )
  if (!(error instanceof Fault)) throw new Error(`No fault: ${String(error)}`)
  return error
}

describe('a request is opened', () => {
  test('with its text as it came, its fields, and what it asks', async () => {
    const { visit, letter } = opened(chat)
    const { text, fields, call, body } = await letter
    expect(plainText(text)).toBe(chat)
    expect(body).toEqual(JSON.parse(chat))
    expect(fields.map(field => field.name)).toEqual(['model', 'messages', 'seed'])
    expect(call).toEqual({ operation: 'chat', model: 'm', stream: false, wantsUsage: false })
    expect(visit.diary.bytesIn).toBe(Buffer.byteLength(chat))
  })

  const types = [
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/vnd.api+json',
    undefined,
  ]
  test.each(types)('of the type %p', async type => {
    expect(plainText((await opened(chat, type).letter).text)).toBe(chat)
  })
})

describe('what a request says beyond ASCII', () => {
  const said = { model: 'größe', messages: [{ role: 'user', content: '“🚢”' }] }

  test('is the same as if it were escaped', async () => {
    const escaped = JSON.stringify(said).replace(
      /[^\0-\x7f]/g,
      c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    for (const text of [JSON.stringify(said), escaped]) {
      const { body, call } = await opened(text).letter
      expect(body).toEqual(said)
      expect(call.model).toBe('größe')
    }
  })

  test('stands in its fields where its bytes are', async () => {
    const { text, fields } = await opened(JSON.stringify({ ä: '🚢', model: 'm', messages: said.messages })).letter
    expect(fields.map(({ name, start, end }) => [name, plainText(text.slice(start, end))]).slice(0, 2)).toEqual([
      ['ä', '"🚢"'],
      ['model', '"m"'],
    ])
  })

  test('is told in its own letters where it is refused', async () => {
    const cases = [
      ['{"model":"größe","messages":[{"role":"user"},"ß"]}', 'ß'],
      ['{"größe":1,"gr\\u00f6ße":2}', 'größe'],
      ['{"model":"m", ß}', 'ß'],
    ] as const
    for (const [text, word] of cases) expect((await refusalOf(opened(text).letter)).message).toContain(word)
  })
})

describe('a request is refused, in a sentence,', () => {
  const cases: readonly (readonly [string, string | Uint8Array<ArrayBuffer>, string, string])[] = [
    ['of another type', chat, 'text/plain', "instead of 'text/plain'"],
    ['that looks like JSON only in its name', chat, 'application/jsonp', 'application/jsonp'],
    ['without a body', '', 'application/json', 'empty'],
    ['that is no JSON', '{"model":', 'application/json', 'not valid JSON'],
    ['that is a list', '[]', 'application/json', 'JSON object'],
    ['that is null', 'null', 'application/json', 'JSON object'],
    ['that is no UTF-8', new Uint8Array([123, 34, 0xff, 34, 58, 49, 125]), 'application/json', 'UTF-8'],
    ['that begins with a byte order mark', `\ufeff${chat}`, 'application/json', 'not valid JSON'],
    ['that says a thing twice', '{"model":"a","messages":[],"model":"b"}', 'application/json', "'model' stands twice"],
    ['that is too deep', `{"a":${'['.repeat(300)}${']'.repeat(300)}}`, 'application/json', 'deeper than 256'],
  ]
  test.each([...cases])('%s', async (_, body, type, words) => {
    const fault = await refusalOf(opened(body, type).letter)
    expect([fault.code, fault.status]).toEqual(['invalid_request', 400])
    expect(fault.message).toContain(words)
  })

  test('with the field that stands twice', async () => {
    expect((await refusalOf(opened('{"seed":1,"seed":2}').letter)).param).toBe('seed')
  })
})

describe('how long a caller waits', () => {
  const patienceOf = async (headers: Readonly<Record<string, string>>): Promise<number | undefined> => {
    const world = { clock: fakeClock(), maxBody: 1000, strict: false }
    const visit = sampleVisit({ body: chat, headers: { 'content-type': 'application/json', ...headers } })
    return (await open(visit, world)).patienceMs
  }

  test.each([
    [{}, undefined],
    [{ 'x-thalamus-timeout': '2.5' }, 2500],
    [{ 'x-thalamus-deadline': '0.5' }, 500],
    [{ 'x-thalamus-timeout': '3', 'x-thalamus-deadline': '7' }, 3000],
    [{ 'x-thalamus-timeout': '7', 'x-thalamus-deadline': '3' }, 3000],
  ] as const)('%j is %p ms', async (headers, ms) => expect(await patienceOf(headers)).toBe(ms))

  test.each(['x-thalamus-timeout', 'x-thalamus-deadline'])(
    'is refused where %s is no number of seconds',
    async name => {
      for (const text of ['', 'soon', '0', '-1', 'Infinity'])
        expect((await refusalOf(patienceOf({ [name]: text }))).message).toContain(`${name} must be a number of seconds`)
    },
  )
})

test('a body that is packed is refused by its name, and one that says it is not is read', async () => {
  const asked = (encoding: string) =>
    open(sampleVisit({ body: chat, headers: { 'content-encoding': encoding } }), {
      clock: fakeClock(),
      maxBody: 1000,
      strict: false,
    })
  const fault = await refusalOf(asked('gzip'))
  expect([fault.code, fault.status, fault.message]).toEqual(['invalid_request', 415, expect.stringContaining('gzip')])
  expect((await asked('Identity')).call.model).toBe('m')
})

describe('a model', () => {
  const asking = (model: string) => opened(`{"model":"${model}","messages":[{"role":"user","content":"hi"}]}`).letter

  test('whose name is as long as any is asked for', async () => {
    expect((await asking('m'.repeat(256))).call.model).toHaveLength(256)
  })

  test('whose name is longer is none, and its name is not repeated', async () => {
    const fault = await refusalOf(asking(`sim/echo${'+pace=0'.repeat(100)}`))
    expect([fault.code, fault.status, fault.param]).toEqual(['model_not_found', 404, 'model'])
    expect(fault.message).toBe("The model's name has 708 characters, and no model here has more than 256.")
  })
})

describe('a priority', () => {
  const priorityOf = async (text: string): Promise<number | undefined> => {
    const headers = { 'content-type': 'application/json', 'x-thalamus-priority': text }
    const world = { clock: fakeClock(), maxBody: 1000, strict: false }
    return (await open(sampleVisit({ body: chat, headers }), world)).priority
  }

  test.each([
    ['high', 10],
    [' Normal ', 0],
    ['low', -10],
    ['-100', -100],
    ['2.5', 2.5],
    ['0', 0],
  ])('%p is %p', async (text, priority) => expect(await priorityOf(text)).toBe(priority))

  test.each(['', ' ', 'urgent', '101', '-101', 'Infinity', 'toString'])('%p is none', async text => {
    const fault = await refusalOf(priorityOf(text))
    expect([fault.code, fault.message]).toEqual([
      'invalid_request',
      expect.stringContaining('x-thalamus-priority must be'),
    ])
  })
})

/** A body of unknown length, as it comes. */
function trickling(reads: readonly string[], ending: 'end' | 'break' | 'hang' = 'end') {
  const seen = { asked: 0, cancelled: false }
  const rest = [...reads]
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        seen.asked++
        const read = rest.shift()
        if (read !== undefined) return controller.enqueue(Buffer.from(read))
        if (ending === 'end') return controller.close()
        if (ending === 'break') return controller.error(new Error('gone'))
        return new Promise<void>(() => undefined)
      },
      cancel() {
        seen.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { request: new Request('http://127.0.0.1/', { method: 'POST', body }), headers: {}, seen }
}

describe('a body', () => {
  test('of exactly what is allowed is read, and one byte more is too large', async () => {
    const clock = fakeClock()
    expect(Buffer.from(await readBody(trickling(['ab', 'cd']), 4, clock)).toString()).toBe('abcd')
    expect((await refusalOf(readBody(trickling(['ab', 'cde']), 4, clock))).code).toBe('too_large')
    expect(clock.waiting()).toBe(0)
  })

  test('of declared length is refused before it is read', () => {
    const { request, seen } = trickling(['abcde'])
    const declared = { request, headers: { 'content-length': '5' } }
    expect(() => readBody(declared, 4, fakeClock())).toThrow('4 bytes')
    expect(seen.asked).toBe(0)
  })

  test('of unknown length is refused at the read that passes the limit, and no more of it is read', async () => {
    const { request, seen } = trickling(['abc', 'def', 'ghi', 'jkl'])
    const fault = await refusalOf(readBody({ request, headers: {} }, 5, fakeClock()))
    expect([fault.code, fault.status]).toEqual(['too_large', 413])
    expect(seen).toEqual({ asked: 2, cancelled: true })
  })

  test('that stops half-way is given up in time', async () => {
    const clock = fakeClock()
    const reading = refusalOf(readBody(trickling(['abc'], 'hang'), 640, clock))
    clock.advance(30_009)
    expect(clock.waiting()).toBe(1)
    clock.advance(1)
    const fault = await reading
    expect([fault.code, fault.status]).toEqual(['invalid_request', 408])
  })

  test('whose sender leaves is a caller that left', async () => {
    const clock = fakeClock()
    const fault = await refusalOf(readBody(trickling(['abc'], 'break'), 100, clock))
    expect([fault.code, fault.status, clock.waiting()]).toEqual(['client_closed', 499, 0])
  })
})
