import type { Message } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { refuse } from '../check.ts'
import { blocksOf, cachePoint, type Telling } from './compose-parts.ts'

/**
 * The system's words, wherever they stood: Converse has one place for them, before all others, that every model knows. Of
 * those that stood within the conversation, the place is lost.
 */
export function systemOf(messages: readonly Message[], telling: Telling): readonly JsonObject[] {
  const begin = messages.findIndex(message => !isSystem(message))
  return messages.flatMap((message, index) => {
    if (!isSystem(message)) return []
    nameIsLost(message, telling)
    const blocks = message.parts.flatMap(part => systemBlocks(part, telling))
    if (begin !== -1 && index > begin && blocks.length > 0) telling.lose(message.at ?? message.role)
    return blocks
  })
}

const isSystem = ({ role }: Message): boolean => role === 'system' || role === 'developer'

function systemBlocks(part: Part, telling: Telling): readonly JsonObject[] {
  if (part.type === 'text' || part.type === 'opaque') return blocksOf(part, 'user', telling)
  telling.lose(part.at ?? part.type)
  const mark = cachePoint(part.cache, part, telling)
  return mark ? [mark] : []
}

function nameIsLost({ name, at }: Message, { lose }: Telling): void {
  if (name !== undefined) lose(at === undefined ? 'name' : `${at}.name`)
}

/** What the user and the assistant said, in turns that alternate and begin with the user, as Bedrock demands. */
export function turnsOf(messages: readonly Message[], telling: Telling): readonly JsonObject[] {
  const turns = merged(
    messages.filter(message => !isSystem(message)),
    telling,
  )
  if (turns.length === 0) throw refuse('messages', 'Bedrock needs a message of the user that says something.')
  if (turns[0]?.role !== 'user')
    throw refuse(turns[0]?.at, 'Bedrock needs conversations to begin with the user: put a message of the user first.')
  return turns.map(({ role, groups }, index) => {
    if (role === 'user') return { role, content: userContent(groups) }
    const begun = telling.vendor.trimmed && index === turns.length - 1
    return { role, content: begun ? trimEnd(groups.flat()) : groups.flat() }
  })
}

/** The last words, behind which only a cache mark may stand, without white space at their end. */
function trimEnd(content: readonly JsonObject[]): readonly JsonObject[] {
  const last = content.findLastIndex(block => !('cachePoint' in block))
  return content.map((block, index) =>
    index === last && typeof block.text === 'string' ? { text: block.text.trimEnd() } : block,
  )
}

/** What one part became: a block, and perhaps a cache mark that belongs behind it. */
type Group = readonly JsonObject[]
type Turn = { readonly role: 'user' | 'assistant'; readonly groups: Group[]; readonly at: string | undefined }

function merged(messages: readonly Message[], telling: Telling): readonly Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    nameIsLost(message, telling)
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const groups = message.parts.map(part => blocksOf(part, role, telling)).filter(group => group.length > 0)
    const last = turns.at(-1)
    if (last?.role === role) last.groups.push(...groups)
    else if (groups.length > 0) turns.push({ role, groups, at: message.at })
  }
  return turns
}

/** The results of tools stand first, and a document never without words beside it. */
function userContent(groups: readonly Group[]): readonly JsonObject[] {
  const isResult = ([block]: Group): boolean => block?.toolResult !== undefined
  const content = [...groups.filter(isResult), ...groups.filter(group => !isResult(group))].flat()
  const documents = content.map(({ document }) => document).filter(document => document !== undefined)
  const alone = documents.length > 0 && !content.some(block => 'text' in block)
  return alone ? [...content, { text: documents.map(nameIn).join(', ') }] : content
}

const nameIn = (document: unknown): string => String((document as { readonly name: string }).name)
