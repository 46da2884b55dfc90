import type { Embed, EmbedInput, EmbedTask } from '../../model/embed.ts'
import type { JsonObject } from '../../model/json.ts'
import type { MediaPart, Part, TextPart } from '../../model/part.ts'
import { invalid } from '../check.ts'
import { Calls } from './calls.ts'
import { Fields, type Leftovers } from './fields.ts'
import { dialectId } from './id.ts'
import { tasks } from './tasks.ts'
import { understandPart } from './understand-parts.ts'

/** All that a request for embeddings says: one, or several in a batch, each with wishes of its own. */
export function understandEmbed(body: JsonObject): Embed {
  const left: Leftovers = {}
  const whole = new Fields(body, '')
  const requests = whole.has('requests') ? whole.each('requests') : [whole]
  const read = requests.map(request => understandRequest(request, left))
  whole.leave(left)
  const [first] = read
  if (!first) throw invalid('requests', 'must have at least one request', body.requests)
  const { dimensions, task, truncate } = first.wishes
  return {
    inputs: read.map(({ input }) => input),
    dimensions: dimensions.value,
    task: task.value,
    truncate: truncate.value,
    places: { dimensions: dimensions.at, task: task.at, truncate: truncate.at },
    apart: read.flatMap(({ wishes }) => apart(wishes, first.wishes)),
    extras: { dialect: dialectId, fields: left },
  }
}

/** What is wanted, and where that is said, or would be. */
type Said<Value> = { readonly value: Value | undefined; readonly at: string }

type Wishes = {
  readonly model: Said<string>
  readonly dimensions: Said<number>
  readonly task: Said<EmbedTask>
  readonly truncate: Said<boolean>
}

/** Where one request wants something else than the first. */
const apart = (wishes: Wishes, first: Wishes): readonly string[] =>
  (Object.keys(wishes) as (keyof Wishes)[])
    .filter(wish => wishes[wish].value !== first[wish].value)
    .map(wish => wishes[wish].at)

function understandRequest(request: Fields, left: Leftovers): { readonly input: EmbedInput; readonly wishes: Wishes } {
  const config = request.fields('embedContentConfig')
  /** The config is newer, and counts where a wish stands in both. */
  function said<Value>(name: string, read: (from: Fields) => Value | undefined): Said<Value> {
    const from = config?.has(name) ? config : request
    return { value: read(from), at: from.path(name) }
  }
  const wishes = {
    model: said('model', from => from.text('model')),
    dimensions: said('outputDimensionality', from => from.whole('outputDimensionality')),
    task: said('taskType', from => taskIn(from, left)),
    truncate: said('autoTruncate', from => from.flag('autoTruncate')),
  }
  const { value: text, at } = said('title', from => from.text('title'))
  const input = { ...inputIn(request, left), ...(text !== undefined && { title: { text, at } }) }
  config?.leave(left)
  request.leave(left)
  return { input, wishes }
}

/** A task that is not known here is left over. */
function taskIn(from: Fields, left: Leftovers): EmbedTask | undefined {
  const word = from.word('taskType')
  if (word === undefined || word === 'TASK_TYPE_UNSPECIFIED') return undefined
  const task = tasks.get(word)
  if (task === undefined) left[from.path('taskType')] = word
  return task
}

function inputIn(request: Fields, left: Leftovers): Extract<EmbedInput, { readonly type: 'parts' }> {
  const content = request.fields('content')
  if (!content) throw invalid(request.path('content'), 'must be an object', undefined)
  const of = { calls: new Calls([]), left, thoughts: new Set<Part>() }
  const parts = content.elements('parts').flatMap(([value, at]) => {
    const part = understandPart(value, at, of)
    return part ? [embeddable(part)] : []
  })
  content.text('role')
  content.leave(left)
  if (parts.some(part => part.type === 'media' || part.text !== '')) return { type: 'parts', at: content.at, parts }
  throw invalid(content.path('parts'), 'must say something', content.peek('parts'))
}

function embeddable(part: Part): TextPart | MediaPart {
  if (part.type === 'text' || part.type === 'media') return part
  throw invalid(part.at ?? 'content', 'must be a text, or a file', part.type)
}
