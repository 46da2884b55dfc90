import type { Making, ProviderDialect, StreamWriter } from '../../../src/dialects/dialect.ts'
import { FrameCutter } from '../../../src/lib/sse.ts'
import type { Answer } from '../../../src/model/answer.ts'
import { type BlockDelta, type Delta, isOfBlock, isOfChoice } from '../../../src/model/delta.ts'
import { Fault } from '../../../src/model/fault.ts'
import { isObject, type JsonObject } from '../../../src/model/json.ts'
import { watched } from '../../../src/model/watch.ts'
import { chunksIn, type Judges, replyJudges } from '../../translation/judges.ts'
import { callerDialects } from '../../wire/dialects.ts'
import { complaintsAbout as aboutAnthropic } from '../../wire/machines/anthropic-messages.ts'
import { complaintsAbout as aboutGemini, complaintsAboutArray } from '../../wire/machines/gemini-generate.ts'
import { complaintsAbout as aboutChat } from '../../wire/machines/openai-chat.ts'
import { complaintsAbout as aboutResponses, complaintsAboutResponse } from '../../wire/machines/openai-responses.ts'
import type { Chance } from './chance.ts'
import type { Outcome } from './outcome.ts'
import { stackOf } from './requests.ts'

/** Where the published schemas lie beside the repository. */
const published = replyJudges()

/** What was damaged in its caller's own dialect may come back to it as it is: there it has no other form. */
const judgesOf = (caller: string, provider: ProviderDialect): Judges | undefined =>
  caller === provider.id ? undefined : published?.[caller]

/** Whether something is of another kind than it has to be. What else schemas say (a name among others) may be the model's own. */
const isOfType = (complaint: string): boolean => /must be |must have required/.test(complaint)

const machines: Readonly<Record<string, (text: string) => readonly string[]>> = {
  'openai-chat': aboutChat,
  'openai-responses': aboutResponses,
  'anthropic-messages': aboutAnthropic,
  'gemini-generate': aboutGemini,
}

const maker = 'p/m'

const makingFor = (stream: boolean, chance: Chance, array = false): Making => ({
  id: 'req-1',
  created: 1_700_000_000,
  maker,
  call: { operation: 'chat', model: 'smart', stream, wantsUsage: chance.oneIn(2), ...(array ? { array } : {}) },
  body: {},
})

/** The outcome, or what is wrong with it: a fault may only be the provider's. */
function tried<Made extends object>(what: string, act: () => Made): Made | string | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof Fault && isProviders(error)) return undefined
    return `${what} threw ${String(error)} ${stackOf(error)}`
  }
}

