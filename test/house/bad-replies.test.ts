import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { rowOf, settled } from '../fakes/ledger.ts'
import { callers, type DialectId, dialects, providerKey, providersAt, type Six, startSix } from '../fakes/six.ts'
import { startThalamus, type Thalamus } from '../fakes/thalamus.ts'
import { eventsOf, type Heard, type Tongue, tongues } from '../fakes/tongues.ts'
import { reply, type Script, scriptedUpstream, stream, type Upstream } from '../fakes/upstream.ts'
import { complaintsAbout as anthropic } from '../wire/machines/anthropic-messages.ts'
import { complaintsAbout as gemini } from '../wire/machines/gemini-generate.ts'
import { complaintsAbout as chat } from '../wire/machines/openai-chat.ts'
import { complaintsAbout as responses } from '../wire/machines/openai-responses.ts'

/**
 * Whatever a provider writes instead of a reply, its caller gets in another dialect a stream that is right, or one that
 * ends with an error: never one that was cut and looks whole. Each request is tried once, so that failures are seen.
 */

// Processes are started here, and a busy machine may take its time over that.
setDefaultTimeout(20_000)

type Caller = (typeof callers)[number]
type Pair = { readonly caller: Caller; readonly provider: DialectId }
/** `silent`: whole, and without a word. */
type Verdict = 'whole' | 'failed' | 'either' | 'silent'

const machines: Readonly<Record<Caller, (text: string) => string[]>> = {
  'openai-chat': chat,
  'openai-responses': responses,
  'anthropic-messages': anthropic,
  'gemini-generate': gemini,
}

const pairs: readonly Pair[] = callers.flatMap(caller =>
  dialects.filter(id => id !== caller).map(provider => ({ caller, provider })),
)

let six: Six
let upstream: Upstream
let scripted: Thalamus
beforeAll(async () => {
  ;[six, upstream] = await Promise.all([startSix(), scriptedUpstream()])
  const config = { providers: providersAt(new URL(upstream.url).origin) }
  scripted = await startThalamus({ config, env: { PROVIDER_KEY: providerKey } })
})
afterAll(() => Promise.all([six?.stop(), upstream?.stop(), scripted?.stop()]))

const tongueOf = (id: string): Tongue => {
  const tongue = tongues.find(each => each.id === id)
  if (!tongue) throw new Error(`Nobody speaks ${id}.`)
  return tongue
}

const words = 'One two three four five six seven.'
const weather = {
  name: 'weather',
  schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } }, required: ['city'] },
}

type Outcome = {
  readonly status: number
  readonly text: string
  readonly code: string
  readonly stopReason: string | null
  readonly usage: { readonly input: number; readonly output: number } | null
}

type Asking = Pair & {
  readonly model: string
  readonly streamed: boolean
  readonly calls?: boolean
  readonly at: Thalamus
}

async function ask({ caller, provider, model, streamed, calls = false, at }: Asking): Promise<Outcome> {
  const tongue = tongueOf(caller)
  const name = `${provider}/${model}`
  const response = await fetch(at.url + tongue.path(name, streamed), {
    method: 'POST',
    headers: { ...tongue.headers, 'content-type': 'application/json', authorization: `Bearer ${at.key}` },
    body: JSON.stringify(tongue.body(name, streamed, { said: words, ...(calls ? { tools: [weather] } : {}) })),
  })
  const text = await response.text()
  const row = await rowOf(at, response.headers.get('x-request-id') ?? '')
  return { status: response.status, text, code: row.code, stopReason: row.stop_reason, usage: row.usage }
}

/** Whether an event tells of an error, in whatever dialect. */
const isError = (data: string): boolean => {
  if (data === '[DONE]') return false
  const { type, error } = JSON.parse(data) as { readonly type?: string; readonly error?: unknown }
  return type === 'error' || type === 'response.failed' || (error !== undefined && error !== null)
}

/** What the caller reads up to the error, if there is one. */
function read(caller: Caller, text: string): { readonly said: string; readonly failed: boolean } {
  const events = eventsOf(tongueOf(caller), Buffer.from(text)).map(({ data }) => data)
  const said = events.filter(each => !isError(each) && each !== '[DONE]')
  return { said: said.map(each => wordsIn[caller](JSON.parse(each))).join(''), failed: events.some(isError) }
}

