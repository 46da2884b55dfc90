import type { Json, JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import type { Part } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { beyond, each, flag, invalid, isSaid, maybe, name, object, text } from '../check.ts'
import { readCache } from './cache.ts'
import { fromWireId } from './call-ids.ts'
import { readCitation } from './citations.ts'
import { type Origin, redacted, signed, stowed } from './seals.ts'
import { readDocument, readImage, readSearchResult } from './understand-media.ts'

/** One content block, of a request or of a reply, as a part. Blocks without a noun of ours are kept whole. */

/** Where a block stands and who says it. */
export type Reading = {
  /** Parts of a request tell their place; those of a reply have none. */
  readonly placed: boolean
  /** Whose the opaque texts in it are. */
  readonly origin: Origin
  /** Names of the tools that were called so far, by the call's id. */
  readonly calls: Map<string, string>
  /** Told of a field that has no noun. */
  readonly note: (at: string, value: Json) => void
}

/** The parts that a list of blocks amounts to. What was stowed for the part before it goes back to it. */
export function readBlocks(blocks: readonly Json[], at: string, reading: Reading): readonly Part[] {
  const parts: Part[] = []
  for (const part of each(blocks, at, (block, place) => readBlock(object(block, place), place, reading))) {
    const last = parts.at(-1)
    if ('previous' in part) parts.splice(last ? -1 : 0, last ? 1 : 0, sealedTo(last, part.previous))
    else parts.push(part)
  }
  return parts
}

function sealedTo(part: Part | undefined, seal: Sealed): Part {
  if (part?.type === 'text' || part?.type === 'tool-call' || part?.type === 'media') return { ...part, seal }
  return { type: 'reasoning', text: '', seal }
}

type Read = Part | { readonly previous: Sealed }

/** How a kind of block is read, and which of its fields have a noun. */
type Reader = {
  readonly read: (block: JsonObject, at: string, reading: Reading) => Read
  readonly fields: ReadonlySet<string>
}

const reader = (read: Reader['read'], ...fields: readonly string[]): Reader => ({
  read,
  fields: new Set(['type', 'cache_control', ...fields]),
})

const readers: ReadonlyMap<string, Reader> = new Map([
  ['text', reader(readText, 'text', 'citations')],
  ['image', reader(readImage, 'source')],
  ['document', reader(readDocument, 'source', 'title', 'context', 'citations')],
  ['search_result', reader(readSearchResult, 'source', 'title', 'content', 'citations')],
  ['thinking', reader(readThinking, 'thinking', 'signature')],
  ['redacted_thinking', reader(readRedacted, 'data')],
  ['tool_use', reader(readCall, 'id', 'name', 'input', 'caller')],
  ['tool_result', reader(readResult, 'tool_use_id', 'content', 'is_error')],
])

function readBlock(block: JsonObject, at: string, reading: Reading): Read {
  const type = text(block.type, `${at}.type`)
  const known = readers.get(type)
  const cache = readCache(block, at)
  const placed = { ...(reading.placed ? { at } : {}), ...(cache ? { cache } : {}) }
  if (!known) return { type: 'opaque', ...placed, label: type, seal: reading.origin(JSON.stringify(block)) }
  for (const [place, value] of beyond(block, known.fields, `${at}.`)) reading.note(place, value)
  const part = known.read(block, at, reading)
  return 'previous' in part ? part : { ...part, ...placed }
}

function readText(block: JsonObject, at: string, { origin }: Reading): Part {
  const citations = each(block.citations ?? [], `${at}.citations`, (citation, place) =>
    readCitation(object(citation, place), origin),
  )
  return { type: 'text', text: text(block.text, `${at}.text`), ...(citations.length > 0 ? { citations } : {}) }
}

function readThinking(block: JsonObject, at: string, { origin }: Reading): Part {
  const words = text(block.thinking, `${at}.thinking`)
  const seal = signed(maybe(text, block.signature, `${at}.signature`) ?? '', origin)
  return { type: 'reasoning', text: words, ...(seal ? { seal } : {}) }
}

function readRedacted(block: JsonObject, at: string, { origin, placed }: Reading): Read {
  const data = text(block.data, `${at}.data`)
  const foreign = placed ? stowed(data) : undefined
  if (foreign?.of === 'previous') return { previous: foreign.seal }
  if (foreign?.of === 'block') return { type: 'opaque', label: foreign.label, seal: foreign.seal }
  return { type: 'reasoning', text: '', seal: foreign?.seal ?? origin(redacted(data)) }
}

function readCall(block: JsonObject, at: string, { origin, calls }: Reading): Part {
  const id = fromWireId(name(block.id, `${at}.id`))
  const tool = name(block.name, `${at}.name`)
  const input = jsonOf(object(block.input, `${at}.input`))
  calls.set(id, tool)
  const caller = maybe(object, block.caller, `${at}.caller`)
  // A call that the model's own program made, not the model itself.
  const seal = caller && caller.type !== 'direct' ? { seal: origin(JSON.stringify({ caller })) } : {}
  return { type: 'tool-call', id, name: tool, input, ...seal }
}

function readResult(block: JsonObject, at: string, reading: Reading): Part {
  const call = fromWireId(text(block.tool_use_id, `${at}.tool_use_id`))
  const name = reading.calls.get(call)
  if (name === undefined) throw invalid(`${at}.tool_use_id`, 'must be the id of a call before it', call)
  return {
    type: 'tool-result',
    call,
    name,
    parts: readContent(block.content, `${at}.content`, reading),
    ...(maybe(flag, block.is_error, `${at}.is_error`) ? { failed: true } : {}),
  }
}

/** A string, or blocks. */
export function readContent(content: Json | undefined, at: string, reading: Reading): readonly Part[] {
  if (!isSaid(content)) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, at }]
  if (!Array.isArray(content)) throw invalid(at, 'must be a string or an array of blocks', content)
  return readBlocks(content, at, reading)
}
