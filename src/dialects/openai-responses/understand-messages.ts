import type { Message } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import type { OpaquePart, Part, ToolCallPart, ToolResultPart } from '../../model/part.ts'
import type { Sealed } from '../../model/sealed.ts'
import { each, invalid, isSaid, maybe, name, object, text } from '../check.ts'
import { summaryIn } from './compacting.ts'
import { type Envelope, enclosed, ownFields, ownSeal } from './seals.ts'
import { readContent } from './understand-parts.ts'

/**
 * The messages that `input` amounts to. It is one flat list: items of the model's follow each other and make one message,
 * so do results of tools, and each message of the user's or the system's stands for itself.
 */
export function readInput(input: Json | undefined, stored: boolean): readonly Message[] {
  if (!isSaid(input)) return []
  if (typeof input === 'string')
    return [{ role: 'user', parts: [{ type: 'text', text: input, at: 'input' }], at: 'input' }]
  const items = each(input, 'input', object)
  const known = { seals: sealsIn(items), calls: callsIn(items) }
  const said = items.map((item, index) => readItem(item, `input[${index}]`, known))
  if (!stored) checkResults(items)
  return joined(said)
}

/** What one item says, and whether it is a message of its own. */
type Said = { readonly message: Message; readonly alone?: boolean; readonly sealsText?: Sealed | undefined }

/** What has to be known of the other items: seals that travel apart from what they belong to, and calls by their id. */
type Known = { readonly seals: ReadonlyMap<string, Sealed>; readonly calls: ReadonlyMap<string, string> }

function sealsIn(items: readonly JsonObject[]): ReadonlyMap<string, Sealed> {
  const seals = new Map<string, Sealed>()
  for (const item of items) {
    const envelope = envelopeOf(item)
    if (envelope?.id !== undefined && envelope.seal) seals.set(envelope.id, envelope.seal)
  }
  return seals
}

function envelopeOf({ type, encrypted_content: encrypted }: JsonObject): Envelope | undefined {
  const found = type === 'reasoning' && typeof encrypted === 'string' ? enclosed(encrypted) : undefined
  return found && 'of' in found ? found : undefined
}

const callsIn = (items: readonly JsonObject[]): ReadonlyMap<string, string> =>
  new Map(
    items.flatMap(({ type, call_id: id, name }) =>
      calls.has(type ?? null) && typeof id === 'string' ? [[id, typeof name === 'string' ? name : ''] as const] : [],
    ),
  )

/** A reference may stand for the call; else a result has to have one before it. */
function checkResults(items: readonly JsonObject[]): void {
  const made = new Set<Json>()
  for (const [index, { type = null, call_id: id = null }] of items.entries()) {
    if (type === 'item_reference') return
    if (calls.has(type)) made.add(id)
    else if (results.has(type) && !made.has(id))
      throw invalid(`input[${index}].call_id`, 'must be the call_id of an earlier call', id)
  }
}

const calls: ReadonlySet<Json> = new Set(['function_call', 'custom_tool_call'])
const results: ReadonlySet<Json> = new Set(['function_call_output', 'custom_tool_call_output'])

function readItem(item: JsonObject, at: string, known: Known): Said {
  const type = maybe(name, item.type, `${at}.type`) ?? (isSaid(item.role) ? 'message' : 'item_reference')
  if (type === 'message') return readMessage(item, at)
  if (type === 'reasoning') return readReasoning(item, at)
  const summary = type === 'compaction' ? summaryIn(item) : undefined
  if (summary !== undefined) return { message: { role: 'user', parts: [{ type: 'text', text: summary, at }], at } }
  const part = isNative(item) ? opaque(item, type, at) : readPart(item, type, at, known)
  return { message: { role: saidByCaller(type) ? 'user' : 'assistant', parts: [part], at } }
}

/** A call that a program of the model's made is part of that program, and so is its result. */
const isNative = ({ caller }: JsonObject): boolean => isObject(caller) && caller.type !== 'direct'

const saidByCaller = (type: string): boolean => type.endsWith('_output') || type === 'mcp_approval_response'

function readPart(item: JsonObject, type: string, at: string, known: Known): Part {
  switch (type) {
    case 'function_call':
      return readCall(item, item.arguments, at, known)
    case 'custom_tool_call':
      return { ...readCall(item, item.input, at, known), custom: true }
    case 'function_call_output':
      return readResult(item, at, known)
    case 'custom_tool_call_output':
      return { ...readResult(item, at, known), custom: true }
    case 'image_generation_call':
      return readImageCall(item, at, known)
    default:
      return opaque(item, type, at)
  }
}

const opaque = (item: JsonObject, label: string, at: string): OpaquePart => ({
  type: 'opaque',
  label,
  seal: ownSeal(item),
  at,
})

function readCall(item: JsonObject, input: Json | undefined, at: string, { seals }: Known): ToolCallPart {
  const id = name(item.call_id, `${at}.call_id`)
  const seal = isSaid(item.namespace) ? ownSeal({ namespace: item.namespace }) : seals.get(id)
  return {
    type: 'tool-call',
    id,
    name: name(item.name, `${at}.name`),
    // Some clients hand the arguments back parsed.
    input: isObject(input) ? jsonOf(input) : (maybe(text, input, `${at}.arguments`) ?? ''),
    ...(seal ? { seal } : {}),
    at,
  }
}

