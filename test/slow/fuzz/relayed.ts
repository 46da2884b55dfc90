import { isUtf8 } from 'node:buffer'
import { readFileSync } from 'node:fs'
import type { Dialect, ProviderDialect } from '../../../src/dialects/dialect.ts'
import { isObject, objectIn } from '../../../src/model/json.ts'
import { type Answered, ask } from '../../fakes/ask.ts'
import { type Explained, rowOf, settled } from '../../fakes/ledger.ts'
import { providerKey, providersAt } from '../../fakes/six.ts'
import { soon, startThalamus, type Thalamus } from '../../fakes/thalamus.ts'
import { eventsOf, type Tongue, tongues } from '../../fakes/tongues.ts'
import { type Asked, head, type Script, scriptedUpstream, type Upstream } from '../../fakes/upstream.ts'
import { callerDialects, providerDialects } from '../../wire/dialects.ts'
import type { Chance } from './chance.ts'
import { hurtBytes } from './damage-bytes.ts'
import { hurtStream, reads } from './damage-stream.ts'
import type { Finding, Outcome, Tried } from './outcome.ts'
import { aboutRefusal } from './refusals.ts'
import { aboutTold, aboutWhole, batchesOf, cutUp, hasEnded } from './replies.ts'
import { chanceOf, hurtObject } from './run.ts'
import type { Stock } from './stock.ts'

/** Cases that go through the running relay, over sockets, between a caller and a provider of any dialect. */

export type Relay = {
  readonly house: Thalamus
  readonly upstream: Upstream
  readonly stock: Stock
  /** Which case asked under which id. */
  readonly numbers: Map<string, number>
}

/** Every tenth case is one of these. */
export const isRelayed = (number: number): boolean => number % 10 === 9

export async function openRelay(stock: Stock): Promise<Relay> {
  const upstream = await scriptedUpstream()
  try {
    const config = { providers: providersAt(new URL(upstream.url).origin), log: { level: 'error' } }
    const house = await startThalamus({ config, env: { PROVIDER_KEY: providerKey } })
    return { house, upstream, stock, numbers: new Map() }
  } catch (error) {
    await upstream.stop()
    throw error
  }
}

/** Of a case that was given up, or could not be judged: the relay may be no relay any more. */
export const noVerdict = 'no verdict'

/** What the relay itself calls its own failures, and whether it still stands and ends in order. */
export async function closeRelay(relay: Relay): Promise<readonly Finding[]> {
  const { house, upstream, numbers } = relay
  const what = 'the relay'
  const number = [...numbers.values()].at(-1) ?? -1
  const failed = (error: unknown): readonly Finding[] => [{ number, what, complaint: String(error) }]
  const unsettled = await soon(settled(house), () => 'It does not come to rest.').then(() => [], failed)
  const unruly = await house.stop().then(() => [], failed)
  await upstream.stop()
  const logged = house.logLines().map(line => ({
    number: numbers.get(String(line.request_id)) ?? number,
    what,
    complaint: `it logged ${JSON.stringify(line)}`,
  }))
  return [...logged, ...unsettled, ...unruly]
}

/** One request is over by then, whatever it met. */
const hangsMs = 15_000
/** The relay serves nobody else meanwhile. In its own processor time, which is counted in hundredths of a second. */
const mostMs = 250
const attempts = 3

export async function tryRelayed(relay: Relay, seed: number, number: number): Promise<Tried> {
  let fastest = Number.POSITIVE_INFINITY
  let tried: Tried | undefined
  for (let attempt = 0; attempt < attempts && fastest > mostMs; attempt++) {
    const began = workedMs(relay.house.pid)
    // What was told of a place is remembered, so that each try asks for another model.
    tried = await once(relay, `m${number}-${attempt}`, chanceOf(seed, number), number)
    if (tried.became === noVerdict) return tried
    fastest = Math.min(fastest, workedMs(relay.house.pid) - began)
  }
  if (!tried) throw new RangeError('Nothing was tried.')
  if (fastest <= mostMs) return tried
  return { ...tried, complaints: [...tried.complaints, `the relay works on it for ${fastest} ms`] }
}

