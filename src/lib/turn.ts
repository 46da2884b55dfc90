let end: Promise<void> | undefined

/**
 * Resolves at the end of this turn of the event loop, when all has been read that has come in: one promise for all who ask
 * in the same turn, who then go on together, each step of theirs with its code and memory warm from the one before. Never
 * rejects; whoever waits here with a promise of its own pending catches that one first.
 */
export function turnsEnd(): Promise<void> {
  end ??= new Promise(resolve => {
    setImmediate(() => {
      end = undefined
      resolve()
    })
  })
  return end
}
