import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import {
  ask,
  type Event,
  eventsOf,
  type Heard,
  type Tongue,
  tongues,
  type Wire,
  type Wish,
} from '../../test/fakes/tongues.ts'
import { type Sim, startSim } from './sim.ts'

let sim: Sim
beforeAll(() => {
  sim = startSim()
})
afterAll(() => sim.stop())

const tools = [{ name: 'weather', schema: { type: 'object', properties: { city: { type: 'string' } } } }]
const calling: Wish = { tools }
const echoing: Wish = { said: 'one two three' }

type Taken = {
  readonly status: number
  readonly bytes: Uint8Array
  readonly broken: boolean
  readonly headers: Headers
}

/** All that comes before the body ends, or the connection. */
async function take(tongue: Tongue, model: string, wish: Wish, stream = true, headers = {}): Promise<Taken> {
  const response = await ask(sim.origin, tongue, model, stream, wish, headers)
  const parts: Uint8Array[] = []
  const taken = (broken: boolean) => ({
    status: response.status,
    bytes: new Uint8Array(Buffer.concat(parts)),
    broken,
    headers: response.headers,
  })
  try {
    for await (const part of response.body ?? []) parts.push(part)
    return taken(false)
  } catch {
    return taken(true)
  }
}

const eventsIn = (tongue: Tongue, { bytes }: Taken): readonly Event[] => eventsOf(tongue, bytes)
const streamed = async (tongue: Tongue, model: string, wish: Wish): Promise<readonly Event[]> =>
  eventsIn(tongue, await take(tongue, model, wish))
const heard = async (tongue: Tongue, model: string, wish: Wish): Promise<Heard> =>
  tongue.hear(await streamed(tongue, model, wish))

/** What comes after the last whole event. */
function rest(tongue: Tongue, { bytes }: Taken): Uint8Array {
  const all = Buffer.from(bytes)
  if (tongue.binary !== true)
    return all.subarray(Math.max(all.lastIndexOf('\n\n') + 2, all.lastIndexOf('\r\n\r\n') + 4, 0))
  let at = 0
  while (at + 4 <= all.length && at + all.readUInt32BE(at) <= all.length) at += all.readUInt32BE(at)
  return all.subarray(at)
}

