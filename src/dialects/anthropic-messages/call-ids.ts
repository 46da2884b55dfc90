/** Ids of tool calls on Anthropic's wire, which has them of letters, digits, `_` and `-` only. */

const mark = 'thal_'
const plain = /^[\w-]+$/

/** The id of a call as this wire can carry it. The same id always becomes the same text, and different ones differ. */
export const toWireId = (id: string): string => (plain.test(id) ? id : mark + Buffer.from(id).toString('base64url'))

/** Undoes `toWireId`. */
export function fromWireId(wire: string): string {
  if (!wire.startsWith(mark)) return wire
  const id = Buffer.from(wire.slice(mark.length), 'base64url').toString()
  return toWireId(id) === wire ? id : wire
}

/** An id for the client: those that a provider left out were numbered by our reader, and repeat from reply to reply. */
export const replyId = (id: string, making: string, place: number): string =>
  /^call_\d+$/.test(id) ? `toolu_${making}_${place}` : toWireId(id)
