import type { Chat, HostedKind, Tool, ToolChoice, WebSearch } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { beyond, each, flag, invalid, maybe, name, object, schema, text, texts, whole } from '../check.ts'
import { readCache } from './cache.ts'
import { dialectId } from './id.ts'
import type { Reading } from './read-block.ts'

/** The tools of a request, and which of them the model may or must use. */

type Note = Reading['note']

/** The tools, and after them the MCP servers: those are named in a field of their own. */
export function readTools(body: JsonObject, note: Note): readonly Tool[] {
  return [
    ...each(body.tools ?? [], 'tools', (tool, at) => readTool(object(tool, at), at, note)),
    ...each(body.mcp_servers ?? [], 'mcp_servers', readServer),
  ]
}

function readServer(value: Json | undefined, at: string): Tool {
  const server = object(value, at)
  if (server.type !== 'url') throw invalid(`${at}.type`, "must be 'url'", server.type)
  return hosted('mcp', server, at)
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

const functionFields: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
])

function readTool(tool: JsonObject, at: string, note: Note): Tool {
  const type = maybe(text, tool.type, `${at}.type`) ?? 'custom'
  if (type !== 'custom') {
    return hosted(kinds.find(([start]) => type.startsWith(start))?.[1] ?? 'other', tool, at)
  }
  for (const [place, value] of beyond(tool, functionFields, `${at}.`)) note(place, value)
  const description = maybe(text, tool.description, `${at}.description`)
  const strict = maybe(flag, tool.strict, `${at}.strict`)
  return {
    type: 'function',
    name: name(tool.name, `${at}.name`),
    ...(description === undefined ? {} : { description }),
    schema: schema(tool.input_schema, `${at}.input_schema`),
    ...(strict === undefined ? {} : { strict }),
    ...placed(tool, at),
  }
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
  const allowedDomains = maybe(texts, tool.allowed_domains, `${at}.allowed_domains`)
  const blockedDomains = maybe(texts, tool.blocked_domains, `${at}.blocked_domains`)
  const maxUses = maybe(whole, tool.max_uses, `${at}.max_uses`)
  const location = maybe(object, tool.user_location, `${at}.user_location`)
  return {
    ...(allowedDomains ? { allowedDomains } : {}),
    ...(blockedDomains ? { blockedDomains } : {}),
    ...(maxUses === undefined ? {} : { maxUses }),
    ...(location ? { location } : {}),
  }
}

/** `tool_choice`, which also says whether several tools may be called at once. */
export function readChoice(body: JsonObject): Pick<Chat, 'toolChoice' | 'parallelTools'> {
  const choice = maybe(object, body.tool_choice, 'tool_choice')
  if (!choice) return {}
  const alone = maybe(flag, choice.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use')
  return { toolChoice: choiceOf(choice), ...(alone === undefined ? {} : { parallelTools: !alone }) }
}

function choiceOf(choice: JsonObject): ToolChoice {
  const type = text(choice.type, 'tool_choice.type')
  switch (type) {
    case 'auto':
    case 'none':
      return { type }
    case 'any':
      return { type: 'required' }
    case 'tool':
      return { type: 'tool', name: name(choice.name, 'tool_choice.name') }
    default:
      throw invalid('tool_choice.type', "must be 'auto', 'any', 'tool' or 'none'", type)
  }
}
