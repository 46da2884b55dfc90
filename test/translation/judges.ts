import { awsSchema } from '../wire/aws-schema.ts'
import { googleSchema } from '../wire/google-schema.ts'
import { complaintsAbout as aboutAnthropic } from '../wire/machines/anthropic-messages.ts'
import { complaintsAbout as aboutGemini } from '../wire/machines/gemini-generate.ts'
import { complaintsAbout as aboutChat } from '../wire/machines/openai-chat.ts'
import { complaintsAbout as aboutResponses } from '../wire/machines/openai-responses.ts'
import { anthropicSchema, type Judge, openaiRequestSchema, openaiSchema, openResponsesSchema } from '../wire/schemas.ts'
import type { Loose } from './recorded/loose.ts'

/** What is wrong with replies for the callers of a dialect, by its published schema and by the order of its streams. */
export type Judges = {
  readonly whole: (body: Loose) => readonly string[]
  readonly chunk: (chunk: Loose) => readonly string[]
  readonly stream: (text: string) => readonly string[]
}

/** By dialect; undefined where the published schemas are absent. */
export function replyJudges(): Readonly<Record<string, Judges>> | undefined {
  const [openai, open, anthropic, google] = [openaiSchema(), openResponsesSchema(), anthropicSchema(), googleSchema()]
  if (!(openai && open && anthropic && google)) return undefined
  return {
    'openai-chat': {
      whole: body => openai('CreateChatCompletionResponse', body),
      chunk: chunk => openai(chunk.error ? 'ErrorResponse' : 'CreateChatCompletionStreamResponse', chunk),
      stream: aboutChat,
    },
    'openai-responses': {
      whole: body => [...openai('Response', body), ...open('ResponseResource', openIn(body))],
      chunk: event => [...openai('ResponseStreamEvent', event), ...aboutOpen(event, open)],
      stream: aboutResponses,
    },
    'anthropic-messages': {
      whole: body => anthropic('Message', body),
      chunk: event => anthropic(event.error ? 'ErrorResponse' : 'MessageStreamEvent', event),
      stream: aboutAnthropic,
    },
    'gemini-generate': {
      whole: body => google('GenerateContentResponse', body),
      chunk: chunk => (chunk.error ? [] : google('GenerateContentResponse', chunk)),
      stream: aboutGemini,
    },
  }
}

/** What is wrong with a request, by its target's dialect. Cohere publishes no schema; undefined where the others are absent. */
export function requestJudges(): Readonly<Record<string, (body: Loose) => readonly string[]>> | undefined {
  const [openai, anthropic, google, aws] = [openaiRequestSchema(), anthropicSchema(), googleSchema(), awsSchema()]
  if (!(openai && anthropic && google && aws)) return undefined
  return {
    'openai-chat': body => openai('CreateChatCompletionRequest', body),
    'openai-responses': body => openai('CreateResponse', body),
    'anthropic-messages': body => anthropic('CreateMessageParams', body),
    'gemini-generate': body => google('GenerateContentRequest', body),
    'bedrock-converse': body => aws('ConverseRequest', body),
    'cohere-chat': () => [],
  }
}

/** Open Responses knows messages, thoughts and functions; the other items and tools are OpenAI's. */
const everybodys: readonly unknown[] = ['message', 'reasoning', 'function_call', 'function']

const everybodysEvents =
  /^response\.(?:created|queued|in_progress|completed|failed|incomplete|output_(?:item|text)|content_part|refusal|reasoning|function_call_arguments)/

const openIn = ({ output, tools, ...body }: Loose): Loose => ({
  ...body,
  output: output?.filter(({ type }: Loose) => everybodys.includes(type)),
  tools: tools?.filter(({ type }: Loose) => everybodys.includes(type)),
})

function aboutOpen(event: Loose, open: Judge): readonly string[] {
  const { type, response, item } = event
  if (!everybodysEvents.test(type) || (item && !everybodys.includes(item.type))) return []
  // Thoughts in full have another name there than at OpenAI (platform.openai.com/docs/api-reference/responses-streaming).
  const name = type.replace('.reasoning_text.', '.reasoning.')
  return open(schemaOf(name), { ...event, type: name, ...(response && { response: openIn(response) }) })
}

/** `response.output_item.added` → `ResponseOutputItemAddedStreamingEvent`; its summaries have a shorter name. */
function schemaOf(type: string): string {
  const words = type.replace('reasoning_summary_text', 'reasoning_summary').split(/[._]/)
  return `${words.map(word => word.slice(0, 1).toUpperCase() + word.slice(1)).join('')}StreamingEvent`
}

/** The JSON texts of a stream of server-sent events, however their lines end. */
export const chunksIn = (text: string): readonly Loose[] =>
  text.split('\n').flatMap(line => (line.startsWith('data: {') ? [JSON.parse(line.slice(6))] : []))
