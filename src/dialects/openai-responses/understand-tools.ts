import type { HostedKind, Tool, ToolChoice, WebSearch } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { beyond, each, flag, invalid, isSaid, maybe, name, object, schema, text } from '../check.ts'
import { dialectId } from './id.ts'

/** Tools, and what was said of them that has no noun (`tools[2].defer_loading`). */
export type ReadTools = { readonly tools: readonly Tool[]; readonly extras: JsonObject }

export function readTools(value: Json | undefined): ReadTools {
  const extras: [string, Json | undefined][] = []
  const tools = each(value ?? [], 'tools', (tool, at) => readTool(object(tool, at), at, extras))
  return { tools, extras: Object.fromEntries(extras) }
}

const functionFields: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'parameters',
  'strict',
  'output_schema',
])
const customFields: ReadonlySet<string> = new Set(['type', 'name', 'description', 'format'])

function readTool(tool: JsonObject, at: string, extras: (readonly [string, Json | undefined])[]): Tool {
  const type = name(tool.type, `${at}.type`)
  if (type === 'function') {
    extras.push(...beyond(tool, functionFields, `${at}.`))
    return readFunction(tool, at)
  }
  if (type === 'custom') {
    extras.push(...beyond(tool, customFields, `${at}.`))
    return readCustom(tool, at)
  }
  const kind = hostedKinds.get(type) ?? 'other'
  const search = kind === 'web-search' ? { search: readSearch(tool) } : {}
  return { type: 'hosted', kind, dialect: dialectId, wire: tool, ...search, at }
}

function readFunction(tool: JsonObject, at: string): Tool {
  return {
    type: 'function',
    name: name(tool.name, `${at}.name`),
    description: maybe(text, tool.description, `${at}.description`),
    schema: maybe(schema, tool.parameters, `${at}.parameters`),
    strict: maybe(flag, tool.strict, `${at}.strict`),
    returns: maybe(schema, tool.output_schema, `${at}.output_schema`),
    at,
  }
}

function readCustom(tool: JsonObject, at: string): Tool {
  const { type, ...grammar } = maybe(object, tool.format, `${at}.format`) ?? {}
  return {
    type: 'custom',
    name: name(tool.name, `${at}.name`),
    description: maybe(text, tool.description, `${at}.description`),
    grammar: type === 'grammar' ? grammar : undefined,
    at,
  }
}

/** What OpenAI's own tools are, dated names and previews included. */
const hostedKinds: ReadonlyMap<string, HostedKind> = new Map([
  ['web_search', 'web-search'],
  ['web_search_2025_08_26', 'web-search'],
  ['web_search_preview', 'web-search'],
  ['web_search_preview_2025_03_11', 'web-search'],
  ['file_search', 'file-search'],
  ['computer', 'computer'],
  ['computer_use', 'computer'],
  ['computer_use_preview', 'computer'],
  ['code_interpreter', 'code-execution'],
  ['mcp', 'mcp'],
  ['image_generation', 'image-generation'],
  ['local_shell', 'shell'],
  ['shell', 'shell'],
  ['apply_patch', 'text-editor'],
])

function readSearch({ filters, user_location: location }: JsonObject): WebSearch {
  const allowed = isObject(filters) ? filters.allowed_domains : undefined
  return {
    ...(Array.isArray(allowed) ? { allowedDomains: allowed.filter(domain => typeof domain === 'string') } : {}),
    ...(isObject(location) ? { location } : {}),
  }
}

/** A choice of tools; undefined if it has no noun: one of the provider's own tools. */
export function readToolChoice(value: Json | undefined): ToolChoice | undefined {
  if (!isSaid(value)) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return { type: value }
  const choice = object(value, 'tool_choice')
  const type = name(choice.type, 'tool_choice.type')
  if (type === 'allowed_tools') return readAllowed(choice)
  const chosen = chosenName(choice)
  if (chosen !== undefined) return { type: 'tool', name: chosen }
  if (type === 'function' || type === 'custom') throw invalid('tool_choice.name', 'must name a tool', choice.name)
  return undefined
}

/** The tool that is meant; the chat API's way to say it is understood as well. */
function chosenName({ type, name, function: inner }: JsonObject): string | undefined {
  if (type !== 'function' && type !== 'custom') return undefined
  const chosen = name ?? (isObject(inner) ? inner.name : undefined)
  return typeof chosen === 'string' && chosen !== '' ? chosen : undefined
}

function readAllowed({ mode, tools }: JsonObject): ToolChoice | undefined {
  const names = each(tools, 'tool_choice.tools', (tool, at) => chosenName(object(tool, at)))
  if (isSaid(mode) && mode !== 'auto' && mode !== 'required')
    throw invalid('tool_choice.mode', 'must be auto or required', mode)
  const known = names.filter(name => name !== undefined)
  return known.length < names.length ? undefined : { type: 'only', names: known, required: mode === 'required' }
}
