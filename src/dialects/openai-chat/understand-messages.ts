import type { Message } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { Part, ReasoningPart, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import { type Sealed, unseal } from '../../model/sealed.ts'
import { each, invalid, isSaid, maybe, name, object, text } from '../check.ts'
import { inOne } from '../turns.ts'
import { readCitation } from './citations.ts'
import { dialectId } from './id.ts'
import { readDetail, signatureIn } from './thoughts.ts'
import { markIn, readContent } from './understand-parts.ts'

/** The calls of tools so far: whoever answers must answer one of them, the last of those that are named alike. */
class Calls {
  readonly #byId = new Map<string, ToolCallPart>()
  readonly #byName = new Map<string, ToolCallPart>()

  get size(): number {
    return this.#byId.size
  }

  add(call: ToolCallPart): void {
    this.#byId.set(call.id, call)
    this.#byName.set(call.name, call)
  }

  get(id: string): ToolCallPart | undefined {
    return this.#byId.get(id)
  }

  named(name: string): ToolCallPart | undefined {
    return this.#byName.get(name)
  }
}

type Reader = (wire: JsonObject, at: string, calls: Calls) => Message

const readers: Readonly<Record<string, Reader>> = {
  system: (wire, at) => ({ role: 'system', parts: instructions(wire, at) }),
  developer: (wire, at) => ({ role: 'developer', parts: instructions(wire, at) }),
  user: (wire, at) => ({ role: 'user', parts: required(wire, at) }),
  assistant: (wire, at, calls) => ({ role: 'assistant', parts: readTurn(wire, at, calls) }),
  tool: (wire, at, calls) => ({ role: 'user', parts: [readResult(wire, at, calls)] }),
  function: (wire, at, calls) => ({ role: 'user', parts: [readFunctionResult(wire, at, calls)] }),
}

const roles: ReadonlyMap<string, Reader> = new Map(Object.entries(readers))

/** A conversation. Results of tools that stand in a row are one message of the user. */
export function readMessages(value: Json | undefined): readonly Message[] {
  const calls = new Calls()
  const read = each(value, 'messages', (wire, at) => readMessage(object(wire, at), at, calls))
  return inOne(read, (before, message) => holdsResults(before) && holdsResults(message))
}

const holdsResults = ({ parts }: Message): boolean =>
  parts.length > 0 && parts.every(part => part.type === 'tool-result')

function readMessage(wire: JsonObject, at: string, calls: Calls): Message {
  const reader = typeof wire.role === 'string' ? roles.get(wire.role) : undefined
  if (!reader) throw invalid(`${at}.role`, `must be one of ${[...roles.keys()].join(', ')}`, wire.role)
  const message = reader(wire, at, calls)
  const mark = markIn(wire, at)
  const answers = message.parts[0]?.type === 'tool-result'
  return {
    ...message,
    parts: mark
      ? message.parts.map((part, n, all) => (n === all.length - 1 ? { ...part, cache: mark } : part))
      : message.parts,
    name: answers ? undefined : maybe(text, wire.name, `${at}.name`),
    at,
  }
}

function required(wire: JsonObject, at: string): readonly Part[] {
  if (!isSaid(wire.content)) throw invalid(`${at}.content`, 'is required', wire.content)
  return readContent(wire.content, `${at}.content`)
}

function instructions(wire: JsonObject, at: string): readonly Part[] {
  const parts = required(wire, at)
  const odd = parts.find(part => part.type !== 'text')
  if (odd) throw invalid(odd.at ?? at, 'must be a text: instructions have no other parts', odd.type)
  return parts
}

/** What the model said, in the order in which this API has it: thoughts, words, sounds, calls. */
function readTurn(wire: JsonObject, at: string, calls: Calls): readonly Part[] {
  const parts = [
    ...readThoughts(wire, at),
    ...readWords(wire, at),
    ...readSound(wire, at),
    ...readCalls(wire, at, calls),
  ]
  const told = ['content', 'refusal', 'tool_calls', 'function_call', 'audio', 'reasoning_details', 'reasoning_content']
  if (parts.length === 0 && told.every(field => !isSaid(wire[field])))
    throw invalid(`${at}.content`, 'is required where there are no tool calls', wire.content)
  return parts
}

/** Details have the same thoughts as the text beside them, if they have any in words. */
function readThoughts(wire: JsonObject, at: string): readonly ReasoningPart[] {
  const details = each(wire.reasoning_details ?? [], `${at}.reasoning_details`, (entry, path) =>
    readDetail(object(entry, path), path),
  )
  const field = isSaid(wire.reasoning_content) ? 'reasoning_content' : 'reasoning'
  const words = maybe(text, wire[field], `${at}.${field}`)
  if (!words || details.some(detail => detail.text !== '')) return details
  return [{ type: 'reasoning', text: words, at: `${at}.${field}` }, ...details]
}

/** Texts and refusals, with what belongs to the last text: its citations, its signature. */
function readWords(wire: JsonObject, at: string): readonly Part[] {
  const parts = [...readContent(wire.content, `${at}.content`).filter(speaks)]
  const refusal = maybe(text, wire.refusal, `${at}.refusal`)
  const citations = each(wire.annotations ?? [], `${at}.annotations`, (entry, path) =>
    readCitation(object(entry, path)),
  )
  const seal = sealIn(wire)
  const last = parts.findLastIndex(part => part.type === 'text')
  const part = parts[last]
  if (part?.type === 'text') parts[last] = { ...part, seal, citations: citations.length > 0 ? citations : undefined }
  else if (seal) parts.push({ type: 'text', text: '', seal, at: `${at}.content` })
  return refusal ? [...parts, { type: 'refusal', text: refusal, at: `${at}.refusal` }] : parts
}

function sealIn(wire: JsonObject): Sealed | undefined {
  const signature = signatureIn(wire)
  return signature === undefined ? undefined : (unseal(signature) ?? { dialect: dialectId, value: signature })
}

const speaks = (part: Part): boolean => part.type !== 'text' || part.text !== ''

/** A sound that the model made before is told by its id. */
function readSound({ audio }: JsonObject, at: string): readonly Part[] {
  if (!isSaid(audio)) return []
  const id = text(object(audio, `${at}.audio`).id, `${at}.audio.id`)
  return [{ type: 'media', kind: 'audio', source: { from: 'file', id, dialect: dialectId }, at: `${at}.audio` }]
}

function readCalls(wire: JsonObject, at: string, calls: Calls): readonly ToolCallPart[] {
  const parts = isSaid(wire.tool_calls)
    ? each(wire.tool_calls, `${at}.tool_calls`, readCall)
    : readFunctionCall(wire, at, calls.size)
  for (const part of parts) calls.add(part)
  return parts
}

function readCall(value: Json | undefined, at: string): ToolCallPart {
  const wire = object(value, at)
  const custom = wire.type === 'custom'
  const place = custom ? 'custom' : 'function'
  const said = object(wire[place], `${at}.${place}`)
  const field = custom ? 'input' : 'arguments'
  return {
    type: 'tool-call',
    id: name(wire.id, `${at}.id`),
    name: name(said.name, `${at}.${place}.name`),
    input: maybe(text, said[field], `${at}.${place}.${field}`) ?? '',
    custom: custom || undefined,
    seal: sealIn(wire),
    at,
    cache: markIn(wire, at),
  }
}

/** The one call of a turn, as it was before tools; it has no id, so one is made. */
function readFunctionCall({ function_call: call }: JsonObject, at: string, before: number): readonly ToolCallPart[] {
  if (!isSaid(call)) return []
  const place = `${at}.function_call`
  const said = object(call, place)
  const input = maybe(text, said.arguments, `${place}.arguments`) ?? ''
  const seal = sealIn(said)
  return [{ type: 'tool-call', id: `call_${before}`, name: name(said.name, `${place}.name`), input, seal, at: place }]
}

function readResult(wire: JsonObject, at: string, calls: Calls): ToolResultPart {
  const id = text(wire.tool_call_id, `${at}.tool_call_id`)
  const call = calls.get(id)
  if (!call) throw invalid(`${at}.tool_call_id`, 'must be the id of a tool call in an earlier message', id)
  return resultOf(call, wire, at)
}

function readFunctionResult(wire: JsonObject, at: string, calls: Calls): ToolResultPart {
  const asked = text(wire.name, `${at}.name`)
  const call = calls.named(asked)
  if (!call) throw invalid(`${at}.name`, 'must be the name of a function that was called in an earlier message', asked)
  return resultOf(call, wire, at)
}

const resultOf = ({ id, name: tool, custom }: ToolCallPart, wire: JsonObject, at: string): ToolResultPart => ({
  type: 'tool-result',
  call: id,
  name: tool,
  parts: required(wire, at).filter(speaks),
  custom,
  at,
})
