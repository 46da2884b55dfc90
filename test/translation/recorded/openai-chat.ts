import { argumentsIn, type Meaning, sourcesOf, usageOf } from '../meaning.ts'
import { type Loose, last, stopIn, textIn } from './loose.ts'

const stops = {
  stop: 'end',
  eos: 'end',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tools',
  function_call: 'tools',
  content_filter: 'refused',
  refusal: 'refused',
} as const

/** The first of the choices, of OpenAI's own reply and of all that are like it. */
export function readOpenAi(chunks: readonly Loose[], streamed: boolean): Meaning {
  const pieces = chunks.flatMap(chunk => chunk.choices?.filter((choice: Loose) => (choice.index ?? 0) === 0) ?? [])
  const said = pieces.map(choice => (streamed ? (choice.delta ?? choice.message) : choice.message) ?? {})
  const calls = callsIn(said, streamed)
  const refusal = said.map(one => one.refusal ?? '').join('')
  const stop = last(pieces.map(choice => choice.finish_reason).filter(Boolean))
  return {
    text: said.map(one => textIn(one.content)).join('') + refusal,
    thoughts: said.map(thoughtIn).join(''),
    images: said.flatMap(one => one.images ?? []).map((image: Loose) => image.image_url.url),
    sources: sourcesOf([...said.flatMap(citedIn), ...chunks.flatMap(listedIn)]),
    tools: calls.map(({ name, text, custom }) =>
      custom ? { name, input: text, custom } : { name, input: argumentsIn(text) },
    ),
    stop: refusal ? 'refused' : stopIn(stop, stops, calls.length > 0),
    usage: usageIn(chunks),
  }
}

/** What is told in details is mostly told beside them as a text, too. Mistral has its thoughts among the parts. */
function thoughtIn({ reasoning_details: details = [], content, ...said }: Loose): string {
  const words = details.map((detail: Loose) => detail.text ?? detail.summary ?? '').join('')
  const parts = Array.isArray(content) ? content.filter(part => part.type === 'thinking') : []
  return (words || said.reasoning_content || said.reasoning || '') + parts.map(part => textIn(part.thinking)).join('')
}

const citedIn = ({ annotations }: Loose): readonly unknown[] =>
  (annotations ?? []).map((annotation: Loose) => annotation.url_citation?.url)

/** Perplexity and xAI list their sources beside the choices. */
const listedIn = ({ citations, search_results: results }: Loose): readonly unknown[] =>
  results?.map((result: Loose) => result.url) ?? citations ?? []

type Call = { readonly name: string; readonly id: string | undefined; readonly custom: true | undefined; text: string }

/** Pieces of calls belong together by their index, else by their id; another id at the same index is another call. */
function callsIn(said: readonly Loose[], streamed: boolean): readonly Call[] {
  const calls: Call[] = []
  const places = new Map<unknown, Call>()
  for (const call of said.flatMap(listed).filter(isSaid)) {
    const key = call.index ?? call.id ?? places.size
    const there = streamed ? (places.get(key) ?? undefined) : undefined
    const goesOn = there && !(call.id && call.function?.name && there.id !== call.id)
    const entry = goesOn ? there : begun(call)
    if (!goesOn) calls.push(entry)
    places.set(key, entry)
    const piece = call.function?.arguments ?? call.custom?.input ?? ''
    entry.text += typeof piece === 'string' ? piece : JSON.stringify(piece)
  }
  return calls
}

const begun = ({ id, function: called, custom }: Loose): Call => ({
  name: (called ?? custom)?.name ?? '',
  id,
  custom: custom?.name ? true : undefined,
  text: '',
})

const listed = ({ tool_calls: calls, function_call: call }: Loose): readonly Loose[] =>
  calls ?? (call ? [{ index: 0, function: call }] : [])

const isSaid = (call: Loose): boolean => Boolean(call.function?.name || call.custom || call.function?.arguments)

/** Groq has the report of its compound models in a field of its own. */
function usageIn(chunks: readonly Loose[]): Meaning['usage'] {
  const reports = chunks.map(chunk => chunk.usage ?? chunk.x_groq?.usage)
  const usage = last(reports.filter(each => each && each.prompt_tokens != null))
  return usage && usageOf(usage.prompt_tokens, outputIn(usage))
}

/** Some count the thoughts beside the answer: then they are more than it, or the total is more than the sum. */
function outputIn({ prompt_tokens: input, completion_tokens: said = 0, total_tokens: total, ...more }: Loose): number {
  const thoughts = more.completion_tokens_details?.reasoning_tokens ?? 0
  return Math.max(said, (total ?? 0) - input, thoughts > said ? said + thoughts : 0)
}
