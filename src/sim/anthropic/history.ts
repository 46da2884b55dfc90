/** Reads the messages, and whether they make sense one after the other. */

import type { Field } from '../field.ts'
import type { Turn } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { type Part, readContent } from './blocks.ts'

type Message = { readonly field: Field; readonly role: 'user' | 'assistant'; readonly parts: readonly Part[] }

export type History = {
  readonly turns: readonly Turn[]
  /** The last thing said were the results of tools. */
  readonly answered: boolean
}

/** `thinks`: the last answer that called tools must begin with its thinking. `signed`: so must all. */
export function readHistory(list: Field, thinks: boolean, signed: boolean): History {
  const messages = list.needed().items().map(readMessage)
  const first = messages[0]
  if (first === undefined) throw list.wrong('at least one message is required')
  if (first.role !== 'user') throw list.wrong('first message must use the "user" role')
  checkEmptiness(messages)
  checkPairs(merged(messages))
  if (thinks || signed) checkThinking(messages, signed)
  const turns = messages.map(turnOf)
  return { turns, answered: turns.at(-1)?.role === 'tool' }
}

function readMessage(field: Field): Message {
  const role = field.only(new Set(['role', 'content'])).get('role')
  if (role.needed().value === 'system') {
    throw new Refusal(
      400,
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
      { param: role.at },
    )
  }
  const message = { field, role: role.among(['user', 'assistant']), parts: readContent(field.get('content')) }
  checkRoles(message)
  return message
}

const ofAssistants = new Set(['tool_use', 'thinking', 'redacted_thinking', 'server_tool_use'])
const ofUsers = new Set(['tool_result', 'image', 'document', 'search_result'])

function checkRoles({ role, parts }: Message): void {
  for (const { type, field } of parts) {
    const stray = role === 'user' ? ofAssistants.has(type) : ofUsers.has(type)
    if (stray) throw field.wrong(`\`${type}\` blocks can not be in \`${role}\` messages`)
  }
}

function checkEmptiness(messages: readonly Message[]): void {
  messages.forEach(({ field, role, parts }, i) => {
    const isLast = i === messages.length - 1 && role === 'assistant'
    const isEmpty = parts.every(({ type, text }) => type === 'text' && text === '')
    if (isEmpty && !isLast)
      throw field.wrong('all messages must have non-empty content except for the optional final assistant message')
    if (isLast && parts.at(-1)?.type === 'text' && /\s$/.test(parts.at(-1)?.text ?? ''))
      throw field.words.wrong('messages', 'final assistant content cannot end with trailing whitespace')
  })
}

/** Messages of the same role after each other count as one. */
function merged(messages: readonly Message[]): readonly Message[] {
  const all: Message[] = []
  for (const message of messages) {
    const before = all.at(-1)
    if (before?.role === message.role) all[all.length - 1] = { ...before, parts: [...before.parts, ...message.parts] }
    else all.push(message)
  }
  return all
}

const idsOf = (parts: readonly Part[], type: string, name: string): readonly string[] =>
  parts.filter(part => part.type === type).map(({ field }) => field.get(name).text())

/** Each call is answered in the next message, first of all and once; nothing is answered that was not called. */
function checkPairs(messages: readonly Message[]): void {
  const used = new Set<string>()
  messages.forEach(({ field, role, parts }, i) => {
    const called = idsOf(parts, 'tool_use', 'id')
    for (const id of called) {
      if (used.has(id)) throw field.words.wrong('messages', '`tool_use` ids must be unique')
      used.add(id)
    }
    const next = messages[i + 1]
    if (called.length > 0 && next !== undefined) checkAnswered(field, called, next)
    if (role === 'user') checkResults(parts, new Set(idsOf(messages[i - 1]?.parts ?? [], 'tool_use', 'id')))
  })
}

function checkAnswered(field: Field, called: readonly string[], { parts }: Message): void {
  const end = parts.findIndex(({ type }) => type !== 'tool_result')
  const answered = idsOf(end < 0 ? parts : parts.slice(0, end), 'tool_result', 'tool_use_id')
  const open = called.filter(id => !answered.includes(id))
  if (open.length === 0) return
  throw field.wrong(
    `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
  )
}

function checkResults(parts: readonly Part[], called: Set<string>): void {
  const seen = new Set<string>()
  for (const { type, field } of parts) {
    if (type !== 'tool_result') continue
    const id = field.get('tool_use_id').text()
    if (!called.has(id)) {
      throw field.wrong(
        `unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      )
    }
    if (seen.has(id))
      throw field.wrong(`each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${id}`)
    seen.add(id)
  }
}

const isThinking = (part: Part | undefined): boolean => part?.type === 'thinking' || part?.type === 'redacted_thinking'

function checkThinking(messages: readonly Message[], all: boolean): void {
  const calling = messages.filter(({ parts }) => parts.some(({ type }) => type === 'tool_use'))
  const last = messages.findLast(({ role }) => role === 'assistant')
  const isAnswered = messages.at(-1)?.parts.some(({ type }) => type === 'tool_result') === true
  for (const { parts, field } of all ? calling : calling.filter(each => each === last && isAnswered)) {
    const [first] = parts
    if (first === undefined || isThinking(first)) continue
    throw field
      .get('content')
      .words.wrong(
        `${first.field.at}.type`,
        `Expected \`thinking\` or \`redacted_thinking\`, but found \`${first.type}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`,
      )
  }
}

function turnOf({ role, parts }: Message): Turn {
  const calls = parts.filter(({ type }) => type === 'tool_use').map(({ field }) => field.value)
  const results = role === 'user' && parts.length > 0 && parts.every(({ type }) => type === 'tool_result')
  return {
    role: results ? 'tool' : role,
    text: parts.map(({ text }) => text).join(''),
    media: parts.reduce((sum, { media }) => sum + media, 0),
    calls: calls.length === 0 ? '' : JSON.stringify(calls),
  }
}