function readResult(item: JsonObject, at: string, { calls }: Known): ToolResultPart {
  const call = name(item.call_id, `${at}.call_id`)
  const tool = calls.get(call)
  return {
    type: 'tool-result',
    call,
    ...(tool ? { name: tool } : {}),
    parts: readContent(item.output, `${at}.output`),
    at,
  }
}

/** A picture that the model made. */
function readImageCall({ result, ...item }: JsonObject, at: string, { seals }: Known): Part {
  if (typeof result !== 'string') return opaque(item, 'image_generation_call', at)
  const format = typeof item.output_format === 'string' ? item.output_format : 'png'
  const seal = (typeof item.id === 'string' ? seals.get(item.id) : undefined) ?? ownSeal(item)
  return {
    type: 'media',
    kind: 'image',
    source: { from: 'data', mediaType: `image/${format}`, data: result },
    seal,
    at,
  }
}

const roles: ReadonlySet<Json> = new Set(['system', 'developer', 'user', 'assistant'])

function readMessage(item: JsonObject, at: string): Said {
  const { role, phase } = item
  if (!isSaid(role) || !roles.has(role))
    throw invalid(`${at}.role`, 'must be system, developer, user or assistant', role)
  const parts = readContent(item.content, `${at}.content`)
  const message = { role: role as Message['role'], at, parts }
  if (role !== 'assistant') return { message, alone: true }
  return { message: { ...message, parts: inPhase(parts, maybe(text, phase, `${at}.phase`)) } }
}

/** `commentary` is said before the end of a turn; a text without a phase is a final answer. */
const inPhase = (parts: readonly Part[], phase: string | undefined): readonly Part[] =>
  phase === undefined || phase === 'final_answer'
    ? parts
    : parts.map((part, index) => (index === 0 && part.type === 'text' ? { ...part, seal: ownSeal({ phase }) } : part))

function readReasoning(item: JsonObject, at: string): Said {
  const encrypted = maybe(text, item.encrypted_content, `${at}.encrypted_content`)
  const found = enclosed(encrypted)
  const says = (parts: readonly Part[]): Said => ({ message: { role: 'assistant', parts, at } })
  if (!found) return says(thoughts(item, at, nativeSeal(item, encrypted)))
  if (!('of' in found)) return says(thoughts(item, at, found))
  switch (found.of) {
    case 'reasoning':
      return says(found.text ? signed(found.text, found.seal, at) : thoughts(item, at, found.seal))
    case 'opaque':
      return says(found.seal ? [{ type: 'opaque', label: found.label ?? '', seal: found.seal, at }] : [])
    case 'text':
      return { ...says([]), sealsText: found.seal }
    case 'tool-call':
    case 'media':
      // Found by its id where the call or the picture is read.
      return says([])
    default:
      return found.of satisfies never
  }
}

const nativeSeal = ({ id }: JsonObject, encrypted: string | undefined): Sealed =>
  ownSeal({
    ...(typeof id === 'string' ? { id } : {}),
    ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
  })

/** A thought in the words that its seal is of, whatever became of them on the way. */
const signed = (text: string, seal: Sealed | undefined, at: string): readonly Part[] => [
  { type: 'reasoning', text, ...(seal ? { seal } : {}), at },
]

/** An item's thoughts: in full, or in summary. Where both are told the summary goes with the seal, if it is our own. */
function thoughts(item: JsonObject, at: string, seal: Sealed | undefined): readonly Part[] {
  const full = textsIn(item.content, `${at}.content`)
  const summary = textsIn(item.summary, `${at}.summary`)
  const both = full.length > 0 && summary.length > 0
  const sealed = seal ? { seal: both ? withSummary(seal, summary) : seal } : {}
  const told = full.length > 0 ? full : summary
  if (told.length === 0 && !seal) return []
  const kind = full.length === 0 && summary.length > 0 ? { summary: true } : {}
  return [{ type: 'reasoning', text: told.join('\n\n'), ...kind, ...sealed, at }]
}

const withSummary = (seal: Sealed, summary: readonly string[]): Sealed => {
  const own = seal.maker === undefined ? ownFields(seal, '') : undefined
  return own ? ownSeal({ ...own, summary }) : seal
}

const textsIn = (value: Json | undefined, at: string): readonly string[] =>
  each(value ?? [], at, (part, place) => text(object(part, place).text, `${place}.text`))

function joined(said: readonly Said[]): readonly Message[] {
  const messages: { readonly message: Message; readonly parts: Part[] }[] = []
  let open = false
  for (const { message, alone, sealsText } of said) {
    const last = messages.at(-1)
    if (open && !alone && last?.message.role === message.role) {
      if (sealsText) sealText(last.parts, sealsText)
      for (const part of message.parts) last.parts.push(part)
    } else if (message.parts.length > 0) {
      messages.push({ message, parts: [...message.parts] })
      open = !alone
    }
  }
  return messages.map(({ message, parts }) => ({ ...message, parts }))
}

/** The last text of the model's has a seal that came after it. */
function sealText(parts: Part[], seal: Sealed): void {
  const last = parts.findLastIndex(part => part.type === 'text')
  const text = parts[last]
  if (text?.type === 'text') parts[last] = { ...text, seal }
}
