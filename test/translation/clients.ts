import Anthropic from '@anthropic-ai/sdk'
import { type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { type Meaning, type Stop, usageOf, valueOf } from './meaning.ts'

/** What a client asks: in each dialect the same question, with the tools that the reply may call. */
export type Question = { readonly model: string; readonly stream: boolean }

/** A dialect's official SDK, asking the relay and understanding what it says. Rejects as the SDK does. */
export type Client = { ask(question: Question): Promise<Meaning> }

const prompt = 'Say it again.'

/** The official SDK of each dialect that callers speak, as their users set them up. */
export function clientsAt(url: string, key: string): Readonly<Record<string, Client>> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
  const anthropic = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 })
  const google = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })
  return {
    'openai-chat': { ask: question => askChat(openai, question) },
    'openai-responses': { ask: question => askResponses(openai, question) },
    'anthropic-messages': { ask: question => askAnthropic(anthropic, question) },
    'gemini-generate': { ask: question => askGoogle(google, question) },
  }
}

const chatStops: Readonly<Record<string, Stop>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tools',
  content_filter: 'refused',
}

async function askChat(client: OpenAI, { model, stream }: Question): Promise<Meaning> {
  const body = { model, messages: [{ role: 'user' as const, content: prompt }] }
  const reply = stream
    ? await client.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion()
    : await client.chat.completions.create(body)
  const [choice] = reply.choices
  const { message, finish_reason } = choice ?? {}
  return {
    text: (message?.content ?? '') + (message?.refusal ?? ''),
    tools: (message?.tool_calls ?? []).map(call =>
      call.type === 'function'
        ? { name: call.function.name, input: valueOf(call.function.arguments) }
        : { name: call.custom.name, input: valueOf(call.custom.input) },
    ),
    stop: message?.refusal ? 'refused' : (chatStops[finish_reason ?? ''] ?? 'other'),
    usage: usageOf(reply.usage?.prompt_tokens, reply.usage?.completion_tokens),
  }
}

async function askResponses(client: OpenAI, { model, stream }: Question): Promise<Meaning> {
  const body = { model, input: prompt }
  const reply = stream ? await client.responses.stream(body).finalResponse() : await client.responses.create(body)
  const calls = reply.output.flatMap(item =>
    item.type === 'function_call'
      ? [{ name: item.name, input: valueOf(item.arguments) }]
      : item.type === 'custom_tool_call'
        ? [{ name: item.name, input: valueOf(item.input) }]
        : [],
  )
  const refused = reply.output.some(
    item => item.type === 'message' && item.content.some(part => part.type === 'refusal'),
  )
  const cut = reply.incomplete_details?.reason
  const stop = cut === 'content_filter' || refused ? 'refused' : cut ? 'length' : calls.length > 0 ? 'tools' : 'end'
  const words = reply.output.flatMap(item => (item.type === 'message' ? item.content : []))
  return {
    text: words.map(part => (part.type === 'output_text' ? part.text : part.refusal)).join(''),
    tools: calls,
    stop,
    usage: usageOf(reply.usage?.input_tokens, reply.usage?.output_tokens),
  }
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
  const { usage } = reply
  const input = usage.input_tokens + (usage.cache_read_input_tokens ?? 0) + (usage.cache_creation_input_tokens ?? 0)
  return {
    text: reply.content.map(block => (block.type === 'text' ? block.text : '')).join(''),
    tools: reply.content.flatMap(block =>
      block.type === 'tool_use' ? [{ name: block.name, input: block.input }] : [],
    ),
    stop: anthropicStops[reply.stop_reason ?? ''] ?? 'other',
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
  const parts = chunks.flatMap(chunk => chunk.candidates?.[0]?.content?.parts ?? [])
  const tools = parts.flatMap(({ functionCall }) =>
    functionCall ? [{ name: functionCall.name ?? '', input: functionCall.args ?? {} }] : [],
  )
  const reason = chunks.map(chunk => chunk.candidates?.[0]?.finishReason).findLast(each => each !== undefined)
  const usage = chunks.findLast(chunk => chunk.usageMetadata)?.usageMetadata
  const stop = chunks.some(chunk => chunk.promptFeedback?.blockReason)
    ? 'refused'
    : (googleStops[reason ?? ''] ?? 'other')
  return {
    text: parts.map(part => (part.thought ? '' : (part.text ?? ''))).join(''),
    tools,
    stop: stop === 'end' && tools.length > 0 ? 'tools' : stop,
    usage:
      usage &&
      usageOf(
        (usage.promptTokenCount ?? 0) + (usage.toolUsePromptTokenCount ?? 0),
        (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      ),
  }
}
