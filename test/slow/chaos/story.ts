import type { FaultCode } from '../../../src/model/fault.ts'
import { lineOf } from '../../matrix/cells.ts'
import { type Endpoint, endpoints, type Reading, readStream, readWhole } from '../../matrix/endpoints.ts'
import { upTo } from '../soak/kinds.ts'

/** One caller's request, and its own account of what became of it. */

/**
 * `whole`: all that was asked for. `failed`: a part, and an error at its end. `refused`: a status that says no. `left`: the
 * caller did not wait. `broke`: the connection did, without a word.
 */
export type Ending = 'whole' | 'failed' | 'refused' | 'left' | 'broke'

export type Story = {
  readonly id: string
  readonly endpoint: string
  readonly model: string
  readonly stream: boolean
  readonly ending: Ending
  readonly status: number
  /** Why it ended so, in the relay's own word. */
  readonly code: FaultCode | 'ok' | ''
  /** What it was told is right: all of it, or the part that it got. */
  readonly right: boolean
  readonly bytes: number
  readonly tokens: number | undefined
  readonly began: number
  readonly ended: number
}

const talks: readonly Endpoint[] = endpoints.filter(({ sdk }) => sdk !== undefined)

const any = <Value>(values: readonly Value[]): Value => {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new Error('There is nothing to choose from.')
  return value
}

/** So many of those who ask do not wait for the end. */
const leaving = 0.12
const longestMs = 400
/** Longer than the relay takes over anything. */
const patienceMs = 40_000

/** Asks once. Who asks is known by the number: it is said in the request, and in its id. */
export async function live(url: string, key: string, models: readonly string[], nth: number): Promise<Story> {
  const endpoint = any(talks)
  const model = any(models)
  const stream = Math.random() < 0.6
  const id = `chaos-${nth}`
  const leaves = Math.random() < leaving ? AbortSignal.timeout(upTo(longestMs)) : undefined
  const began = performance.now()
  const got = await ask({ url, key, endpoint, model, stream, id, nth }, leaves)
  const about = { id, endpoint: endpoint.name, model, stream, began, ended: performance.now() }
  return { ...about, ...accountOf(got, { endpoint, stream, nth }, leaves?.aborted === true) }
}

type Asked = {
  readonly url: string
  readonly key: string
  readonly endpoint: Endpoint
  readonly model: string
  readonly stream: boolean
  readonly id: string
  readonly nth: number
}

type Got = { readonly status: number; readonly bytes: Uint8Array; readonly broke: boolean }

async function ask(asked: Asked, leaves: AbortSignal | undefined): Promise<Got> {
  const { url, key, endpoint, model, stream, id, nth } = asked
  const parts: Uint8Array[] = []
  let status = 0
  try {
    const response = await fetch(url + endpoint.tongue.path(model, stream), {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'x-request-id': id },
      body: JSON.stringify(endpoint.tongue.body(model, stream, { said: lineOf(nth) })),
      signal: leaves ?? AbortSignal.timeout(patienceMs),
    })
    status = response.status
    for await (const part of response.body ?? []) parts.push(part)
    return { status, bytes: Buffer.concat(parts), broke: false }
  } catch {
    // By whom it was broken off is told by who left, and by who was killed.
    return { status, bytes: Buffer.concat(parts), broke: true }
  }
}

type Account = Pick<Story, 'ending' | 'status' | 'code' | 'right' | 'bytes' | 'tokens'>

function accountOf(
  { status, bytes, broke }: Got,
  about: Pick<Asked, 'endpoint' | 'stream' | 'nth'>,
  left: boolean,
): Account {
  const told = { status, bytes: bytes.length, tokens: undefined }
  if (broke) return { ...told, ending: left ? 'left' : 'broke', code: '', right: true }
  const { endpoint, stream, nth } = about
  const reading = stream && status === 200 ? readStream(endpoint, bytes) : readWhole(endpoint, bytes)
  const code = codeIn(bytes)
  if (status !== 200) return { ...told, ending: 'refused', code: code ?? '', right: reading.error !== undefined }
  const { heard, error } = reading
  if (error !== undefined)
    return { ...told, ending: 'failed', code: code ?? 'upstream_failed', right: isPart(reading, nth) }
  const right = heard?.finish !== undefined && heard.text === lineOf(nth)
  return { ...told, ending: 'whole', code: 'ok', right, tokens: heard?.completion }
}

const isPart = ({ heard }: Reading, nth: number): boolean => lineOf(nth).startsWith(heard?.text ?? '')

/** Errors of the relay's own wording name their code. */
function codeIn(bytes: Uint8Array): FaultCode | undefined {
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(-8_192).toString('latin1')
  return /"thalamus":\{"code":"(\w+)"/.exec(tail)?.[1] as FaultCode | undefined
}
