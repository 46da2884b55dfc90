import type { FaultCode } from '../../../src/model/fault.ts'
import { lineOf } from '../../matrix/cells.ts'
import { type Reading, readStream, readWhole } from '../../matrix/endpoints.ts'
import { upTo } from '../soak/kinds.ts'
import { bodyOf, type Errand, pathOf } from './errands.ts'

/** One caller's request, and its own account of what became of it. */

/**
 * `whole`: all that was asked for. `failed`: a part, and an error at its end. `refused`: a status that says no. `left`: the
 * caller did not wait. `broke`: the connection did, without a word.
 */
export type Ending = 'whole' | 'failed' | 'refused' | 'left' | 'broke'

export type Story = {
  readonly id: string
  readonly errand: Errand
  readonly ending: Ending
  readonly status: number
  /** Why it ended so, in the relay's own word. */
  readonly code: FaultCode | 'ok' | ''
  /** What is not right in what it was told, all of it or the part that it got. */
  readonly wrong: string | undefined
  /** What an end should have and this one has not: a reason, or the dialect's mark. */
  readonly lacks: 'reason' | 'mark' | undefined
  /** So much of it reaches to its closing mark, even if the connection broke then. Behind it there may be comments. */
  readonly closedAt: number | undefined
  /** It was told that this is the reply of an earlier request. */
  readonly replayed: boolean
  readonly bytes: number
  /** Of the bytes themselves, to hold them against another's. */
  readonly print: string
  readonly tokens: Tokens | undefined
  readonly began: number
  readonly ended: number
}

export type Tokens = { readonly prompt: number | undefined; readonly completion: number | undefined }

export type Relay = {
  readonly url: string
  readonly key: string
  /** Is told in the moment when somebody has the last byte of a reply. */
  told(): void
}

/** So many of those who ask do not wait for the end: half of them until a moment, half until a part of the reply. */
const leaving = 0.12
const longestMs = 400
const mostParts = 20
/** Longer than the relay takes over anything. */
const patienceMs = 40_000

/** Asks once. */
export async function live(relay: Relay, errand: Errand, id: string): Promise<Story> {
  const began = performance.now()
  const leaver = leaverOf()
  const got = await ask(relay, errand, id, leaver)
  const { bytes, replayed } = got
  return {
    id,
    errand,
    replayed,
    bytes: bytes.length,
    print: errand.key === undefined ? '' : Bun.hash(bytes).toString(36),
    began,
    ended: performance.now(),
    ...accountOf(got, errand, leaver.left()),
  }
}

type Leaver = { readonly signal: AbortSignal; part(): void; left(): boolean }

/** Most of them wait. */
function leaverOf(): Leaver {
  const chance = Math.random()
  if (chance >= leaving) {
    return { signal: AbortSignal.timeout(patienceMs), part: () => undefined, left: () => false }
  }
  if (chance < leaving / 2) {
    const signal = AbortSignal.timeout(upTo(longestMs))
    return { signal, part: () => undefined, left: () => signal.aborted }
  }
  const controller = new AbortController()
  const { signal } = controller
  let parts = upTo(mostParts)
  return {
    signal,
    part: () => {
      parts--
      if (parts === 0) controller.abort()
    },
    left: () => signal.aborted,
  }
}

type Got = {
  readonly status: number
  readonly bytes: Uint8Array
  readonly replayed: boolean
  readonly broke: boolean
}

async function ask({ url, key, told }: Relay, errand: Errand, id: string, { signal, part }: Leaver): Promise<Got> {
  const parts: Uint8Array[] = []
  let status = 0
  let replayed = false
  const got = (broke: boolean): Got => ({ status, bytes: Buffer.concat(parts), replayed, broke })
  try {
    const response = await fetch(url + pathOf(errand), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${key}`,
        'x-request-id': id,
        ...(errand.key === undefined ? {} : { 'idempotency-key': errand.key }),
      },
      body: bodyOf(errand),
      signal,
    })
    status = response.status
    replayed = response.headers.get('idempotent-replayed') === 'true'
    for await (const bytes of response.body ?? []) {
      parts.push(bytes)
      part()
    }
    if (status === 200) told()
    return got(false)
  } catch {
    // By whom it was broken off is told by who left, and by who was killed.
    return got(true)
  }
}

type Account = Pick<Story, 'ending' | 'status' | 'code' | 'wrong' | 'lacks' | 'closedAt' | 'tokens'>

function accountOf({ status, bytes, broke }: Got, errand: Errand, left: boolean): Account {
  const { endpoint, stream } = errand
  const untold = { status, tokens: undefined, wrong: undefined, lacks: undefined, closedAt: undefined }
  const unended = { ...untold, ending: left ? 'left' : 'broke', code: '' } as const
  if (broke && (status !== 200 || !stream)) return unended
  const reading = stream && status === 200 ? readStream(endpoint, bytes) : readWhole(endpoint, bytes)
  const { heard, error } = reading
  const closedAt = error === undefined && stream ? endOfMark(bytes) : undefined
  if (broke) return { ...unended, wrong: wrongInPart(reading, errand), closedAt }
  const code = codeIn(bytes) ?? ''
  if (status !== 200) return { ...untold, ending: 'refused', code, wrong: error ? undefined : 'it does not say why' }
  if (error !== undefined) return { ...untold, ending: 'failed', code, wrong: wrongInPart(reading, errand) }
  const tokens = heard && { prompt: heard.prompt, completion: heard.completion }
  const wrong = heard?.text === lineOf(errand.mark) ? undefined : `it was told "${heard?.text}"`
  const marked = !stream || closedAt !== undefined || endpoint.tongue.id === 'gemini-generate'
  const lacks = heard?.finish === undefined ? 'reason' : marked ? undefined : 'mark'
  return { status, tokens, ending: 'whole', code: 'ok', wrong, lacks, closedAt }
}

/** Half an event at the end is not heard yet. */
const wrongInPart = ({ heard }: Reading, { mark }: Errand): string | undefined =>
  lineOf(mark).startsWith(heard?.text ?? '') ? undefined : `it was told "${heard?.text}"`

/** The last event of a stream, in dialects that have one: Gemini's just ends. */
const mark =
  /\r?\n(?:data: \[DONE\]|event: response\.(?:completed|incomplete)\r?\n.*|event: message_stop\r?\n.*)\r?\n\r?\n/

function endOfMark(bytes: Uint8Array): number | undefined {
  const found = mark.exec(latin(bytes))
  return found ? found.index + found[0].length : undefined
}

/** Errors of the relay's own wording name their code. */
const codeIn = (bytes: Uint8Array): FaultCode | undefined =>
  /"thalamus":\{"code":"(\w+)"/.exec(latin(bytes.subarray(-8_192)))?.[1] as FaultCode | undefined

const latin = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
