import { type Complain, eachTyped, type Loose } from './frames.ts'

/**
 * The order in which clients of OpenAI's Responses API expect a stream's events, and the fields that each must have
 * (platform.openai.com/docs/api-reference/responses-streaming, openresponses.org): numbered without a gap, the response
 * created and in progress, then items that are each added, told and done, and one event that ends the response with all
 * items in it; or an `error` at any place and nothing but `response.failed` after it. Written from the documentation, not
 * from the code that it judges.
 */

/** What is wrong with the text of a stream; empty if nothing is. */
export function complaintsAbout(text: string): string[] {
  const complaints: string[] = []
  const complain = (words: string): void => void complaints.push(words)
  const machine = new Machine(complain)
  eachTyped(text, complain, event => machine.next(event))
  machine.over()
  return complaints
}

/** What is wrong with a whole response. */
export function complaintsAboutResponse(response: Loose): string[] {
  const complaints: string[] = []
  checkResponse(response, words => complaints.push(words))
  return complaints
}

const text = (value: Loose): boolean => typeof value === 'string'
const whole = (value: Loose): boolean => Number.isInteger(value) && value >= 0
const number = (value: Loose): boolean => typeof value === 'number'
const list = (value: Loose): boolean => Array.isArray(value)
const object = (value: Loose): boolean => typeof value === 'object' && value !== null && !Array.isArray(value)
const truth = (value: Loose): boolean => typeof value === 'boolean'
const anything = (value: Loose): boolean => value !== undefined
const orNull =
  (check: (value: Loose) => boolean) =>
  (value: Loose): boolean =>
    value === null || check(value)

type Shape = Readonly<Record<string, (value: Loose) => boolean>>

/** The schema's required fields, and of what kind each is. */
const response: Shape = {
  id: text,
  object: value => value === 'response',
  created_at: whole,
  completed_at: orNull(whole),
  status: value => ['queued', 'in_progress', 'completed', 'incomplete', 'failed', 'cancelled'].includes(value),
  incomplete_details: orNull(object),
  model: text,
  previous_response_id: orNull(text),
  instructions: orNull(text),
  output: list,
  error: orNull(object),
  tools: list,
  tool_choice: anything,
  truncation: text,
  parallel_tool_calls: truth,
  text: value => object(value) && object(value.format),
  top_p: number,
  presence_penalty: number,
  frequency_penalty: number,
  top_logprobs: whole,
  temperature: number,
  reasoning: orNull(value => object(value) && anything(value.effort) && anything(value.summary)),
  usage: orNull(object),
  max_output_tokens: orNull(whole),
  max_tool_calls: orNull(whole),
  store: truth,
  background: truth,
  service_tier: text,
  metadata: object,
  safety_identifier: orNull(text),
  prompt_cache_key: orNull(text),
}

const usage: Shape = {
  input_tokens: whole,
  output_tokens: whole,
  total_tokens: whole,
  input_tokens_details: value => object(value) && whole(value.cached_tokens),
  output_tokens_details: value => object(value) && whole(value.reasoning_tokens),
}

const items: Readonly<Record<string, Shape>> = {
  message: { id: text, status: text, role: value => value === 'assistant', content: list },
  reasoning: { id: text, summary: list },
  function_call: { id: text, call_id: text, name: text, arguments: text, status: text },
  custom_tool_call: { id: text, call_id: text, name: text, input: text },
  image_generation_call: { id: text, status: text, result: orNull(text) },
}

const parts: Readonly<Record<string, Shape>> = {
  output_text: { text, annotations: list, logprobs: list },
  refusal: { refusal: text },
  reasoning_text: { text },
  summary_text: { text },
}

const annotations: Readonly<Record<string, Shape>> = {
  url_citation: { url: text, title: text, start_index: whole, end_index: whole },
  file_citation: { file_id: text, filename: text, index: whole },
}

const logprob: Shape = { token: text, logprob: number, bytes: list, top_logprobs: list }

function checkShape(value: Loose, shape: Shape, name: string, complain: Complain): void {
  for (const [field, check] of Object.entries(shape)) {
    if (!object(value) || !check(value[field])) complain(`${name}.${field} is ${JSON.stringify(value?.[field])}`)
  }
}

function checkResponse(value: Loose, complain: Complain): void {
  checkShape(value, response, 'response', complain)
  if (value?.usage) checkShape(value.usage, usage, 'usage', complain)
  for (const item of value?.output ?? []) checkItem(item, complain)
  for (const tool of value?.tools ?? []) if (tool.type === 'function') checkTool(tool, complain)
  if (value?.status === 'incomplete' && !text(value.incomplete_details?.reason)) complain('incomplete without a reason')
  if (value?.status === 'failed' && !(text(value.error?.code) && text(value.error?.message)))
    complain('failed without an error')
}

