import type { Outcome, Place, Standing } from '../../src/model/health.ts'
import type { Health, Started } from '../../src/ports/health.ts'

/** A health that lets everybody in, but those it is told not to, and keeps what it was told. */
export function fakeHealth(closed: (place: Place) => boolean = () => false) {
  const told: { readonly place: Place; readonly outcome: Outcome }[] = []
  const open = new Set<Started>()
  const health: Health = {
    begin(place) {
      if (closed(place)) return undefined
      const started = { place, changes: [] }
      open.add(started)
      return started
    },
    report(started, outcome) {
      if (!open.delete(started)) throw new Error(`${started.place.model} was reported twice, or never begun.`)
      told.push({ place: started.place, outcome })
      return []
    },
    standing: (): Standing => ({
      freeAt: 5_000,
      hindrance: undefined,
      hint: false,
      reliability: 1,
      inFlight: 0,
      askedAt: undefined,
      latency: undefined,
      firstToken: undefined,
    }),
    places: () => [],
    keys: () => [],
  }
  return { health, told, inFlight: () => open.size }
}
