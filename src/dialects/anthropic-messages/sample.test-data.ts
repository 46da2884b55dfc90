import type { Chat, Message, Tool } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { Aim, Composed } from '../dialect.ts'
import { request } from './request.ts'

/** Chats of another dialect, and what becomes of them. */

export const text = (text: string, at?: string): Part => ({ type: 'text', text, ...(at ? { at } : {}) })
export const user = (...parts: readonly Part[]): Message => ({ role: 'user', parts })
export const assistant = (...parts: readonly Part[]): Message => ({ role: 'assistant', parts })
export const system = (words: string, at: string): Message => ({ role: 'developer', parts: [text(words)], at })
export const call = (id: string): Part => ({ type: 'tool-call', id, name: 'f', input: '{}' })
export const result = (call: string): Part => ({ type: 'tool-result', call, parts: [text('42')] })
export const weather = { type: 'function', name: 'weather', schema: { type: 'object' }, at: 'tools[0]' } satisfies Tool

const chatOf = (more: Partial<Chat>): Chat => ({
  messages: [user(text('Hi'))],
  tools: [],
  extras: { dialect: 'openai-chat', fields: {} },
  ...more,
})
export const compose = (more: Partial<Chat>, model = 'claude-sonnet-4-5', aim: Partial<Aim> = {}): Composed =>
  request.compose(chatOf(more), { provider: 'anthropic', model, quirks: {}, stream: false, ...aim })
export const turnsOf = ({ body }: Composed): [string, unknown[]][] =>
  (body.messages as readonly { readonly role: string; readonly content: readonly JsonObject[] }[]).map(
    ({ role, content }) => [role, content.map(({ type, text, tool_use_id: id }) => text ?? id ?? type)],
  )
