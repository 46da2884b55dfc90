/**
 * The dialects as a caller speaks them: how each is asked, and what is understood from its answers. It shares nothing with
 * the simulator or the relay, so that it can be held against both.
 */

import { crc32 } from 'node:zlib'

// biome-ignore lint/suspicious/noExplicitAny: what comes over the wire is what is tested
export type Wire = any

export type Wish = {
  readonly said?: string
  readonly tools?: readonly { readonly name: string; readonly schema: object }[]
  /** Any tool, or the one of that name. */
  readonly force?: string
  readonly limit?: number
  readonly stop?: string
  readonly schema?: object
  readonly think?: boolean
  /** Marks the prompt to be kept, in dialects that want to be told. */
  readonly cache?: boolean
  /** Put over the body as it would be. */
  readonly extra?: object
}

export type Heard = {
  readonly text: string
  readonly thinking: string
  readonly calls: readonly { readonly name: string; readonly args: unknown; readonly id: string | undefined }[]
  readonly finish: unknown
  readonly prompt: number | undefined
  readonly cached: number
  readonly completion: number | undefined
}

export type Tongue = {
  readonly id: string
  /** Under the origin. */
  path(model: string, stream: boolean): string
  readonly headers: Readonly<Record<string, string>>
  body(model: string, stream: boolean, wish: Wish): object
  /** From an answer that came whole. */
  read(body: Wire): Heard
  /** From the events of a stream. */
  hear(events: readonly Event[]): Heard
  /** The sentence of an error, whole or as an event. */
  fault(body: Wire): string | undefined
  readonly binary?: true
}

/** An event of a stream: its name where it has one, and its data as it came. */
export type Event = { readonly event: string; readonly data: string }

const marked = { cache_control: { type: 'ephemeral' } }
const json = (text: string): Wire => JSON.parse(text)
const argsOf = (text: string): Wire => (text === '' ? {} : json(text))
const bodiesOf = (events: readonly Event[]): Wire[] =>
  events.filter(({ data }) => data !== '[DONE]').map(({ data }) => json(data))
const joined = (texts: readonly (string | undefined)[]): string => texts.map(text => text ?? '').join('')

const openaiUsage = (usage: Wire) => ({
  prompt: usage?.prompt_tokens,
  cached: usage?.prompt_tokens_details?.cached_tokens ?? 0,
  completion: usage?.completion_tokens,
})

const chat: Tongue = {
  id: 'openai-chat',
  path: () => '/v1/chat/completions',
  headers: { authorization: 'Bearer sim-key' },
  body: (model, stream, { said = 'Hello there', tools, force, limit, stop, schema, extra }) => ({
    model,
    messages: [{ role: 'user', content: said }],
    ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
    ...(tools && {
      tools: tools.map(({ name, schema: parameters }) => ({ type: 'function', function: { name, parameters } })),
    }),
    ...(force && { tool_choice: force === 'any' ? 'required' : { type: 'function', function: { name: force } } }),
    ...(limit && { max_completion_tokens: limit }),
    ...(stop && { stop }),
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'thing', schema } } }),
    ...extra,
  }),
  read({ choices: [{ message, finish_reason }], usage }) {
    return {
      text: message.content ?? '',
      thinking: message.reasoning_content ?? '',
      calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }: Wire) => ({
        name,
        args: argsOf(args),
        id,
      })),
      finish: finishes[finish_reason],
      ...openaiUsage(usage),
    }
  },
  hear(events) {
    const chunks = bodiesOf(events)
    const deltas = chunks.map(({ choices }) => choices[0]?.delta ?? {})
    const pieces = deltas.flatMap(({ tool_calls }) => tool_calls ?? [])
    const starts = pieces.filter(({ id }) => id !== undefined)
    return {
      text: joined(deltas.map(({ content }) => content)),
      thinking: joined(deltas.map(({ reasoning_content }) => reasoning_content)),
      calls: starts.map(({ id, index, function: { name } }) => ({
        name,
        args: argsOf(joined(pieces.filter(each => each.index === index).map(each => each.function.arguments))),
        id,
      })),
      finish: finishes[chunks.findLast(({ choices }) => choices[0]?.finish_reason)?.choices[0].finish_reason],
      ...openaiUsage(chunks.findLast(({ usage }) => usage)?.usage),
    }
  },
  fault: ({ error }) => error?.message,
}

