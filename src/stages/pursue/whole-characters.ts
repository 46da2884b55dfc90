import type { StreamReader } from '../../dialects/dialect.ts'
import { type BlockDelta, type Delta, isOfBlock } from '../../model/delta.ts'

/**
 * Reads a stream whose texts are cut between the two halves of a character (`"\ud83d"`, then `"\ude00"`: an emoji in JSON's
 * escapes), so that each delta has whole ones: clients in Python and Go decode every piece by itself, where halves are
 * errors or question marks. A half waits for its other; where it has none, it is told as it came before what follows its
 * block, and what breaks off in the middle of a character has not said it.
 */
export function inWholeCharacters(reader: Pick<StreamReader, 'read'>): Pick<StreamReader, 'read'> {
  /** What waits, of each choice. */
  const halves = new Map<number, Worded>()

  function* wholes(deltas: readonly Delta[]): Generator<Delta, void> {
    for (const delta of deltas) {
      if (delta.type === 'done') yield* halves.values()
      else if (delta.type === 'stop' || (isOfBlock(delta) && delta.type !== 'citation')) yield* waiting(delta)
      const whole = isWorded(delta) ? joined(delta) : delta
      if (whole) yield whole
    }
  }

  /** The half that this delta leaves alone. */
  function waiting(delta: Extract<Delta, { readonly type: 'stop' }> | BlockDelta): readonly Delta[] {
    const half = halves.get(delta.choice ?? 0)
    if (!half || (isOfBlock(delta) && half.type === delta.type && half.at === delta.at)) return []
    halves.delete(delta.choice ?? 0)
    return [half]
  }

  /** With the half that stood before it, and without the one at its end; undefined if nothing is left. */
  function joined(delta: Worded): Delta | undefined {
    const choice = delta.choice ?? 0
    const half = halves.get(choice)
    if (!half && !endsInHalf(delta)) return delta
    const text = (half?.text ?? '') + delta.text
    const whole = endsInHalf({ text }) ? text.slice(0, -1) : text
    if (whole === text) halves.delete(choice)
    else halves.set(choice, { ...delta, text: text.slice(-1) })
    return whole === '' ? undefined : { ...delta, text: whole }
  }

  return {
    read(frames) {
      const deltas = reader.read(frames)
      return halves.size === 0 && !deltas.some(delta => isWorded(delta) && endsInHalf(delta))
        ? deltas
        : [...wholes(deltas)]
    },
  }
}

type Worded = Extract<BlockDelta, { readonly text: string }>

const isWorded = (delta: Delta): delta is Worded => 'text' in delta

function endsInHalf({ text }: { readonly text: string }): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}