const bodyOf = ({ data }: Event): Wire => {
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

/** How many events come before the argument's first piece has come, that piece included. */
const firstPiece: Readonly<Record<string, RegExp>> = {
  'openai-chat': /"function":\{"arguments":"[^"]/,
  'openai-responses': /function_call_arguments\.delta/,
  'anthropic-messages': /"partial_json":"[^"]/,
  'gemini-generate': /"functionCall"/,
  'bedrock-converse': /"toolUse":\{"input":"/,
  'cohere-chat': /tool-call-delta/,
}

/** How many events the usage and what comes after it are. */
const sinceUsage: Readonly<Record<string, number>> = {
  'openai-chat': 2,
  'openai-responses': 1,
  'anthropic-messages': 2,
  'gemini-generate': 1,
  'bedrock-converse': 1,
  'cohere-chat': 2,
}

const opens = (tongue: Tongue): number => (tongue.id === 'gemini-generate' ? 0 : 1)

const places: readonly (readonly [string, (whole: readonly Event[], tongue: Tongue) => number])[] = [
  ['headers', () => 0],
  ['start', (_, tongue) => opens(tongue)],
  ['call', (whole, { id }) => 1 + whole.findIndex(({ data }) => firstPiece[id]?.test(data))],
  ['usage', (whole, { id }) => whole.length - (sinceUsage[id] ?? 0)],
  ['end', whole => whole.length - 1],
]

describe.each(tongues.map(tongue => [tongue.id, tongue] as const))('in %s', (id, tongue) => {
  describe.each(places)('at %s,', (place, expected) => {
    test.each(['cut', 'drop', 'close'])('%s lets through what comes before and no more', async how => {
      const whole = await streamed(tongue, 'tools', calling)
      const taken = await take(tongue, `tools+${how}=${place}`, calling)
      expect(taken.status).toBe(200)
      expect(taken.broken).toBe(how !== 'close')
      const events = eventsIn(tongue, taken)
      expect(events).toHaveLength(expected(whole, tongue))
      expect(events.map(({ event }) => event)).toEqual(whole.slice(0, events.length).map(({ event }) => event))
    })

    test('half a frame is the last that comes', async () => {
      const whole = await streamed(tongue, 'tools', calling)
      const halved = await take(tongue, `tools+half-frame=${place}`, calling)
      expect(halved.broken).toBe(false)
      expect(rest(tongue, halved).length).toBeGreaterThan(2)
      const events = eventsIn(tongue, { ...halved, bytes: halved.bytes.subarray(0, -rest(tongue, halved).length) })
      expect(events).toHaveLength(expected(whole, tongue))
    })
  })

  test.each([
    [0, ''],
    [1, 'one'],
    [2, 'one two'],
  ])('a cut after %d tokens leaves so many', async (tokens, text) => {
    expect((await heard(tongue, `echo+cut=${tokens}`, echoing)).text).toBe(text)
  })

  test('a whole answer is cut too', async () => {
    const { status, broken, bytes } = await take(tongue, 'echo+cut', echoing, false)
    expect([status, broken]).toEqual([200, true])
    expect(bytes.length).toBeGreaterThan(10)
    expect(await take(tongue, 'echo+cut=headers', echoing, false)).toMatchObject({ status: 200, broken: true })
  })

  test('malformed puts in a frame that is no JSON, and goes on', async () => {
    const events = await streamed(tongue, 'echo+malformed', echoing)
    const odd = events.filter(event => event.data !== '[DONE]' && bodyOf(event) === undefined)
    expect(odd).toHaveLength(1)
    expect(tongue.hear(events.filter(event => !odd.includes(event))).text).toBe('one two three')
  })

  test.each([true, false])('bad-utf8 is no UTF-8 (stream: %p)', async stream => {
    const { bytes } = await take(tongue, 'echo+bad-utf8', echoing, stream)
    const payloads = tongue.binary === true && stream ? eventsOf(tongue, bytes).map(({ data }) => data) : undefined
    if (payloads === undefined) expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow()
    else expect(payloads.join('')).toContain('\ufffd')
  })

  test('bad-crc is a frame whose checksum is wrong, where there are frames', async () => {
    const taken = await take(tongue, 'echo+bad-crc', echoing)
    if (tongue.binary === true) expect(() => eventsIn(tongue, taken)).toThrow('checksum of the frame')
    else expect(tongue.hear(eventsIn(tongue, taken)).text).toBe('one two three')
  })

  test('error-chunk has an error beside what is said', async () => {
    const events = await streamed(tongue, 'echo+error-chunk', echoing)
    const [odd, ...others] = events.filter(event => bodyOf(event)?.error?.message === 'Provider returned error')
    expect(others).toEqual([])
    expect(Object.keys(bodyOf(odd as Event)).length).toBeGreaterThan(1)
    expect(tongue.hear(events).text).toBe('one two three')
  })

  test('error-after ends with an error of the dialect', async () => {
    const { bytes, broken } = await take(tongue, 'echo+error-after=2', echoing)
    const events = eventsOf(tongue, bytes)
    expect(broken).toBe(false)
    const last = events.at(-1) as Event
    expect(tongue.fault(bodyOf(last))).toBe('Provider returned error')
    expect(last.event).toBe(failing[id] ?? '')
    expect(events.map(({ data }) => data).join('')).toContain('two')
    expect(events.map(({ data }) => data).join('')).not.toContain('three')
  })

  test('error200 is an error where the answer should be', async () => {
    const events = await streamed(tongue, 'echo+error200', echoing)
    expect(events.map(event => tongue.fault(bodyOf(event)))).toEqual(['Provider returned error'])
    const whole = await take(tongue, 'echo+error200', echoing, false)
    expect(whole.status).toBe(200)
    expect(tongue.fault(JSON.parse(new TextDecoder().decode(whole.bytes)))).toBe('Provider returned error')
  })

  test('start-twice opens twice', async () => {
    const [first, ...others] = await streamed(tongue, 'echo+start-twice', echoing)
    const again = others.filter(
      ({ data }) =>
        data.replace(/"(obfuscation|sequence_number|p)":[^,}]*/g, '') ===
        first?.data.replace(/"(obfuscation|sequence_number|p)":[^,}]*/g, ''),
    )
    expect(again).toHaveLength(opens(tongue))
  })

  test('usage-twice says the usage twice', async () => {
    const times = async (model: string) =>
      (await streamed(tongue, model, echoing)).filter(event => tongue.hear([event]).completion === 3).length
    expect(await times('echo')).toBe(id === 'gemini-generate' ? 2 : 1)
    expect(await times('echo+usage-twice')).toBe((await times('echo')) + 1)
  })

  test('index-gaps leaves numbers out, and is understood', async () => {
    const { calls } = await heard(tongue, 'tools+parallel=2+index-gaps', calling)
    expect(calls.map(({ args }) => args)).toEqual([{ city: expect.any(String) }, { city: expect.any(String) }])
    const bodies = (await streamed(tongue, 'tools+parallel=2+index-gaps', calling)).map(bodyOf)
    const seen = bodies.map(body => indexIn(body)).filter(index => index !== undefined)
    if (id !== 'gemini-generate') expect([...new Set(seen)]).toEqual([1, 3])
  })

  test('string-numbers has no number', async () => {
    const events = await streamed(tongue, 'echo+string-numbers', echoing)
    const texts = events.map(({ data }) => data.replace(/"sequence_number":\d+/, ''))
    expect(texts.filter(data => /[:[,]-?\d/.test(data.replace(/"(?:[^"\\]|\\.)*"/g, '""')))).toEqual([])
  })

  test('what is left out is not there', async () => {
    expect(await heard(tongue, 'echo+no-usage', echoing)).toMatchObject({ prompt: undefined, text: 'one two three' })
    expect(await heard(tongue, 'echo+no-finish', echoing)).toMatchObject({ finish: undefined, text: 'one two three' })
    const whole = await streamed(tongue, 'echo', echoing)
    const less = await streamed(tongue, 'echo+no-done', echoing)
    expect(less.length).toBeLessThan(whole.length)
    const read = async (model: string) => {
      const { bytes } = await take(tongue, model, echoing, false)
      return tongue.read(JSON.parse(new TextDecoder().decode(bytes)))
    }
    expect(await read('echo+no-usage')).toMatchObject({ prompt: undefined })
    expect((await read('echo+no-finish')).finish).toBeUndefined()
  })

  test.each(['comments', 'crlf', 'split=7', 'pace=1', 'first=1'])('with %s the same is said', async asked => {
    const taken = await take(tongue, `echo+${asked}`, echoing)
    expect(tongue.hear(eventsIn(tongue, taken).filter(({ event }) => event !== 'keepAlive'))).toEqual(
      await heard(tongue, 'echo', echoing),
    )
  })

  test('html and empty are 200 and no answer', async () => {
    const html = await take(tongue, 'echo+html', echoing)
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await take(tongue, 'echo+empty', echoing)).toMatchObject({ status: 200, bytes: new Uint8Array() })
  })

  test.each([429, 500, 503])('%d is an error of the dialect', async status => {
    const { bytes, ...rest } = await take(tongue, `echo+${status}`, echoing)
    expect(rest.status).toBe(status)
    expect(tongue.fault(JSON.parse(new TextDecoder().decode(bytes)))).toBeString()
  })

  test('reset breaks off before a byte was sent', async () => {
    expect(await ask(sim.origin, tongue, 'echo+reset', true, echoing).catch(() => 'broken')).toBe('broken')
  })

  test('a 429 says when to come back, or not', async () => {
    const late = await take(tongue, 'echo+429=7', echoing)
    const bare = await take(tongue, 'echo+429-bare', echoing)
    const said = ({ headers, bytes }: Taken) => `${headers.get('retry-after')} ${new TextDecoder().decode(bytes)}`
    expect(said(late)).toMatch(id === 'gemini-generate' ? /"retryDelay":"7s"/ : /^7 /)
    expect(said(bare)).toStartWith('null')
    expect(said(bare)).not.toContain('retryDelay')
  })

  test('auth wants its key, and says so with its own status', async () => {
    const statusWith = async (headers: object) => {
      const path = sim.origin + tongue.path('echo+auth', false)
      const { authorization: ___, 'x-api-key': _, 'x-goog-api-key': __, ...rest } = tongue.headers
      const body = JSON.stringify(tongue.body('echo+auth', false, {}))
      return (await fetch(path, { method: 'POST', headers: { ...rest, ...headers }, body })).status
    }
    expect(await statusWith(tongue.headers)).toBe(200)
    expect(await statusWith({})).toBe(id === 'gemini-generate' || id === 'bedrock-converse' ? 403 : 401)
    const wrong = { 'gemini-generate': 400, 'bedrock-converse': 403 }[id] ?? 401
    expect(await statusWith({ authorization: 'Bearer other' })).toBe(wrong)
  })
})

/** What the last event of a stream that fails is called. */
const failing: Readonly<Record<string, string>> = {
  'openai-responses': 'response.failed',
  'anthropic-messages': 'error',
  'bedrock-converse': 'internalServerException',
  'cohere-chat': 'message-end',
}

/** The number of the block or the call that an event is about. */
function indexIn(body: Wire): number | undefined {
  const call = body?.choices?.[0]?.delta?.tool_calls?.[0]?.index
  return call ?? body?.output_index ?? body?.contentBlockIndex ?? body?.index
}

test('gemini leaves the ids of calls out when told to', async () => {
  const gemini = tongues.find(({ id }) => id === 'gemini-generate') as Tongue
  const { calls } = await heard(gemini, 'tools+no-ids', calling)
  expect(calls).toEqual([{ name: 'weather', args: { city: expect.any(String) }, id: undefined }])
})
