import { editable } from '../lib/json-edit.ts'
import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import { Fault } from '../model/fault.ts'
import type { JsonObject } from '../model/json.ts'
import { holdsSealed } from '../model/sealed.ts'
import type { Source } from '../model/source.ts'

/**
 * A conversation made shorter, over a provider that has no way of its own to do so: the model sums it up, and the reply is
 * told in the form in which the caller's dialect hands a shortened conversation back.
 */
export async function compact(letter: Letter, visit: Visit, ask: (letter: Letter) => Promise<Source>): Promise<Source> {
  const { compacting } = visit.dialect
  if (!compacting) throw new Fault('invalid_request', `${visit.dialect.id} has no way to shorten a conversation.`)
  const body = compacting.asked(letter.body)
  const written = editable(body)
  const call = { ...letter.call, operation: 'chat' as const, stream: false }
  const source = await ask({ ...letter, ...written, call, body, outline: body, sealed: holdsSealed(written.text) })
  if (source.type !== 'whole') throw new Fault('upstream_failed', 'The summary came as a stream that nobody asked for.')
  const reply = JSON.parse(new TextDecoder().decode(source.bytes)) as JsonObject
  const bytes = new TextEncoder().encode(JSON.stringify(compacting.told(letter.body, reply, visit.id)))
  return { ...source, bytes }
}
