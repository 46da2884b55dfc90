import type { Aim, Dialect, Quirks } from '../../../src/dialects/dialect.ts'
import { fieldsOf, UneditableJson } from '../../../src/lib/json-edit.ts'
import type { Chat } from '../../../src/model/chat.ts'
import { Fault } from '../../../src/model/fault.ts'
import { isObject, type JsonObject } from '../../../src/model/json.ts'
import { providers } from '../../../src/providers/index.ts'
import { providerDialects } from '../../wire/dialects.ts'
import type { Chance } from './chance.ts'

/** The ways in which real providers of a dialect differ. */
const quirksOf = (dialect: string): readonly Quirks[] => [
  {},
  ...providers.filter(provider => provider.dialect === dialect).flatMap(({ quirks }) => (quirks ? [quirks] : [])),
]

const models = [
  'm',
  'claude-sonnet-4-5',
  'gpt-5.1',
  'gemini-3-pro',
  'us.anthropic.claude-opus-4-6-v1:0',
  'amazon.nova-pro-v1:0',
]

/**
 * What is wrong with how a request is taken: refused it may be, by naming what is wrong with it, and what is told to a
 * provider has to be what the provider's own dialect understands.
 */
export function aboutRequest(caller: Dialect, body: JsonObject, chance: Chance): readonly string[] {
  const chat = tried(() => caller.request.understand(body))
  return [
    ...aboutRewording(caller, body),
    ...(typeof chat === 'string' ? [`understood: ${chat}`] : []),
    ...(isChat(chat) ? providerDialects.flatMap(each => aboutComposing(each.id, chat, chance)) : []).filter(
      complaint => !(goesOn(body) && complaint.includes('is not understood')),
    ),
  ]
}

/** What was said before is kept at the provider, and so a result may stand here without its call. */
const goesOn = (body: JsonObject): boolean =>
  /"(?:previous_response_id|conversation|item_reference)"/.test(JSON.stringify(body))

const isChat = (value: unknown): value is Chat => isObject(value) && 'messages' in value

/** The outcome; undefined where it was refused as it should be; words where it was not. */
function tried<Made>(act: () => Made): Made | string | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof UneditableJson) return undefined
    if (!(error instanceof Fault)) return `threw ${String(error)} ${stackOf(error)}`
    if (error.code !== 'invalid_request' && error.code !== 'model_not_found')
      return `refused with ${error.code}: ${error.message}`
    return /undefined|\[object/.test(error.message) ? `refused with odd words: ${error.message}` : undefined
  }
}

export const stackOf = (error: unknown): string =>
  error instanceof Error ? (/at .*/.exec(error.stack ?? '')?.[0] ?? '') : ''

/** The way that a request takes to a provider of its own dialect, where no word of it is changed that need not be. */
function aboutRewording({ id, request }: Dialect, body: JsonObject): readonly string[] {
  const text = JSON.stringify(body)
  const outcome = tried(() => {
    const call = request.read(body, { operation: 'chat', model: 'm', stream: true })
    const letter = { dialect: id, text, body, call, fields: fieldsOf(text), sealed: false, strict: false }
    return JSON.parse(request.reword(letter, { model: 'another', quirks: {} }).text) as JsonObject
  })
  return typeof outcome === 'string' ? [`reworded: ${outcome}`] : []
}

function aboutComposing(id: string, chat: Chat, chance: Chance): readonly string[] {
  const provider = providerDialects.find(each => each.id === id)
  const aim: Aim = { provider: 'p', model: chance.of(models), quirks: chance.of(quirksOf(id)), stream: chance.oneIn(2) }
  const composed = tried(() => {
    const { body, lost } = provider?.request.compose(chat, aim) ?? { body: undefined, lost: [] }
    if (!isObject(body)) return 'it is no object'
    const nameless = lost.some(name => typeof name !== 'string' || name === '' || name.includes('undefined'))
    return nameless ? `what was lost has no name: ${lost.join(', ')}` : (JSON.parse(JSON.stringify(body)) as JsonObject)
  })
  if (typeof composed === 'string') return [`composed for ${id}: ${composed}`]
  return composed === undefined ? [] : aboutComposed(id, composed)
}

/** What we write for a provider we understand ourselves. */
function aboutComposed(id: string, body: JsonObject): readonly string[] {
  const dialect = providerDialects.find(each => each.id === id)
  if (!dialect || !('understand' in dialect.request)) return []
  const reader = dialect as Dialect
  try {
    reader.request.understand(body)
    return []
  } catch (error) {
    return [`what was composed for ${id} is not understood: ${String(error)}`]
  }
}