const responsesUsage = (usage: Wire) => ({
  prompt: usage?.input_tokens,
  cached: usage?.input_tokens_details?.cached_tokens ?? 0,
  completion: usage?.output_tokens,
})

const responses: Tongue = {
  id: 'openai-responses',
  path: () => '/v1/responses',
  headers: { authorization: 'Bearer sim-key' },
  body: (model, stream, { said = 'Hello there', tools, force, limit, schema, think, extra }) => ({
    model,
    input: said,
    ...(stream ? { stream } : {}),
    ...(tools && {
      tools: tools.map(({ name, schema: parameters }) => ({ type: 'function', name, parameters, strict: false })),
    }),
    ...(force && { tool_choice: force === 'any' ? 'required' : { type: 'function', name: force } }),
    ...(limit && { max_output_tokens: limit }),
    ...(schema && { text: { format: { type: 'json_schema', name: 'thing', schema } } }),
    ...(think && { reasoning: { effort: 'low', summary: 'auto' } }),
    ...extra,
  }),
  read({ output, status, incomplete_details, usage }) {
    const calls = output.filter(({ type }: Wire) => type === 'function_call')
    return {
      text: joined(
        output.flatMap(({ type, content }: Wire) => (type === 'message' ? content : [])).map((part: Wire) => part.text),
      ),
      thinking: joined(output.flatMap(({ summary }: Wire) => summary ?? []).map((part: Wire) => part.text)),
      calls: calls.map((each: Wire) => ({ name: each.name, args: argsOf(each.arguments), id: each.call_id })),
      finish: finishes[incomplete_details?.reason ?? (calls.length > 0 ? 'tool_calls' : status)],
      ...responsesUsage(usage),
    }
  },
  /** From what the deltas said; only the usage and the finish are in the last event alone. */
  hear(events) {
    const bodies = bodiesOf(events)
    const textOf = (type: string, more: object = {}) =>
      joined(
        bodies
          .filter(each => each.type === type && Object.entries(more).every(([name, value]) => each[name] === value))
          .map(each => each.delta),
      )
    const items = bodies.filter(({ type }) => type === 'response.output_item.added').map(({ item }) => item)
    const calls = items
      .filter(({ type }) => type === 'function_call')
      .map(({ id, name, call_id }) => ({
        name,
        args: argsOf(textOf('response.function_call_arguments.delta', { item_id: id })),
        id: call_id,
      }))
    const last = bodies.findLast(({ type }) => type === 'response.completed' || type === 'response.incomplete')
    const { finish, prompt, cached, completion } = responses.read(last?.response ?? { output: [], status: undefined })
    return {
      text: textOf('response.output_text.delta'),
      thinking: textOf('response.reasoning_summary_text.delta'),
      calls,
      finish,
      prompt,
      cached,
      completion,
    }
  },
  fault: ({ error, response }) => error?.message ?? response?.error?.message,
}

const anthropicUsage = (usage: Wire) => ({
  prompt:
    usage === undefined
      ? undefined
      : usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens,
  cached: usage?.cache_read_input_tokens ?? 0,
  completion: usage?.output_tokens,
})

