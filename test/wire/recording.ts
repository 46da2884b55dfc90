import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from '../../src/model/call.ts'
import type { JsonObject } from '../../src/model/json.ts'

/** One exchange with a provider as it went over the wire. */
export type Recording = {
  readonly id: string
  readonly operation: Operation
  readonly status: number
  readonly contentType: string
  /** What was asked, without the model's name being ours to judge; undefined where only the reply was kept. */
  readonly request: JsonObject | undefined
  readonly answer: Buffer
  readonly streamed: boolean
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
        operation: operationOf(request),
        status: 200,
        contentType: streamed ? 'text/event-stream' : 'application/json',
        request,
        answer: readFileSync(join(ours, streamed ? `${id}.sse` : `${id}.answer.txt`)),
        streamed,
        expected: json(join(ours, `${id}.expected.json`)) as Expected,
      }
    })
}

const operationOf = (request: JsonObject): Operation =>
  'messages' in request ? 'chat' : 'input' in request ? 'embeddings' : 'completions'

const corpus = join(import.meta.dir, '../../../shared/corpus/exchanges')

const operations: ReadonlyMap<string, Operation> = new Map([
  ['openai-chat', 'chat'],
  ['openai-completions', 'completions'],
  ['openai-embeddings', 'embeddings'],
])

/** An exchange as the corpus keeps it; its INDEX.md tells what the fields mean. */
type Exchange = {
  readonly id: string
  readonly dialect: string
  readonly request: { readonly body: JsonObject } | null
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>> | null
    readonly body_format: 'json' | 'sse'
    readonly body: unknown
    readonly body_raw?: string
  }
}

/** The corpus of recorded traffic that lies beside the repository, as far as it speaks OpenAI's API; empty without it. */
export function corpusRecordings(): readonly Recording[] {
  if (!existsSync(corpus)) return []
  return readdirSync(corpus)
    .filter(file => [...operations.keys()].some(dialect => file.includes(`--${dialect}--`)))
    .map(file => json(join(corpus, file)) as Exchange)
    .flatMap(exchange => {
      const operation = operations.get(exchange.dialect)
      return operation ? [recordingOf(exchange, operation)] : []
    })
}

function recordingOf({ id, request, response }: Exchange, operation: Operation): Recording {
  const streamed = response.body_format === 'sse'
  const body = streamed ? String(response.body) : (response.body_raw ?? JSON.stringify(response.body))
  return {
    id,
    operation,
    status: response.status,
    contentType: response.headers?.['content-type'] ?? 'application/json',
    request: request?.body,
    answer: Buffer.from(body),
    streamed,
  }
}

const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
