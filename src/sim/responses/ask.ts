/** Reads a request of the Responses API, and refuses what OpenAI refuses. */

import { effortNames, readEffort } from '../efforts.ts'
import { Field } from '../field.ts'
import type { Json, JsonObject } from '../json.ts'
import { longest } from '../models.ts'
import { chosen, mostTools, readFunction, readJsonSchema, required } from '../openai/messages.ts'
import { words } from '../openai/words.ts'
import { anyObject, promptOf, type Turn } from '../prompt.ts'
import { Refusal } from '../refusal.ts'
import { type Ask, type Choice, type Format, type Prompt, plainAsk, type Thinking, type Tool } from '../script.ts'
import type { Thread } from '../threads.ts'
import { readItems } from './items.ts'

const counted = [
  ...['conversation', 'input', 'instructions', 'model', 'parallel_tool_calls', 'personality', 'previous_response_id'],
  ...['reasoning', 'text', 'tool_choice', 'tools', 'truncation'],
]

const known = new Set([
  ...counted,
  ...['background', 'context_management', 'include', 'max_output_tokens', 'max_tool_calls', 'metadata', 'moderation'],
  ...['prompt', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention', 'safety_identifier'],
  ...['service_tier', 'store', 'stream', 'stream_options', 'temperature', 'top_logprobs', 'top_p', 'user'],
])

type Threads = ReadonlyMap<string, Thread>

type Wishes = { readonly think: boolean; readonly signed: boolean }

/** What is asked, and the items it was asked with, those of before included. */
export type Asked = { readonly ask: Ask; readonly input: readonly Json[] }

/** The prompt alone. */
export function readCounted(json: JsonObject, threads: Threads): Prompt {
  const body = new Field(words, json).only(new Set(counted))
  return readPrompt(body, threads, false).prompt
}

export function readAsk(json: JsonObject, threads: Threads, wishes: Wishes): Asked {
  const body = new Field(words, json).only(known)
  const tools = readTools(body.get('tools'))
  const { prompt, answered, input } = readPrompt(body, threads, wishes.signed)
  checkFlags(body)
  const ask = {
    ...plainAsk,
    prompts: [prompt],
    limit: body.get('max_output_tokens').integer({ min: 16, max: longest }),
    tools,
    choice: readChoice(body.get('tool_choice'), tools),
    parallel: body.get('parallel_tool_calls').isAbsent || body.get('parallel_tool_calls').flag(),
    answered,
    format: readFormat(body.get('text')),
    thinking: readThinking(body.get('reasoning'), wishes.think),
  }
  return { ask, input }
}

function checkFlags(body: Field): void {
  for (const name of ['store', 'background', 'stream']) body.get(name).flag()
  body.get('temperature').decimal({ min: 0, max: 2 })
  body.get('top_p').decimal({ min: 0, max: 1 })
  body.get('top_logprobs').integer({ min: 0, max: 20 })
  for (const each of body.get('include').items()) each.needed().text()
  if (!body.get('metadata').isAbsent) body.get('metadata').object()
}

function readPrompt(body: Field, threads: Threads, signed: boolean) {
  const before = threadBefore(body.get('previous_response_id'), threads)
  const instructions = body.get('instructions')
  const system: readonly Turn[] = instructions.isAbsent
    ? []
    : [{ role: 'system', text: instructions.text(), media: 0, calls: '' }]
  const { turns, items, answered } = readItems(body.get('input'), before, threads, signed)
  return { prompt: promptOf([...system, ...turns], body.get('tools').value), answered, input: items }
}

/** All that was said before, of an answer that was kept. */
function threadBefore(id: Field, threads: Threads): readonly Json[] {
  if (id.isAbsent) return []
  const thread = threads.get(id.text())
  if (thread === undefined) {
    throw new Refusal(400, `Previous response with id '${id.text()}' not found.`, {
      code: 'previous_response_not_found',
      param: id.at,
    })
  }
  const { output } = thread.response
  return [...thread.input, ...(Array.isArray(output) ? output : [])]
}

function readTools(list: Field): readonly Tool[] {
  return list
    .items(mostTools)
    .filter(tool => tool.get('type').needed().text() === 'function')
    .map(readFunction)
}

function readChoice(choice: Field, tools: readonly Tool[]): Choice {
  if (choice.isAbsent || choice.value === 'auto') return { type: 'auto' }
  if (choice.value === 'none') return { type: 'none' }
  if (choice.value === 'required') return required(choice, tools)
  if (typeof choice.value === 'string')
    throw choice.words.notAmong(choice.at, choice.value, ['none', 'auto', 'required'])
  const type = choice.get('type').needed().text()
  if (type === 'function') return chosen(choice, choice.get('name').needed().text(), tools)
  return type === 'allowed_tools' ? readAllowed(choice, tools) : { type: 'auto' }
}

function readAllowed(choice: Field, tools: readonly Tool[]): Choice {
  const allowed = choice.get('tools').needed().items()
  const names = allowed
    .filter(each => each.get('type').value === 'function')
    .map(each => each.get('name').needed().text())
  for (const name of names) chosen(choice.get('tools'), name, tools)
  return choice.get('mode').needed().among(['auto', 'required']) === 'required'
    ? { type: 'required', names }
    : { type: 'auto' }
}

function readFormat(text: Field): Format {
  if (text.isAbsent || text.get('format').isAbsent) return { type: 'text' }
  const format = text.get('format')
  switch (format.get('type').needed().among(['text', 'json_object', 'json_schema'])) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json', schema: anyObject }
    case 'json_schema':
      format.get('schema').needed()
      return readJsonSchema(format)
  }
}

function readThinking(reasoning: Field, think: boolean): Thinking {
  const wish = reasoning.isAbsent ? undefined : readEffort(reasoning.get('effort'), effortNames)
  const summary = !reasoning.isAbsent && wantsSummary(reasoning.get('summary'))
  const tokens = wish ?? (think || summary ? 64 : 0)
  return { tokens, shown: think || summary ? 'text' : 'sealed', secret: false }
}

function wantsSummary(summary: Field): boolean {
  if (summary.isAbsent) return false
  summary.among(['auto', 'concise', 'detailed'])
  return true
}