const checkTool = (tool: Loose, complain: Complain): void =>
  checkShape(
    tool,
    { name: text, description: orNull(text), parameters: orNull(object), strict: orNull(truth) },
    'tool',
    complain,
  )

function checkItem(item: Loose, complain: Complain): void {
  if (!text(item?.type)) complain(`an item without a type: ${JSON.stringify(item)?.slice(0, 60)}`)
  checkShape(item, items[item?.type] ?? { id: text }, item?.type, complain)
  // Of an item that is not known here nobody can say what is in it.
  if (!Object.hasOwn(items, item?.type)) return
  for (const part of [...(item?.content ?? []), ...(item?.summary ?? [])]) checkPart(part, complain)
}

function checkPart(part: Loose, complain: Complain): void {
  const shape = parts[part?.type]
  if (shape) checkShape(part, shape, part.type, complain)
  else complain(`a part of the type ${part?.type}`)
  for (const each of part?.logprobs ?? []) checkShape(each, logprob, 'logprob', complain)
  for (const each of part?.annotations ?? []) checkShape(each, annotations[each.type] ?? {}, each.type, complain)
}

const atPart: Shape = { item_id: text, output_index: whole, content_index: whole }
const atSummary: Shape = { item_id: text, output_index: whole, summary_index: whole }
const atItem: Shape = { item_id: text, output_index: whole }

/** Required fields of the events that stand in an item. */
const inItem: Readonly<Record<string, Shape>> = {
  'response.content_part.added': { ...atPart, part: object },
  'response.content_part.done': { ...atPart, part: object },
  'response.output_text.delta': { ...atPart, delta: text, logprobs: list },
  'response.output_text.done': { ...atPart, text, logprobs: list },
  'response.output_text.annotation.added': { ...atPart, annotation_index: whole, annotation: object },
  'response.refusal.delta': { ...atPart, delta: text },
  'response.refusal.done': { ...atPart, refusal: text },
  'response.reasoning_text.delta': { ...atPart, delta: text },
  'response.reasoning_text.done': { ...atPart, text },
  'response.reasoning_summary_part.added': { ...atSummary, part: object },
  'response.reasoning_summary_part.done': { ...atSummary, part: object },
  'response.reasoning_summary_text.delta': { ...atSummary, delta: text },
  'response.reasoning_summary_text.done': { ...atSummary, text },
  'response.function_call_arguments.delta': { ...atItem, delta: text },
  'response.function_call_arguments.done': { ...atItem, name: text, arguments: text },
  'response.custom_tool_call_input.delta': { ...atItem, delta: text },
  'response.custom_tool_call_input.done': { ...atItem, input: text },
}

/** The type of item or part that an event's name is about. */
const holders: readonly (readonly [RegExp, string])[] = [
  [/^response\.(output_text|refusal)\./, 'message'],
  [/^response\.reasoning/, 'reasoning'],
  [/^response\.function_call/, 'function_call'],
  [/^response\.custom_tool/, 'custom_tool_call'],
]

type Item = {
  readonly type: string
  readonly id: string
  open: Map<string, Part>
  last: number
  said: string
  done: boolean
}
type Part = { readonly type: string; said: string; told: boolean; annotations: number }

class Machine {
  readonly #complain: Complain
  readonly #items: Item[] = []
  readonly #finished: Loose[] = []
  #events = 0
  #id: string | undefined
  #ended = false
  #failed = false

  constructor(complain: Complain) {
    this.#complain = complain
  }

