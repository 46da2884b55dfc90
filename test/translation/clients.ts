import Anthropic from '@anthropic-ai/sdk'
import { ApiError, type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { argumentsIn, type Meaning, type Stop, sourcesOf, type ToolCall, usageOf } from './meaning.ts'

/** What a client asks: in each dialect the same question. */
export type Question = { readonly model: string; readonly stream: boolean }

/** A dialect's official SDK, asking the relay and understanding what it says. Rejects as the SDK does. */
export type Client = {
  ask(question: Question): Promise<Meaning>
  /** What an error of the SDK's says: its class, the status, and the words. Undefined if it is none of its own. */
  raised(error: unknown): Raised | undefined
}

/** Without a status if it came in the middle of a stream. */
export type Raised = { readonly kind: string; readonly status: number | undefined; readonly words: string }

const prompt = 'Say it again.'

/** The official SDK of each dialect that callers speak, as their users set them up. */
export function clientsAt(url: string, key: string): Readonly<Record<string, Client>> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 })
  const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })
  return {
    'openai-chat': { ask: question => askChat(openai, question), raised: raisedByOpenAi },
    'openai-responses': { ask: question => askResponses(openai, question), raised: raisedByOpenAi },
    'anthropic-messages': { ask: question => askAnthropic(anthropic, question), raised: raisedByAnthropic },
    'gemini-generate': { ask: question => askGoogle(google, question), raised: raisedByGoogle },
  }
}

/** Without a word it is untold, as in what was recorded. */
const stopIn = (words: Readonly<Record<string, Stop>>, word: string | null | undefined): Stop =>
  word === null || word === undefined || word === '' ? 'untold' : (words[word] ?? 'other')

const chatStops: Readonly<Record<string, Stop>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tools',
  content_filter: 'refused',
}

/** What OpenAI's types do not have and its clients are told all the same: thoughts as DeepSeek's, pictures as OpenRouter's. */
type Beyond = {
  readonly reasoning_content?: string
  readonly images?: readonly { readonly image_url: { readonly url: string } }[]
  readonly annotations?: readonly { readonly url_citation?: { readonly url?: string } }[] | null
}

async function askChat(client: OpenAI, question: Question): Promise<Meaning> {
  const { reply, beyond } = await completed(client, question)
  const [choice] = reply.choices
  const { message, finish_reason } = choice ?? {}
  return {
    text: (message?.content ?? '') + (message?.refusal ?? ''),
    thoughts: beyond.map(each => each.reasoning_content ?? '').join(''),
    images: beyond.flatMap(each => each.images ?? []).map(({ image_url: { url } }) => url),
    sources: sourcesOf(beyond.flatMap(each => each.annotations ?? []).map(each => each.url_citation?.url)),
    tools: (message?.tool_calls ?? []).map(call =>
      call.type === 'function'
        ? { name: call.function.name, input: argumentsIn(call.function.arguments) }
        : { name: call.custom.name, input: call.custom.input, custom: true },
    ),
    stop: message?.refusal ? 'refused' : stopIn(chatStops, finish_reason),
    usage: usageOf(reply.usage?.prompt_tokens, reply.usage?.completion_tokens),
  }
}

/** The client joins of a stream's deltas only what it knows. */
async function completed(client: OpenAI, { model, stream }: Question) {
  const body = { model, messages: [{ role: 'user' as const, content: prompt }] }
  const beyond: Beyond[] = []
  if (!stream) {
    const reply = await client.chat.completions.create(body)
    return { reply, beyond: [(reply.choices[0]?.message ?? {}) as Beyond] }
  }
  const stream_options = { include_usage: true }
  const reply = await client.chat.completions
    .stream({ ...body, stream_options })
    .on('chunk', ({ choices }) => {
      for (const { index, delta } of choices) if (index === 0) beyond.push(delta as Beyond)
    })
    .finalChatCompletion()
  return { reply, beyond }
}

async function askResponses(client: OpenAI, { model, stream }: Question): Promise<Meaning> {
  const body = { model, input: prompt }
  const reply = stream ? await client.responses.stream(body).finalResponse() : await client.responses.create(body)
  const calls = reply.output.flatMap(callIn)
  const words = reply.output.flatMap(item => (item.type === 'message' ? item.content : []))
  const cited = words.flatMap(part => (part.type === 'output_text' ? part.annotations : []))
  return {
    text: words.map(part => (part.type === 'output_text' ? part.text : part.refusal)).join(''),
    thoughts: reply.output.map(thoughtIn).join(''),
    images: reply.output.flatMap(shownIn),
    sources: sourcesOf(cited.map(each => (each.type === 'url_citation' ? each.url : undefined))),
    tools: calls,
    stop: stopOf(
      reply,
      words.some(part => part.type === 'refusal'),
      calls.length > 0,
    ),
    usage: usageOf(reply.usage?.input_tokens, reply.usage?.output_tokens),
  }
}

function callIn(item: OpenAI.Responses.ResponseOutputItem): ToolCall[] {
  if (item.type === 'custom_tool_call') return [{ name: item.name, input: item.input, custom: true }]
  return item.type === 'function_call' ? [{ name: item.name, input: argumentsIn(item.arguments) }] : []
}

/** What kind of picture it is OpenAI tells in a field that the types do not have. */
function shownIn(item: OpenAI.Responses.ResponseOutputItem): string[] {
  if (item.type !== 'image_generation_call' || !item.result) return []
  const { output_format: format = 'png' } = item as { readonly output_format?: string }
  return [`data:image/${format};base64,${item.result}`]
}

