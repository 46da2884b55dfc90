import type { Chat, Extras, Noun } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Aim, Composed } from '../dialect.ts'
import { enforced } from '../enforced-schema.ts'
import { type NameRule, withFittingNames } from '../tool-names.ts'
import { writeTurns } from './compose-messages.ts'
import { given, withinLength, writeLength, writeSampling } from './compose-numbers.ts'
import { type Thinking, writeThinking } from './compose-thinking.ts'
import { writeTools } from './compose-tools.ts'
import { type Telling, tellingOf } from './telling.ts'

/** A chat as a request of Anthropic's API. */
export function compose(asked: Chat, aim: Aim): Composed {
  const telling = tellingOf(asked, aim)
  const { chat: named, names } = withFittingNames(asked, toolNames)
  const chat = withinLength(named, telling)
  const turns = writeTurns(chat.messages, telling)
  const thought = writeThinking(chat, turns, telling)
  const body: Record<string, Json | undefined> = {
    model: aim.model,
    ...writeLength(chat, thought, telling),
    ...(turns.system.length > 0 ? { system: turns.system } : {}),
    messages: turns.turns,
    ...writeTools(chat, telling),
    ...writeOutput(chat, thought, telling),
    ...writeSampling(chat, thought, telling),
    ...given({ stop_sequences: writeStop(chat, telling), service_tier: writeTier(chat, telling) }),
    ...(chat.user === undefined ? {} : { metadata: { user_id: chat.user } }),
    ...(aim.stream ? { stream: true } : {}),
  }
  tellUnplaced(chat, telling)
  restore(body, chat.extras, telling)
  for (const name of aim.quirks.refuses ?? []) {
    if (name in body) telling.lose(name)
    delete body[name]
  }
  return { body, lost: telling.lost, ...(names && { names }) }
}

/** platform.claude.com/docs/en/api/messages/create, "tools": `^[a-zA-Z0-9_-]{1,128}$`. */
const toolNames: NameRule = { most: 128 }

/** `output_config`: the effort and the schema. JSON of any form cannot be asked for. */
function writeOutput({ format }: Chat, { effort }: Thinking, telling: Telling): JsonObject {
  if (format?.type === 'json') telling.lose('format')
  const schema = format?.type === 'schema' ? writeSchema(format, telling) : undefined
  const config = given({ effort, format: schema && { type: 'json_schema', schema } })
  return Object.keys(config).length === 0 ? {} : { output_config: config }
}

type Schema = Extract<NonNullable<Chat['format']>, { readonly type: 'schema' }>

function writeSchema({ schema, description }: Schema, { own, traits, quirks, lose }: Telling): JsonObject | undefined {
  if (own) return schema
  if (!traits.schemas || quirks.noSchemas) {
    lose('format')
    return undefined
  }
  const closed = enforced(schema)
  if (closed.lost) lose('format')
  return description === undefined ? closed.schema : { description, ...closed.schema }
}

/** A sequence of white space alone is refused there. */
function writeStop({ stop }: Chat, { own, lose }: Telling): readonly string[] | undefined {
  const kept = stop?.filter(text => own || text.trim() !== '')
  if (kept && kept.length < (stop?.length ?? 0)) lose('stop')
  return kept?.length === 0 && !own ? undefined : kept
}

function writeTier({ serviceTier }: Chat, { own, lose }: Telling): string | undefined {
  if (serviceTier === 'default' || serviceTier === 'standard_only') return 'standard_only'
  if (serviceTier === undefined || serviceTier === 'auto' || own) return serviceTier
  lose('serviceTier')
  return undefined
}

/** Nouns that Anthropic has no word for, and the value of each that changes nothing. */
const unplaced: readonly (readonly [Noun, Json | undefined])[] = [
  ['minP', 0],
  ['presencePenalty', 0],
  ['frequencyPenalty', 0],
  ['repetitionPenalty', 1],
  ['logitBias', undefined],
  ['seed', undefined],
  ['candidates', 1],
  ['logprobs', undefined],
  ['verbosity', undefined],
  ['voice', undefined],
  ['prediction', undefined],
  ['metadata', undefined],
  ['store', false],
  ['cacheKey', undefined],
  ['cacheRetention', undefined],
]

function tellUnplaced(chat: Chat, { lose }: Telling): void {
  for (const [noun, neutral] of unplaced) {
    if (chat[noun] !== undefined && chat[noun] !== neutral) lose(noun)
  }
  if (chat.modalities?.some(modality => modality !== 'text')) lose('modalities')
}

/** Puts back what this dialect's caller said beyond our nouns: a field, one within an object, or one of a tool. */
function restore(body: Record<string, Json | undefined>, { fields }: Extras, { own, lose }: Telling): void {
  for (const [path, value] of Object.entries(fields)) {
    if (value === undefined) continue
    if (!own || !put(body, path, value)) lose(path)
  }
}

const nested = /^(?<outer>\w+)(?:\[(?<index>\d+)\])?\.(?<inner>\w+)$/

function put(body: Record<string, Json | undefined>, path: string, value: Json): boolean {
  if (/^\w+$/.test(path)) {
    body[path] = value
    return true
  }
  const { outer, index, inner } = nested.exec(path)?.groups ?? {}
  // A message is not where it was once it is told again.
  if (outer === undefined || inner === undefined || outer === 'messages') return false
  const before = body[outer]
  if (index === undefined) {
    body[outer] = { ...(isObject(before) ? before : {}), [inner]: value }
    return true
  }
  if (!Array.isArray(before)) return false
  body[outer] = before.map((each, n) => (n === Number(index) && isObject(each) ? { ...each, [inner]: value } : each))
  return true
}
