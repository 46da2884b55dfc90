/** From a request to a reply: find the model, mind its behaviours, read, perform, write. */

import { isUtf8 } from 'node:buffer'
import { type Behaving, readBehaviours, readHeader, splitName } from './behave.ts'
import type { Desk, Dialect, Manners, Spoken } from './dialect.ts'
import { errorInside, type Gates, insideError, openGates, typed, type Visit } from './gates.ts'
import { isObject, type Json, type JsonObject } from './json.ts'
import { keepLimits, type Limits } from './limits.ts'
import { findModel, type Model } from './models.ts'
import { openai } from './openai.ts'
import { rememberPrefixes } from './prefixes.ts'
import { Refusal } from './refusal.ts'
import type { Received } from './seen.ts'
import { type Headers, type Reply, type Step, send } from './steps.ts'
import { isTwisted, streamVoice, twist, wholeVoice } from './twists.ts'

/** What one sim remembers from request to request. */
export type House = {
  readonly seed: number
  readonly gates: Gates
  readonly limits: Limits
  readonly recall: (model: string, text: string) => number
}

export const furnish = (seed: number): House => ({
  seed,
  gates: openGates(seed),
  limits: keepLimits(),
  recall: rememberPrefixes(),
})

/** A reply, and how long it waits before it begins. */
export type Answered = { readonly reply: Reply; readonly delay: number; readonly stream: boolean }

/** Answers a request that names a model in its body; the mark is a number of the request's own. */
export function answer(house: House, dialect: Dialect, received: Received, mark: number): Answered {
  return attend(house, dialect, received, mark, begun => {
    const body = parse(received.body)
    const summoned = summon(body, received.headers['x-sim'])
    const stream = body.stream === true
    return {
      behaving: summoned.behaving,
      stream,
      say: visit => speak(house, dialect, { ...summoned, mark, body, visit, begun }),
    }
  })
}

/** Answers a request that needs no model. */
export function answerPlain(house: House, received: Received, mark: number, body: () => string): Answered {
  return attend(house, openai, received, mark, () => ({
    behaving: readHeader(received.headers['x-sim']),
    stream: false,
    say: ({ headers }) => ({ type: 'whole', status: 200, headers: typed(headers(), false), body: body() }),
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
  const headers = () => manners.headers({ mark, ms: performance.now() - begun })
  let delay = 0
  try {
    const { behaving, stream, say } = understand(begun)
    delay = behaving.delay ?? 0
    const visit = { manners, stream, headers, ...knownBy(received) }
    return { reply: house.gates(behaving, visit) ?? say(visit), delay, stream }
  } catch (cause) {
    const refusal = cause instanceof Refusal ? cause : new Refusal(500, `The sim itself failed: ${String(cause)}`)
    return { reply: refuse(manners, refusal, headers()), delay, stream: false }
  }
}

const knownBy = ({ headers, body }: Received) => ({
  authorization: headers.authorization,
  session: () => headers['x-sim-session'] ?? String(Bun.hash(body)),
})

function refuse(manners: Manners, refusal: Refusal, headers: Headers): Reply {
  return {
    type: 'whole',
    status: refusal.status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers, ...refusal.headers },
    body: manners.error(refusal),
  }
}

const unreadable = (): Refusal =>
  new Refusal(
    400,
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The API expects a JSON payload, but what was sent was not valid JSON.)",
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

function summon(body: JsonObject, header: string | undefined): Summoned {
  const name = body.model
  if (typeof name !== 'string' || name === '') throw new Refusal(400, 'you must provide a model parameter')
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
  if (model.use !== dialect.use) throw wrongUse(dialect)
  const created = Math.floor(Date.now() / 1000)
  const desk: Desk = { model, name, behaving, mark, created, recall: text => house.recall(model.name, text) }
  const spoken = dialect.read(body, desk)
  const left = house.limits(spoken.tokens, behaving.remaining)
  const headers = typed(dialect.headers({ mark, ms: performance.now() - call.begun, left }), spoken.stream)
  if (spoken.stream) return streamed(dialect, spoken, behaving, headers)
  if (behaving['error-after'] !== undefined) return errorInside(visit)
  return written(spoken, behaving, headers)
}

function wrongUse({ use }: Dialect): Refusal {
  const what = use === 'chat' ? 'sample' : 'generate embeddings'
  return new Refusal(403, `You are not allowed to ${what} from this model`)
}

function streamed(dialect: Dialect, spoken: Spoken, behaving: Behaving, headers: Headers): Reply {
  const voice = streamVoice(dialect.errorEvent(insideError()))
  return { type: 'steps', status: 200, headers, steps: twist(spoken.events(), behaving, voice), early: true }
}

function written(spoken: Spoken, behaving: Behaving, headers: Headers): Reply {
  const body = spoken.whole()
  if (!isTwisted(behaving)) return { type: 'whole', status: 200, headers, body }
  // `slow` and `pace` keep a whole answer back with its headers, as real providers do; `first` asks for them at once.
  const early = behaving.first !== undefined
  return { type: 'steps', status: 200, headers, steps: twist(inPieces(body, spoken.said), behaving, wholeVoice), early }
}

/** What closes the body, and so stands for its finish. */
const closing = 3

/** A JSON body in as many pieces as its answer has tokens, so that what happens to streams can happen to it too. */
function* inPieces(body: string, said: number): Generator<Step> {
  const bytes = Buffer.from(body)
  const end = Math.max(0, bytes.length - closing)
  const size = Math.max(1, Math.ceil(end / Math.max(1, said)))
  for (let from = 0; from < end; from += size) yield send('token', bytes.subarray(from, Math.min(end, from + size)))
  yield send('finish', bytes.subarray(end))
}
