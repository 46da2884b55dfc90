import type { Json, JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { type Sealed, unseal } from '../../model/sealed.ts'
import { readCache } from './cache.ts'
import { invalid, maybe, need, objectsIn } from './check.ts'
import { readCitation } from './citation.ts'
import { fromWireId } from './ids.ts'
import { readDocument, readImage, readSearchResult } from './read-media.ts'
import { type Origin, redacted, stowed } from './seals.ts'

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
  readonly beyond: (at: string, value: Json) => void
}

/** The parts that a list of blocks amounts to. What was stowed for the part before it goes back to it. */
export function readBlocks(blocks: readonly Json[], at: string, reading: Reading): readonly Part[] {
  const parts: Part[] = []
  for (const { object, at: place } of objectsIn(blocks, at)) {
    const part = readBlock(object, place, reading)
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

/** What is known of each kind of block: its fields that have a noun, and how they are read. */
const readers: Readonly<
  Record<
    string,
    { readonly fields: readonly string[]; readonly read: (block: JsonObject, at: string, reading: Reading) => Read }
  >
> = {
  text: { fields: ['text', 'citations'], read: readText },
  image: { fields: ['source'], read: readImage },
  document: {
    fields: ['source', 'title', 'context', 'citations'],
    read: (block, at, { origin }) => readDocument(block, at, origin),
  },
  search_result: {
    fields: ['source', 'title', 'content', 'citations'],
    read: (block, at, { origin }) => readSearchResult(block, at, origin),
  },
  thinking: { fields: ['thinking', 'signature'], read: readThinking },
  redacted_thinking: { fields: ['data'], read: readRedacted },
  tool_use: { fields: ['id', 'name', 'input', 'caller'], read: readCall },
  tool_result: { fields: ['tool_use_id', 'content', 'is_error'], read: readResult },
}

function readBlock(block: JsonObject, at: string, reading: Reading): Read {
  const type = need('text', block, 'type', at)
  const reader = readers[type]
  const cache = readCache(block, at)
  const placed = { ...(reading.placed ? { at } : {}), ...(cache ? { cache } : {}) }
  if (!reader) return { type: 'opaque', ...placed, label: type, seal: reading.origin(JSON.stringify(block)) }
  for (const [name, value] of Object.entries(block)) {
    if (value === undefined || value === null || name === 'type' || name === 'cache_control') continue
    if (!reader.fields.includes(name)) reading.beyond(`${at}.${name}`, value)
  }
  const part = reader.read(block, at, reading)
  return 'previous' in part ? part : { ...part, ...placed }
}

function readText(block: JsonObject, at: string, { origin }: Reading): Part {
  const cited = objectsIn(maybe('list', block, 'citations', at) ?? [], `${at}.citations`)
  const citations = cited.map(({ object }) => readCitation(object, origin))
  return { type: 'text', text: need('text', block, 'text', at), ...(citations.length > 0 ? { citations } : {}) }
}

function readThinking(block: JsonObject, at: string, { origin }: Reading): Part {
  const text = need('text', block, 'thinking', at)
  const signature = maybe('text', block, 'signature', at) ?? ''
  return { type: 'reasoning', text, ...(signature === '' ? {} : { seal: unseal(signature) ?? origin(signature) }) }
}

function readRedacted(block: JsonObject, at: string, { origin }: Reading): Read {
  const data = need('text', block, 'data', at)
  const foreign = stowed(data)
  if (foreign?.of === 'previous') return { previous: foreign.seal }
  if (foreign?.of === 'block') return { type: 'opaque', label: foreign.label, seal: foreign.seal }
  return { type: 'reasoning', text: '', seal: foreign?.seal ?? origin(redacted(data)) }
}

function readCall(block: JsonObject, at: string, { origin, calls }: Reading): Part {
  const id = fromWireId(need('text', block, 'id', at))
  const name = need('text', block, 'name', at)
  const input = JSON.stringify(need('object', block, 'input', at))
  calls.set(id, name)
  const caller = maybe('object', block, 'caller', at)
  // A call that the model's own program made, not the model itself.
  const seal = caller && caller.type !== 'direct' ? { seal: origin(JSON.stringify({ caller })) } : {}
  return { type: 'tool-call', id, name, input, ...seal }
}

function readResult(block: JsonObject, at: string, reading: Reading): Part {
  const call = fromWireId(need('text', block, 'tool_use_id', at))
  const name = reading.calls.get(call)
  if (name === undefined) throw invalid(`${at}.tool_use_id`, 'must be the id of a call before it', call)
  return {
    type: 'tool-result',
    call,
    name,
    parts: readContent(block.content, `${at}.content`, reading),
    ...(maybe('flag', block, 'is_error', at) ? { failed: true } : {}),
  }
}

/** A string, or blocks. */
export function readContent(content: Json | undefined, at: string, reading: Reading): readonly Part[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content, at }]
  if (!Array.isArray(content)) throw invalid(at, 'must be a string or an array of blocks', content)
  return readBlocks(content, at, reading)
}
