import type { Answer } from '../../model/answer.ts'
import type { Delta, StopReason } from '../../model/delta.ts'
import { fold } from '../../model/fold.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { odd } from '../provider-fault.ts'
import { moment, word } from '../told.ts'
import { faultInside } from './fault.ts'
import { dialectId } from './id.ts'
import { OutputReading } from './read-output.ts'
import { readUsage } from './usage.ts'

/** All that a whole reply says: what its stream would have told. */
export function readAnswer(body: JsonObject, wire: string, maker: string): Answer {
  const fault = faultInside(body, wire)
  if (fault) throw fault
  if (!Array.isArray(body.output)) throw odd('output', body.output)
  const output = new OutputReading(maker)
  output.stored = body.store === true
  return fold([readStart(body), ...readItems(body, output), ...readEnd(body, output)])
}

export const readStart = ({ id, model, created_at: created }: JsonObject): Delta => ({
  type: 'start',
  id: word(id),
  model: word(model),
  created: moment(created),
})

export const readItems = ({ output: items }: JsonObject, output: OutputReading): Delta[] =>
  (Array.isArray(items) ? items : []).flatMap((item, index) => {
    if (!isObject(item)) throw odd(`output[${index}]`, item)
    return output.done(index, item)
  })

/** What is told of a reply when it has ended: facts without a noun, what it cost, and why it stopped. */
export function readEnd(response: JsonObject, output: OutputReading): Delta[] {
  const fields = factsOf(response)
  const usage = readUsage(response.usage)
  const tier = response.service_tier
  return [
    ...(Object.keys(fields).length > 0 ? [{ type: 'extras', dialect: dialectId, fields } as const] : []),
    ...(usage ? [{ type: 'usage', usage, ...(typeof tier === 'string' ? { tier } : {}) } as const] : []),
    ...readStop(response, output),
  ]
}

/** Fields of a response that repeat the request, or that have a noun: our own writer tells them anew. */
const told: ReadonlySet<string> = new Set(
  [
    'id object created_at status completed_at error incomplete_details model output output_text usage service_tier',
    'background frequency_penalty instructions max_output_tokens max_tool_calls metadata parallel_tool_calls',
    'presence_penalty previous_response_id prompt_cache_key prompt_cache_retention reasoning safety_identifier store',
    'temperature text tool_choice tools top_logprobs top_p truncation user',
  ].flatMap(names => names.split(' ')),
)

function factsOf(response: JsonObject): { readonly [name: string]: Json } {
  const facts = Object.entries(response).flatMap(([name, value]) =>
    told.has(name) || value === undefined || value === null ? [] : [[name, value] as const],
  )
  // A reply that goes on in the background is asked for again, by the id that its provider gave it.
  const { id, status } = response
  const named = goesOn(response) && typeof id === 'string' && typeof status === 'string' ? { id, status } : {}
  return { ...Object.fromEntries(facts), ...named }
}

export const goesOn = ({ status }: JsonObject): boolean => status === 'in_progress' || status === 'queued'

/** Nothing while a reply goes on: there is no stop to tell. */
function readStop(response: JsonObject, output: OutputReading): readonly Delta[] {
  if (goesOn(response)) return []
  const { status, incomplete_details: details } = response
  const raw = isObject(details) && typeof details.reason === 'string' ? details.reason : status
  const named = typeof raw === 'string' ? { raw } : {}
  return [{ type: 'stop', reason: reasons.get(raw ?? null) ?? output.ending, ...named }]
}

/** Anything else is a reply that ended by itself. */
const reasons: ReadonlyMap<Json, StopReason> = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'filtered'],
  ['incomplete', 'other'],
  ['max_messages', 'other'],
  ['steered', 'other'],
])
