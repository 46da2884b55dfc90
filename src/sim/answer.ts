/** From a request to a reply: find the model, mind its behaviours, read, perform, write. */

import { isUtf8 } from 'node:buffer'
import { alter, alterWhole } from './alter.ts'
import { type Behaving, readBehaviours, readHeader, splitName } from './behave.ts'
import type { Desk, Dialect, Manners, Marked, Spoken } from './dialect.ts'
import { framed } from './framing.ts'
import { errorInside, type Gates, insideError, openGates, typed, type Visit } from './gates.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { keepLimits, type Limits } from './limits.ts'
import { findModel, type Model } from './models.ts'
import { rememberPrefixes } from './prefixes.ts'
import { Refusal } from './refusal.ts'
import type { Received } from './seen.ts'
import { type Reply, type Step, send } from './steps.ts'
import type { Thread } from './threads.ts'
import { isTwisted, strikesAtHeaders, twist, wholeVoice } from './twists.ts'

/** What one sim remembers from request to request. */
export type House = {
  readonly seed: number
  readonly gates: Gates
  readonly limits: Limits
  readonly recall: (model: string, text: string) => number
  readonly threads: Map<string, Thread>
}

export const furnish = (seed: number): House => ({
  seed,
  gates: openGates(seed),
  limits: keepLimits(),
  recall: rememberPrefixes(),
  threads: new Map(),
})

/** A reply, and how long it waits before it begins. */
export type Answered = { readonly reply: Reply; readonly delay: number; readonly stream: boolean }

/** Answers a request that asks a model; the mark is a number of the request's own. */
export function answer(house: House, dialect: Dialect, received: Received, mark: number): Answered {
  return attend(house, dialect, received, mark, begun => {
    const body = parse(received.body)
    const { model: name, stream } = dialect.summons(body)
    const summoned = summon(name, received.headers['x-sim'])
    return {
      behaving: summoned.behaving,
      stream,
      say: visit => speak(house, dialect, { ...summoned, mark, body, visit, begun }),
    }
  })
}

/** Answers a request that needs no model. */
export function answerPlain(
  house: House,
  manners: Manners,
  received: Received,
  mark: number,
  body: () => string,
): Answered {
  return attend(house, manners, received, mark, () => ({
    behaving: readHeader(received.headers['x-sim']),
    stream: false,
    say: ({ headers }) => ({ type: 'whole', status: 200, headers: typed(headers()), body: body() }),
  }))
}

/** What is to be done for a request once it is understood. */
type Task = {
  readonly behaving: Behaving
  readonly stream: boolean
  say(visit: Visit): Reply
}

function attend(
  house: House,
  manners: Manners,
  received: Received,
  mark: number,
  understand: (begun: number) => Task,
): Answered {
  const begun = performance.now()
  const marked = (): Marked => ({ mark, ms: performance.now() - begun })
  let delay = 0
  try {
    manners.vet?.(received)
    const { behaving, stream, say } = understand(begun)
    delay = behaving.delay ?? 0
    const headers = () => manners.headers(marked())
    const visit = { manners, stream, headers, marked, key: () => manners.keyIn(received), session: sessionOf(received) }
    return { reply: house.gates(behaving, visit) ?? say(visit), delay, stream }
  } catch (cause) {
    const refusal = cause instanceof Refusal ? cause : new Refusal(500, `The sim itself failed: ${String(cause)}`)
    return { reply: refuse(manners, refusal, marked()), delay, stream: false }
  }
}

const sessionOf =
  ({ headers, body, path }: Received) =>
  () =>
    headers['x-sim-session'] ?? `${path} ${Bun.hash(body)}`

function refuse(manners: Manners, refusal: Refusal, marked: Marked): Reply {
  const said = (refusal.reason && manners.says?.[refusal.reason]?.(refusal.about)) ?? refusal
  return {
    type: 'whole',
    status: said.status,
    headers: { 'content-type': jsonType, ...manners.headers(marked), ...manners.refusalHeaders?.(said) },
    body: manners.error(said, marked),
  }
}

