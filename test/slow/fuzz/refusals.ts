import { isObject, type Json, type JsonObject } from '../../../src/model/json.ts'

/** What a refusal of a request says in its caller's dialect. */
type Refusal = { readonly sentence: string; readonly places: readonly string[]; readonly odd: boolean }

/** How each dialect tells that a request is wrong, written from the providers' documentation. */
const readers: Readonly<Record<string, (body: JsonObject) => Refusal>> = {
  'openai-chat': openais,
  'openai-responses': openais,
  // Its errors have no field for a place: the sentence names it.
  'anthropic-messages': ({ type, error, request_id: id }) => {
    const { type: kind, message } = fieldsOf(error)
    const sentence = words(message)
    const isTyped = type === 'error' && (kind === 'invalid_request_error' || kind === 'not_found_error')
    return {
      sentence,
      places: [...sentence.matchAll(/'([^']*)'/g)].map(([, place = '']) => place),
      odd: !isTyped || typeof id !== 'string',
    }
  },
  'gemini-generate': ({ error }) => {
    const { code, status, message, details } = fieldsOf(error)
    const [violation] = (Array.isArray(details) ? details : []).flatMap(each => listOf(fieldsOf(each).fieldViolations))
    const { field } = fieldsOf(violation)
    const isTyped = (code === 400 && status === 'INVALID_ARGUMENT') || (code === 404 && status === 'NOT_FOUND')
    return { sentence: words(message), places: typeof field === 'string' ? [field] : [], odd: !isTyped }
  },
}

function openais({ error }: JsonObject): Refusal {
  const { type, message, param, code } = fieldsOf(error)
  const named = code === 'invalid_request' || code === 'model_not_found'
  const isOfReply = code === 'previous_response_not_found' && param === 'previous_response_id'
  const isTyped = type === 'invalid_request_error' && (named || isOfReply)
  return { sentence: words(message), places: typeof param === 'string' ? [param] : [], odd: !isTyped }
}

const fieldsOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {})
const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
const words = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

/**
 * What is wrong with how a request is refused: its caller's own dialect has to say so, in a sentence, and name a place that
 * stands in the request, or that is missing where it would have to stand. A request that is no JSON has no places.
 */
export function aboutRefusal(dialect: string, refusal: JsonObject, request: JsonObject | undefined): readonly string[] {
  const { sentence, places, odd } = readers[dialect]?.(refusal) ?? { sentence: '', places: [], odd: true }
  return [
    ...(odd ? [`a refusal in odd form: ${JSON.stringify(refusal)}`] : []),
    ...(!/\S.*[.?]$/s.test(sentence) || /undefined|\[object/.test(sentence) ? [`odd words: ${sentence}`] : []),
    ...(!request || places.some(place => isPlace(request, place))
      ? []
      : [`no such place as ${places.join() || 'none'}: ${sentence}`]),
  ]
}

/** What a request cannot do without: it may be named although it is not there. */
const needed = ['model', 'messages', 'input', 'max_tokens', 'contents']

/** Whether a path leads somewhere, or its last step could be there. Names may have dots in them. */
function isPlace(request: JsonObject, path: string): boolean {
  return (
    needed.includes(path) ||
    isNewerName(request, path) ||
    (Object.hasOwn(request, firstOf(path)) && leads(request, path))
  )
}

/** Anthropic's format has moved: who uses its older name is told of the place where it stands today. */
const isNewerName = (request: JsonObject, path: string): boolean =>
  path.startsWith('output_config.format') && request.output_format !== undefined

const firstOf = (path: string): string => /^[^.[]*/.exec(path)?.[0] ?? ''

function leads(value: Json | undefined, path: string): boolean {
  if (path === '') return value !== undefined
  if (Array.isArray(value)) {
    const [, index = '', rest = ''] = /^\[(\d+)\]\.?(.*)$/s.exec(path) ?? []
    return index !== '' && Number(index) < value.length && leads(value[Number(index)] as Json, rest)
  }
  if (!isObject(value)) return false
  if (/^[^.[\]]+$/.test(path)) return true
  return Object.keys(value).some(
    name =>
      path.startsWith(name) && /^(?:$|[.[])/.test(path.slice(name.length)) && leads(value[name], restOf(path, name)),
  )
}

const restOf = (path: string, name: string): string => path.slice(name.length).replace(/^\./, '')
