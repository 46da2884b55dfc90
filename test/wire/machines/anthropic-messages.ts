import { eachTyped, type Loose, parse } from './frames.ts'

/**
 * The order in which Anthropic's clients expect a stream's events (platform.claude.com/docs/en/build-with-claude/streaming):
 * `message_start`, then blocks one after the other, each begun, told and stopped, one `message_delta` and `message_stop`;
 * or an `error` at any place and nothing after it. Written from the documentation, not from the code that it judges.
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

/** Which deltas may stand in which block. */
const deltasOf: Readonly<Record<string, readonly string[]>> = {
  text: ['text_delta', 'citations_delta'],
  thinking: ['thinking_delta', 'signature_delta'],
  tool_use: ['input_json_delta'],
  server_tool_use: ['input_json_delta'],
  mcp_tool_use: ['input_json_delta'],
  compaction: ['compaction_delta'],
}

/** Blocks whose fields are known. */
const blocks = { text: true, thinking: true, redacted_thinking: true, tool_use: true }

/** The fields that must be there, if only as null (the published schema, `required`). */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  message_start: ['message'],
  message: [
    ...['id', 'type', 'role', 'content', 'model', 'stop_reason', 'stop_sequence', 'stop_details', 'usage', 'container'],
  ],
  usage: [
    ...['cache_creation', 'cache_creation_input_tokens', 'cache_read_input_tokens', 'inference_geo', 'input_tokens'],
    ...['output_tokens', 'output_tokens_details', 'server_tool_use', 'service_tier'],
  ],
  last_usage: [
    ...['cache_creation_input_tokens', 'cache_read_input_tokens', 'input_tokens', 'output_tokens'],
    ...['output_tokens_details', 'server_tool_use'],
  ],
  content_block_start: ['index', 'content_block'],
  content_block_delta: ['index', 'delta'],
  content_block_stop: ['index'],
  message_delta: ['delta', 'usage'],
  end: ['stop_reason', 'stop_sequence', 'stop_details', 'container'],
  text: ['text', 'citations'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'name', 'input', 'caller'],
}

type State = 'before' | 'between' | 'in a block' | 'ending' | 'stopped' | 'failed'

class Machine {
  readonly #complain: (words: string) => void
  #state: State = 'before'
  #index = -1
  #block: Loose
  #input = ''

  constructor(complain: (words: string) => void) {
    this.#complain = complain
  }

  next(event: Loose): void {
    if (this.#state === 'stopped' || this.#state === 'failed') this.#complain(`${event.type} after the end`)
    this.#need(event.type, event)
    if (event.type === 'ping') return
    if (event.type === 'error') this.#fail(event)
    else if (event.type === 'message_start') this.#start(event.message)
    else if (event.type === 'content_block_start') this.#begin(event)
    else if (event.type === 'content_block_delta') this.#tell(event)
    else if (event.type === 'content_block_stop') this.#end(event)
    else if (event.type === 'message_delta') this.#finish(event)
    else if (event.type === 'message_stop') this.#move('ending', 'stopped', 'message_stop')
    else this.#complain(`an event of the unknown type ${event.type}`)
  }

  over(): void {
    if (this.#state !== 'stopped' && this.#state !== 'failed') this.#complain(`the stream ends ${this.#state}`)
  }

  #need(kind: string, object: Loose): void {
    for (const field of fieldsOf[kind] ?? []) {
      if (object?.[field] === undefined) this.#complain(`${kind} without ${field}`)
    }
  }

  #move(from: State, to: State, event: string): void {
    if (this.#state !== from) this.#complain(`${event} ${this.#state}`)
    this.#state = to
  }

  #start(message: Loose): void {
    this.#move('before', 'between', 'message_start')
    this.#need('message', message)
    this.#need('usage', message?.usage)
    if (!String(message?.id).startsWith('msg_')) this.#complain(`the message's id is ${message?.id}`)
    if (message?.content?.length !== 0) this.#complain('message_start has content')
    if (message?.stop_reason !== null) this.#complain('message_start has a stop_reason')
  }

  #begin({ index, content_block: block }: Loose): void {
    this.#move('between', 'in a block', 'content_block_start')
    if (index !== ++this.#index) this.#complain(`block ${index} instead of ${this.#index}`)
    // A block that is not known here has the fields that it has.
    if (Object.hasOwn(blocks, block?.type)) this.#need(block.type, block)
    this.#block = block
    this.#input = ''
    const said = block?.text || block?.thinking || block?.signature
    if (said && ['text', 'thinking'].includes(block.type)) this.#complain(`${block.type} begins with words`)
    if (block?.type === 'tool_use' && !/^[\w-]+$/.test(block.id)) this.#complain(`a call's id is ${block.id}`)
  }

  #tell({ index, delta }: Loose): void {
    this.#move('in a block', 'in a block', 'content_block_delta')
    if (index !== this.#index) this.#complain(`a delta for block ${index} in block ${this.#index}`)
    const allowed = deltasOf[this.#block?.type] ?? []
    if (!allowed.includes(delta?.type)) this.#complain(`${delta?.type} in ${this.#block?.type}`)
    if (delta?.type === 'input_json_delta') this.#input += delta.partial_json
  }

  #end({ index }: Loose): void {
    this.#move('in a block', 'between', 'content_block_stop')
    if (index !== this.#index) this.#complain(`block ${index} stops in block ${this.#index}`)
    const isObject = parse(this.#input || '{}')?.constructor === Object
    if (this.#block?.type === 'tool_use' && !isObject) this.#complain(`the input ${this.#input} is no object`)
  }

  #finish({ delta, usage }: Loose): void {
    this.#move('between', 'ending', 'message_delta')
    this.#need('end', delta)
    this.#need('last_usage', usage)
    if (typeof delta?.stop_reason !== 'string') this.#complain('message_delta without a reason')
  }

  #fail({ error, request_id: id }: Loose): void {
    this.#state = 'failed'
    if (typeof error?.type !== 'string' || typeof error.message !== 'string') this.#complain('an error without words')
    if (id === undefined) this.#complain('an error without request_id')
  }
}
