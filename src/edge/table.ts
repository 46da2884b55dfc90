import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import type { Address, Dialect } from '../dialects/dialect.ts'
import { geminiGenerate } from '../dialects/gemini-generate/index.ts'
import { openaiChat } from '../dialects/openai-chat/index.ts'
import { openaiResponses } from '../dialects/openai-responses/index.ts'

/** What a path asks for, and the dialect in which it is answered, refusals too. */
export type Place = { readonly dialect: Dialect } & (
  | { readonly kind: 'line'; readonly method: 'POST'; readonly address: Address }
  | { readonly kind: 'models'; readonly method: 'GET' }
  | { readonly kind: 'model'; readonly method: 'GET'; readonly id: string }
  | {
      readonly kind: 'kept'
      readonly method: 'GET' | 'POST'
      readonly id: string
      readonly what: 'reply' | 'items' | 'cancel'
    }
)

const onTheLine = (dialect: Dialect, operation: Address['operation']): Place => ({
  kind: 'line',
  method: 'POST',
  dialect,
  address: { operation },
})

/** Which path is which operation in which dialect. A path is matched whole. */
const exact: Readonly<Record<string, Place>> = {
  '/v1/chat/completions': onTheLine(openaiChat, 'chat'),
  '/v1/completions': onTheLine(openaiChat, 'completions'),
  '/v1/embeddings': onTheLine(openaiChat, 'embeddings'),
  '/v1/responses': onTheLine(openaiResponses, 'chat'),
  '/v1/responses/compact': onTheLine(openaiResponses, 'compact'),
  '/v1/responses/input_tokens': onTheLine(openaiResponses, 'count_tokens'),
  '/v1/messages': onTheLine(anthropicMessages, 'chat'),
  '/v1/messages/count_tokens': onTheLine(anthropicMessages, 'count_tokens'),
  '/anthropic/v1/messages': onTheLine(anthropicMessages, 'chat'),
  '/anthropic/v1/messages/count_tokens': onTheLine(anthropicMessages, 'count_tokens'),
  '/v1/models': { kind: 'models', method: 'GET', dialect: openaiChat },
  '/anthropic/v1/models': { kind: 'models', method: 'GET', dialect: anthropicMessages },
  '/v1beta/models': { kind: 'models', method: 'GET', dialect: geminiGenerate },
}

/** The paths on which a model is asked something, for those who went astray. */
export const known: readonly string[] = [
  ...Object.keys(exact).filter(path => exact[path]?.kind === 'line' && path.startsWith('/v1/')),
  '/v1beta/models/{model}:generateContent',
]

/** What stands at a path; undefined if nothing does. `query` begins with its question mark, or is empty. */
export function placeAt(path: string, query: string): Place | undefined {
  return Object.hasOwn(exact, path) ? exact[path] : (geminiAt(path, query) ?? keptAt(path) ?? modelAt(path))
}

/** Google's form: the model and the method stand in the path. Its newest SDK writes v1, others v1beta. */
const methodForm = /^\/(?:v1beta|v1)\/(?:models\/(.+)|(tunedModels\/.+)):([a-zA-Z]+)$/

const methods: Readonly<Record<string, (query: string) => Address>> = {
  generateContent: () => ({ operation: 'chat', stream: false }),
  streamGenerateContent: query => ({ operation: 'chat', stream: true, array: !/[?&]alt=sse(?:&|$)/.test(query) }),
  embedContent: () => ({ operation: 'embeddings', stream: false }),
  countTokens: () => ({ operation: 'count_tokens', stream: false }),
}

function geminiAt(path: string, query: string): Place | undefined {
  const [, plain, tuned, method = ''] = methodForm.exec(path) ?? []
  const address = Object.hasOwn(methods, method) ? methods[method]?.(query) : undefined
  if (!address) return undefined
  return {
    kind: 'line',
    method: 'POST',
    dialect: geminiGenerate,
    address: { ...address, model: decoded(plain ?? tuned ?? '') },
  }
}

const keptForm = /^\/v1\/responses\/([\w-]+)(\/input_items|\/cancel)?$/

/** A reply that was kept, by its id. */
function keptAt(path: string): Place | undefined {
  const [, id, more] = keptForm.exec(path) ?? []
  if (id === undefined) return undefined
  const of = { kind: 'kept', dialect: openaiResponses, id } as const
  if (more === '/cancel') return { ...of, method: 'POST', what: 'cancel' }
  return { ...of, method: 'GET', what: more === undefined ? 'reply' : 'items' }
}

/** On Google's path a colon begins a method, and an unknown one is not a model. */
const modelForm = /^\/(v1beta(?!.*:[a-zA-Z]+$)|v1|anthropic\/v1)\/models\/(.+)$/
const modelDialects: Readonly<Record<string, Dialect>> = {
  v1: openaiChat,
  v1beta: geminiGenerate,
  'anthropic/v1': anthropicMessages,
}

function modelAt(path: string): Place | undefined {
  const [, version = '', id = ''] = modelForm.exec(path) ?? []
  const dialect = modelDialects[version]
  return dialect && { kind: 'model', method: 'GET', id: decoded(id), dialect }
}

/** The dialect in which a path that leads nowhere is refused. */
export function dialectNear(path: string): Dialect {
  if (/^\/(?:anthropic\/|v1\/messages)/.test(path)) return anthropicMessages
  return path.startsWith('/v1beta/') ? geminiGenerate : openaiChat
}

/** As written in the path, with %2F and the like undone where they can be. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