/** User and system time of a process, from proc_pid_stat(5). */
function workedMs(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')
  const fields = rest.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

type Case = {
  readonly what: string
  readonly input: Buffer
  readonly caller: Dialect
  readonly provider: ProviderDialect
  readonly streamed: boolean
  readonly sent: string | Uint8Array<ArrayBuffer>
  readonly script: Script
  readonly judge: (heard: Heard) => Outcome
}

type Heard = { readonly answered: Answered; readonly row: Explained }

async function once(relay: Relay, model: string, chance: Chance, number: number): Promise<Tried> {
  const one = chance.of(kinds)(relay.stock, model, chance)
  const named = { number, what: one.what, input: one.input.toString() }
  relay.upstream.play(one.script)
  try {
    const path = tongueOf(one.caller.id).path(`${one.provider.id}/${model}`, one.streamed)
    const signal = AbortSignal.timeout(hangsMs)
    const answered = await ask(relay.house, one.sent, { path, signal })
    relay.numbers.set(answered.id, number)
    const row = await soon(rowOf(relay.house, answered.id), () => 'The ledger does not answer.')
    return { ...named, ...one.judge({ answered, row }) }
  } catch (error) {
    return { ...named, became: noVerdict, complaints: [`it has ${noVerdict}: ${String(error)}`] }
  }
}

function tongueOf(id: string): Tongue {
  const tongue = tongues.find(each => each.id === id)
  if (!tongue) throw new Error(`Nobody speaks ${id}.`)
  return tongue
}

const kinds: readonly ((stock: Stock, model: string, chance: Chance) => Case)[] = [aRequest, aReply, aStream]

function aRequest(stock: Stock, model: string, chance: Chance): Case {
  const [caller, provider] = [chance.of(callerDialects), chance.of(providerDialects)]
  const whole = (stock.requests.get(caller.id) ?? []).map(body => ({ ...body, model: `${provider.id}/${model}` }))
  const text = withoutWeb(JSON.stringify(hurtObject(whole, chance)))
  const sent = chance.oneIn(4) ? hurtBytes(Buffer.from(text), chance) : Buffer.from(text)
  const streamed = chance.oneIn(2)
  return {
    what: `a request in ${caller.id} through the relay`,
    input: sent,
    caller,
    provider,
    streamed,
    sent: Uint8Array.from(sent),
    script: exchange => wholly(stock, exchange.asked)(exchange),
    judge: heard => aboutAsked(caller, sent, heard),
  }
}

/** Nothing is fetched from anywhere. */
const withoutWeb = (text: string): string => text.replaceAll(/https?:/gi, 'ftp:')

/** Where each dialect is asked. Whom a damaged name of a model leads to is the relay's to find out. */
const places: readonly (readonly [path: RegExp, dialect: string])[] = [
  [/\/chat\/completions$/, 'openai-chat'],
  [/\/responses$/, 'openai-responses'],
  [/\/messages$/, 'anthropic-messages'],
  [/:(?:streamG|g)enerateContent/, 'gemini-generate'],
  [/\/converse(?:-stream)?$/, 'bedrock-converse'],
  [/\/v2\/chat$/, 'cohere-chat'],
]

/** A whole reply in the dialect, and of the form, that was asked for. */
function wholly({ replies, streams }: Stock, { path, body }: Asked): Script {
  const dialect = places.find(([at]) => at.test(path))?.[1] ?? ''
  const streamed = /:stream|-stream/.test(path) || objectIn(body)?.stream === true
  const reply = JSON.stringify(replies.get(dialect)?.[0] ?? {})
  return saying(dialect, streamed, streamed ? (streams.get(dialect)?.[0] ?? []) : [Buffer.from(reply)])
}

/** What was asked has to be answered, or refused as its caller's own fault. */
function aboutAsked(caller: Dialect, sent: Buffer, { answered, row }: Heard): Outcome {
  const { status, text } = answered
  if (status === 200) {
    // Where both speak alike it is the provider's own words.
    const odd = answered.headers.get('x-thalamus-provider') === caller.id ? [] : aboutAnswer(caller, answered)
    return { became: 'answered', complaints: [...odd, ...(row.code === 'ok' ? [] : [`its row says ${row.code}`])] }
  }
  const refusal = objectIn(text)
  const request = isUtf8(sent) ? objectIn(sent.toString()) : undefined
  const isItsOwn =
    (status === 400 && row.code === 'invalid_request') || (status === 404 && row.code === 'model_not_found')
  return {
    became: 'refused',
    complaints: [
      ...(isItsOwn ? [] : [`refused with ${status} ${row.code}: ${text}`]),
      ...(refusal ? aboutRefusal(caller.id, refusal, request) : [`a refusal that is no JSON: ${text}`]),
    ],
  }
}

/** What the caller asked for is repeated to it as it was. */
const isCallers = (complaint: string): boolean => /response\.max_output_tokens is -?\d/.test(complaint)

const isStream = ({ headers }: Answered): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true

/** What a caller of another dialect is told with status 200. */
function aboutAnswer(caller: Dialect, answered: Answered): readonly string[] {
  if (answered.broke) return ['it breaks off']
  if (isStream(answered)) return aboutTold(caller.id, answered.text).filter(complaint => !isCallers(complaint))
  const body = objectIn(answered.text)
  return body ? aboutWhole(caller.id, body).filter(complaint => !isCallers(complaint)) : [`no JSON: ${answered.text}`]
}

const said = 'One two three four five six seven.'

function question(caller: Dialect, provider: ProviderDialect, model: string, streamed: boolean): string {
  return JSON.stringify(tongueOf(caller.id).body(`${provider.id}/${model}`, streamed, { said }))
}

function aReply(stock: Stock, model: string, chance: Chance): Case {
  const [caller, provider] = [chance.of(callerDialects), chance.of(providerDialects)]
  const text = JSON.stringify(hurtObject(stock.replies.get(provider.id) ?? [], chance))
  const bytes = chance.oneIn(3) ? hurtBytes(Buffer.from(text), chance) : Buffer.from(text)
  return {
    what: `a reply in ${provider.id} through the relay`,
    input: bytes,
    caller,
    provider,
    streamed: false,
    sent: question(caller, provider, model, false),
    script: saying(provider.id, false, [bytes]),
    judge: heard => aboutReplied(caller, provider, bytes, heard),
  }
}

function aStream(stock: Stock, model: string, chance: Chance): Case {
  const [caller, provider] = [chance.of(callerDialects), chance.of(providerDialects)]
  const all = stock.streams.get(provider.id) ?? []
  const hurt = hurtStream(chance.of(all), provider.id, chance, chance.of(all))
  const bytes = chance.oneIn(20) && hurt.length > 0 ? hurtBytes(hurt, chance) : hurt
  return {
    what: `a stream in ${provider.id} through the relay`,
    input: bytes,
    caller,
    provider,
    streamed: true,
    sent: question(caller, provider, model, true),
    script: saying(provider.id, true, inPackets(reads(bytes, chance))),
    judge: heard => aboutReplied(caller, provider, bytes, heard),
  }
}

const mostPackets = 20

/** A packet for every byte of a long stream would take most of the time. */
const inPackets = (pieces: readonly Uint8Array[]): readonly Uint8Array[] => [
  ...pieces.slice(0, mostPackets),
  Buffer.concat(pieces.slice(mostPackets)),
]

const typeOf = (dialect: string, streamed: boolean): string => {
  if (!streamed) return 'application/json'
  return dialect === 'bedrock-converse' ? 'application/vnd.amazon.eventstream' : 'text/event-stream'
}

/** Answers with these bytes, and closes. */
const saying =
  (dialect: string, streamed: boolean, pieces: readonly Uint8Array[]): Script =>
  async ({ write, end }) => {
    await write(head({ headers: { 'content-type': typeOf(dialect, streamed), connection: 'close' } }))
    for (const piece of pieces) await write(piece)
    end()
  }

/** What a caller is told of a reply that was hurt, and what the ledger says of that. */
function aboutReplied(caller: Dialect, provider: ProviderDialect, bytes: Buffer, { answered, row }: Heard): Outcome {
  const complaints = [
    ...(row.code === 'internal' ? ['the ledger says that it was our failure'] : []),
    ...(answered.broke ? ['it breaks off'] : []),
  ]
  if (answered.status !== 200)
    return { became: 'a refusal', complaints: [...complaints, ...aboutFailure(caller, provider, answered)] }
  const failed = isStream(answered) && tellsError(caller, answered)
  const due = failed ? row.code !== 'ok' : row.code === 'ok'
  return {
    became: failed ? 'a beginning and an error' : 'told',
    complaints: [
      ...complaints,
      ...(due ? [] : [`it ${failed ? 'failed' : 'looks whole'}, and its row says ${row.code}`]),
      ...(caller.id === provider.id ? aboutRepeated(provider, bytes, answered, failed) : aboutAnswer(caller, answered)),
    ],
  }
}

/** A refusal has a sentence, in its caller's own form; what a provider of the same dialect wrote is repeated as it is. */
function aboutFailure(caller: Dialect, provider: ProviderDialect, { text, status }: Answered): readonly string[] {
  const body = objectIn(text)
  const repeated = caller.id === provider.id && isObject(body?.error) && !('thalamus' in body)
  if (repeated) return []
  // Some providers write nothing else.
  const words = typeof body?.error === 'string' ? body.error : body && tongueOf(caller.id).fault(body)
  return typeof words === 'string' && words !== '' ? [] : [`a refusal without a sentence: ${status} ${text}`]
}

/** Whether an event of a stream says that it failed. */
function tellsError(caller: Dialect, { text }: Answered): boolean {
  const tongue = tongueOf(caller.id)
  return eventsOf(tongue, Buffer.from(text)).some(({ data }) => {
    const body = objectIn(data)
    return (
      body !== undefined &&
      (tongue.fault(body) !== undefined || isObject(body.error) || (namesErrors(caller) && body.type === 'error'))
    )
  })
}

/** What is put behind a stream that stopped and was not closed. */
const closingMark = /^\s*(?:event: message_stop\ndata: \{"type":"message_stop"\}|data: \[DONE\])?\s*$/

/** Errors are events of their own there; elsewhere nobody knows such an event. */
const namesErrors = ({ id }: Dialect): boolean => id === 'anthropic-messages' || id === 'openai-responses'

/** Where both speak alike a reply is handed on as it came, and one that never stopped ends with an error. */
function aboutRepeated(
  provider: ProviderDialect,
  bytes: Buffer,
  answered: Answered,
  failed: boolean,
): readonly string[] {
  if (failed) return []
  const whole = new TextDecoder().decode(bytes)
  if (!isStream(answered)) return answered.text === whole ? [] : ['it is not what the provider said']
  // Half an event after all that matters is left out.
  const intact = whole.slice(0, Math.max(...['\n\n', '\n\r\n'].map(blank => whole.lastIndexOf(blank) + blank.length)))
  const isRepeated = [whole, intact].some(
    said => answered.text.startsWith(said) && closingMark.test(answered.text.slice(said.length)),
  )
  if (!isRepeated) return ['it is not what the provider said']
  // What cannot be understood is the caller's to have, too.
  return hasEnded(batchesOf(provider, cutUp(provider, [bytes]))) ? [] : ['it never stopped, and looks whole']
}