// biome-ignore lint/suspicious/noExplicitAny: what came over the wire is of any shape.
type Loose = any

const wordsIn: Readonly<Record<Caller, (event: Loose) => string>> = {
  'openai-chat': ({ choices }) => choices[0]?.delta.content ?? '',
  'openai-responses': ({ type, delta }) => (type === 'response.output_text.delta' ? delta : ''),
  'anthropic-messages': ({ delta }) => delta?.text ?? '',
  'gemini-generate': ({ candidates }) =>
    (candidates?.[0].content.parts ?? []).map((part: Loose) => part.text ?? '').join(''),
}

/** What it amounts to for the caller, if it is whole. */
const heard = (caller: Caller, text: string): Heard =>
  tongueOf(caller).hear(eventsOf(tongueOf(caller), Buffer.from(text)))

/** What is wrong with how it ended; nothing if it is a right stream or an explicit error, and the ledger knows it. */
function oddities(pair: Pair, outcome: Outcome, due: Verdict): readonly string[] {
  const { status, text, code } = outcome
  if (status !== 200) return due !== 'whole' && code !== 'ok' ? refusalOddities(text) : [`${status} ${code}: ${text}`]
  const { failed, said } = read(pair.caller, text)
  const odd = machines[pair.caller](text)
  if (failed ? due === 'whole' || due === 'silent' : due === 'failed')
    odd.push(failed ? `it failed: ${text.slice(-300)}` : 'it looks whole')
  if (failed !== (code !== 'ok')) odd.push(`its row says ${code}`)
  if (due === 'failed' && outcome.stopReason !== null) odd.push(`its row has the stop ${outcome.stopReason}`)
  if (!words.startsWith(said)) odd.push(`it said ${said}`)
  if (!failed && due !== 'silent' && said !== words && heard(pair.caller, text).calls.length === 0)
    odd.push(`it said no more than ${said}`)
  return odd
}

const refusalOddities = (text: string): readonly string[] => {
  const { error, thalamus } = JSON.parse(text) as { readonly error?: { readonly message?: string }; thalamus?: object }
  return error?.message && thalamus ? [] : [`an odd refusal: ${text}`]
}

type Judge = (pair: Pair, outcome: Outcome) => readonly string[]

/** The pairs where something is odd, and what. */
async function odd(
  among: readonly Pair[],
  asking: Pick<Asking, 'model' | 'streamed' | 'calls'>,
  judge: Judge,
): Promise<readonly string[]> {
  const all = await Promise.all(among.map(async pair => judge(pair, await ask({ ...pair, ...asking, at: six.house }))))
  return all.flatMap((complaints, i) =>
    complaints.map(each => `${among[i]?.caller} over ${among[i]?.provider}: ${each}`),
  )
}

type Fault = readonly [how: string, due: Verdict, but?: Partial<Record<DialectId, Verdict>>]

/** What the sim does, and what has to become of it, unless the dialect has a reason to see it otherwise. */
const streams: readonly Fault[] = [
  ['html', 'failed'],
  ['empty', 'failed'],
  ['error200', 'failed'],
  ['500', 'failed'],
  ['half-frame=3', 'failed'],
  ['half-frame=start', 'failed'],
  ['half-frame=end', 'either'],
  ['malformed', 'failed'],
  ['malformed=3+pace=3', 'failed'],
  ['bad-utf8', 'failed'],
  ['bad-utf8=3+pace=3', 'failed'],
  ['error-after=0', 'failed'],
  ['error-after=3+pace=3', 'failed'],
  // An `error` beside what an event says is none where errors are events of their own; OpenAI's has it in `response.completed`.
  ['error-chunk=3+pace=3', 'failed', { 'bedrock-converse': 'whole', 'cohere-chat': 'whole' }],
  ['close', 'failed'],
  ['close=start', 'failed'],
  ['cut', 'failed'],
  ['drop', 'failed'],
  // Where the reason to stop comes with the last event, or is it, there is no telling whether the reply was whole.
  ['no-done', 'whole', { 'openai-responses': 'failed', 'gemini-generate': 'failed', 'cohere-chat': 'failed' }],
  ['no-finish', 'whole', { 'gemini-generate': 'failed' }],
  ['no-usage', 'whole'],
  ['usage-twice', 'whole'],
  ['start-twice', 'whole'],
  ['role-every', 'whole'],
  ['index-gaps', 'whole'],
  ['string-numbers', 'whole'],
  ['comments', 'whole'],
  ['crlf', 'whole'],
  ['split=5', 'whole'],
]