function thoughtIn(item: OpenAI.Responses.ResponseOutputItem): string {
  if (item.type !== 'reasoning') return ''
  const full = (item.content ?? []).map(({ text }) => text).join('')
  return full === '' ? item.summary.map(({ text }) => text).join('\n\n') : full
}

function stopOf({ incomplete_details: details }: OpenAI.Responses.Response, refused: boolean, called: boolean): Stop {
  if (refused || details?.reason === 'content_filter') return 'refused'
  if (details?.reason) return 'length'
  return called ? 'tools' : 'end'
}

const anthropicStops: Readonly<Record<string, Stop>> = {
  end_turn: 'end',
  stop_sequence: 'end',
  pause_turn: 'other',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tools',
  refusal: 'refused',
}

async function askAnthropic(client: Anthropic, { model, stream }: Question): Promise<Meaning> {
  const body = { model, max_tokens: 4096, messages: [{ role: 'user' as const, content: prompt }] }
  const reply = stream ? await client.messages.stream(body).finalMessage() : await client.messages.create(body)
  const { usage, content } = reply
  const input = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
  const cited = content.flatMap(block => (block.type === 'text' ? (block.citations ?? []) : []))
  return {
    text: content.map(block => (block.type === 'text' ? block.text : '')).join(''),
    thoughts: content.map(block => (block.type === 'thinking' ? block.thinking : '')).join(''),
    images: [],
    sources: sourcesOf(cited.map(each => ('url' in each ? each.url : 'source' in each ? each.source : undefined))),
    tools: content.flatMap(block => (block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [])),
    stop: stopIn(anthropicStops, reply.stop_reason),
    usage: usageOf(input, usage.output_tokens),
  }
}

const googleStops: Readonly<Record<string, Stop>> = {
  STOP: 'end',
  MAX_TOKENS: 'length',
  SAFETY: 'refused',
  PROHIBITED_CONTENT: 'refused',
  RECITATION: 'refused',
}

async function askGoogle(client: GoogleGenAI, { model, stream }: Question): Promise<Meaning> {
  const chunks: GenerateContentResponse[] = []
  const body = { model, contents: prompt }
  if (stream) for await (const chunk of await client.models.generateContentStream(body)) chunks.push(chunk)
  else chunks.push(await client.models.generateContent(body))
  const candidates = chunks.flatMap(chunk => chunk.candidates?.filter(({ index }) => (index ?? 0) === 0) ?? [])
  const parts = candidates.flatMap(candidate => candidate.content?.parts ?? [])
  const tools = parts.flatMap(({ functionCall }) =>
    functionCall ? [{ name: functionCall.name ?? '', input: functionCall.args ?? {} }] : [],
  )
  const reason = candidates.map(candidate => candidate.finishReason).findLast(each => each !== undefined)
  const blocked = chunks.some(chunk => chunk.promptFeedback?.blockReason)
  const stop = blocked ? 'refused' : stopIn(googleStops, reason)
  return {
    text: parts.map(part => (part.thought ? '' : (part.text ?? ''))).join(''),
    thoughts: parts.map(part => (part.thought ? (part.text ?? '') : '')).join(''),
    images: parts.flatMap(({ inlineData: image }) => (image ? [`data:${image.mimeType};base64,${image.data}`] : [])),
    sources: sourcesOf(candidates.flatMap(citedIn)),
    tools,
    stop: stop === 'end' && tools.length > 0 ? 'tools' : stop,
    usage: googleUsage(chunks.findLast(chunk => chunk.usageMetadata)?.usageMetadata),
  }
}

type Candidate = NonNullable<GenerateContentResponse['candidates']>[number]

function citedIn({ groundingMetadata: grounding, citationMetadata: recited }: Candidate): readonly unknown[] {
  const supports = (grounding?.groundingSupports ?? []).flatMap(each => each.groundingChunkIndices ?? [])
  const chunks = supports.map(index => grounding?.groundingChunks?.[index])
  const pages = chunks.map(chunk => (chunk?.web ?? chunk?.retrievedContext)?.uri)
  return [...pages, ...(recited?.citations ?? []).map(({ uri }) => uri)]
}

const googleUsage = (usage: GenerateContentResponse['usageMetadata']): Meaning['usage'] =>
  usage &&
  usageOf(
    (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
    (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
  )

const raisedByOpenAi = (error: unknown): Raised | undefined =>
  error instanceof OpenAI.APIError
    ? { kind: error.constructor.name, status: error.status, words: error.message }
    : undefined

function raisedByAnthropic(error: unknown): Raised | undefined {
  if (!(error instanceof Anthropic.APIError)) return undefined
  const { error: said } = (error.error ?? {}) as { readonly error?: { readonly message?: string } }
  return { kind: error.constructor.name, status: error.status as number | undefined, words: said?.message ?? '' }
}

/** The SDK gives the whole reply as its message, in the middle of a stream behind words of its own. */
function raisedByGoogle(error: unknown): Raised | undefined {
  if (!(error instanceof ApiError)) return undefined
  const { error: said } = JSON.parse(error.message.slice(error.message.indexOf('{'))) as {
    readonly error: { readonly message: string }
  }
  const inside = error.message.startsWith('got status')
  return { kind: error.constructor.name, status: inside ? undefined : error.status, words: said.message }
}
