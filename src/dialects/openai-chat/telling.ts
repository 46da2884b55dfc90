import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import { opened, type Sealed } from '../../model/sealed.ts'
import type { Aim, Quirks } from '../dialect.ts'
import { dialectId } from './id.ts'

/** A chat while it is told to one provider: who that is, and a note of what had no place. */
export type Telling = {
  readonly provider: string
  readonly quirks: Quirks
  readonly stream: boolean
  /** The caller speaks this dialect too. */
  readonly own: boolean
  /** What has been lost so far, each once. */
  readonly lost: Set<string>
  /** The value of what this provider sealed itself; undefined if it is another's. */
  opened(sealed: Sealed | undefined): string | undefined
}

export function tellingTo({ provider, model, quirks, stream }: Aim, own: boolean): Telling {
  const maker = `${provider}/${model}`
  return { provider, quirks, stream, own, lost: new Set(), opened: sealed => opened(sealed, dialectId, maker) }
}

type Placed = { readonly at?: string | undefined; readonly cache?: Part['cache'] }

/** Notes that something of a part, or all of it, has no place. */
export function lose({ lost }: Telling, { at = 'messages' }: Placed, what?: string): void {
  lost.add(what === undefined ? at : `${at}.${what}`)
}

export const cannot = ({ provider }: Telling, { at = 'messages' }: Placed, what: string): Fault =>
  new Fault('invalid_request', `${provider} cannot be given ${what} ('${at}'). Leave it out, or ask another model.`, {
    param: at,
  })

/** The mark of a prompt's end that is to be cached, in the provider's own words. */
export function markOf(part: Placed, telling: Telling): JsonObject {
  if (!part.cache) return {}
  const { ttl } = part.cache
  switch (telling.quirks.cacheMarks) {
    case 'cache_control':
      return { cache_control: { type: 'ephemeral', ...(ttl && { ttl }) } }
    case 'prompt_cache_breakpoint':
      if (ttl) lose(telling, part, 'cache_control.ttl')
      return { prompt_cache_breakpoint: { mode: 'explicit' } }
    case undefined:
      lose(telling, part, 'cache_control')
      return {}
    default:
      return telling.quirks.cacheMarks satisfies never
  }
}

/** The id by which a call and its result know each other, as the provider takes it. */
export const callId = (part: ToolCallPart | ToolResultPart, { quirks }: Telling): string => {
  const id = part.type === 'tool-call' ? part.id : part.call
  return quirks.shortToolIds ? shortened(id) : id
}

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Nine letters and digits, always the same for the same id (FNV-1a, in two halves). */
function shortened(id: string): string {
  if (/^[A-Za-z\d]{9}$/.test(id)) return id
  let text = ''
  for (let rest = hash(id, 0x81_1c_9d_c5); text.length < 5; rest = Math.floor(rest / 62)) text += alphabet[rest % 62]
  for (let rest = hash(id, 0x01_00_01_93); text.length < 9; rest = Math.floor(rest / 62)) text += alphabet[rest % 62]
  return text
}

function hash(text: string, seed: number): number {
  let value = seed
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01_00_01_93) >>> 0
  return value
}
