import { type CallIds, callIds } from '../call-ids.ts'

/** Ids of tool calls on Anthropic's wire, which has them of letters, digits, `_` and `-` only. */

const mark = 'thal_'
const plain = /^[\w-]+$/

/** The id of a call as this wire can carry it. The same id always becomes the same text, and different ones differ. */
const toWireId = (id: string): string => (plain.test(id) ? id : mark + Buffer.from(id).toString('base64url'))

/** Undoes `toWireId`. */
export function fromWireId(wire: string): string {
  if (!wire.startsWith(mark)) return wire
  const id = Buffer.from(wire.slice(mark.length), 'base64url').toString()
  return toWireId(id) === wire ? id : wire
}

/** For the calls of a request, none of which may have the id of another. */
export const anthropicCallIds = (): CallIds => callIds((id, n) => toWireId(id) + (n === 1 ? '' : `_${n}`))

/** An id for the client: those that a provider left out were numbered by our reader, and repeat from reply to reply. */
export const replyId = (id: string, making: string, place: number): string =>
  /^call_\d+$/.test(id) ? `toolu_${making}_${place}` : toWireId(id)
