import type { Chat, HostedKind, Tool, ToolChoice, WebSearch } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import { readCache } from './cache.ts'
import { invalid, maybe, need, objectsIn, textsIn } from './check.ts'
import type { Reading } from './read-block.ts'
import { dialectId } from './words.ts'

/** The tools of a request, and which of them the model may or must use. */

type Beyond = Reading['beyond']

/** The tools, and after them the MCP servers: those are named in a field of their own. */
export function readTools(body: JsonObject, beyond: Beyond): readonly Tool[] {
  const tools = objectsIn(maybe('list', body, 'tools', '') ?? [], 'tools')
  const servers = objectsIn(maybe('list', body, 'mcp_servers', '') ?? [], 'mcp_servers')
  return [
    ...tools.map(({ object, at }) => readTool(object, at, beyond)),
    ...servers.map(({ object, at }) => hosted('mcp', object, at)),
  ]
}

/** Tools that Anthropic runs, or whose schema its models know, by the beginning of their type; a date follows. */
const kinds: readonly (readonly [string, HostedKind])[] = [
  ['web_search_', 'web-search'],
  ['web_fetch_', 'web-fetch'],
  ['code_execution_', 'code-execution'],
  ['bash_', 'shell'],
  ['text_editor_', 'text-editor'],
  ['computer_', 'computer'],
  ['memory_', 'memory'],
  ['mcp_toolset', 'mcp'],
]

const functionFields = ['type', 'name', 'description', 'input_schema', 'strict', 'cache_control']

function readTool(tool: JsonObject, at: string, beyond: Beyond): Tool {
  const type = maybe('text', tool, 'type', at) ?? 'custom'
  if (type !== 'custom') {
    return hosted(kinds.find(([start]) => type.startsWith(start))?.[1] ?? 'other', tool, at)
  }
  for (const [name, value] of Object.entries(tool)) {
    if (!functionFields.includes(name) && value !== undefined && value !== null) beyond(`${at}.${name}`, value)
  }
  const description = maybe('text', tool, 'description', at)
  const strict = maybe('flag', tool, 'strict', at)
  return {
    type: 'function',
    name: readName(tool, at),
    ...(description === undefined ? {} : { description }),
    schema: need('object', tool, 'input_schema', at),
    ...(strict === undefined ? {} : { strict }),
    ...placed(tool, at),
  }
}

function readName(tool: JsonObject, at: string): string {
  const name = need('text', tool, 'name', at)
  if (name === '') throw invalid(`${at}.name`, 'must not be empty', name)
  return name
}

function placed(tool: JsonObject, at: string): Pick<Tool, 'at' | 'cache'> {
  const cache = readCache(tool, at)
  return { at, ...(cache ? { cache } : {}) }
}

function hosted(kind: HostedKind, wire: JsonObject, at: string): Tool {
  const search = kind === 'web-search' ? { search: readSearch(wire, at) } : {}
  return { type: 'hosted', kind, dialect: dialectId, wire, ...search, ...placed(wire, at) }
}

function readSearch(tool: JsonObject, at: string): WebSearch {
  const allowed = maybe('list', tool, 'allowed_domains', at)
  const blocked = maybe('list', tool, 'blocked_domains', at)
  const maxUses = maybe('whole', tool, 'max_uses', at)
  const location = maybe('object', tool, 'user_location', at)
  return {
    ...(allowed ? { allowedDomains: textsIn(allowed, `${at}.allowed_domains`) } : {}),
    ...(blocked ? { blockedDomains: textsIn(blocked, `${at}.blocked_domains`) } : {}),
    ...(maxUses === undefined ? {} : { maxUses }),
    ...(location ? { location } : {}),
  }
}

/** `tool_choice`, which also says whether several tools may be called at once. */
export function readChoice(body: JsonObject): Pick<Chat, 'toolChoice' | 'parallelTools'> {
  const choice = maybe('object', body, 'tool_choice', '')
  if (!choice) return {}
  const alone = maybe('flag', choice, 'disable_parallel_tool_use', 'tool_choice')
  return { toolChoice: choiceOf(choice), ...(alone === undefined ? {} : { parallelTools: !alone }) }
}

function choiceOf(choice: JsonObject): ToolChoice {
  const type = need('text', choice, 'type', 'tool_choice')
  switch (type) {
    case 'auto':
    case 'none':
      return { type }
    case 'any':
      return { type: 'required' }
    case 'tool':
      return { type: 'tool', name: need('text', choice, 'name', 'tool_choice') }
    default:
      throw invalid('tool_choice.type', "must be 'auto', 'any', 'tool' or 'none'", type)
  }
}