const anthropic: Tongue = {
  id: 'anthropic-messages',
  path: () => '/v1/messages',
  headers: { 'x-api-key': 'sim-key', 'anthropic-version': '2023-06-01' },
  body: (model, stream, { said = 'Hello there', tools, force, limit = 4096, stop, schema, think, cache, extra }) => ({
    model,
    max_tokens: limit,
    messages: [{ role: 'user', content: [{ type: 'text', text: said, ...(cache && marked) }] }],
    ...(stream ? { stream } : {}),
    ...(tools && { tools: tools.map(({ name, schema: input_schema }) => ({ name, input_schema })) }),
    ...(force && { tool_choice: force === 'any' ? { type: 'any' } : { type: 'tool', name: force } }),
    ...(stop && { stop_sequences: [stop] }),
    ...(schema && { output_config: { format: { type: 'json_schema', schema } } }),
    ...(think && { thinking: { type: 'enabled', budget_tokens: 1024 } }),
    ...extra,
  }),
  read({ content, stop_reason, usage }) {
    return {
      text: joined(content.map(({ text }: Wire) => text)),
      thinking: joined(content.map(({ thinking }: Wire) => thinking)),
      calls: content
        .filter(({ type }: Wire) => type === 'tool_use')
        .map(({ name, input, id }: Wire) => ({ name, args: input, id })),
      finish: finishes[stop_reason],
      ...anthropicUsage(usage),
    }
  },
  hear(events) {
    const bodies = bodiesOf(events)
    const deltas = bodies.filter(({ type }) => type === 'content_block_delta')
    const starts = bodies.filter(each => each.content_block?.type === 'tool_use')
    const end = bodies.findLast(({ type }) => type === 'message_delta')
    return {
      text: joined(deltas.map(({ delta }) => delta.text)),
      thinking: joined(deltas.map(({ delta }) => delta.thinking)),
      calls: starts.map(({ index, content_block: { name, id } }) => ({
        name,
        args: argsOf(joined(deltas.filter(each => each.index === index).map(({ delta }) => delta.partial_json))),
        id,
      })),
      finish: finishes[end?.delta.stop_reason],
      ...anthropicUsage(end?.usage),
    }
  },
  fault: ({ error }) => error?.message,
}

