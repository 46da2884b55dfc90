/** Which dialect a path belongs to, and what it does there. */

import { anthropic } from './anthropic/manners.ts'
import { anthropicCount, anthropicMessages } from './anthropic/messages.ts'
import { listModels as listAnthropic, showModel as showAnthropic } from './anthropic/models.ts'
import { bedrockConverse, bedrockCount } from './bedrock/converse.ts'
import { bedrock } from './bedrock/manners.ts'
import { listModels as listBedrock } from './bedrock/models.ts'
import { cohereChat } from './cohere/chat.ts'
import { cohereEmbed } from './cohere/embed.ts'
import { cohere } from './cohere/manners.ts'
import type { Dialect, Manners } from './dialect.ts'
import { geminiEmbed } from './gemini/embed.ts'
import { geminiCount, geminiGenerate } from './gemini/generate.ts'
import { geminiManners } from './gemini/manners.ts'
import { listModels as listGemini, showModel as showGemini } from './gemini/models.ts'
import { openaiChat } from './openai/chat.ts'
import { openaiCompletions } from './openai/completions.ts'
import { openaiEmbeddings } from './openai/embeddings.ts'
import { openai } from './openai/manners.ts'
import { listModels as listOpenai, showModel as showOpenai } from './openai/models.ts'
import { Refusal } from './refusal.ts'
import { cancelResponse, forgetResponse, listInput, showResponse } from './responses/kept.ts'
import { openaiInputTokens, openaiResponses, responsesManners } from './responses/responses.ts'
import type { Received } from './seen.ts'
import type { Thread } from './threads.ts'

export type Route =
  | { readonly type: 'dialect'; readonly dialect: Dialect }
  /** Answered without asking a model; the body may refuse. */
  | { readonly type: 'plain'; readonly manners: Manners; body(): string }

const ask = (dialect: Dialect): Route => ({ type: 'dialect', dialect })
const plain = (manners: Manners, body: () => string): Route => ({ type: 'plain', manners, body })

/** What a row is given: what its pattern caught, in the order of its brackets. */
type Visit = {
  readonly caught: readonly string[]
  readonly received: Received
  readonly query: URLSearchParams
  readonly threads: Map<string, Thread>
}

type Row = readonly [method: string, path: RegExp, manners: Manners, route: (visit: Visit) => Route]

const gemini = geminiManners('whole')

/** The first that fits is taken. */
const rows: readonly Row[] = [
  ['POST', /^\/v1\/chat\/completions$/, openai, () => ask(openaiChat)],
  ['POST', /^\/v1\/completions$/, openai, () => ask(openaiCompletions)],
  ['POST', /^\/v1\/embeddings$/, openai, () => ask(openaiEmbeddings)],
  ['POST', /^\/v1\/responses$/, responsesManners, () => ask(openaiResponses)],
  ['POST', /^\/v1\/responses\/input_tokens$/, responsesManners, () => ask(openaiInputTokens)],
  ['POST', /^\/v1\/responses\/([^/]+)\/cancel$/, responsesManners, kept(cancelResponse)],
  ['GET', /^\/v1\/responses\/([^/]+)\/input_items$/, responsesManners, kept(listInput)],
  ['GET', /^\/v1\/responses\/([^/]+)$/, responsesManners, kept(showResponse)],
  ['DELETE', /^\/v1\/responses\/([^/]+)$/, responsesManners, kept(forgetResponse)],
  ['POST', /^\/v1\/messages$/, anthropic, () => ask(anthropicMessages)],
  ['POST', /^\/v1\/messages\/count_tokens$/, anthropic, () => ask(anthropicCount)],
  ['POST', /^\/v2\/chat$/, cohere, () => ask(cohereChat)],
  ['POST', /^\/v2\/embed$/, cohere, () => ask(cohereEmbed)],
  ['POST', /^\/model\/([^/]+)\/converse$/, bedrock, ({ caught: [model = ''] }) => ask(bedrockConverse(model, false))],
  [
    'POST',
    /^\/model\/([^/]+)\/converse-stream$/,
    bedrock,
    ({ caught: [model = ''] }) => ask(bedrockConverse(model, true)),
  ],
  ['POST', /^\/model\/([^/]+)\/count-tokens$/, bedrock, ({ caught: [model = ''] }) => ask(bedrockCount(model))],
  ['GET', /^\/foundation-models$/, bedrock, () => plain(bedrock, listBedrock)],
  ['POST', /^\/v1(?:alpha|beta|beta1)?\/(?:.+\/)?models\/([^/:]+):(\w+)$/, gemini, geminiRoute],
  ['GET', /^\/v1(alpha|beta)?\/models$/, openai, ({ caught: [version], received }) => models(version, received)],
  ['GET', /^\/v1(alpha|beta)?\/models\/([^/]+)$/, openai, modelRoute],
]

