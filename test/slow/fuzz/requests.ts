import type { Aim, Dialect, ProviderDialect, Quirks } from '../../../src/dialects/dialect.ts'
import { fieldsOf, UneditableJson } from '../../../src/lib/json-edit.ts'
import type { Chat } from '../../../src/model/chat.ts'
import { Fault } from '../../../src/model/fault.ts'
import { isObject, type JsonObject } from '../../../src/model/json.ts'
import { providers } from '../../../src/providers/index.ts'
import { composed } from '../../../src/stages/pursue/composed.ts'
import { sound } from '../../../src/stages/pursue/sound.ts'
import { worded, writtenAs } from '../../fakes/written.ts'
import { callerDialects, providerDialects } from '../../wire/dialects.ts'
import type { Chance } from './chance.ts'
import type { Outcome } from './outcome.ts'
import { aboutRefusal } from './refusals.ts'

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
 * What becomes of a request: refused it may be, in its dialect and by naming what is wrong with it, and what is told to a
 * provider has to be what the provider's own dialect understands.
 */
export function aboutRequest(caller: Dialect, body: JsonObject, chance: Chance): Outcome {
  const { understand, nouns } = caller.request
  const understood = tried(caller, body, () => sound(understand(body), nouns.format ?? 'format'))
  const chat = understood.made
  const made = chat ? providerDialects.map(each => composing(caller, body, each, chat, chance)) : []
  const told = made.filter(({ made }) => made !== undefined).length
  return {
    became: chat ? `understood, told to ${told} of ${providerDialects.length}` : 'refused',
    complaints: [
      ...aboutRewording(caller, body),
      ...understood.complaints.map(each => `understood: ${each}`),
      ...made.flatMap(({ complaints }) => complaints),
    ],
  }
}

type Tried<Made> = { readonly made?: Made; readonly complaints: readonly string[] }

/** What was made; or nothing, and what is wrong with the way that this was refused. */
function tried<Made>(caller: Dialect, body: JsonObject, act: () => Made): Tried<Made> {
  try {
    return { made: act(), complaints: [] }
  } catch (error) {
    if (!(error instanceof Fault)) return { complaints: [`threw ${String(error)} ${stackOf(error)}`] }
    const isCallers = error.code === 'invalid_request' && error.status === 400
    const unlike = isCallers ? [] : [`refused with ${error.status} ${error.code}: ${error.message}`]
    return { complaints: [...unlike, ...aboutRefusal(caller.id, caller.fault.write(error, 'req-1'), body)] }
  }
}

export const stackOf = (error: unknown): string =>
  error instanceof Error ? (/at .*/.exec(error.stack ?? '')?.[0] ?? '') : ''

/** The way that a request takes to a provider of its own dialect, where no word of it is changed that need not be. */
function aboutRewording(caller: Dialect, body: JsonObject): readonly string[] {
  const { id, request } = caller
  const text = JSON.stringify(body)
  // What is nested too deep is refused before anybody looks at it.
  if (!isEditable(text)) return []
  const { complaints } = tried(caller, body, () => {
    const call = request.read(body, { operation: 'chat', model: 'm', stream: true })
    const letter = { dialect: id, ...writtenAs(text), call, sealed: false, strict: false }
    return JSON.parse(worded(request.reword(letter, { model: 'another', quirks: {} })).body) as JsonObject
  })
  return complaints.map(each => `reworded: ${each}`)
}

function isEditable(text: string): boolean {
  try {
    fieldsOf(text)
    return true
  } catch (error) {
    if (error instanceof UneditableJson) return false
    throw error
  }
}

function composing(
  caller: Dialect,
  asked: JsonObject,
  provider: ProviderDialect,
  chat: Chat,
  chance: Chance,
): Tried<JsonObject> {
  const { id } = provider
  const aim: Aim = { provider: 'p', model: chance.of(models), quirks: chance.of(quirksOf(id)), stream: chance.oneIn(2) }
  const { made, complaints } = tried(caller, asked, () => composed(chat, aim, provider.request, caller.request))
  const all = [...complaints, ...(made ? aboutComposed(id, made.body, made.lost, goesOn(asked)) : [])]
  return { ...(made ? { made: made.body } : {}), complaints: all.map(each => `composed for ${id}: ${each}`) }
}

/** What was said before is kept at the provider, and so a result may stand here without its call. */
const goesOn = (body: JsonObject): boolean =>
  /"(?:previous_response_id|conversation|item_reference)"/.test(JSON.stringify(body))

/** What we write for a provider is JSON, we understand it ourselves, and what it lacks has a name. */
function aboutComposed(id: string, made: JsonObject, lost: readonly string[], goes: boolean): readonly string[] {
  const body: unknown = JSON.parse(JSON.stringify(made))
  if (!isObject(body)) return ['it is no object']
  const nameless = lost.some(name => typeof name !== 'string' || name === '' || name.includes('undefined'))
  return [
    ...(nameless ? [`what was lost has no name: ${lost.join(', ')}`] : []),
    ...(goes ? [] : notUnderstood(id, body)),
  ]
}

function notUnderstood(id: string, body: JsonObject): readonly string[] {
  try {
    callerDialects.find(each => each.id === id)?.request.understand(body)
    return []
  } catch (error) {
    return [`it is not understood: ${String(error)}`]
  }
}