const geminiUsage = (usage: Wire) => ({
  prompt: usage?.promptTokenCount,
  cached: usage?.cachedContentTokenCount ?? 0,
  completion: usage === undefined ? undefined : (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
})

const gemini: Tongue = {
  id: 'gemini-generate',
  path: (model, stream) =>
    `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  headers: { 'x-goog-api-key': 'sim-key' },
  body: (_, __, { said = 'Hello there', tools, force, limit, stop, schema, think, extra }) => ({
    contents: [{ role: 'user', parts: [{ text: said }] }],
    ...(tools && {
      tools: [
        {
          functionDeclarations: tools.map(({ name, schema: parametersJsonSchema }) => ({ name, parametersJsonSchema })),
        },
      ],
    }),
    ...(force && {
      toolConfig: {
        functionCallingConfig: { mode: 'ANY', ...(force === 'any' ? {} : { allowedFunctionNames: [force] }) },
      },
    }),
    generationConfig: {
      ...(limit && { maxOutputTokens: limit }),
      ...(stop && { stopSequences: [stop] }),
      ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
      ...(think && { thinkingConfig: { includeThoughts: true } }),
    },
    ...extra,
  }),
  read: body => gemini.hear([{ event: '', data: JSON.stringify(body) }]),
  hear(events) {
    const chunks = bodiesOf(events)
    const parts = chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? [])
    const calls = parts.filter(({ functionCall }) => functionCall !== undefined)
    const finish = chunks.findLast(({ candidates }) => candidates?.[0]?.finishReason)?.candidates[0].finishReason
    return {
      text: joined(parts.filter(({ thought }) => thought !== true).map(({ text }) => text)),
      thinking: joined(parts.filter(({ thought }) => thought === true).map(({ text }) => text)),
      calls: calls.map(({ functionCall: { name, args, id } }) => ({ name, args, id })),
      finish: finishes[calls.length > 0 && finish === 'STOP' ? 'tool_calls' : finish],
      ...geminiUsage(chunks.findLast(({ usageMetadata }) => usageMetadata)?.usageMetadata),
    }
  },
  fault: body => (Array.isArray(body) ? body[0] : body).error?.message,
}

const bedrockUsage = (usage: Wire) => ({
  prompt:
    usage === undefined
      ? undefined
      : usage.inputTokens + (usage.cacheReadInputTokens ?? 0) + (usage.cacheWriteInputTokens ?? 0),
  cached: usage?.cacheReadInputTokens ?? 0,
  completion: usage?.outputTokens,
})

const bedrock: Tongue = {
  id: 'bedrock-converse',
  path: (model, stream) => `/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`,
  headers: { authorization: 'Bearer sim-key' },
  body: (_, __, { said = 'Hello there', tools, force, limit, stop, schema, think, cache, extra }) => ({
    messages: [{ role: 'user', content: [{ text: said }, ...(cache ? [{ cachePoint: { type: 'default' } }] : [])] }],
    ...(tools && {
      toolConfig: {
        tools: tools.map(({ name, schema: each }) => ({ toolSpec: { name, inputSchema: { json: each } } })),
        ...(force && { toolChoice: force === 'any' ? { any: {} } : { tool: { name: force } } }),
      },
    }),
    inferenceConfig: { ...(limit && { maxTokens: limit }), ...(stop && { stopSequences: [stop] }) },
    ...(schema && {
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'thing' } },
        },
      },
    }),
    ...(think && { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } }),
    ...extra,
  }),
  read({ output, stopReason, usage }) {
    const { content } = output.message
    return {
      text: joined(content.map(({ text }: Wire) => text)),
      thinking: joined(content.map(({ reasoningContent }: Wire) => reasoningContent?.reasoningText?.text)),
      calls: content
        .filter(({ toolUse }: Wire) => toolUse !== undefined)
        .map(({ toolUse: { name, input, toolUseId } }: Wire) => ({ name, args: input, id: toolUseId })),
      finish: finishes[stopReason],
      ...bedrockUsage(usage),
    }
  },
  hear(events) {
    const bodies = bodiesOf(events)
    const deltas = bodies.filter(({ delta }) => delta !== undefined)
    const starts = bodies.filter(({ start }) => start?.toolUse !== undefined)
    return {
      text: joined(deltas.map(({ delta }) => delta.text)),
      thinking: joined(deltas.map(({ delta }) => delta.reasoningContent?.text)),
      calls: starts.map(({ contentBlockIndex, start: { toolUse } }) => ({
        name: toolUse.name,
        args: argsOf(
          joined(
            deltas
              .filter(each => each.contentBlockIndex === contentBlockIndex)
              .map(({ delta }) => delta.toolUse?.input),
          ),
        ),
        id: toolUse.toolUseId,
      })),
      finish: finishes[bodies.findLast(({ stopReason }) => stopReason)?.stopReason],
      ...bedrockUsage(bodies.findLast(({ usage }) => usage)?.usage),
    }
  },
  fault: ({ message }) => message,
  binary: true,
}

const cohereUsage = (usage: Wire) => ({
  prompt: usage?.tokens.input_tokens,
  cached: usage?.cached_tokens ?? 0,
  completion: usage?.tokens.output_tokens,
})

const cohere: Tongue = {
  id: 'cohere-chat',
  path: () => '/v2/chat',
  headers: { authorization: 'Bearer sim-key' },
  body: (model, stream, { said = 'Hello there', tools, force, limit, stop, schema, think, extra }) => ({
    model,
    messages: [{ role: 'user', content: said }],
    ...(stream ? { stream } : {}),
    ...(tools && {
      tools: tools.map(({ name, schema: parameters }) => ({ type: 'function', function: { name, parameters } })),
    }),
    ...(force && { tool_choice: 'REQUIRED' }),
    ...(limit && { max_tokens: limit }),
    ...(stop && { stop_sequences: [stop] }),
    ...(schema && { response_format: { type: 'json_object', json_schema: schema } }),
    ...(think && { thinking: { type: 'enabled' } }),
    ...extra,
  }),
  read({ message, finish_reason, usage }) {
    const content = message.content ?? []
    return {
      text: joined([message.tool_plan, ...content.map(({ text }: Wire) => text)]),
      thinking: joined(content.map(({ thinking }: Wire) => thinking)),
      calls: (message.tool_calls ?? []).map(({ id, function: { name, arguments: args } }: Wire) => ({
        name,
        args: argsOf(args),
        id,
      })),
      finish: finishes[finish_reason],
      ...cohereUsage(usage),
    }
  },
  hear(events) {
    const bodies = bodiesOf(events)
    const messages = bodies.map(({ delta }) => delta?.message ?? {})
    const starts = bodies.filter(({ type }) => type === 'tool-call-start')
    const pieces = bodies.filter(({ type }) => type === 'tool-call-delta')
    const end = bodies.findLast(({ type }) => type === 'message-end')
    return {
      text: joined(messages.map(({ content, tool_plan }) => `${tool_plan ?? ''}${content?.text ?? ''}`)),
      thinking: joined(messages.map(({ content }) => content?.thinking)),
      calls: starts.map(({ index, delta }) => ({
        name: delta.message.tool_calls.function.name,
        args: argsOf(
          joined(
            pieces.filter(each => each.index === index).map(each => each.delta.message.tool_calls.function.arguments),
          ),
        ),
        id: delta.message.tool_calls.id,
      })),
      finish: finishes[end?.delta.finish_reason],
      ...cohereUsage(end?.delta.usage),
    }
  },
  fault: ({ message, delta }) => delta?.error ?? (typeof message === 'string' ? message : undefined),
}

/** What each dialect calls the same end. */
const finishes: Readonly<Record<string, string>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  completed: 'stop',
  STOP: 'stop',
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  MAX_TOKENS: 'length',
  tool_calls: 'call',
  tool_use: 'call',
  TOOL_CALL: 'call',
  content_filter: 'filtered',
  refusal: 'filtered',
  SAFETY: 'filtered',
  content_filtered: 'filtered',
  ERROR: 'filtered',
}

export const tongues: readonly Tongue[] = [chat, responses, anthropic, gemini, bedrock, cohere]

/** The whole events of a body; throws where a frame's checksum is wrong. */
export function eventsOf(tongue: Tongue, body: Uint8Array): readonly Event[] {
  return tongue.binary === true
    ? framesOf(Buffer.from(body))
    : linesOf(new TextDecoder('utf-8', { fatal: true }).decode(body))
}

function linesOf(text: string): readonly Event[] {
  return text
    .split(/\r?\n\r?\n/)
    .map(block => {
      const fieldOf = (name: string) =>
        block
          .split(/\r?\n/)
          .filter(line => line.startsWith(`${name}: `))
          .map(line => line.slice(name.length + 2))
          .join('\n')
      return { event: fieldOf('event'), data: fieldOf('data') }
    })
    .filter(({ data }) => data !== '')
}

function framesOf(bytes: Buffer): readonly Event[] {
  const events: Event[] = []
  for (let at = 0; at + 16 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at)
    if (at + size > bytes.length) break
    events.push(frameOf(bytes.subarray(at, at + size)))
    at += size
  }
  return events
}

function frameOf(frame: Buffer): Event {
  const end = frame.length - 4
  if (crc32(frame.subarray(0, 8)) !== frame.readUInt32BE(8)) throw new Error('the checksum of the prelude is wrong')
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) throw new Error('the checksum of the frame is wrong')
  const payload = 12 + frame.readUInt32BE(4)
  const headers: Record<string, string> = {}
  for (let at = 12; at < payload; ) {
    const name = frame.subarray(at + 1, at + 1 + frame.readUInt8(at)).toString()
    at += 1 + name.length
    if (frame.readUInt8(at) !== 7) throw new Error(`the header ${name} is no string`)
    const size = frame.readUInt16BE(at + 1)
    headers[name] = frame.subarray(at + 3, at + 3 + size).toString()
    at += 3 + size
  }
  const event = headers[':exception-type'] ?? headers[':event-type'] ?? ''
  return { event, data: frame.subarray(payload, end).toString() }
}

export async function ask(
  origin: string,
  tongue: Tongue,
  model: string,
  stream: boolean,
  wish: Wish = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return fetch(origin + tongue.path(model, stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...tongue.headers, ...headers },
    body: JSON.stringify(tongue.body(model, stream, wish)),
  })
}
