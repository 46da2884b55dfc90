import type { HostedKind, Tool, ToolChoice } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import { each, invalid, name, schema } from '../check.ts'
import { Fields, type Leftovers } from './fields.ts'
import { dialectId } from './id.ts'
import { fromOpenApi } from './schema.ts'

/** Google's own tools, by the fields that switch them on. */
const hosted: Readonly<Record<string, HostedKind>> = {
  googleSearch: 'web-search',
  googleSearchRetrieval: 'web-search',
  enterpriseWebSearch: 'web-search',
  urlContext: 'web-fetch',
  codeExecution: 'code-execution',
  fileSearch: 'file-search',
  googleMaps: 'maps',
  computerUse: 'computer',
  mcpServers: 'mcp',
  retrieval: 'other',
}

/** The tools of a request. One entry may hold several, functions among them. */
export function understandTools(request: Fields, strict: boolean, left: Leftovers): readonly Tool[] {
  return request.each('tools').flatMap(entry => {
    const functions = entry.each('functionDeclarations').map(each => readFunction(each, strict, left))
    const others = Object.keys(hosted)
      .filter(name => entry.has(name))
      .map(name => readHosted(entry, name))
    entry.leave(left)
    return [...functions, ...others]
  })
}

/** SDKs that switch a tool on by an empty object may write null inside; a field that is null itself is not there. */
function readHosted(entry: Fields, name: string): Tool {
  const wire: JsonObject = { [name]: entry.json(name) }
  const kind = hosted[name] ?? 'other'
  const search = kind === 'web-search' ? { search: searchOf(entry, name) } : {}
  return { type: 'hosted', kind, dialect: dialectId, wire, ...search, at: entry.path(name) }
}

/** Domains that Vertex can be told to leave out. */
function searchOf(entry: Fields, name: string): { readonly blockedDomains?: readonly string[] } {
  const domains = new Fields(entry.peek(name) ?? {}, entry.path(name)).json('excludeDomains')
  const named = Array.isArray(domains) ? domains.filter(domain => typeof domain === 'string') : []
  return named.length > 0 ? { blockedDomains: named } : {}
}

function readFunction(declared: Fields, strict: boolean, left: Leftovers): Tool {
  const name = declared.text('name')
  if (name === undefined || name === '') throw invalid(declared.path('name'), 'must name a function', name)
  const tool = {
    type: 'function',
    name,
    description: declared.text('description'),
    schema: readSchema(declared, 'parameters', 'parametersJsonSchema'),
    returns: readSchema(declared, 'response', 'responseJsonSchema'),
    ...(strict ? { strict } : {}),
    at: declared.at,
  } as const
  declared.leave(left)
  return tool
}

/** A schema in either of its two kinds, as JSON Schema. */
export function readSchema(of: Fields, openApi: string, jsonSchema: string): JsonObject | undefined {
  const json = of.schema(jsonSchema)
  const subset = of.object(openApi)
  return json ?? (subset && schema(fromOpenApi(subset), of.path(openApi)))
}

/** What `functionCallingConfig` wants. `strict`: the calls are to follow their schemas. */
export type Calling = { readonly choice: ToolChoice | undefined; readonly strict: boolean }

export function understandCalling(request: Fields, left: Leftovers): Calling {
  const config = request.fields('toolConfig')
  const calling = config?.fields('functionCallingConfig')
  config?.leave(left)
  if (!calling) return { choice: undefined, strict: false }
  const mode = calling.word('mode') ?? 'MODE_UNSPECIFIED'
  const names = each(calling.json('allowedFunctionNames') ?? [], calling.path('allowedFunctionNames'), name)
  calling.leave(left)
  if (!Object.hasOwn(choices, mode)) throw invalid(calling.path('mode'), 'must be AUTO, ANY, NONE or VALIDATED', mode)
  return { choice: choices[mode]?.(names), strict: mode === 'VALIDATED' && names.length === 0 }
}

const choices: Readonly<Record<string, (names: readonly string[]) => ToolChoice | undefined>> = {
  MODE_UNSPECIFIED: () => undefined,
  NONE: () => ({ type: 'none' }),
  AUTO: names => (names.length === 0 ? { type: 'auto' } : { type: 'only', names, required: false }),
  VALIDATED: names => (names.length === 0 ? { type: 'auto' } : { type: 'only', names, required: false }),
  ANY: must,
}

function must(names: readonly string[]): ToolChoice {
  const [first, ...more] = names
  if (first === undefined) return { type: 'required' }
  return more.length === 0 ? { type: 'tool', name: first } : { type: 'only', names, required: true }
}
