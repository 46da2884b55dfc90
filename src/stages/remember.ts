import type { Keeping, ReplyWatcher } from '../dialects/dialect.ts'
import type { Clock } from '../lib/clock.ts'
import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import type { Caller } from '../model/caller.ts'
import type { Target } from '../model/plan.ts'
import { altered, type Batch, type Source, type StreamSource } from '../model/source.ts'
import type { Replies } from '../ports/replies.ts'

/** What remembering needs of the house. */
export type RememberWorld = {
  readonly clock: Clock
  readonly replies: Replies
  /** Whether a provider answers this dialect itself, so that it keeps its replies too. */
  native(provider: string, dialect: string): boolean
}

/**
 * Keeps a reply, if its caller asked for that, before its last byte leaves. Without being asked only who made it is kept,
 * where the provider itself has the rest.
 */
export function remember(source: Source, letter: Letter, visit: Visit, world: RememberWorld): Source {
  const { dialect, diary } = visit
  const wish = letter.call.operation === 'chat' ? dialect.keeping?.wish(letter.outline) : undefined
  const { caller, target } = diary
  if (!dialect.keeping || !caller || !target || !wish || wish === 'nothing') return source
  if (wish === 'maker' && !world.native(target.provider, dialect.id)) return source
  const watcher = dialect.keeping.watcher()
  const keep = keeper({ watcher, all: wish === 'all', keeping: dialect.keeping, letter, caller, target, visit, world })
  return source.type === 'whole' ? whole(source, watcher, keep) : streamed(source, watcher, keep)
}

type Keeper = {
  readonly watcher: ReplyWatcher
  readonly all: boolean
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
function keeper({ watcher, all, keeping, letter, caller, target, visit, world }: Keeper): () => void {
  let done = false
  return () => {
    const { id, reply } = watcher
    if (done || id === undefined || (all && reply === undefined)) return
    const { provider, model } = visit.diary.target ?? target
    if (!all && (provider !== target.provider || model !== target.model)) return
    done = true
    const maker = `${provider}/${model}`
    const kept = all && reply !== undefined ? { input: keeping.inputOf(letter.body, visit.id), reply } : undefined
    world.replies.keep({ id, keyId: caller.keyId, at: world.clock.wall(), maker, kept })
  }
}

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
