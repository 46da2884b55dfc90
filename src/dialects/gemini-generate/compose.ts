import type { Chat, Message } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import type { Aim, Composed } from '../dialect.ts'
import { composeConfig } from './compose-config.ts'
import { type Composing, composePart } from './compose-parts.ts'
import { composeCalling, composeTools } from './compose-tools.ts'
import { type Draft, Extras, filled } from './extras.ts'
import { generation } from './generation.ts'
import { dialectId } from './id.ts'
import { writeTier } from './usage.ts'

/** A chat for a model of Google's. */
export function compose(chat: Chat, aim: Aim): Composed {
  const of: Composing = { aim, extras: new Extras(chat.extras), lost: [], names: new Map() }
  const contents = validated(composeContents(chat.messages, of), aim)
  const system = composeSystem(chat.messages, of)
  const tools = composeTools(chat, of)
  const body: Draft = {
    ...standing(contents, system),
    tools: tools.length > 0 ? tools : undefined,
    toolConfig: filled({ functionCallingConfig: composeCalling(chat), ...serverTools(chat, tools) }),
    generationConfig: filled(composeConfig(chat, of)),
    serviceTier: tier(chat, of),
    store: chat.store,
  }
  of.extras.restoreAll(body)
  const lost = [...of.lost, ...of.extras.lost(), ...refused(body, aim)]
  return { body: filled(body) ?? {}, lost: [...new Set(lost)] }
}

type Content = { readonly role: 'user' | 'model'; readonly parts: readonly Draft[] }

function composeContents(messages: readonly Message[], of: Composing): readonly Content[] {
  const contents: Content[] = []
  for (const message of messages) {
    if (message.name !== undefined && message.at !== undefined) of.lost.push(`${message.at}.name`)
    if (isSystem(message)) continue
    const parts = message.parts.flatMap(part => composePart(part, of))
    if (parts.length === 0) continue
    const content = { role: message.role === 'assistant' ? 'model' : 'user', parts } as const
    const last = contents.at(-1)
    if (last && answers(last) && answers(content)) contents[contents.length - 1] = joined(last, content)
    else contents.push(of.extras.restore({ ...content }, message.at))
  }
  return contents
}

const isSystem = ({ role }: Message): boolean => role === 'system' || role === 'developer'

/** Responses to calls that were made together must stand in one content; other dialects have a message for each. */
const answers = ({ role, parts }: Content): boolean =>
  role === 'user' && parts.every(part => part.functionResponse !== undefined)

const joined = (one: Content, more: Content): Content => ({ ...one, parts: [...one.parts, ...more.parts] })

/** The system speaks before everybody, in text; what it said later is told at the beginning, and that this is so. */
function composeSystem(messages: readonly Message[], of: Composing): Draft | undefined {
  const first = messages.findIndex(message => !isSystem(message))
  const parts: Draft[] = []
  messages.forEach((message, i) => {
    if (!isSystem(message)) return
    if (first !== -1 && i > first && message.at !== undefined) of.lost.push(message.at)
    for (const part of message.parts) {
      if (part.type === 'text') parts.push(...composePart(part, of))
      else if (part.at !== undefined) of.lost.push(part.at)
    }
  })
  if (parts.length === 0) return undefined
  return of.extras.restore({ parts }, messages.find(isSystem)?.at)
}

/** A request without contents is refused by the provider: where there is only the system's word, that is the content. */
function standing(contents: readonly Content[], system: Draft | undefined): Draft {
  if (contents.length > 0) return { contents, systemInstruction: system }
  if (!system)
    throw new Fault('invalid_request', 'There is nothing to answer: the messages say nothing.', { param: 'messages' })
  return { contents: [{ role: 'user', ...system }] }
}

/** Google's word for a call whose signature there is none of (ai.google.dev/gemini-api/docs/thought-signatures). */
const unsigned = 'skip_thought_signature_validator'

/**
 * Since the third generation the first call of each step of the present turn must be signed. Calls that another model made,
 * or whose signature the caller did not keep, get the word that Google has for them; without it the request is refused.
 * Calls of earlier turns have it too: a conversation begins as it began the turn before, or its provider's cache of it ends.
 */
const validated = (contents: readonly Content[], { model }: Aim): readonly Content[] =>
  generation(model) < 3 ? contents : contents.map(signedFirst)

function signedFirst(content: Content): Content {
  const first = content.role === 'model' ? content.parts.findIndex(part => part.functionCall !== undefined) : -1
  if (first === -1) return content
  return {
    ...content,
    parts: content.parts.map((part, i) => (i === first ? { thoughtSignature: unsigned, ...part } : part)),
  }
}

/** Functions beside Google's own tools are taken only with this switch. A caller of Gemini's says so itself. */
function serverTools({ extras }: Chat, entries: readonly JsonObject[]): JsonObject {
  const mixed = entries.length > 1 && entries.some(entry => 'functionDeclarations' in entry)
  return mixed && extras.dialect !== dialectId ? { includeServerSideToolInvocations: true } : {}
}

function tier({ serviceTier }: Chat, { lost }: Composing): string | undefined {
  const wire = writeTier(serviceTier)
  if (serviceTier !== undefined && wire === undefined && serviceTier !== 'auto') lost.push('serviceTier')
  return wire
}

/** What the provider is known to refuse: a field of the request, or of its `generationConfig`. */
function refused(body: Draft, { quirks }: Aim): readonly string[] {
  return (quirks.refuses ?? []).filter(path => dropAt(body, path.split('.')))
}

function dropAt(draft: Draft, [name = '', ...more]: readonly string[]): boolean {
  const there = draft[name]
  if (there === undefined) return false
  if (more.length === 0) {
    delete draft[name]
    return true
  }
  if (!isObject(there)) return false
  const inner: Draft = { ...there }
  draft[name] = inner
  return dropAt(inner, more)
}