describe.each([...streams])('a stream with %s', (how, due, but = {}) => {
  test(`is ${due} to every caller of another dialect`, async () => {
    const judge: Judge = (pair, outcome) => oddities(pair, outcome, but[pair.provider] ?? due)
    expect(await odd(pairs, { model: `echo+${how}`, streamed: true }, judge)).toEqual([])
  })
})

const callFaults: readonly Fault[] = [
  ['cut=call', 'failed'],
  ['close=call', 'failed'],
  ['half-frame=call', 'failed'],
  ['malformed=call', 'failed'],
  ['error-after=call', 'failed'],
  ['index-gaps+parallel=3', 'whole'],
  ['no-ids+parallel=3', 'whole'],
  ['start-twice+usage-twice', 'whole'],
  ['string-numbers', 'whole'],
  ['split=5', 'whole'],
]

describe.each([...callFaults])('a call in a stream with %s', (how, due) => {
  test(`is ${due} to every caller of another dialect`, async () => {
    const judge: Judge = (pair, outcome) => {
      const complaints = [...oddities(pair, outcome, due)]
      if (outcome.status !== 200 || outcome.code !== 'ok') return complaints
      const { calls } = heard(pair.caller, outcome.text)
      const size = how.includes('parallel') ? 3 : 1
      const whole = calls.filter(({ args }) => Object.keys(args as object).join() === 'city,days')
      if (whole.length !== size) complaints.push(`it called ${JSON.stringify(calls)}`)
      if (new Set(calls.map(({ id }) => id)).size < size) complaints.push('calls share an id')
      return complaints
    }
    expect(await odd(pairs, { model: `tools+${how}`, streamed: true, calls: true }, judge)).toEqual([])
  })
})

describe('the usage', () => {
  test.each([
    ['usage-twice', 'is told once'],
    ['string-numbers', 'is told in numbers'],
  ])('of a stream with %s %s', async how => {
    const judge: Judge = (pair, { text, usage }) => {
      const { prompt, completion } = heard(pair.caller, text)
      return usage && prompt === usage.input && completion === usage.output && completion > 0
        ? []
        : [`${prompt} and ${completion}, where the ledger has ${JSON.stringify(usage)}`]
    }
    expect(await odd(pairs, { model: `echo+${how}`, streamed: true }, judge)).toEqual([])
  })

  test('of a stream that never told it is not known', async () => {
    const judge: Judge = (_, { usage }) => (usage === null ? [] : [JSON.stringify(usage)])
    expect(await odd(pairs, { model: 'echo+no-usage', streamed: true }, judge)).toEqual([])
  })
})

const wholes: readonly (readonly [how: string, due: 'whole' | 'failed'])[] = [
  ['html', 'failed'],
  ['empty', 'failed'],
  ['error200', 'failed'],
  ['half-frame', 'failed'],
  ['malformed', 'failed'],
  ['bad-utf8', 'failed'],
  ['close', 'failed'],
  ['cut', 'failed'],
  ['drop', 'failed'],
  ['string-numbers', 'whole'],
  ['no-usage', 'whole'],
  ['no-finish', 'whole'],
  ['comments', 'whole'],
  ['split=50', 'whole'],
]

describe.each([...wholes])('a whole reply with %s', (how, due) => {
  test(`is ${due} to every caller of another dialect`, async () => {
    const judge: Judge = ({ caller }, { status, text, code }) => {
      if (due === 'failed')
        return status >= 500 && code === 'upstream_failed' ? refusalOddities(text) : [`${status}: ${text}`]
      if (status !== 200 || code !== 'ok') return [`${status}: ${text}`]
      const told = tongueOf(caller).read(JSON.parse(text))
      return told.text === words ? [] : [`it said ${told.text}`]
    }
    expect(await odd(pairs, { model: `echo+${how}`, streamed: false }, judge)).toEqual([])
  })
})

const data = (...bodies: readonly (object | string)[]): string =>
  bodies.map(body => `data: ${typeof body === 'string' ? body : JSON.stringify(body)}\n\n`).join('')

type Named = { readonly type: string; readonly [field: string]: unknown }
const named = (...bodies: readonly Named[]): string =>
  bodies.map(body => `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`).join('')

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
})
const says = chunk({ content: words })
const stops = chunk({}, 'stop')
const nameless = chunk({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] })