const jsonType = 'application/json; charset=utf-8'

const unreadable = (): Refusal =>
  new Refusal(
    400,
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)",
    { reason: 'unreadable' },
  )

function parse(bytes: Buffer): JsonObject {
  if (!isUtf8(bytes)) throw unreadable()
  const body = parseJson(bytes.toString('utf8'))
  if (!isObject(body)) throw unreadable()
  return body
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw unreadable()
  }
}

type Summoned = { readonly name: string; readonly model: Model; readonly behaving: Behaving }

function summon(name: Json | undefined, header: string | undefined): Summoned {
  if (typeof name !== 'string' || name === '')
    throw new Refusal(400, 'you must provide a model parameter', { reason: 'no-model' })
  const { model: base, asked } = splitName(name)
  const model = findModel(base, name)
  return { name, model, behaving: { ...model.behaves, ...readBehaviours(asked), ...readHeader(header) } }
}

type Call = Summoned & {
  readonly mark: number
  readonly body: JsonObject
  readonly visit: Visit
  readonly begun: number
}

function speak(house: House, dialect: Dialect, call: Call): Reply {
  const { name, model, behaving, mark, body, visit } = call
  if (model.use !== dialect.use) throw wrongUse(dialect, name)
  const created = Math.floor(Date.now() / 1000)
  const recall = (text: string) => house.recall(model.name, text)
  const desk: Desk = { model, name, behaving, mark, created, recall, threads: house.threads }
  const spoken = dialect.read(body, desk)
  const left = house.limits(spoken.tokens, behaving.remaining)
  const headers = dialect.headers({ mark, ms: performance.now() - call.begun, left })
  if (spoken.stream) return streamed(dialect, spoken, behaving, typed(headers, dialect.framing))
  if (behaving['error-after'] !== undefined) return errorInside(visit)
  return written(dialect, spoken, behaving, typed(headers))
}

function wrongUse({ use }: Dialect, about: string): Refusal {
  const what = use === 'chat' ? 'sample' : 'generate embeddings'
  return new Refusal(403, `You are not allowed to ${what} from this model`, { reason: 'wrong-use', about })
}

type Typed = ReturnType<typeof typed>

function streamed(dialect: Dialect, spoken: Spoken, behaving: Behaving, headers: Typed): Reply {
  const { framing } = dialect
  const refusal = insideError()
  const notes = () => spoken.failing?.(refusal) ?? dialect.errorNotes(refusal)
  const said = alter(spoken.notes(), behaving, { member: dialect.errorMember(refusal), notes })
  const steps = twist(framed(said, framing), behaving, { comment: framing.comment, comments: 'everywhere' })
  return { type: 'steps', status: 200, headers, steps, early: true }
}

function written(dialect: Dialect, spoken: Spoken, behaving: Behaving, headers: Typed): Reply {
  const body = alterWhole(spoken.whole(), behaving, dialect.errorMember(insideError()))
  if (typeof body === 'string' && !isTwisted(behaving)) return { type: 'whole', status: 200, headers, body }
  // `slow` and `pace` keep a whole answer back with its headers, as real providers do; `first` asks for them at once.
  const early = behaving.first !== undefined || strikesAtHeaders(behaving)
  return { type: 'steps', status: 200, headers, steps: twist(inPieces(body, spoken.said), behaving, wholeVoice), early }
}

/** What closes the body, and so stands for its finish. */
const closing = 3

/** A JSON body in as many pieces as its answer has tokens, so that what happens to streams can happen to it too. */
function* inPieces(body: string | Uint8Array, said: number): Generator<Step> {
  const bytes = Buffer.from(body)
  const end = Math.max(0, bytes.length - closing)
  const size = Math.max(1, Math.ceil(end / Math.max(1, said)))
  for (let from = 0; from < end; from += size) yield send('token', bytes.subarray(from, Math.min(end, from + size)))
  yield send('finish', bytes.subarray(end))
}
