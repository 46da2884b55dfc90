import type { Clock } from '../lib/clock.ts'
import type { Log } from '../observe/log.ts'
import type { Store } from '../stores/store.ts'

const hourMs = 3_600_000
const keptMs = 90 * 24 * hourMs

/** OpenAI keeps responses for 30 days (platform.openai.com/docs/guides/your-data). */
const repliesKeptMs = 30 * 24 * hourMs

/** Forgets ledger rows of more than 90 days, kept replies of more than 30, and those to be given again after their time, every hour. The answer stops it. */
export function keepTidy(store: Store, clock: Clock, log: Log): () => void {
  let cancel = clock.after(hourMs, tidy)

  function tidy(): void {
    cancel = clock.after(hourMs, tidy)
    forgetReplies()
    store.replays.tidy().then(
      replays => replays > 0 && log.event('forgotten', { replays }),
      cause => log.error('Old replies could not be deleted from the store.', cause),
    )
    store.ledger.prune(clock.wall() - keptMs).then(
      rows => rows > 0 && log.event('pruned', { rows }),
      cause => log.error('Old rows could not be deleted from the ledger.', cause),
    )
  }

  function forgetReplies(): void {
    try {
      const replies = store.replies.forget(clock.wall() - repliesKeptMs)
      if (replies > 0) log.event('forgotten', { replies })
    } catch (cause) {
      log.error('Old replies could not be deleted from the store.', cause)
    }
  }

  return () => cancel()
}