const isProviders = ({ code, message }: Fault): boolean =>
  code !== 'internal' && !/undefined|\[object/.test(message.replace(/'.*'/s, ''))

/** What becomes of a whole reply: how it is read, and what is written from it for every caller. */
export function aboutReply(provider: ProviderDialect, body: JsonObject, chance: Chance): Outcome {
  const wire = JSON.stringify(body)
  const glanced = tried('glance', () => provider.answer.glance(body, wire, 'chat'))
  const answer = tried('read', () => provider.answer.read(body, wire, maker))
  const complaints = [glanced, answer].filter(isWords)
  if (complaints.length > 0 || !isAnswer(answer)) return { became: 'a failure', complaints }
  return { became: 'told', complaints: callerDialects.flatMap(({ id }) => aboutWritten(id, provider, answer, chance)) }
}

const isWords = (value: unknown): value is string => typeof value === 'string'
const isAnswer = (value: Answer | string | undefined): value is Answer => typeof value === 'object'

function aboutWritten(id: string, provider: ProviderDialect, answer: Answer, chance: Chance): readonly string[] {
  const caller = callerDialects.find(each => each.id === id)
  const written = tried(`write for ${id}`, () => {
    const body = caller?.answer.write(answer, makingFor(false, chance))
    return isObject(body) ? (JSON.parse(JSON.stringify(body)) as JsonObject) : []
  })
  if (typeof written === 'string') return [written]
  if (!isObject(written)) return [`nothing was written for ${id}`]
  const odd = (judgesOf(id, provider)?.whole(written) ?? []).filter(isOfType)
  return [...aboutWhole(id, written), ...odd.map(each => `${id}: ${each}`)]
}

/** What is wrong with a whole reply for the callers of a dialect. */
export function aboutWhole(id: string, written: JsonObject): readonly string[] {
  const caller = callerDialects.find(each => each.id === id)
  // Whether a picture is one is not judged on the way.
  const isMedia = JSON.stringify(written).includes(';base64,')
  const read = tried(`what was written for ${id}`, () => caller?.answer.read(written, '', maker) ?? {})
  const complaints = id === 'openai-responses' ? complaintsAboutResponse(written) : []
  return [
    ...(typeof read === 'string' ? [read] : read || isMedia ? [] : [`what was written for ${id} is a fault`]),
    ...complaints.map(each => `${id}: ${each}`),
  ]
}

/** What becomes of a stream: how it is read, and what is told of it to every caller. */
export function aboutStream(provider: ProviderDialect, reads: readonly Uint8Array[], chance: Chance): Outcome {
  const frames = cutUp(provider, reads)
  const batches = tried('read', () => batchesOf(provider, frames))
  if (typeof batches === 'string') return { became: 'nothing', complaints: [batches] }
  if (!batches) return { became: 'nothing', complaints: ['a reader threw a fault instead of telling it'] }
  const internal = batches
    .flat()
    .flatMap(each => (each.type === 'fault' && !isProviders(each.fault) ? [each.fault] : []))
  return {
    became: endOf(batches),
    complaints: [
      ...aboutGlance(provider, frames, chance),
      ...internal.map(fault => `read: ${fault.message} ${stackOf(fault.cause)} ${String(fault.cause)}`),
      ...aboutDeltas(batches.flat()),
      ...callerDialects.flatMap(({ id }) => aboutTelling(id, provider, batches, chance)),
    ],
  }
}

/** What its callers have of it. */
function endOf(batches: readonly (readonly Delta[])[]): string {
  const deltas = batches.flat()
  const failed = deltas.findIndex(({ type }) => type === 'fault')
  const said = failed === -1 ? deltas : deltas.slice(0, failed)
  if (!said.some(hasBegun)) return 'a refusal'
  return failed === -1 && said.some(({ type }) => type === 'stop') ? 'whole' : 'a beginning and an error'
}

/** Whether it was told why it stopped, that nothing more comes, or what failed. */
export const hasEnded = (batches: readonly (readonly Delta[])[]): boolean =>
  batches.flat().some(({ type }) => type === 'stop' || type === 'done' || type === 'fault')

const hasBegun = (delta: Delta): boolean => watched(delta).some(({ type }) => type === 'content' || type === 'stop')

export function cutUp({ stream }: ProviderDialect, reads: readonly Uint8Array[]): readonly Uint8Array[] {
  const cutter = stream.cutter?.(false) ?? new FrameCutter()
  return [...reads.map(read => cutter.push(read)), cutter.end()].filter(bytes => bytes.length > 0)
}

export function batchesOf({ stream }: ProviderDialect, frames: readonly Uint8Array[]): readonly (readonly Delta[])[] {
  const reader = stream.reader(maker)
  return frames.map(bytes => reader.read(bytes))
}

/** Where the caller speaks the provider's dialect its stream is handed on: as it came, whatever it is. */
function aboutGlance({ stream }: ProviderDialect, frames: readonly Uint8Array[], chance: Chance): readonly string[] {
  const hideUsage = chance.oneIn(2)
  const glanced = tried('glance', () => {
    const glancer = stream.glance({ hideUsage, array: false })
    return frames.map(bytes => Buffer.from(glancer.read(Uint8Array.from(bytes)).bytes))
  })
  if (typeof glanced === 'string') return [glanced]
  if (!glanced) return ['a glance threw a fault']
  return hideUsage || Buffer.concat(glanced).equals(Buffer.concat(frames)) ? [] : ['a glance changed what is handed on']
}

/** What every writer relies on: see `Delta`. */
function aboutDeltas(deltas: readonly Delta[]): readonly string[] {
  const choices = new Map<number, { readonly kinds: string[]; stopped: boolean }>()
  const complaints: string[] = []
  for (const delta of deltas) {
    if (/":(?:NaN|-?Infinity)"/.test(withWrongNumbers(delta)))
      complaints.push(`a ${delta.type} with a number that is none`)
    if (!isOfChoice(delta)) continue
    const choice = choices.get(delta.choice ?? 0) ?? { kinds: [], stopped: false }
    choices.set(delta.choice ?? 0, choice)
    if (choice.stopped) complaints.push(`a ${delta.type} after the stop`)
    if (delta.type === 'stop') choice.stopped = true
    if (isOfBlock(delta)) complaints.push(...aboutBlock(delta, choice.kinds))
  }
  return complaints
}

/** JSON would make nulls of them. */
const withWrongNumbers = (delta: Delta): string =>
  JSON.stringify(delta, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? `:${value}` : value,
  )

/** What a block may begin with, and what may go on with it. */
const goesOn: Readonly<Record<string, readonly string[]>> = {
  text: ['text', 'citation', 'seal'],
  reasoning: ['reasoning', 'seal'],
  seal: ['reasoning', 'seal'],
  refusal: ['refusal'],
  tool: ['input', 'seal'],
  media: ['media', 'seal'],
  opaque: [],
}

function aboutBlock({ type, at }: BlockDelta, kinds: string[]): readonly string[] {
  if (at === kinds.length) {
    kinds.push(type)
    return Object.hasOwn(goesOn, type) ? [] : [`a block begins with ${type}`]
  }
  const kind = kinds[at]
  if (kind === undefined) return [`a ${type} at ${at} where ${kinds.length} is the next`]
  return goesOn[kind]?.includes(type) ? [] : [`a ${type} goes on with a ${kind}`]
}

function aboutTelling(
  id: string,
  provider: ProviderDialect,
  batches: readonly (readonly Delta[])[],
  chance: Chance,
): readonly string[] {
  const array = id === 'gemini-generate' && chance.oneIn(4)
  const caller = callerDialects.find(each => each.id === id)
  const told = tried(`tell ${id}`, () => {
    const writer = caller?.stream.writer(makingFor(true, chance, array))
    return writer ? { text: toldBy(writer, batches) } : {}
  })
  if (typeof told === 'string') return [told]
  if (!told || !('text' in told)) return [`a writer for ${id} threw a fault`]
  if (told.text === undefined) return []
  const { text } = told
  const odd = aboutTold(id, text, array).filter(complaint => id !== provider.id || !isOwn(complaint))
  return [...odd, ...aboutChunks(id, provider, array, text, chance)]
}

/** What is wrong with a stream for the callers of a dialect. */
export function aboutTold(id: string, text: string, array = false): readonly string[] {
  const judge = array ? complaintsAboutArray : (machines[id] ?? (() => ['nobody judges it']))
  return judge(text)
    .filter(complaint => !isModels(complaint))
    .map(complaint => `${id}: ${complaint}`)
}

/** Not of every stream, for the schema of an event takes much longer than all the rest. */
function aboutChunks(id: string, provider: ProviderDialect, array: boolean, text: string, chance: Chance) {
  const judges = chance.oneIn(24) ? judgesOf(id, provider) : undefined
  if (!judges) return []
  const chunks = array ? (JSON.parse(text) as readonly JsonObject[]) : chunksIn(text)
  return chunks.flatMap(chunk => judges.chunk(chunk)).flatMap(each => (isOfType(each) ? [`${id}: ${each}`] : []))
}

/** What the model wrote itself, what it signed, or what had left of a call when the rest never came, is told as it is. */
const isModels = (complaint: string): boolean =>
  /^the input .* is no object$|a signature that is no base64$/s.test(complaint)

/** In its own dialect an item comes back as it was, and so do two that a provider gave one id. */
const isOwn = (complaint: string): boolean => complaint.includes('two items have the id')

/**
 * As the relay does it: up to the first fault or the closing mark, and a stream that ends before its stop is a failure.
 * Undefined where nothing had begun: then its caller gets a refusal, and no stream.
 */
function toldBy(writer: StreamWriter, batches: readonly (readonly Delta[])[]): string | undefined {
  const bytes: Uint8Array[] = []
  const text = (): string | undefined => (begun ? Buffer.concat(bytes).toString() : undefined)
  let begun = false
  let stopped = false
  for (const deltas of batches) {
    const end = deltas.findIndex(({ type }) => type === 'fault' || type === 'done')
    const last = deltas[end]
    const said = end === -1 ? deltas : deltas.slice(0, last?.type === 'fault' ? end : end + 1)
    bytes.push(writer.write(said))
    stopped ||= said.some(({ type }) => type === 'stop')
    begun ||= said.some(hasBegun)
    if (!last) continue
    bytes.push(last.type === 'fault' ? writer.fail(last.fault, 'req-1') : writer.end())
    return text()
  }
  bytes.push(
    stopped ? writer.end() : writer.fail(new Fault('upstream_failed', 'It ended before it was whole.'), 'req-1'),
  )
  return text()
}
