import type { FunctionTool, HostedKind, OutputFormat, Tool, ToolChoice } from '../../model/chat.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import { each, flag, invalid, isSaid, maybe, name, object, schema, text } from '../check.ts'
import { dialectId } from './id.ts'
import { markIn } from './understand-parts.ts'

/** platform.openai.com/docs/guides/function-calling: "a maximum of 128". */
const mostTools = 128

/** Tools as callers declare them, and which of them are to be used. `functions` is what they were called at first. */
export function readTools(body: JsonObject): readonly Tool[] {
  const functions = each(body.functions ?? [], 'functions', (wire, at) => functionTool(object(wire, at), at, at))
  const tools = [...each(body.tools ?? [], 'tools', (wire, at) => readTool(object(wire, at), at)), ...functions]
  if (tools.length > mostTools) throw invalid('tools', `must be at most ${mostTools}`, tools.length)
  return tools
}

function readTool(wire: JsonObject, at: string): Tool {
  const placed = { at, cache: markIn(wire, at) }
  // Mistral's clients leave the type out.
  const type = !isSaid(wire.type) && isSaid(wire.function) ? 'function' : text(wire.type, `${at}.type`)
  if (type === 'function')
    return { ...functionTool(object(wire.function, `${at}.function`), `${at}.function`, at), cache: placed.cache }
  if (type === 'custom') return { ...customTool(object(wire.custom, `${at}.custom`), `${at}.custom`), ...placed }
  return { type: 'hosted', kind: kindOf(type), dialect: dialectId, wire, ...placed }
}

function functionTool(wire: JsonObject, path: string, at: string): FunctionTool {
  return {
    type: 'function',
    name: name(wire.name, `${path}.name`),
    description: maybe(text, wire.description, `${path}.description`),
    schema: maybe(schema, wire.parameters, `${path}.parameters`),
    strict: maybe(flag, wire.strict, `${path}.strict`),
    at,
  }
}

const customTool = (wire: JsonObject, at: string) => ({
  type: 'custom' as const,
  name: name(wire.name, `${at}.name`),
  description: maybe(text, wire.description, `${at}.description`),
  grammar: grammarIn(maybe(object, wire.format, `${at}.format`), `${at}.format`),
})

const grammarIn = (format: JsonObject | undefined, at: string): JsonObject | undefined =>
  format?.type === 'grammar' ? object(format.grammar, `${at}.grammar`) : undefined

/** Tools that providers of this API run themselves: Groq's, Moonshot's, OpenRouter's, Z.ai's and others'. */
const hosted: readonly (readonly [RegExp, HostedKind])[] = [
  [/web_?search|browser_search/, 'web-search'],
  [/web_?fetch|visit_website/, 'web-fetch'],
  [/code_(?:interpreter|execution)/, 'code-execution'],
  [/file_search|retrieval|document_library/, 'file-search'],
  [/image_generation/, 'image-generation'],
  [/^mcp$/, 'mcp'],
]

const kindOf = (type: string): HostedKind => hosted.find(([pattern]) => pattern.test(type))?.[1] ?? 'other'

export function readToolChoice({ tool_choice: choice, function_call: call }: JsonObject): ToolChoice | undefined {
  if (isSaid(choice)) return choiceOf(choice, 'tool_choice')
  return isSaid(call) ? choiceOf(call, 'function_call') : undefined
}

function choiceOf(choice: Json, at: string): ToolChoice {
  if (typeof choice === 'string') return choiceByWord(choice, at)
  const wire = object(choice, at)
  if (wire.type === 'allowed_tools') return allowedTools(object(wire.allowed_tools, `${at}.allowed_tools`), at)
  return { type: 'tool', name: chosenName(wire, at) }
}

/** `any` is Mistral's word for `required`. */
function choiceByWord(word: string, at: string): ToolChoice {
  if (word === 'auto' || word === 'none' || word === 'required') return { type: word }
  if (word === 'any') return { type: 'required' }
  throw invalid(at, 'must be auto, none, required, or an object that names a tool', word)
}

/** The name stands in `function`, in `custom`, or bare (the old `function_call`, and xAI). */
function chosenName(wire: JsonObject, at: string): string {
  const place = isSaid(wire.function) ? 'function' : 'custom'
  const named = isSaid(wire[place]) ? object(wire[place], `${at}.${place}`) : wire
  return name(named.name, isSaid(wire[place]) ? `${at}.${place}.name` : `${at}.name`)
}

function allowedTools(wire: JsonObject, at: string): ToolChoice {
  const path = `${at}.allowed_tools`
  const names = each(wire.tools, `${path}.tools`, (tool, place) => chosenName(object(tool, place), place))
  return { type: 'only', names, required: wire.mode === 'required' }
}

/** What the reply has to be. */
export function readFormat({ response_format: format }: JsonObject): OutputFormat | undefined {
  const at = 'response_format'
  const wire = maybe(object, format, at)
  if (!wire) return undefined
  if (wire.type === 'text') return { type: 'text' }
  if (wire.type === 'json_object') return { type: 'json' }
  if (wire.type === 'json_schema')
    return schemaFormat(object(wire.json_schema, `${at}.json_schema`), `${at}.json_schema`)
  throw invalid(`${at}.type`, 'must be text, json_object or json_schema', wire.type)
}

const schemaFormat = (wire: JsonObject, at: string): OutputFormat => ({
  type: 'schema',
  schema: maybe(schema, wire.schema, `${at}.schema`) ?? {},
  name: maybe(name, wire.name, `${at}.name`),
  description: maybe(text, wire.description, `${at}.description`),
  strict: maybe(flag, wire.strict, `${at}.strict`),
})
