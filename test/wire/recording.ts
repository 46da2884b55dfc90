import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from '../../src/model/call.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { type Exchange, exchanges } from '../translation/exchanges.ts'
import { callers } from './dialects.ts'

/** One exchange in a dialect that callers speak, to be repeated to such a caller. */
export type Recording = Exchange & {
  /** The stream is one JSON array (Gemini's, where `alt=sse` is not asked for). */
  readonly array?: true
  /** What was read from it by hand; absent where only the oracle can tell. */
  readonly expected?: Expected
}

export type Expected = { readonly stop: string | null; readonly usage: ExpectedUsage | null }
export type ExpectedUsage = Readonly<Record<'input' | 'cache_read' | 'cache_write' | 'output' | 'reasoning', number>>

const ours = join(import.meta.dir, 'recordings')

/**
 * The repository's own recordings: `x.request.json`, its reply in `x.sse` or `x.answer.txt`, and in `x.expected.json`
 * what was read from it by hand.
 */
export function ownRecordings(): readonly Recording[] {
  const files = readdirSync(ours)
  return files
    .filter(file => file.endsWith('.request.json'))
    .map(file => file.slice(0, -'.request.json'.length))
    .map(id => {
      const streamed = files.includes(`${id}.sse`)
      const request = json(join(ours, `${id}.request.json`)) as JsonObject
      return {
        id,
        dialect: 'openai-chat',
        operation: operationOf(request),
        provider: 'openai',
        features: [],
        oddities: [],
        status: 200,
        contentType: streamed ? 'text/event-stream' : 'application/json',
        headers: {},
        request,
        bytes: readFileSync(join(ours, streamed ? `${id}.sse` : `${id}.answer.txt`)),
        streamed,
        expected: json(join(ours, `${id}.expected.json`)) as Expected,
      }
    })
}

const operationOf = (request: JsonObject): Operation =>
  'messages' in request ? 'chat' : 'input' in request ? 'embeddings' : 'completions'

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** The corpus as far as its dialects are spoken by callers; empty where it is absent. */
export function corpusRecordings(): readonly Recording[] {
  const spoken = exchanges().filter(each => callers.includes(each.dialect) && !isEstimated(each))
  return [...spoken, ...spoken.filter(isGeminiStream).map(asArray)]
}

/** Where a provider cannot count the relay does. */
const isEstimated = ({ operation, status }: Exchange): boolean => operation === 'count_tokens' && status === 404

const isGeminiStream = ({ dialect, streamed }: Exchange): boolean => dialect === 'gemini-generate' && streamed

/** The corpus has Gemini's streams as events only: the same chunks, as the elements of the array that Google sends. */
function asArray(exchange: Exchange): Recording {
  const chunks = exchange.bytes
    .toString()
    .split(/^data: /m)
    .slice(1)
  const bytes = Buffer.from(`[${chunks.map(chunk => chunk.trimEnd()).join('\n,\r\n')}\n]`)
  return {
    ...exchange,
    id: `${exchange.id} as an array`,
    array: true,
    contentType: 'application/json; charset=UTF-8',
    bytes,
  }
}
