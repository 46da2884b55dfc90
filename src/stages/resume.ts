import { editable } from '../lib/json-edit.ts'
import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import { holdsSealed } from '../model/sealed.ts'
import type { KeptReply, Replies } from '../ports/replies.ts'

/**
 * A letter that continues an earlier reply by its id: with all that was said before put in front, where we kept it, so
 * that any provider can go on. Where only the provider has it, the letter is bound to that provider. An id that is not
 * known here is left to the provider, who may have made it for somebody else.
 */
export function resume(letter: Letter, caller: Caller, { dialect }: Visit, replies: Replies): Letter {
  const id = dialect.keeping?.previous(letter.outline)
  const found = id === undefined ? undefined : replies.find(id, caller.keyId)
  return found ? continued(letter, found, dialect.keeping) : letter
}

function continued(letter: Letter, { kept, maker }: KeptReply, keeping: Visit['dialect']['keeping']): Letter {
  if (!kept) return { ...letter, boundTo: maker.slice(0, maker.indexOf('/')) }
  const body = keeping?.continued(letter.body, kept) ?? letter.body
  const written = editable(body)
  return { ...letter, ...written, body, outline: body, asked: letter.body, sealed: holdsSealed(written.text) }
}
