import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Caller } from '../../model/caller.ts'
import type { Happening } from '../../model/happening.ts'
import { isObject, type Json } from '../../model/json.ts'
import type { Source } from '../../model/source.ts'
import { Shared } from './shared.ts'
import { type Ask, follow, type Going, lead } from './together.ts'

/** A reply that is longer is not given to those who come later: they ask for one of their own. */
const mostReply = 8 * 1024 * 1024

export type CoalesceWorld = {
  readonly clock: Clock
  /** The caller's headers that go along to providers: where they differ, so may the reply. */
  readonly passes: readonly string[]
  tell(happening: Happening, visit: Visit): void
}

/**
 * Requests of one key that are the same to the byte, and whose reply is no matter of chance, share one while it is on its
 * way. The first pays; the others are told by whom. Nothing is kept: when it is over, the next is asked anew.
 */
export class Coalescing {
  readonly #world: CoalesceWorld
  readonly #going = new Map<string, Going>()

  constructor(world: CoalesceWorld) {
    this.#world = world
  }

  answer(letter: Letter, caller: Caller, visit: Visit, ask: Ask): Promise<Source> {
    const name = this.#nameOf(letter, caller, visit)
    const going = this.#going.get(name)
    if (!going || going.shared.abandoned) return this.#first(name, visit, ask)
    if (!going.shared.open) return ask(visit)
    visit.diary.sharedWith = going.visit.id
    this.#world.tell({ type: 'coalesce', with: going.visit.id }, visit)
    return follow(going, { letter, visit }, this.#world.clock)
  }

  #first(name: string, visit: Visit, ask: Ask): Promise<Source> {
    const going = { shared: new Shared({ most: mostReply, keep: () => undefined }), visit }
    this.#going.set(name, going)
    void going.shared.ended.then(() => {
      if (this.#going.get(name) === going) this.#going.delete(name)
    })
    return lead(going, ask)
  }

  /** All on which the reply hangs, and how it may be told. */
  #nameOf(
    { text, strict, patienceMs }: Letter,
    { keyId }: Caller,
    { address, dialect, headers: given }: Visit,
  ): string {
    const { operation, model, stream, array, batch } = address
    const headers = this.#world.passes.map(name => given[name])
    return JSON.stringify([
      keyId,
      dialect.id,
      operation,
      model,
      stream,
      array,
      batch,
      strict,
      patienceMs,
      headers,
      text,
    ])
  }
}

/** Whether the same request may be told the same: embeddings, and what is said at temperature 0. */
export function isDeterministic({ call: { operation }, outline }: Letter): boolean {
  if (operation === 'embeddings') return true
  if (operation !== 'chat' && operation !== 'completions') return false
  const said = temperatures.map(path => at(outline, path)).filter(value => value !== undefined)
  return said.length > 0 && said.every(value => value === 0)
}

/** Where dialects have it. */
const temperatures = [['temperature'], ['generationConfig', 'temperature'], ['generation_config', 'temperature']]

const at = (body: Json | undefined, [field, ...rest]: readonly string[]): Json | undefined =>
  field === undefined ? body : isObject(body) ? at(body[field], rest) : undefined