export function routeOf(received: Received, threads: Map<string, Thread>): Route {
  const [path = '', search = ''] = received.path.split('?', 2)
  const fitting = rows.filter(row => row[1].test(path))
  const [first] = fitting
  if (first === undefined) return nowhere(mannersOf(path), received.method, path)
  const row = fitting.find(([method]) => method === received.method)
  if (row === undefined) return wrongMethod(first[2], received.method, path)
  const caught = row[1].exec(path)?.slice(1).map(decoded) ?? []
  return row[3]({ caught, received, query: new URLSearchParams(search), threads })
}

function decoded(segment: string | undefined): string {
  try {
    return decodeURIComponent(segment ?? '')
  } catch {
    return segment ?? ''
  }
}

function kept(act: (threads: Map<string, Thread>, id: string, query: URLSearchParams) => string) {
  return ({ caught: [id = ''], threads, query }: Visit): Route => plain(responsesManners, () => act(threads, id, query))
}

function geminiRoute({ caught: [model = '', method = ''], query, received: { path } }: Visit): Route {
  switch (method) {
    case 'generateContent':
      return ask(geminiGenerate(model, 'whole'))
    case 'streamGenerateContent':
      return ask(geminiGenerate(model, query.get('alt') === 'sse' ? 'events' : 'array'))
    case 'countTokens':
      return ask(geminiCount(model))
    case 'embedContent':
    case 'batchEmbedContents':
      return ask(geminiEmbed(model, method))
    default:
      return nowhere(gemini, 'POST', path)
  }
}

/** Three providers have their models at the same place: the version or the headers tell who asks. */
function models(version: string | undefined, { headers, path }: Received): Route {
  switch (askerOf(version, headers, path)) {
    case 'gemini':
      return plain(gemini, listGemini)
    case 'anthropic':
      return plain(anthropic, listAnthropic)
    case 'openai':
      return plain(openai, listOpenai)
  }
}

function modelRoute({ caught: [version, id = ''], received: { headers, path } }: Visit): Route {
  switch (askerOf(version, headers, path)) {
    case 'gemini':
      return plain(gemini, () => showGemini(id))
    case 'anthropic':
      return plain(anthropic, () => showAnthropic(id))
    case 'openai':
      return plain(openai, () => showOpenai(id))
  }
}

function askerOf(version: string | undefined, headers: Received['headers'], path: string) {
  if (version !== '' || headers['x-goog-api-key'] !== undefined || /[?&]key=/.test(path)) return 'gemini'
  return headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
}

function wrongMethod(manners: Manners, method: string, path: string): Route {
  return plain(manners, () => {
    throw new Refusal(405, `Not allowed to ${method} on ${path} (HINT: Perhaps you meant to use POST)`, {
      reason: 'wrong-method',
      about: path,
    })
  })
}

function nowhere(manners: Manners, method: string, path: string): Route {
  return plain(manners, () => {
    throw new Refusal(404, `Invalid URL (${method} ${path})`, { reason: 'no-path', about: path })
  })
}

/** Of a path that is nowhere, by how it begins. */
const mannersOf = (path: string): Manners => beginnings.find(([start]) => path.startsWith(start))?.[1] ?? openai

const beginnings: readonly (readonly [string, Manners])[] = [
  ['/v1beta/', gemini],
  ['/v2/', cohere],
  ['/model/', bedrock],
  ['/v1/messages', anthropic],
]
