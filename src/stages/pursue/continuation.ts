import type { Delta } from '../../model/delta.ts'
import { Fault } from '../../model/fault.ts'
import { total } from '../../model/usage.ts'
import { Failed } from './failed.ts'
import { type Manner, Splice } from './splice.ts'
import type { Telling } from './telling.ts'

type Placing = (deltas: readonly Delta[]) => readonly Delta[]
type Block = Extract<Delta, { readonly at: number }>

/**
 * Puts what another target says where the text stopped. What was said is taken out, the thoughts about it and what signs
 * them or the text are left out, and what follows the text follows it in the same order. The usage is that of all.
 */
export function continuation(telling: Telling, manner: Manner): Placing {
  const splice = new Splice(telling.said, manner)
  const { at, usage: before } = telling
  const length = telling.said.length
  const places = new Map<number, number>()
  const thoughts = new Set<number>()
  let textAt: number | undefined
  const rest = (): readonly Delta[] => textOf(splice.end(), at)

  function placed(delta: Delta): readonly Delta[] {
    switch (delta.type) {
      case 'start':
        return []
      case 'usage':
        return [before ? { ...delta, usage: total([before, delta.usage]) } : delta]
      case 'stop':
      case 'done':
        return [...rest(), delta]
      case 'extras':
      case 'fault':
      case 'logprobs':
        return [delta]
      case 'reasoning':
        thoughts.add(delta.at)
        return []
      case 'seal':
        return thoughts.has(delta.at) || !places.has(delta.at) ? [] : [moved(delta)]
      case 'text':
        // An empty one begins nothing.
        if (delta.text === '') return []
        textAt ??= delta.at
        return delta.at === textAt ? said(delta.text) : [...rest(), moved(delta)]
      case 'citation':
        return [delta.at === textAt ? { ...delta, at, citation: shifted(delta.citation) } : moved(delta)]
      case 'refusal':
      case 'tool':
      case 'input':
      case 'media':
      case 'opaque':
        return [...rest(), moved(delta)]
      default:
        return delta satisfies never
    }
  }

  function said(text: string): readonly Delta[] {
    const more = splice.push(text)
    return more === undefined ? [{ type: 'fault', fault: toldAnew() }] : textOf(more, at)
  }

  /** Blocks after the text, numbered as they begin. */
  function moved<D extends Block>(delta: D): D {
    const place = places.get(delta.at) ?? at + 1 + places.size
    places.set(delta.at, place)
    return { ...delta, at: place }
  }

  /** Places in the other's text, as places in the whole. */
  function shifted(citation: Extract<Delta, { readonly type: 'citation' }>['citation']): typeof citation {
    const by = length - splice.taken
    const { start, end } = citation
    return {
      ...citation,
      ...(start !== undefined && { start: start + by }),
      ...(end !== undefined && { end: end + by }),
    }
  }

  return deltas => deltas.flatMap(placed)
}

/** It is well, and another may do better: nothing is learnt of its health. */
const toldAnew = (): Failed =>
  new Failed(
    new Fault('upstream_failed', 'The stream broke off, and the target that was to go on began anew in other words.'),
    'untold',
  )

const textOf = (text: string, at: number): readonly Delta[] => (text === '' ? [] : [{ type: 'text', at, text }])
