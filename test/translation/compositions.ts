import { Fault } from '../../src/model/fault.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { composed as toldAs } from '../../src/stages/pursue/composed.ts'
import { withFiles } from '../../src/stages/pursue/files.ts'
import { callerDialect, callers, providerDialects } from '../wire/dialects.ts'
import { chatExchanges, type Exchange } from './exchanges.ts'

/** A recorded request, told to a provider of another dialect; or why it cannot be. */
export type Composition = { readonly exchange: Exchange; readonly asked: JsonObject; readonly target: string } & (
  | { readonly body: JsonObject; readonly lost: readonly string[] }
  | { readonly fault: Fault }
)

/** Requests that their own provider answered, in the dialects of callers. */
export const requests: readonly Exchange[] = chatExchanges().filter(
  ({ dialect, request, status }) => callers.includes(dialect) && request !== undefined && status === 200,
)

/** Models of which each dialect's provider knows most. */
const models: Readonly<Record<string, string>> = {
  'openai-chat': 'gpt-5',
  'openai-responses': 'gpt-5',
  'anthropic-messages': 'claude-sonnet-4-5',
  'gemini-generate': 'gemini-2.5-pro',
  'bedrock-converse': 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'cohere-chat': 'command-a-03-2025',
}

/** For every provider of another dialect. What it does not fetch itself is fetched, here from nowhere. */
export function compositionsOf(exchange: Exchange): Promise<readonly Composition[]> {
  const others = providerDialects.filter(({ id }) => id !== exchange.dialect)
  return Promise.all(others.map(({ id }) => composed(exchange, id)))
}

async function composed(exchange: Exchange, target: string): Promise<Composition> {
  const { request: asked = {}, streamed: stream, dialect } = exchange
  const { request } = providerDialects.find(({ id }) => id === target) ?? callerDialect(target)
  const { understand, nouns, nounsIn, partNouns = {} } = callerDialect(dialect).request
  const words = { nouns: { ...nouns, ...nounsIn?.(asked) }, partNouns }
  try {
    const chat = await withFiles(understand(asked), kind => request.takesUrls(kind, {}), fetched, signal)
    const aim = { provider: target, model: models[target] ?? '', quirks: {}, stream }
    const { body, lost } = toldAs(chat, aim, request, words)
    return { exchange, asked, target, body: JSON.parse(JSON.stringify(body)) as JsonObject, lost }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { exchange, asked, target, fault: error }
  }
}

const { signal } = new AbortController()

/** What it is its name tells. */
const types: readonly (readonly [RegExp, string])[] = [
  [/pdf/, 'application/pdf'],
  [/mp4|video/, 'video/mp4'],
  [/mp3|wav|audio/, 'audio/mpeg'],
  [/\.txt/, 'text/plain'],
]

const fetched = (url: string) =>
  Promise.resolve({
    mediaType: types.find(([name]) => name.test(url))?.[1] ?? 'image/png',
    bytes: Buffer.from('What stands there.'),
  })
