import type { FaultCode } from '../../../src/model/fault.ts'
import type { Thalamus } from '../../fakes/thalamus.ts'
import { type Kind, upTo } from './kinds.ts'

/** One caller's request, and its own account of it, to be held against the ledger's. */

/** `left` after the reply's head had come, `unheard` before, `broke` without our doing. */
export type Ending = 'whole' | 'failed' | 'refused' | 'left' | 'unheard' | 'broke'

export type Story = {
  readonly id: string
  readonly kind: Kind
  readonly ending: Ending
  readonly status: number
  /** Why it ended so, in the relay's own word. */
  readonly code: string
  readonly bytes: number
  /** Tokens, where the reply told them. */
  readonly tokens: Tokens | undefined
  readonly cost: string | undefined
}

export type Tokens = { readonly prompt: number; readonly completion: number }

/** After this time everybody who wants to leave has left. */
const longestMs = 120

/** Asks once, and reads, leaves or dawdles as its kind does. Who leaves brings an id, for it may never hear of ours. */
export async function live(house: Pick<Thalamus, 'url' | 'key'>, kind: Kind, nth: number): Promise<Story> {
  const leaving = Math.random() < kind.leaving ? AbortSignal.timeout(upTo(longestMs)) : undefined
  const own = leaving || nth % 7 === 0 ? `soak-${nth}` : undefined
  const story = {
    id: own ?? `nameless-${nth}`,
    kind,
    status: 0,
    code: '',
    bytes: 0,
    tokens: undefined,
    cost: undefined,
  }
  let response: Response
  try {
    response = await fetch(house.url + kind.path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${kind.key ?? house.key}`,
        'content-type': 'application/json',
        ...(own !== undefined && { 'x-request-id': own }),
      },
      body: kind.body(),
      ...(leaving && { signal: leaving }),
    })
  } catch (error) {
    return { ...story, ending: leaving?.aborted ? 'unheard' : 'broke', code: String(error) }
  }
  return { ...story, ...(await heard(response, kind, leaving)) }
}

async function heard(response: Response, kind: Kind, leaving: AbortSignal | undefined): Promise<Omit<Story, 'kind'>> {
  const { text, bytes, broke } = await read(response, kind.slowness)
  const ended = broke === undefined ? endingOf(response.status, text) : undefined
  return {
    id: response.headers.get('x-request-id') ?? '',
    status: response.status,
    bytes,
    tokens: tokensIn(text),
    cost: response.headers.get('x-thalamus-cost-usd') ?? undefined,
    ...(ended ?? { ending: leaving?.aborted ? 'left' : 'broke', code: String(broke) }),
  }
}

type Read = { readonly text: string; readonly bytes: number; readonly broke: unknown }

/** A reply longer than this is known by its end. */
const longest = 1 << 20
const tail = 1 << 13

async function read(response: Response, slowness: number): Promise<Read> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for await (const piece of response.body ?? []) {
      bytes += piece.length
      text += decoder.decode(piece, { stream: true })
      if (text.length > longest) text = text.slice(-tail)
      if (slowness > 0) await Bun.sleep(slowness)
    }
    return { text, bytes, broke: undefined }
  } catch (error) {
    return { text, bytes, broke: error ?? 'broke' }
  }
}

/** What a status says of a reply that was refused. */
const codes: Readonly<Record<number, FaultCode>> = {
  400: 'invalid_request',
  401: 'unauthenticated',
  404: 'model_not_found',
  413: 'too_large',
  429: 'rate_limited',
  500: 'upstream_failed',
  502: 'upstream_failed',
  503: 'overloaded',
  504: 'upstream_timeout',
}

function endingOf(status: number, text: string): Pick<Story, 'ending' | 'code'> {
  const code = codeIn(text)
  if (status !== 200) return { ending: 'refused', code: code ?? codes[status] ?? `status ${status}` }
  const failed = /^data: *\{"error"/m.test(text)
  return failed ? { ending: 'failed', code: code ?? 'upstream_failed' } : { ending: 'whole', code: 'ok' }
}

/** Errors of our own wording name their code. */
const codeIn = (text: string): string | undefined => /"thalamus":\{"code":"(\w+)"/.exec(text)?.[1]

function tokensIn(text: string): Tokens | undefined {
  const found = /"prompt_tokens":(\d+),(?:"completion_tokens":(\d+))?/.exec(text)
  return found ? { prompt: Number(found[1]), completion: Number(found[2] ?? 0) } : undefined
}
