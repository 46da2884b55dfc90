import type { Chat, Message, Tool, ToolChoice } from '../../src/model/chat.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import type { MediaPart, Part } from '../../src/model/part.ts'

/**
 * What a recorded request to Bedrock's Converse means, written down a second time and independently of what tells one:
 * nobody asks Thalamus in this dialect. What has no noun goes into the extras.
 */

const dialect = 'bedrock-converse'

export function chatOf(body: JsonObject): Chat {
  const { messages, system, inferenceConfig, toolConfig, outputConfig, ...fields } = body
  const { maxTokens, temperature, topP, stopSequences } = object(inferenceConfig)
  const { tools, toolChoice } = object(toolConfig)
  const format = object(object(object(object(outputConfig).textFormat).structure).jsonSchema)
  const systemParts = partsOf(list(system))
  return {
    messages: [
      ...(systemParts.length > 0 ? [{ role: 'system' as const, parts: systemParts }] : []),
      ...list(messages).map(({ role, content }): Message => ({ role: role as 'user', parts: partsOf(list(content)) })),
    ],
    tools: toolsOf(list(tools)),
    ...(toolChoice !== undefined && { toolChoice: choiceOf(object(toolChoice)) }),
    ...(typeof maxTokens === 'number' && { maxTokens }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { topP }),
    ...(Array.isArray(stopSequences) && { stop: stopSequences as string[] }),
    ...(typeof format.schema === 'string' && {
      format: {
        type: 'schema' as const,
        schema: JSON.parse(format.schema) as JsonObject,
        name: words(format.name),
        description: words(format.description),
      },
    }),
    extras: { dialect, fields },
  }
}

const words = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const object = (value: Json | undefined): JsonObject => (value ?? {}) as JsonObject
const list = (value: Json | undefined): readonly JsonObject[] => (value ?? []) as readonly JsonObject[]

/** A cache point belongs to what stands before it. */
function partsOf(blocks: readonly JsonObject[]): readonly Part[] {
  const parts: Part[] = []
  for (const block of blocks) {
    const last = parts.at(-1)
    if (block.cachePoint !== undefined && last) parts[parts.length - 1] = { ...last, cache: {} } as Part
    else parts.push(partOf(block))
  }
  return parts
}

function partOf(block: JsonObject): Part {
  const [kind = ''] = Object.keys(block)
  const value = object(block[kind])
  switch (kind) {
    case 'text':
      return { type: 'text', text: words(block.text) }
    case 'image':
    case 'video':
    case 'document':
      return mediaOf(kind, value)
    case 'toolUse':
      return {
        type: 'tool-call',
        id: words(value.toolUseId),
        name: words(value.name),
        input: JSON.stringify(value.input),
      }
    case 'toolResult':
      return { type: 'tool-result', call: words(value.toolUseId), parts: partsOf(list(value.content)) }
    case 'reasoningContent': {
      const { text, signature } = object(value.reasoningText)
      return { type: 'reasoning', text: words(text), seal: { dialect, value: words(signature) } }
    }
    default:
      return { type: 'opaque', label: kind, seal: { dialect, value: JSON.stringify(block) } }
  }
}

const mediaTypes: Readonly<Record<string, string>> = { txt: 'text/plain', pdf: 'application/pdf' }

function mediaOf(kind: MediaPart['kind'], { format, source, name, citations }: JsonObject): Part {
  const { bytes, s3Location } = object(source)
  const mediaType = mediaTypes[words(format)] ?? `${kind}/${words(format)}`
  return {
    type: 'media',
    kind,
    source:
      bytes === undefined
        ? { from: 'url', url: words(object(s3Location).uri), mediaType }
        : { from: 'data', mediaType, data: words(bytes) },
    ...(typeof name === 'string' && { title: name }),
    ...(citations !== undefined && { cite: true }),
  }
}

function toolsOf(entries: readonly JsonObject[]): readonly Tool[] {
  const tools: Tool[] = []
  for (const entry of entries) {
    const { name, description, inputSchema, strict } = object(entry.toolSpec)
    const last = tools.at(-1)
    if (entry.cachePoint !== undefined && last) tools[tools.length - 1] = { ...last, cache: {} }
    else if (entry.toolSpec === undefined) tools.push({ type: 'hosted', kind: 'other', dialect, wire: entry })
    else
      tools.push({
        type: 'function',
        name: words(name),
        ...(typeof description === 'string' && { description }),
        schema: object(object(inputSchema).json),
        ...(typeof strict === 'boolean' && { strict }),
      })
  }
  return tools
}

function choiceOf(choice: JsonObject): ToolChoice {
  if (choice.any) return { type: 'required' }
  return choice.tool ? { type: 'tool', name: words(object(choice.tool).name) } : { type: 'auto' }
}

/** What differs without a difference in meaning: empty objects, success, and turns of one side that follow each other. */
export function settled(body: JsonObject): JsonObject {
  const messages: { readonly role: string; readonly content: JsonObject[] }[] = []
  for (const { role, content } of list(body.messages)) {
    const last = messages.at(-1)
    if (last !== undefined && last.role === role) last.content.push(...list(content))
    else messages.push({ role: words(role), content: [...list(content)] })
  }
  const plain = JSON.parse(JSON.stringify({ ...body, messages }).replaceAll(',"status":"success"', '')) as JsonObject
  const schema = object(object(object(plain.outputConfig).textFormat).structure).jsonSchema as
    | { schema?: string }
    | undefined
  if (schema?.schema) schema.schema = JSON.stringify(JSON.parse(schema.schema))
  return Object.fromEntries(Object.entries(plain).filter(([, value]) => !['{}', '[]'].includes(JSON.stringify(value))))
}
