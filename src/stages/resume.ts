import type { Keeping, Reference } from '../dialects/dialect.ts'
import { editable } from '../lib/json-edit.ts'
import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import type { JsonObject } from '../model/json.ts'
import { holdsSealed } from '../model/sealed.ts'
import type { KeptReply, Replies } from '../ports/replies.ts'

/**
 * A letter that refers to what was said before: with all of it in its place, where we kept it, so that any provider can go
 * on. Where only the provider has it, the letter is bound to that provider. An id that is not known here is left to the
 * provider, who may have made it for somebody else.
 */
export function resume(letter: Letter, caller: Caller, { dialect: { keeping } }: Visit, replies: Replies): Letter {
  const references = keeping?.references(letter.outline) ?? none
  return keeping && references.length > 0 ? resumed(letter, references, keeping, caller, replies) : letter
}

const none: readonly Reference[] = []

function resumed(
  letter: Letter,
  references: readonly Reference[],
  keeping: Keeping,
  caller: Caller,
  replies: Replies,
): Letter {
  const known = itemsAmong(references, keeping, item => replies.findItem(item, caller.keyId))
  const whole = known.size === 0 ? letter : retold(letter, keeping.resolved(letter.body, known))
  const before = references.find(({ to }) => to === 'reply')
  const found = before && replies.find(before.id, caller.keyId)
  return found ? continued(whole, found, keeping) : whole
}

function itemsAmong(
  references: readonly Reference[],
  keeping: Keeping,
  find: (item: string) => KeptReply | undefined,
): ReadonlyMap<string, JsonObject> {
  const items = new Map<string, JsonObject>()
  for (const { to, id } of references) {
    if (to !== 'item' || items.has(id)) continue
    const reply = find(id)?.kept?.reply
    // One reply is mostly referred to by all of its items.
    if (reply !== undefined) for (const [each, item] of keeping.itemsOf(reply)) items.set(each, item)
  }
  return items
}

function continued(letter: Letter, { kept, maker }: KeptReply, keeping: Keeping): Letter {
  if (!kept) return { ...letter, boundTo: maker.slice(0, maker.indexOf('/')) }
  return retold(letter, keeping.continued(letter.body, kept))
}

/** What its caller asked is still to be known as it came. */
function retold(letter: Letter, body: JsonObject): Letter {
  const written = editable(body)
  const asked = letter.asked ?? letter.body
  return { ...letter, ...written, body, outline: body, asked, sealed: holdsSealed(written.text) }
}
