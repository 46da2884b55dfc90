import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import { opened, type Sealed } from '../../model/sealed.ts'
import { type Sentence, say } from '../../model/sentence.ts'
import type { CallIds } from '../call-ids.ts'
import type { Aim, Quirks } from '../dialect.ts'
import { anthropicCallIds } from './call-ids.ts'
import { dialectId } from './id.ts'
import { type Traits, traitsOf } from './models.ts'

/** What is known while a chat is told to one target, and what has found no place so far. */
export type Telling = {
  readonly provider: string
  readonly traits: Traits
  readonly quirks: Quirks
  /** The caller speaks this dialect: what it said is sent as it said it. */
  readonly own: boolean
  /** A sealed text, if this target made it. */
  readonly open: (seal: Sealed | undefined) => string | undefined
  readonly calls: CallIds
  readonly lose: (name: string) => void
  readonly lost: readonly string[]
}

export function tellingOf(chat: Chat, { provider, model, quirks }: Aim): Telling {
  const lost = new Set<string>()
  return {
    provider,
    traits: traitsOf(model),
    quirks,
    own: chat.extras.dialect === dialectId,
    open: seal => opened(seal, dialectId, `${provider}/${model}`),
    calls: anthropicCallIds(),
    lose: name => lost.add(name),
    get lost() {
      return [...lost]
    },
  }
}

/** What the target cannot do and the request cannot do without. */
export const refuse = (at: string, words: string | Sentence): Fault =>
  new Fault('invalid_request', say`'${at}': ${words}`, { param: at })
