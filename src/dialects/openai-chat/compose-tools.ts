import type { Chat, FunctionTool, HostedTool, OutputFormat, Tool, ToolChoice } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import { isStrict } from '../openai-strict.ts'
import { dialectId } from './id.ts'
import { cannot, lose, markOf, type Telling } from './telling.ts'

/** The tools of a chat and which of them are to be used, as fields of a request. */
export function writeTools(chat: Chat, telling: Telling): JsonObject {
  const { toolChoice } = chat
  const tools = offered(chat, telling).flatMap(tool => writeTool(tool, telling))
  const choice = toolChoice && writeChoice(toolChoice, chat.tools, telling)
  // Without tools a choice that forces none says nothing, and is refused.
  const idle = tools.length === 0 && (choice === 'auto' || choice === 'none')
  return {
    ...(tools.length > 0 && { tools }),
    ...(choice !== undefined && !idle && { tool_choice: choice }),
    ...searching(chat.tools, telling),
  }
}

/** All of them, or only those that may be used, where that cannot be said in another way. */
function offered({ tools, toolChoice }: Chat, { quirks }: Telling): readonly Tool[] {
  if (toolChoice?.type !== 'only' || quirks.allowsTools) return tools
  return tools.filter(tool => tool.type === 'hosted' || toolChoice.names.includes(tool.name))
}

function writeTool(tool: Tool, telling: Telling): readonly JsonObject[] {
  switch (tool.type) {
    case 'function':
      return [{ type: 'function', function: functionOf(tool, telling), ...markOf(tool, telling) }]
    case 'custom':
      return [{ type: 'custom', custom: customOf(tool), ...markOf(tool, telling) }]
    case 'hosted':
      return writeHosted(tool, telling)
    default:
      return tool satisfies never
  }
}

function functionOf(tool: FunctionTool, telling: Telling): JsonObject {
  if (tool.returns) lose(telling, tool, 'response')
  return {
    name: tool.name,
    ...(tool.description !== undefined && { description: tool.description }),
    ...(tool.schema && { parameters: tool.schema }),
    ...(tool.strict !== undefined && { strict: strictly(tool, telling) }),
  }
}

/** What another dialect follows strictly OpenAI may refuse to. */
function strictly(tool: FunctionTool, telling: Telling): boolean {
  if (telling.own || !tool.strict || (tool.schema && isStrict(tool.schema))) return tool.strict === true
  // Without arguments there is nothing to follow.
  if (tool.schema) lose(telling, tool, 'strict')
  return false
}

const customOf = ({ name, description, grammar }: Extract<Tool, { readonly type: 'custom' }>): JsonObject => ({
  name,
  ...(description !== undefined && { description }),
  ...(grammar && { format: { type: 'grammar', grammar: { syntax: grammar.syntax, definition: grammar.definition } } }),
})

function writeHosted(tool: HostedTool, telling: Telling): readonly JsonObject[] {
  if (tool.dialect === dialectId) return [tool.wire]
  const { searchesBy } = telling.quirks
  if (tool.kind !== 'web-search' || searchesBy === undefined) throw cannot(telling, tool, `the tool '${tool.kind}'`)
  return searchesBy === 'openrouter:web_search' ? [openRouterSearch(tool, telling)] : []
}

/** openrouter.ai/docs/guides/features/server-tools/web-search */
function openRouterSearch(tool: HostedTool, telling: Telling): JsonObject {
  const { maxUses, allowedDomains, blockedDomains, location } = tool.search ?? {}
  if (location) lose(telling, tool, 'user_location')
  const parameters = {
    ...(maxUses !== undefined && { max_uses: maxUses }),
    ...(allowedDomains && { allowed_domains: allowedDomains }),
    ...(blockedDomains && { excluded_domains: blockedDomains }),
  }
  return { type: 'openrouter:web_search', ...(Object.keys(parameters).length > 0 && { parameters }) }
}

/** Another dialect's search tool, where searching is an option of the request. */
function searching(tools: readonly Tool[], telling: Telling): JsonObject {
  if (telling.quirks.searchesBy !== 'web_search_options') return {}
  const tool = tools.find(each => each.type === 'hosted' && each.kind === 'web-search' && each.dialect !== dialectId)
  if (tool?.type !== 'hosted') return {}
  const { maxUses, allowedDomains, blockedDomains, location } = tool.search ?? {}
  if (maxUses !== undefined) lose(telling, tool, 'max_uses')
  if (allowedDomains) lose(telling, tool, 'allowed_domains')
  if (blockedDomains) lose(telling, tool, 'blocked_domains')
  if (!location) return { web_search_options: {} }
  const { type: _, ...approximate } = location
  return { web_search_options: { user_location: { type: 'approximate', approximate } } }
}

function writeChoice(choice: ToolChoice, tools: readonly Tool[], { quirks }: Telling): string | JsonObject {
  switch (choice.type) {
    case 'auto':
    case 'none':
    case 'required':
      return choice.type
    case 'tool':
      return chosen(choice.name, tools)
    case 'only': {
      const mode = choice.required ? 'required' : 'auto'
      if (!quirks.allowsTools) return mode
      return { type: 'allowed_tools', allowed_tools: { mode, tools: choice.names.map(name => chosen(name, tools)) } }
    }
    default:
      return choice satisfies never
  }
}

function chosen(name: string, tools: readonly Tool[]): JsonObject {
  const custom = tools.some(tool => tool.type === 'custom' && tool.name === name)
  return custom ? { type: 'custom', custom: { name } } : { type: 'function', function: { name } }
}

/** What the reply has to be. OpenAI takes no schema without a name. */
export function writeFormat(format: OutputFormat, telling: Telling): JsonObject {
  if (format.type === 'text') return { type: 'text' }
  if (format.type === 'json') return { type: 'json_object' }
  if (telling.quirks.noSchemas) {
    telling.lost.add('format')
    return { type: 'json_object' }
  }
  const { name = 'response', description, schema, strict } = format
  return {
    type: 'json_schema',
    json_schema: {
      name,
      ...(description !== undefined && { description }),
      schema,
      ...(strict !== undefined && { strict }),
    },
  }
}