  next(event: Loose): void {
    if (this.#ended) this.#complain(`${event.type} after the end`)
    if (this.#failed && event.type !== 'response.failed') this.#complain(`${event.type} after an error`)
    if (event.sequence_number !== this.#events++) this.#complain(`${event.type} has number ${event.sequence_number}`)
    if (event.type === 'error') this.#error(event)
    else if (event.response !== undefined || this.#events < 3) this.#lifecycle(event)
    else if (event.type === 'response.output_item.added') this.#added(event)
    else if (event.type === 'response.output_item.done') this.#done(event)
    else this.#inItem(event)
  }

  over(): void {
    if (!this.#ended && !this.#failed) this.#complain('the stream ends without an end')
  }

  #error(event: Loose): void {
    this.#failed = true
    checkShape(
      event,
      { message: text, code: orNull(text), param: orNull(text), error: object },
      'error',
      this.#complain,
    )
    checkShape(
      event.error,
      { type: text, message: text, code: orNull(text), param: orNull(text) },
      'error',
      this.#complain,
    )
  }

  #lifecycle({ type, response: value }: Loose): void {
    const expected = ['response.created', 'response.in_progress'][this.#events - 1]
    if (expected !== undefined && type !== expected) this.#complain(`${type} where ${expected} is due`)
    checkResponse(value, this.#complain)
    this.#id ??= value?.id
    if (value?.id !== this.#id) this.#complain(`the response changes its id to ${value?.id}`)
    if (expected !== undefined) return
    this.#ended = true
    if (type !== `response.${value?.status}`) this.#complain(`${type} of a response that is ${value?.status}`)
    if (type === 'response.failed') return
    if (this.#items.some(item => !item.done)) this.#complain('an item is not done at the end')
    if (JSON.stringify(value.output) !== JSON.stringify(this.#finished)) this.#complain('the output is not its items')
  }

  #added({ output_index: index, item }: Loose): void {
    if (index !== this.#items.length) this.#complain(`item ${index} is added where ${this.#items.length} is due`)
    if (this.#items.some(other => other.id === item?.id)) this.#complain(`two items have the id ${item?.id}`)
    checkItem(item, this.#complain)
    this.#items.push({ type: item?.type, id: item?.id, open: new Map(), last: -1, said: '', done: false })
  }

  #done({ output_index: index, item }: Loose): void {
    const there = this.#items[index]
    if (!there || there.done) this.#complain(`item ${index} is done and is not open`)
    if (there && (there.id !== item?.id || there.type !== item?.type)) this.#complain(`item ${index} has changed`)
    if (there && there.open.size > 0) this.#complain(`item ${index} is done before its parts`)
    if (there && (item.arguments ?? item.input ?? there.said) !== there.said && there.said !== '')
      this.#complain(`item ${index} is not what was told of it`)
    checkItem(item, this.#complain)
    if (there) there.done = true
    this.#finished[index] = item
  }

  #inItem(event: Loose): void {
    const shape = inItem[event.type]
    if (!shape) {
      this.#complain(`an event of the type ${event.type}`)
      return
    }
    checkShape(event, shape, event.type, this.#complain)
    const item = this.#items[event.output_index]
    if (!item || item.done) {
      this.#complain(`${event.type} in an item that is not open`)
      return
    }
    if (item.id !== event.item_id) this.#complain(`${event.type} names ${event.item_id} in ${item.id}`)
    const holder = holders.find(([pattern]) => pattern.test(event.type))?.[1]
    if (holder !== undefined && holder !== item.type) this.#complain(`${event.type} in a ${item.type}`)
    if (holder?.endsWith('_call')) this.#inCall(event, item)
    else this.#inPart(event, item)
  }

  #inCall(event: Loose, item: Item): void {
    if (event.delta !== undefined) item.said += event.delta
    else if ((event.arguments ?? event.input) !== item.said) this.#complain(`${event.type} is not what was told before`)
  }

  #inPart(event: Loose, item: Item): void {
    const key = event.summary_index === undefined ? `content ${event.content_index}` : `summary ${event.summary_index}`
    const open = item.open.get(key)
    if (event.type.endsWith('part.added')) {
      if (open) this.#complain(`${key} is added twice`)
      if ((event.summary_index ?? event.content_index) !== item.last + 1) this.#complain(`${key} is not the next`)
      item.last++
      item.open.set(key, { type: event.part.type, said: '', told: false, annotations: 0 })
      checkPart(event.part, this.#complain)
    } else if (!open) this.#complain(`${event.type} in ${key}, which is not open`)
    else if (event.type.endsWith('part.done')) this.#partDone(event, item, key, open)
    else this.#told(event, open)
  }

  #partDone({ part, type }: Loose, item: Item, key: string, open: Part): void {
    checkPart(part, this.#complain)
    if (part.type !== open.type || (part.text ?? part.refusal) !== open.said || !open.told)
      this.#complain(`${type} is not what was told before`)
    if ((part.annotations ?? []).length !== open.annotations) this.#complain(`${type} has other annotations`)
    item.open.delete(key)
  }

  #told(event: Loose, open: Part): void {
    if (open.told) this.#complain(`${event.type} after its text was done`)
    if (event.delta !== undefined) open.said += event.delta
    else if (event.annotation === undefined) {
      open.told = true
      if ((event.text ?? event.refusal) !== open.said) this.#complain(`${event.type} is not what was told before`)
    } else if (event.annotation_index !== open.annotations++) this.#complain('annotations are not counted')
    for (const each of event.logprobs ?? []) checkShape(each, logprob, 'logprob', this.#complain)
  }
}
