import type { Chat, FunctionTool, HostedKind, HostedTool, Tool, ToolChoice } from '../../model/chat.ts'
import { isObject, type JsonObject } from '../../model/json.ts'
import { enforced } from '../enforced-schema.ts'
import { writeCache } from './cache.ts'
import { dialectId } from './id.ts'
import { refuse, type Telling } from './telling.ts'

/** The tools of a request, the servers that have more of them, and which the model may or must use. */
export function writeTools(chat: Chat, telling: Telling): JsonObject {
  const offered = chat.tools.filter(tool => mayBeUsed(tool, chat.toolChoice))
  const written = offered.flatMap(tool => writeTool(tool, telling))
  const servers = written.filter(tool => tool.type === 'url')
  const tools = [...written.filter(tool => tool.type !== 'url'), ...writeSearch(chat, telling)]
  return {
    ...(tools.length > 0 ? { tools } : {}),
    ...(servers.length > 0 ? { mcp_servers: servers } : {}),
    ...writeChoice(chat, tools.length > 0, telling),
  }
}

/** Of several tools only these: the others are not shown. */
const mayBeUsed = (tool: Tool, choice: ToolChoice | undefined): boolean =>
  choice?.type !== 'only' || tool.type === 'hosted' || choice.names.includes(tool.name)

function writeTool(tool: Tool, telling: Telling): readonly JsonObject[] {
  switch (tool.type) {
    case 'function':
      return [writeFunction(tool, telling)]
    case 'hosted':
      return [writeHosted(tool, telling)]
    case 'custom':
      // Its input is free text, and every tool's input is an object here.
      telling.lose(tool.at ?? tool.name)
      return []
    default:
      return tool satisfies never
  }
}

function writeFunction(tool: FunctionTool, telling: Telling): JsonObject {
  const { name, description, cache, at, returns } = tool
  if (returns) telling.lose(`${at ?? name}.returns`)
  return {
    name,
    ...(description === undefined ? {} : { description }),
    input_schema: inputSchema(tool, telling),
    ...(tool.strict === undefined || !canBeStrict(tool, telling) ? {} : { strict: tool.strict }),
    ...writeCache(cache),
  }
}

function canBeStrict({ strict, at, name }: FunctionTool, { own, traits, lose }: Telling): boolean {
  if (own || traits.schemas) return true
  if (strict) lose(`${at ?? name}.strict`)
  return false
}

function inputSchema({ schema, strict, at, name }: FunctionTool, { own, traits, lose }: Telling): JsonObject {
  if (own) return schema ?? { type: 'object', properties: {} }
  const object: JsonObject = { ...(schema ?? { properties: {} }), type: 'object' }
  if (!strict || !traits.schemas) return object
  const closed = enforced(object)
  if (closed.lost) lose(`${at ?? name}.schema`)
  return closed.schema
}

/** The tools of others that Anthropic has as well, in the versions that need no beta header. */
const hostedHere: Partial<Readonly<Record<HostedKind, JsonObject>>> = {
  'web-search': { type: 'web_search_20250305', name: 'web_search' },
  'web-fetch': { type: 'web_fetch_20250910', name: 'web_fetch' },
  'code-execution': { type: 'code_execution_20250825', name: 'code_execution' },
}

function writeHosted(tool: HostedTool, telling: Telling): JsonObject {
  const { kind, dialect, wire, search, cache, at } = tool
  if (dialect === dialectId) return wire
  const here = hostedHere[kind]
  if (!here) throw refuse(at ?? kind, `${telling.provider} has no tool of its own like this (${kind}).`)
  return {
    ...here,
    ...(search?.maxUses === undefined ? {} : { max_uses: search.maxUses }),
    ...(search?.allowedDomains ? { allowed_domains: search.allowedDomains } : {}),
    ...(search?.blockedDomains ? { blocked_domains: search.blockedDomains } : {}),
    ...(search?.location ? { user_location: writeLocation(search.location) } : {}),
    ...writeCache(cache),
  }
}

/** `{type: 'approximate', city, …}`; one of OpenAI's two APIs has the fields a level deeper. */
function writeLocation(location: JsonObject): JsonObject {
  const fields = isObject(location.approximate) ? location.approximate : location
  return { ...fields, type: 'approximate' }
}

/** OpenAI's wish for a search that is no tool there. */
function writeSearch({ webSearch, tools }: Chat, { lose }: Telling): readonly JsonObject[] {
  if (!webSearch) return []
  const { user_location: location, ...rest } = webSearch
  if (Object.keys(rest).length > 0) lose('webSearch')
  if (tools.some(tool => tool.type === 'hosted' && tool.kind === 'web-search')) return []
  return [{ ...hostedHere['web-search'], ...(isObject(location) ? { user_location: writeLocation(location) } : {}) }]
}

function writeChoice({ toolChoice, parallelTools }: Chat, hasTools: boolean, telling: Telling): JsonObject {
  if (!toolChoice && parallelTools === undefined) return {}
  if (!hasTools) return withoutTools(toolChoice, telling)
  const choice = choiceOf(toolChoice, telling)
  const alone =
    parallelTools === undefined || choice.type === 'none' ? {} : { disable_parallel_tool_use: !parallelTools }
  return { tool_choice: { ...choice, ...alone } }
}

/** A choice among no tools is refused there; only one that demands a tool has said something. */
function withoutTools(choice: ToolChoice | undefined, { lose }: Telling): JsonObject {
  if (choice && forces(choice)) lose('toolChoice')
  return {}
}

/** Whether the model has no choice but to use a tool. */
export const forces = (choice: ToolChoice | undefined): boolean =>
  choice?.type === 'required' || choice?.type === 'tool' || (choice?.type === 'only' && choice.required)

function choiceOf(choice: ToolChoice | undefined, { traits, own, lose }: Telling): JsonObject {
  if (forces(choice) && !traits.forced && !own) {
    lose('toolChoice')
    return { type: 'auto' }
  }
  if (choice?.type === 'tool') return { type: 'tool', name: choice.name }
  if (forces(choice)) return { type: 'any' }
  return { type: choice?.type === 'none' ? 'none' : 'auto' }
}
