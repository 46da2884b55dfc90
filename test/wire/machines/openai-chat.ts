import { eachUnnamed, type Loose, parse } from './frames.ts'

/**
 * What OpenAI's clients expect of a stream of chat completions (platform.openai.com/docs/api-reference/chat-streaming):
 * chunks of one completion, the role once and first, calls numbered without gaps and named once, one reason why each
 * choice stopped and nothing of it after that, the usage in a last chunk without choices, then `[DONE]`; or an error as
 * the last thing. Written from the documentation, not from the code that it judges.
 */

/** What is wrong with the text of a stream; empty if nothing is. */
export function complaintsAbout(text: string): string[] {
  const complaints: string[] = []
  const complain = (words: string): void => void complaints.push(words)
  const machine = new Machine(complain)
  eachUnnamed(text, '\\n', complain, data => machine.next(data))
  machine.over()
  return complaints
}

const reasons = [null, 'stop', 'length', 'tool_calls', 'content_filter', 'function_call']

class Machine {
  readonly #complain: (words: string) => void
  readonly #choices = new Map<number, Choice>()
  #head: string | undefined
  #ended: 'done' | 'failed' | undefined
  #reported = false
  #nulls: boolean | undefined

  constructor(complain: (words: string) => void) {
    this.#complain = complain
  }

  next(data: string): void {
    if (this.#ended) this.#complain(`something after the end: ${data.slice(0, 60)}`)
    else if (data === '[DONE]') this.#ended = 'done'
    else this.#said(parse(data), data)
  }

  #said(chunk: Loose, data: string): void {
    if (typeof chunk !== 'object' || chunk === null) this.#complain(`no JSON object: ${data.slice(0, 60)}`)
    else if (chunk.error) this.#fail(chunk.error)
    else this.#chunk(chunk)
  }

  over(): void {
    if (this.#ended === undefined) this.#complain('no end')
    if (this.#ended !== 'done') return
    if (this.#choices.size === 0) this.#complain('no choice')
    for (const [index, choice] of this.#choices)
      if (!choice.stopped) this.#complain(`choice ${index} never says why it stopped`)
  }

  #fail(error: Loose): void {
    this.#ended = 'failed'
    for (const field of ['message', 'type'])
      if (typeof error[field] !== 'string') this.#complain(`an error without ${field}`)
    for (const field of ['param', 'code']) if (!(field in error)) this.#complain(`an error without ${field}`)
  }

  #chunk(chunk: Loose): void {
    if (chunk.object !== 'chat.completion.chunk') this.#complain(`an object ${chunk.object}`)
    if (!String(chunk.id).startsWith('chatcmpl-')) this.#complain(`an id ${chunk.id}`)
    if (typeof chunk.model !== 'string' || chunk.model === '') this.#complain('no model')
    if (!Number.isInteger(chunk.created)) this.#complain('no time')
    const head = JSON.stringify([chunk.id, chunk.model, chunk.created])
    this.#head ??= head
    if (this.#head !== head) this.#complain('id, model or time change')
    this.#usage(chunk)
    if (Array.isArray(chunk.choices)) for (const choice of chunk.choices) this.#choice(choice)
    else this.#complain('no array of choices')
  }

  #usage({ usage, choices }: Loose): void {
    if (this.#reported) this.#complain('a chunk after the usage report')
    const asked = usage !== undefined
    if (this.#nulls !== undefined && this.#nulls !== asked) this.#complain('usage in some chunks and not in others')
    this.#nulls = asked
    if (!usage) return
    this.#reported = true
    if (choices?.length !== 0) this.#complain('usage in a chunk with choices')
    for (const field of ['prompt_tokens', 'completion_tokens', 'total_tokens'])
      if (!Number.isInteger(usage[field])) this.#complain(`usage without ${field}`)
  }

  #choice({ index, delta, finish_reason: reason, logprobs }: Loose): void {
    if (!Number.isInteger(index)) this.#complain('a choice without index')
    if (!reasons.includes(reason)) this.#complain(`a reason ${reason}`)
    if (logprobs !== null && !(Array.isArray(logprobs?.content) && 'refusal' in logprobs))
      this.#complain('odd logprobs')
    const choice = this.#choices.get(index) ?? { stopped: false, calls: 0 }
    if ((delta?.role === 'assistant') === this.#choices.has(index)) this.#complain('the role is not once and first')
    this.#choices.set(index, choice)
    if (choice.stopped) this.#complain('more of a choice that has stopped')
    this.#delta(choice, delta)
    choice.stopped = reason !== null
    if (reason === 'tool_calls' && choice.calls === 0) this.#complain('it stopped for calls and there are none')
  }

  #delta(choice: Choice, delta: Loose): void {
    if (typeof delta !== 'object' || delta === null) this.#complain('a choice without delta')
    for (const call of delta?.tool_calls ?? []) this.#call(choice, call)
    for (const field of ['content', 'refusal', 'reasoning_content'])
      if (!['undefined', 'string'].includes(typeof (delta?.[field] ?? undefined))) this.#complain(`odd ${field}`)
  }

  #call(choice: Choice, { index, id, type, function: called, custom }: Loose): void {
    if (!Number.isInteger(index) || index > choice.calls) this.#complain(`a call with the index ${index}`)
    const said = called ?? custom
    if (!said) this.#complain('a piece of a call that says nothing of its function')
    const first = index === choice.calls
    if (first) choice.calls++
    const named = id && said?.name && (type === 'function' || type === 'custom')
    if (first && !named) this.#complain('a call without a name')
    if (!first && (id !== undefined || said?.name !== undefined)) this.#complain('a call that is named twice')
    if (said && typeof (called?.arguments ?? custom?.input) !== 'string') this.#complain('arguments that are no text')
  }
}

type Choice = { stopped: boolean; calls: number }