const block: readonly Named[] = [
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words } },
  { type: 'content_block_stop', index: 0 },
]
const begins: Named = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 3, output_tokens: 1 },
  },
}
const ends: readonly Named[] = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
]
const stray: Named = { type: 'content_block_delta', index: 4, delta: { type: 'text_delta', text: words } }
const overloaded: Named = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

const candidate = (more: object) => ({
  candidates: [{ content: { role: 'model', parts: [{ text: words }] }, index: 0, ...more }],
})
const unavailable = { error: { code: 503, message: 'Overloaded', status: 'UNAVAILABLE' } }
const counted = { promptTokenCount: 3, totalTokenCount: 3 }
const unheard = { candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }], usageMetadata: counted }
const oddParts = { candidates: [{ content: { parts: {} }, finishReason: 'STOP' }] }

const item = {
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  status: 'completed',
  content: [{ type: 'output_text', text: words, annotations: [] }],
}
const response = (more: object) => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1,
  model: 'm',
  status: 'completed',
  output: [item],
  ...more,
})
const piece: Named = {
  type: 'response.output_text.delta',
  item_id: 'msg_1',
  output_index: 0,
  content_index: 0,
  delta: words,
}
const completed: Named = { type: 'response.completed', response: response({}) }
const failure = { status: 'failed', error: { code: 'server_error', message: 'No.' } }

const spoken = { type: 'content-delta', index: 0, delta: { message: { content: { text: words } } } }
const over = (delta: object) => ({ type: 'message-end', delta })

/** Streams that no simulator should have to know, by who sends them. */
const oddStreams: readonly (readonly [provider: DialectId, name: string, text: string, due: Verdict])[] = [
  ['openai-chat', 'nothing but its closing mark', data('[DONE]'), 'failed'],
  ['openai-chat', 'no reason to stop and no closing mark', data(says), 'failed'],
  ['openai-chat', 'a chunk without choices', data({ id: 'x' }, says, stops, '[DONE]'), 'whole'],
  ['openai-chat', 'choices that are null', data({ ...says, choices: null }, says, stops, '[DONE]'), 'whole'],
  ['openai-chat', 'an error that is a text', data({ error: 'No more.' }), 'failed'],
  ['openai-chat', 'an error in numbers', data(says, { error: { message: 'No.', code: 429 } }), 'failed'],
  ['openai-chat', 'content that is a number', data(chunk({ content: 7 }), stops, '[DONE]'), 'failed'],
  ['openai-chat', 'a list where a chunk should be', data('[1]', says, stops, '[DONE]'), 'failed'],
  ['openai-chat', 'words after its end', data(says, stops, '[DONE]', chunk({ content: 'more' })), 'whole'],
  ['openai-chat', 'its closing mark twice', data(says, stops, '[DONE]', '[DONE]'), 'whole'],
  ['openai-chat', 'no blank line at its end', data(says, stops, '[DONE]').trimEnd(), 'whole'],
  ['openai-chat', 'a call that never got a name', data(nameless, chunk({}, 'tool_calls'), '[DONE]'), 'failed'],
  ['anthropic-messages', 'no beginning', named(...block, ...ends), 'whole'],
  ['anthropic-messages', 'a delta of a block that never began', named(begins, stray, ...ends), 'either'],
  ['anthropic-messages', 'no reason to stop', named(begins, ...block, { type: 'message_stop' }), 'whole'],
  ['anthropic-messages', 'no end at all', named(begins, ...block), 'failed'],
  ['anthropic-messages', 'an error in the middle', named(begins, ...block, overloaded), 'failed'],
  ['anthropic-messages', 'an event that nobody knows', named(begins, { type: 'news' }, ...block, ...ends), 'whole'],
  ['anthropic-messages', 'data that is no JSON', `${named(begins)}data: {"type":\n\n${named(...ends)}`, 'failed'],
  ['gemini-generate', 'a chunk without candidates', data({}, candidate({ finishReason: 'STOP' })), 'whole'],
  [
    'gemini-generate',
    'nothing, as the prompt is blocked',
    data({ promptFeedback: { blockReason: 'SAFETY' } }),
    'silent',
  ],
  ['gemini-generate', 'nothing but a call that could not be read', data(unheard), 'failed'],
  ['gemini-generate', 'no reason to stop', data(candidate({})), 'failed'],
  ['gemini-generate', 'parts that are an object', data(oddParts), 'failed'],
  ['gemini-generate', 'an error in a chunk', data(candidate({}), unavailable), 'failed'],
  ['openai-responses', 'no more than its last event', named(completed), 'whole'],
  ['openai-responses', 'a piece of an item that was never added', named(piece, completed), 'whole'],
  ['openai-responses', 'no end at all', named(piece), 'failed'],
  [
    'openai-responses',
    'a failure at its end',
    named(piece, { type: 'response.failed', response: response(failure) }),
    'failed',
  ],
  [
    'openai-responses',
    'an error as an event',
    named(piece, { type: 'error', ...failure.error, param: null }),
    'failed',
  ],
  ['cohere-chat', 'no beginning', data(spoken, over({ finish_reason: 'COMPLETE' })), 'whole'],
  ['cohere-chat', 'an error at its end', data(spoken, over({ finish_reason: 'ERROR', error: 'No.' })), 'failed'],
  ['bedrock-converse', 'events instead of frames', data(says, stops, '[DONE]'), 'failed'],
]

