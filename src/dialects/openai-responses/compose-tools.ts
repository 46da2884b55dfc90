import type { Chat, FunctionTool, HostedTool, Tool, ToolChoice } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { isStrict } from '../openai-strict.ts'
import { dialectId } from './id.ts'

/** Tools as the Responses API declares them. `own`: the caller speaks it too, so what it left out is left out. */
export function writeTools(chat: Chat, own: boolean, lost: string[]): readonly JsonObject[] {
  const tools = chat.tools.map(tool => writeTool(tool, own, lost))
  const searches = chat.tools.some(tool => tool.type === 'hosted' && tool.kind === 'web-search')
  return chat.webSearch && !searches ? [...tools, searchOf(chat.webSearch)] : tools
}

function writeTool(tool: Tool, own: boolean, lost: string[]): JsonObject {
  if (tool.cache) lost.push(`${tool.at ?? 'tools'}.cache_control`)
  switch (tool.type) {
    case 'function': {
      const strict = own ? tool.strict : strictly(tool, lost)
      if (tool.returns && !own) lost.push(`${tool.at ?? tool.name}.returns`)
      return said({
        type: 'function',
        name: tool.name,
        description: tool.description,
        parameters: tool.schema,
        strict,
        output_schema: own ? tool.returns : undefined,
      })
    }
    case 'custom': {
      const format = tool.grammar ? { type: 'grammar', ...tool.grammar } : undefined
      return said({ type: 'custom', name: tool.name, description: tool.description, format })
    }
    case 'hosted':
      return tool.dialect === dialectId ? tool.wire : writeForeign(tool, lost)
    default:
      return tool satisfies never
  }
}

/**
 * Without `strict` a schema is made strict here: what was optional would become required. What another dialect follows
 * strictly OpenAI may refuse to.
 */
function strictly({ strict = false, schema, at, name }: FunctionTool, lost: string[]): boolean {
  if (!strict || (schema && isStrict(schema))) return strict
  // Without arguments there is nothing to follow.
  if (schema) lost.push(`${at ?? name}.strict`)
  return false
}

/** Another provider's tool, where OpenAI has one that does the same; else the request makes no sense here. */
function writeForeign(tool: HostedTool, lost: string[]): JsonObject {
  const at = tool.at ?? 'tools'
  if (tool.kind === 'code-execution') return { type: 'code_interpreter', container: { type: 'auto' } }
  if (tool.kind !== 'web-search') throw noSuchTool(tool, at)
  const { allowedDomains, blockedDomains, maxUses, location } = tool.search ?? {}
  if (blockedDomains) lost.push(`${at}.blocked_domains`)
  if (maxUses !== undefined) lost.push(`${at}.max_uses`)
  return said({
    type: 'web_search',
    filters: allowedDomains && { allowed_domains: allowedDomains },
    user_location: location && approximate(location),
  })
}

const noSuchTool = (tool: HostedTool, at: string): Fault =>
  new Fault(
    'invalid_request',
    `'${at}' is a tool of its provider's own (${tool.kind}), and this model's provider has none like it. Leave it out, or ask another model.`,
    { param: at },
  )

/** The chat API's wish for a search, as a tool. */
const searchOf = ({ search_context_size: size, user_location: location }: JsonObject): JsonObject =>
  said({
    type: 'web_search',
    search_context_size: size,
    user_location: isObject(location) ? approximate(location) : undefined,
  })

/** The chat API has a location's fields one level deeper. */
function approximate({ approximate: inner, ...outer }: JsonObject): JsonObject {
  return { ...outer, ...(isObject(inner) ? inner : {}), type: 'approximate' }
}

export function writeToolChoice(choice: ToolChoice, tools: readonly Tool[]): Json {
  if (choice.type === 'tool') return chosen(choice.name, tools)
  if (choice.type !== 'only') return choice.type
  const mode = choice.required ? 'required' : 'auto'
  return { type: 'allowed_tools', mode, tools: choice.names.map(name => chosen(name, tools)) }
}

function chosen(name: string, tools: readonly Tool[]): JsonObject {
  const tool = tools.find(tool => (tool.type === 'hosted' ? tool.wire.name : tool.name) === name)
  if (tool?.type === 'hosted') return { type: tool.kind === 'code-execution' ? 'code_interpreter' : 'web_search' }
  return { type: tool?.type ?? 'function', name }
}

/** An object without the fields that were not said. */
export const said = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
