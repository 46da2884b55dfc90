/** Reads the messages, and whether they make sense one after the other. */

import type { Field } from '../field.ts'
import type { Turn } from '../prompt.ts'
import { inModel, type Part, readBlock } from './blocks.ts'

type Message = { readonly field: Field; readonly role: string; readonly parts: readonly Part[] }

export type History = {
  readonly turns: readonly Turn[]
  readonly answered: boolean
  /** Tools were called or have answered, so there must be tools. */
  readonly usesTools: boolean
}

export function readHistory(list: Field, signed: boolean): History {
  const messages = list.needed().items().map(readMessage)
  const [first] = messages
  if (first?.role !== 'user')
    throw list.wrong(
      'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    )
  messages.forEach((message, i) => {
    checkTurn(message, messages[i - 1])
    checkDocuments(message)
    if (signed) checkReasoned(message)
  })
  const turns = messages.map(turnOf)
  const usesTools = messages.some(({ parts }) => parts.some(({ type }) => type === 'toolUse' || type === 'toolResult'))
  return { turns, answered: turns.at(-1)?.role === 'tool', usesTools }
}

function readMessage(field: Field): Message {
  const role = field.get('role').needed().among(['user', 'assistant'])
  const content = field.get('content').needed()
  const parts = content.items().map(readBlock)
  if (parts.length === 0)
    throw content.wrong(
      `The content field in the Message object at ${inModel(field)} is empty. Add a ContentBlock object to the content field and try again.`,
    )
  return { field, role, parts }
}

const idsOf = (message: Message | undefined, type: string): readonly string[] =>
  (message?.parts ?? []).filter(part => part.type === type).map(({ field }) => field.get('toolUseId').text())

function checkTurn(message: Message, before: Message | undefined): void {
  const { field, role } = message
  if (before?.role === role)
    throw field.wrong(
      'A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.',
    )
  const called = idsOf(before, 'toolUse')
  const answered = idsOf(message, 'toolResult')
  const at = `${inModel(field)}.content`
  const open = called.filter(id => !answered.includes(id))
  if (open.length > 0)
    throw field.wrong(`Expected toolResult blocks at ${at} for the following Ids: ${open.join(', ')}`)
  if (answered.length > called.length)
    throw field.wrong(`The number of toolResult blocks at ${at} exceeds the number of toolUse blocks of previous turn.`)
}

function checkDocuments({ field, parts }: Message): void {
  const types = new Set(parts.map(({ type }) => type))
  if (types.has('document') && !types.has('text'))
    throw field.wrong('A text block is required in the content of a message that has a document.')
}

function checkReasoned({ field, parts }: Message): void {
  if (parts.some(({ type }) => type === 'toolUse') && parts[0]?.type !== 'reasoningContent')
    throw field.wrong(`${inModel(field)}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`.`)
}

function turnOf({ role, parts }: Message): Turn {
  const calls = parts.filter(({ type }) => type === 'toolUse').map(({ field }) => field.value)
  const isAnswer = parts.every(({ type }) => type === 'toolResult' || type === 'cachePoint')
  return {
    role: isAnswer ? 'tool' : role,
    text: parts.map(({ text }) => text).join(''),
    media: parts.reduce((sum, { media }) => sum + media, 0),
    calls: calls.length === 0 ? '' : JSON.stringify(calls),
  }
}
