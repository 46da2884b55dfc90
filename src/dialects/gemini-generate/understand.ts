import type { Chat, Message } from '../../model/chat.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import { invalid } from '../check.ts'
import { Calls } from './calls.ts'
import { Fields, type Leftovers, objectsIn } from './fields.ts'
import { dialectId } from './id.ts'
import { understandConfig } from './understand-config.ts'
import { type Understanding, understandPart } from './understand-parts.ts'
import { understandCalling, understandTools } from './understand-tools.ts'
import { readTier } from './usage.ts'
import { withWholeThoughts } from './whole-thoughts.ts'

/** All that a request says. The model and whether it is a stream stand in the address. */
export function understand(body: JsonObject): Chat {
  const request = unwrapped(body)
  const left: Leftovers = {}
  const of = { calls: new Calls(callIds(request.peek('contents'))), left, thoughts: new Set<Part>() }
  const calling = understandCalling(request, left)
  request.text('model')
  const chat = {
    messages: [...understandSystem(request, of), ...understandContents(request, of)],
    tools: understandTools(request, calling.strict, left),
    toolChoice: calling.choice,
    ...understandConfig(request, left),
    serviceTier: readTier(request.text('serviceTier')),
    store: request.flag('store'),
    extras: { dialect: dialectId, fields: left },
  }
  request.leave(left)
  return chat
}

/** `countTokens` may hold the request that is to be counted as a whole. */
function unwrapped(body: JsonObject): Fields {
  const request = new Fields(body, '')
  return request.fields('generateContentRequest') ?? request
}

/** The ids that calls have, found without judging anything. */
function callIds(contents: Json | undefined): readonly string[] {
  const parts = objectsIn(contents).flatMap(content => objectsIn(content.parts))
  return parts
    .map(part => part.functionCall ?? part.function_call)
    .map(call => (isObject(call) ? call.id : undefined))
    .filter(id => typeof id === 'string')
}

/** The role of the system's content says nothing: SDKs write `user` or `model`. */
function understandSystem(request: Fields, of: Understanding): readonly Message[] {
  const content = request.fields('systemInstruction')
  if (!content) return []
  content.text('role')
  const parts = understandParts(content, of)
  return parts.length === 0 ? [] : [{ role: 'system', parts, at: content.at }]
}

const roles: Readonly<Record<string, Message['role']>> = {
  '': 'user',
  user: 'user',
  model: 'assistant',
  // How results of functions were told before `user` was.
  function: 'user',
}

function understandContents(request: Fields, of: Understanding): readonly Message[] {
  const contents = request.each('contents')
  if (contents.length === 0) throw invalid(request.path('contents'), 'must have at least one content', undefined)
  const said = contents.map(content => {
    const role = content.text('role') ?? ''
    const known = Object.hasOwn(roles, role) ? roles[role] : undefined
    if (known === undefined) throw invalid(content.path('role'), "must be 'user' or 'model'", role)
    const parts = understandParts(content, of)
    if (known !== 'assistant' && parts.some(({ type }) => type === 'tool-call'))
      throw invalid(content.path('role'), "must be 'model' where a function is called", content.json('role'))
    return { role: known, parts, at: content.at }
  })
  return withWholeThoughts(said, of.thoughts)
}

function understandParts(content: Fields, of: Understanding): readonly Part[] {
  const parts = content.elements('parts').map(([part, at]) => understandPart(part, at, of))
  content.leave(of.left)
  return parts.filter(part => part !== undefined)
}
