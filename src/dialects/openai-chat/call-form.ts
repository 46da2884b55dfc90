import type { Json, JsonObject } from '../../model/json.ts'

/**
 * How a caller is told of calls: among `tool_calls`, or as the one `function_call` of a turn, as it was before there were
 * tools. Who declares `functions` looks for the latter alone (platform.openai.com/docs/api-reference/chat/create).
 */
export type CallForm = 'tools' | 'function'

export const callFormOf = ({ functions, tools }: JsonObject): CallForm =>
  holds(functions) && !holds(tools) ? 'function' : 'tools'

const holds = (list: Json | undefined): boolean => Array.isArray(list) && list.length > 0