const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null }

/** Whole replies with nothing in them but what they cost, and who of their callers can make something of them. */
const nothings: readonly (readonly [provider: DialectId, name: string, body: object, but?: Caller])[] = [
  ['openai-chat', 'no choices', { choices: [], usage: { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 } }],
  ['anthropic-messages', 'neither words nor a stop', { ...message, usage: { input_tokens: 3, output_tokens: 0 } }],
  ['gemini-generate', 'no more than its usage', { usageMetadata: counted }],
  ['gemini-generate', 'no candidates', { candidates: [], usageMetadata: counted }],
  // Google's own clients have a word for that.
  ['gemini-generate', 'a call that could not be read', unheard, 'gemini-generate'],
  [
    'openai-responses',
    'no output, as it was cancelled',
    response({ status: 'cancelled', output: [], tools: [weather] }),
  ],
  ['openai-responses', 'no output, as it failed', response({ status: 'failed', output: [], error: null })],
  ['cohere-chat', 'no message', { id: 'x', usage: { tokens: { input_tokens: 3, output_tokens: 0 } } }],
]

describe.each([...nothings])('a whole reply of %s with %s', (provider, _, body, but) => {
  test('is no answer', async () => {
    upstream.play(reply(JSON.stringify(body)))
    const among = callers.filter(caller => caller !== but).map(caller => ({ caller, provider }))
    const asked = among.map(pair => ask({ ...pair, model: 'm', streamed: false, at: scripted }))
    const outcomes = await Promise.all(asked)
    expect(outcomes.map(({ status, code }) => [status, code])).toEqual(among.map(() => [502, 'upstream_failed']))
  })
})

const texts: readonly (readonly [provider: DialectId, body: object])[] = [
  ['openai-chat', { choices: [{ index: 0, message: { role: 'assistant', content: words }, finish_reason: 'stop' }] }],
  ['anthropic-messages', { ...message, content: [{ type: 'text', text: words }], stop_reason: 'end_turn' }],
  ['gemini-generate', candidate({ finishReason: 'STOP' })],
  ['openai-responses', response({})],
  ['cohere-chat', { id: 'x', message: { content: [{ type: 'text', text: words }] }, finish_reason: 'COMPLETE' }],
]

describe.each([...texts])('a stream of %s that comes as one JSON text', (provider, body) => {
  test.each([...callers])('is told to a caller of %s as a stream', async caller => {
    upstream.play(reply(JSON.stringify(body)))
    const outcome = await ask({ caller, provider, model: 'm', streamed: true, at: scripted })
    expect([oddities({ caller, provider }, outcome, 'whole'), outcome.stopReason]).toEqual([[], expect.any(String)])
  })
})

const frames = { headers: { 'content-type': 'application/vnd.amazon.eventstream' } }

describe.each([...oddStreams])('%s with %s', (provider, _, text, due) => {
  test(`is ${due} to every caller of another dialect`, async () => {
    const script: Script = provider === 'bedrock-converse' ? reply(text, frames) : stream(text)
    upstream.play(script)
    const among = pairs.filter(pair => pair.provider === provider)
    const outcomes = await Promise.all(
      among.map(async pair => oddities(pair, await ask({ ...pair, model: 'm', streamed: true, at: scripted }), due)),
    )
    expect(outcomes.flat()).toEqual([])
  })
})

