import { anthropicMessages } from '../dialects/anthropic-messages/index.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { geminiGenerate } from '../dialects/gemini-generate/index.ts'
import type { JsonObject } from '../model/json.ts'
import type { Door } from './door.ts'

/** How a dialect tells of models: one, and the list of them. */
type Form = {
  readonly one: (id: string) => JsonObject
  readonly list: (models: readonly JsonObject[]) => JsonObject
}

const forms: Readonly<Record<string, Form>> = {
  'openai-chat': {
    // When a model was made is not known for all of them, and OpenAI's clients want a number.
    one: id => ({ id, object: 'model', created: 0, owned_by: ownerOf(id) }),
    list: data => ({ object: 'list', data }),
  },
  'anthropic-messages': {
    one: id => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' }),
    list: data => ({
      data,
      has_more: false,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
    }),
  },
  'gemini-generate': {
    one: id => ({
      name: `models/${id}`,
      displayName: id,
      supportedGenerationMethods: ['generateContent', 'streamGenerateContent', 'countTokens'],
    }),
    list: models => ({ models }),
  },
}

const ownerOf = (id: string): string => (id.includes('/') ? id.slice(0, id.indexOf('/')) : 'thalamus')

/** Anthropic's and Google's SDKs ask for models at the same path as OpenAI's, and show who they are in a header. */
export function askerOf({ headers }: Request, dialect: Dialect): Dialect {
  if (headers.has('anthropic-version')) return anthropicMessages
  return headers.has('x-goog-api-key') ? geminiGenerate : dialect
}

/** `GET /v1/models` and its like: what this key can reach, in the caller's form. */
export async function listModels(request: Request, door: Door, dialect: Dialect): Promise<Response> {
  const caller = await door.rooms.authenticate(request)
  const form = forms[dialect.id]
  return Response.json(form?.list(door.models(caller).map(form.one)))
}

/** `GET /v1/models/{id}`; ids contain slashes, written as they are or as %2F. */
export async function oneModel(request: Request, door: Door, dialect: Dialect, id: string): Promise<Response> {
  const caller = await door.rooms.authenticate(request)
  door.checkModel(caller, id)
  return Response.json(forms[dialect.id]?.one(id))
}
