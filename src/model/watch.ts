import type { Answer } from './answer.ts'
import type { BlockDelta, Delta } from './delta.ts'
import type { Event } from './event.ts'

/** What a reply means to the rooms that only watch it: whether it speaks, what it cost, why it stopped, whether it failed. */

const content: readonly Event[] = [{ type: 'content' }]
const silent: readonly Event[] = []

/** What one delta means to them. An empty word is not content yet. */
export function watched(delta: Delta): readonly Event[] {
  switch (delta.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
    case 'input':
      return delta.text === '' ? silent : contentOf(delta)
    case 'tool':
    case 'media':
    case 'opaque':
    case 'seal':
      return contentOf(delta)
    case 'usage':
      return [{ type: 'usage', usage: delta.usage }]
    case 'stop':
      return [{ type: 'stop', reason: delta.raw ?? delta.reason, ...(delta.choice ? { choice: delta.choice } : {}) }]
    case 'fault':
      return [{ type: 'fault', fault: delta.fault }]
    case 'done':
      return [{ type: 'done' }]
    case 'start':
    case 'citation':
    case 'logprobs':
    case 'extras':
      return silent
    default:
      return delta satisfies never
  }
}

const contentOf = ({ choice }: BlockDelta): readonly Event[] => (choice ? [{ type: 'content', choice }] : content)

/** What a whole reply means to them. */
export function watchedWhole({ choices, usage }: Answer): readonly Event[] {
  const events: Event[] = choices.some(choice => choice.parts.length > 0) ? [...content] : []
  const stop = choices.find(choice => choice.stop)?.stop
  if (stop) events.push({ type: 'stop', reason: stop.raw ?? stop.reason })
  if (usage) events.push({ type: 'usage', usage })
  return events
}