/** `broken`: handed on as it came, so that whoever reads it strictly sees that it is. */
type Native = readonly [how: string, due: 'whole' | 'failed' | 'broken', but?: Partial<Record<Caller, 'failed'>>]

/** Where caller and provider speak alike the bytes are the provider's own, and only an end that is missing is told by us. */
const natives: readonly Native[] = [
  ['html', 'failed'],
  ['empty', 'failed'],
  ['error200', 'failed'],
  ['half-frame=3', 'failed'],
  ['half-frame=start', 'failed'],
  ['malformed=3+pace=3', 'broken'],
  ['bad-utf8=3+pace=3', 'broken'],
  ['error-after=0', 'failed'],
  ['error-after=3+pace=3', 'failed'],
  ['error-chunk=3+pace=3', 'failed'],
  ['close=3', 'failed'],
  ['cut=3', 'failed'],
  ['half-frame=end', 'whole', { 'openai-responses': 'failed', 'gemini-generate': 'failed' }],
  ['no-done', 'whole', { 'openai-responses': 'failed', 'gemini-generate': 'failed' }],
  ['no-finish', 'whole', { 'gemini-generate': 'failed' }],
  ['no-usage', 'whole'],
  ['usage-twice', 'whole'],
  ['start-twice', 'whole'],
  ['index-gaps', 'whole'],
  ['string-numbers', 'whole'],
]

/** What a strict reader makes of a stream: an error in it, or something that cannot be read, or all that was said. */
function madeOf(caller: Caller, bytes: Uint8Array): 'whole' | 'failed' | 'broken' | 'cut' {
  try {
    const events = eventsOf(tongueOf(caller), bytes).map(({ data }) => data)
    if (events.some(isError)) return 'failed'
    const said = events.filter(data => data !== '[DONE]').map(data => wordsIn[caller](JSON.parse(data)))
    return said.join('') === words ? 'whole' : 'cut'
  } catch {
    return 'broken'
  }
}

describe.each([...natives])('a stream with %s', (how, due, but = {}) => {
  test.each([...callers])('ends as it must for a caller of its own dialect: %s', async caller => {
    const { status, bytes, code } = await askOwn(caller, how, true)
    const made = status === 200 ? madeOf(caller, bytes) : 'failed'
    const wanted = but[caller] ?? due
    expect([made, code]).toEqual([wanted, wanted === 'failed' ? 'upstream_failed' : 'ok'])
  })
})

/** A caller of a provider of its own dialect. */
async function askOwn(caller: Caller, how: string, streamed: boolean) {
  const tongue = tongueOf(caller)
  const model = `${caller}/echo+${how}`
  const response = await fetch(six.house.url + tongue.path(model, streamed), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...tongue.headers, authorization: `Bearer ${six.house.key}` },
    body: JSON.stringify(tongue.body(model, streamed, { said: words })),
  })
  const bytes = await response.bytes()
  const { code } = await rowOf(six.house, response.headers.get('x-request-id') ?? '')
  return { status: response.status, bytes, code }
}

/** What a strict reader makes of a whole reply. */
function madeOfWhole(caller: Caller, bytes: Uint8Array): 'whole' | 'broken' | 'cut' {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return tongueOf(caller).read(body).text === words ? 'whole' : 'cut'
  } catch {
    return 'broken'
  }
}

describe.each([...wholes])('a whole reply with %s', (how, due) => {
  test.each([...callers])('is told as it must be to a caller of its own dialect: %s', async caller => {
    const { status, bytes, code } = await askOwn(caller, how, false)
    // Bytes that are no UTF-8 are handed on with all others.
    if (how === 'bad-utf8') expect([madeOfWhole(caller, bytes), code]).toEqual(['broken', 'ok'])
    else if (due === 'failed') expect([status >= 500, code]).toEqual([true, 'upstream_failed'])
    else expect([madeOfWhole(caller, bytes), code]).toEqual(['whole', 'ok'])
  })
})

test('after all of this nothing is on its way, and nothing was a failure of ours', async () => {
  for (const house of [six.house, scripted]) {
    await settled(house)
    expect(house.logLines().filter(line => line.level === 'error')).toEqual([])
  }
  expect(six.sim.stats.inFlight).toBe(0)
})
