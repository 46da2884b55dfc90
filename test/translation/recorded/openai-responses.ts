import { argumentsIn, type Meaning, type Stop, sourcesOf, usageOf } from '../meaning.ts'
import { type Loose, last } from './loose.ts'

/** The response that ends a stream tells all; some tell their items only as they are done. */
export function readResponses(chunks: readonly Loose[], streamed: boolean): Meaning {
  const ends = chunks.filter(chunk => /^response\.(completed|incomplete|failed)$/.test(chunk.type))
  const response = streamed ? last(ends)?.response : chunks[0]
  const done = chunks.filter(chunk => chunk.type === 'response.output_item.done').map(chunk => chunk.item)
  const items = response?.output?.length > 0 ? response.output : done
  const parts = items.filter((item: Loose) => item.type === 'message').flatMap((item: Loose) => item.content ?? [])
  const calls = items.filter((item: Loose) => item.type === 'function_call' || item.type === 'custom_tool_call')
  const { input_tokens: input, output_tokens: output } = response?.usage ?? {}
  return {
    text: parts.map((part: Loose) => part.text ?? part.refusal ?? '').join(''),
    thoughts: items.map(thoughtIn).join(''),
    images: items.flatMap(shownIn),
    sources: sourcesOf(parts.flatMap((part: Loose) => part.annotations ?? []).map((each: Loose) => each.url)),
    tools: calls.map(({ type, name, input, arguments: text }: Loose) =>
      type === 'custom_tool_call' ? { name, input, custom: true } : { name, input: argumentsIn(text) },
    ),
    stop: stopOf(response, parts, calls.length > 0),
    usage: usageOf(input, output),
  }
}

const shownIn = ({ type, result, output_format: format = 'png' }: Loose): readonly string[] =>
  type === 'image_generation_call' && result ? [`data:image/${format};base64,${result}`] : []

/** In full where they are told so, else in paragraphs of a summary. */
function thoughtIn({ type, content, summary }: Loose): string {
  if (type !== 'reasoning') return ''
  const full = (content ?? []).map((part: Loose) => part.text).join('')
  return full || (summary ?? []).map((part: Loose) => part.text).join('\n\n')
}

function stopOf({ status, incomplete_details: details }: Loose, parts: readonly Loose[], called: boolean): Stop {
  if (status === 'queued' || status === 'in_progress') return 'untold'
  if (details?.reason) return details.reason === 'content_filter' ? 'refused' : 'length'
  if (parts.some(part => part.type === 'refusal')) return 'refused'
  return called ? 'tools' : 'end'
}
