/** A response as an object: what it was asked for, and as much of the answer as there is. */

import { letters, mix } from '../chance.ts'
import type { Desk } from '../dialect.ts'
import { isList, isObject, type Json, type JsonObject } from '../json.ts'
import { type Placed, placedBlocks } from '../recite.ts'
import type { Refusal } from '../refusal.ts'
import type { Answer, Block, Script, Usage } from '../script.ts'
import { conceal } from '../seal.ts'
import { maker } from './items.ts'

export type Letter = { readonly desk: Desk; readonly script: Script; readonly body: JsonObject }

const idOf = (prefix: string, { mark }: Desk, index: number): string => `${prefix}_${letters(mix(mark, index), 48)}`

export const responseId = ({ mark }: Desk): string => `resp_${letters(mark, 48)}`

const given = (value: Json | undefined, usual: Json): Json => value ?? usual

type State = {
  readonly status: string
  readonly output: readonly JsonObject[]
  readonly usage?: Usage | undefined
  readonly error?: { readonly code: string; readonly message: string }
  readonly reason?: string | undefined
}

export function responseBody({ desk, body }: Letter, state: State): JsonObject {
  const { status, output, usage, error = null, reason } = state
  return {
    id: responseId(desk),
    object: 'response',
    created_at: desk.created,
    status,
    background: given(body.background, false),
    completed_at: status === 'completed' ? desk.created : null,
    error,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: given(body.instructions, null),
    max_output_tokens: given(body.max_output_tokens, null),
    max_tool_calls: given(body.max_tool_calls, null),
    model: desk.name,
    output,
    parallel_tool_calls: given(body.parallel_tool_calls, true),
    previous_response_id: given(body.previous_response_id, null),
    prompt_cache_key: given(body.prompt_cache_key, null),
    prompt_cache_retention: given(body.prompt_cache_retention, null),
    reasoning: reasoningOf(body),
    safety_identifier: given(body.safety_identifier, null),
    service_tier: 'default',
    store: given(body.store, true),
    temperature: given(body.temperature, 1),
    text: textOf(body),
    tool_choice: given(body.tool_choice, 'auto'),
    tools: toolsOf(body),
    top_logprobs: given(body.top_logprobs, 0),
    top_p: given(body.top_p, 1),
    truncation: given(body.truncation, 'disabled'),
    usage: usage === undefined ? null : usageBody(usage),
    ...(typeof body.user === 'string' ? { user: body.user } : {}),
    metadata: given(body.metadata, {}),
  }
}

function reasoningOf({ reasoning }: JsonObject): Json {
  const { effort = null, summary = null } = isObject(reasoning) ? reasoning : {}
  return { effort, summary }
}

function textOf({ text }: JsonObject): Json {
  const { format = { type: 'text' }, verbosity = 'medium' } = isObject(text) ? text : {}
  return { format, verbosity }
}

/** A function that says nothing of it is strict here. */
const toolsOf = ({ tools }: JsonObject): Json =>
  (isList(tools) ? tools : []).map(tool =>
    isObject(tool) && tool.type === 'function' ? { description: null, parameters: null, strict: true, ...tool } : tool,
  )

const usageBody = ({ prompt, cached, completion, thinking }: Usage): Json => ({
  input_tokens: prompt,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
  output_tokens: completion,
  output_tokens_details: { reasoning_tokens: thinking },
  total_tokens: prompt + completion,
})

/** All of it. */
export function finished(letter: Letter): JsonObject {
  const { desk, script } = letter
  const [answer] = script.answers
  const reason = answer === undefined ? undefined : reasons[answer.finish]
  return responseBody(letter, {
    status:
      desk.behaving['no-finish'] !== undefined ? 'in_progress' : reason === undefined ? 'completed' : 'incomplete',
    output: answer === undefined ? [] : outputOf(answer, letter),
    usage: desk.behaving['no-usage'] === undefined ? script.usage : undefined,
    reason,
  })
}

export const failed = (letter: Letter, { message, code }: Refusal): JsonObject =>
  responseBody(letter, { status: 'failed', output: [], error: { code: `${code ?? 'server_error'}`, message } })

const reasons: Readonly<Partial<Record<Answer['finish'], string>>> = {
  length: 'max_output_tokens',
  filtered: 'content_filter',
}

function outputOf(answer: Answer, letter: Letter): readonly JsonObject[] {
  const { length } = answer.blocks
  return placedBlocks(answer, 0, letter.desk.behaving).map((placed, i) => {
    const isCut = i === length - 1 && reasons[answer.finish] !== undefined
    return itemOf(placed, letter, placed.block.text, isCut ? 'incomplete' : 'completed')
  })
}

/** One item with as much text as it has so far. */
export function itemOf({ block, index }: Placed, letter: Letter, text: string, status: string): JsonObject {
  const { desk } = letter
  switch (block.type) {
    case 'thinking':
    case 'secret':
      return {
        id: idOf('rs', desk, index),
        type: 'reasoning',
        summary: text === '' ? [] : [{ type: 'summary_text', text }],
        ...sealOf(block, letter),
      }
    case 'text': {
      const content = status === 'in_progress' ? [] : [textPart(text)]
      return { id: idOf('msg', desk, index), type: 'message', status, content, role: 'assistant' }
    }
    case 'call':
      return {
        id: idOf('fc', desk, index),
        type: 'function_call',
        status,
        arguments: text,
        call_id: `call_${letters(mix(desk.mark, 1000 + index), 24)}`,
        name: block.name,
      }
  }
}

export const textPart = (text: string) => ({ type: 'output_text', annotations: [], logprobs: [], text })

/** Where it was asked for. */
function sealOf(block: Block, { body }: Letter): JsonObject {
  const wanted = isList(body.include) && body.include.includes('reasoning.encrypted_content')
  return wanted && block.type === 'thinking' ? { encrypted_content: conceal(maker, block.whole) } : {}
}
