import type { Keeping, ReplyWatcher } from '../dialects/dialect.ts'
import type { Clock } from '../lib/clock.ts'
import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import type { Target } from '../model/plan.ts'
import { altered, type Batch, type Source, type StreamSource } from '../model/source.ts'
import type { Exchange, Replies } from '../ports/replies.ts'

/** What remembering needs of the house. */
export type RememberWorld = {
  readonly clock: Clock
  readonly replies: Replies
  /** Whether a provider answers this dialect itself, so that it keeps its replies too. */
  native(provider: string, dialect: string): boolean
}

/** How a reply is kept: all of it, or only who made it; and in the store, or for a while. */
type Manner = { readonly all: boolean; readonly lasting: boolean }

/** Keeps a reply before its last byte leaves, as its caller wishes. */
export function remember(source: Source, letter: Letter, visit: Visit, world: RememberWorld): Source {
  const { dialect, diary } = visit
  const { caller, target } = diary
  if (!dialect.keeping || letter.call.operation !== 'chat' || !caller || !target) return source
  const manner = mannerOf(dialect.keeping.wish(letter.outline), visit, world.native(target.provider, dialect.id))
  if (!manner) return source
  const watcher = dialect.keeping.watcher()
  const keep = keeper({ watcher, manner, keeping: dialect.keeping, letter, caller, target, visit, world })
  return source.type === 'whole' ? whole(source, watcher, keep) : streamed(source, watcher, keep)
}

/**
 * What nobody asked to be kept is its provider's to keep, if that speaks the dialect; else it is remembered here for a while.
 * On a socket also what is not to be kept: the next turn there may go on from it (OpenAI's guide to WebSocket mode).
 */
function mannerOf(wish: ReturnType<Keeping['wish']>, { socket }: Visit, native: boolean): Manner | undefined {
  if (wish === 'all') return { all: true, lasting: true }
  if (wish === 'nothing') return socket ? { all: true, lasting: false } : undefined
  return native ? { all: false, lasting: true } : { all: true, lasting: false }
}

type Keeper = {
  readonly watcher: ReplyWatcher
  readonly manner: Manner
  readonly keeping: Keeping
  readonly letter: Letter
  readonly caller: Caller
  /** Who began to answer. */
  readonly target: Target
  readonly visit: Visit
  readonly world: RememberWorld
}

/**
 * Keeps what was seen, once. A reply that did not say its id, or did not come to its end, is nothing to ask for; nor is one
 * at its maker, if another has told the rest of it.
 */
function keeper({ watcher, manner, keeping, letter, caller, target, visit, world }: Keeper): () => void {
  const { all, lasting } = manner
  let done = false
  return () => {
    const { id, reply } = watcher
    if (done || id === undefined || !isId(id) || (all && reply === undefined)) return
    const { provider, model } = visit.diary.target ?? target
    if (!all && (provider !== target.provider || model !== target.model)) return
    done = true
    const maker = `${provider}/${model}`
    const kept = all && reply !== undefined ? exchange(reply, letter, visit, keeping) : undefined
    world.replies.keep({ id, keyId: caller.keyId, at: world.clock.wall(), maker, kept, lasting })
  }
}

/** What stands in the place of an id and is none is the provider's words, and nobody could ask for it. */
const isId = (id: string): boolean => /^[\w.:=+/-]{1,1024}$/.test(id)

const exchange = (reply: string, { body }: Letter, { id }: Visit, keeping: Keeping): Exchange => ({
  input: keeping.inputOf(body, id),
  reply,
  items: [...keeping.itemsOf(reply).keys()],
})

function whole<T extends Source & { readonly type: 'whole' }>(source: T, watcher: ReplyWatcher, keep: () => void): T {
  watcher.see(source.bytes)
  keep()
  return source
}

function streamed(source: StreamSource, watcher: ReplyWatcher, keep: () => void): StreamSource {
  const seen = (batch: Batch | undefined): Batch | undefined => {
    if (batch) watcher.see(batch.bytes)
    if (!batch || batch.events.some(event => event.type === 'done')) keep()
    return batch
  }
  return altered(source, { next: () => source.next().then(seen) })
}
