import type { Chat, FunctionTool, Message, Tool } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import { quoted, say } from '../../model/sentence.ts'
import { refuse } from '../check.ts'
import { enforced } from '../enforced-schema.ts'
import { cachePoint, type Telling } from './compose-parts.ts'
import { dialectId } from './id.ts'

/** The tools on offer and which of them must be used; undefined where there is nothing to say. */
export function toolConfig(chat: Chat, telling: Telling): JsonObject | undefined {
  const called = calledIn(chat.messages)
  const offered = offeredOf(chat, called.length > 0, telling)
  const tools = offered.flatMap(tool => toolBlocks(tool, telling))
  if (tools.length === 0) return called.length === 0 ? undefined : { tools: called.map(unavailable) }
  const toolChoice = choiceOf(chat)
  return { tools, ...(toolChoice && { toolChoice }) }
}

/** The names of the tools whose calls stand in the conversation, each once. */
function calledIn(messages: readonly Message[]): readonly string[] {
  const calls = messages.flatMap(({ parts }) => parts.flatMap(part => (part.type === 'tool-call' ? [part.name] : [])))
  return [...new Set(calls)]
}

/**
 * There is no choice `none`: without tools there is nothing to choose. But where the conversation has calls in it Bedrock
 * refuses a request without tools, so they stay, and it is told that the model was left free.
 */
function offeredOf({ tools, toolChoice }: Chat, called: boolean, { lose }: Telling): readonly Tool[] {
  if (toolChoice?.type === 'none') {
    if (called && tools.length > 0) lose('toolChoice')
    return called ? tools : []
  }
  if (toolChoice?.type === 'only')
    return tools.filter(tool => tool.type === 'hosted' || toolChoice.names.includes(tool.name))
  return tools
}

function choiceOf({ toolChoice }: Chat): JsonObject | undefined {
  switch (toolChoice?.type) {
    case undefined:
    case 'none':
      return undefined
    case 'auto':
      return { auto: {} }
    case 'required':
      return { any: {} }
    case 'tool':
      return { tool: { name: toolChoice.name } }
    case 'only':
      return toolChoice.required ? { any: {} } : { auto: {} }
    default:
      return toolChoice satisfies never
  }
}

function toolBlocks(tool: Tool, telling: Telling): readonly JsonObject[] {
  const mark = cachePoint(tool.cache, tool, telling)
  return [toolBlock(tool, telling), ...(mark ? [mark] : [])]
}

function toolBlock(tool: Tool, telling: Telling): JsonObject {
  switch (tool.type) {
    case 'function':
      return { toolSpec: specOf(tool, telling) }
    case 'custom':
      throw refuse(
        tool.at,
        say`Bedrock's tools take JSON, and '${quoted(tool.name)}' takes free text. Declare it as a function.`,
      )
    case 'hosted': {
      if (tool.dialect === dialectId) return tool.wire
      const name = telling.vendor.systemTools?.[tool.kind]
      if (name !== undefined) return { systemTool: { name } }
      throw refuse(
        tool.at,
        `This model on Bedrock has no tool of its own for ${tool.kind}. Leave it out, or ask another model.`,
      )
    }
    default:
      return tool satisfies never
  }
}

const noArguments: JsonObject = { type: 'object', properties: {} }

function specOf(tool: FunctionTool, { lose }: Telling): JsonObject {
  const { name, description, strict, returns, at } = tool
  if (returns !== undefined) lose(at === undefined ? 'response' : `${at}.response`)
  return {
    name,
    ...(description === undefined || description === '' ? {} : { description }),
    inputSchema: { json: schemaOf(tool, lose) },
    ...(strict === true ? { strict } : {}),
  }
}

/**
 * "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object": whatever else its schema
 * says, a tool's arguments are an object on all wires.
 */
function schemaOf({ schema, strict, at, name }: FunctionTool, lose: Telling['lose']): JsonObject {
  const object: JsonObject = { ...(schema ?? noArguments), type: 'object' }
  if (strict !== true) return object
  const closed = enforced(object)
  if (closed.lost) lose(`${at ?? name}.schema`)
  return closed.schema
}

/** A tool that was called before and is no longer on offer; Bedrock wants to see it all the same. */
const unavailable = (name: string): JsonObject => ({
  toolSpec: { name, description: 'Not available any more: do not call it.', inputSchema: { json: noArguments } },
})
