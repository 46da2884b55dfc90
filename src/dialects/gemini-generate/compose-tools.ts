import type { Chat, FunctionTool, HostedTool, Tool, ToolChoice } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Composing } from './compose-parts.ts'
import { dialectId } from './id.ts'

/** The tools of a request: functions in one entry, each of Google's own in another. */
export function composeTools({ tools, webSearch }: Chat, of: Composing): readonly JsonObject[] {
  const functions: JsonObject[] = []
  const others: JsonObject[] = []
  for (const tool of tools) {
    if (tool.cache) lose(of, tool, 'cache_control')
    if (tool.type === 'function') functions.push(of.extras.restore(declaration(tool), tool.at))
    else if (tool.type === 'hosted') others.push(hosted(tool, of))
    else lose(of, tool)
  }
  if (webSearch && !others.some(entry => 'googleSearch' in entry)) others.push(searching(webSearch, of))
  return [...others, ...(functions.length > 0 ? [{ functionDeclarations: functions }] : [])]
}

function lose({ lost }: Composing, { at, type }: Tool, what?: string): void {
  const place = at ?? (type === 'hosted' ? 'tools' : undefined)
  if (place !== undefined) lost.push(what === undefined ? place : `${place}.${what}`)
}

/** A search that is asked for without a tool; how much of the web it may read cannot be told. */
function searching(options: JsonObject, { lost }: Composing): JsonObject {
  if (Object.values(options).some(value => value !== undefined && value !== null)) lost.push('webSearch')
  return { googleSearch: {} }
}

/**
 * JSON Schema goes into `parametersJsonSchema`: the older `parameters` knows only a subset of OpenAPI and refuses what it
 * does not know (`$ref`, lists of types, `additionalProperties`).
 */
function declaration({ name, description, schema, returns }: FunctionTool): { [name: string]: JsonObject | string } {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined ? {} : { parametersJsonSchema: schema }),
    ...(returns === undefined ? {} : { responseJsonSchema: returns }),
  }
}

/** Google's own tools that do what another provider's do. */
const likes: Readonly<Partial<Record<HostedTool['kind'], JsonObject>>> = {
  'web-search': { googleSearch: {} },
  'web-fetch': { urlContext: {} },
  'code-execution': { codeExecution: {} },
}

function hosted(tool: HostedTool, of: Composing): JsonObject {
  if (tool.dialect === dialectId) return tool.wire
  const like = likes[tool.kind]
  if (!like) throw unknown(tool)
  if (Object.values(tool.search ?? {}).some(limit => limit !== undefined)) lose(of, tool)
  return like
}

const unknown = ({ kind, at }: HostedTool): Fault =>
  new Fault('invalid_request', `Gemini has no tool of its own for '${kind}'. Leave it out, or ask another model.`, {
    param: at ?? 'tools',
  })

/** `toolConfig`: which functions are to be called. Calls that follow their schemas strictly are `VALIDATED` here. */
export function composeCalling(chat: Chat): JsonObject | undefined {
  const strict = chat.tools.some(tool => tool.type === 'function' && tool.strict === true)
  const { toolChoice: choice } = chat
  if (!choice) return strict ? { mode: 'VALIDATED' } : undefined
  const names = namesOf(choice)
  return { mode: modeOf(choice, strict), ...(names ? { allowedFunctionNames: names } : {}) }
}

function modeOf(choice: ToolChoice, strict: boolean): string {
  switch (choice.type) {
    case 'auto':
      return strict ? 'VALIDATED' : 'AUTO'
    case 'none':
      return 'NONE'
    case 'required':
    case 'tool':
      return 'ANY'
    // Names may stand only beside ANY and VALIDATED.
    case 'only':
      return choice.required ? 'ANY' : 'VALIDATED'
    default:
      return choice satisfies never
  }
}

function namesOf(choice: ToolChoice): readonly string[] | undefined {
  if (choice.type === 'tool') return [choice.name]
  return choice.type === 'only' ? choice.names : undefined
}
