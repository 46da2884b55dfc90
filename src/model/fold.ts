import type { Answer, Choice } from './answer.ts'
import {
  type BlockDelta,
  type ChoiceDelta,
  type Delta,
  isOfChoice,
  type ReplyDelta,
  type TokenLogprob,
} from './delta.ts'
import type { Citation, MediaPart, Part } from './part.ts'
import type { Sealed } from './sealed.ts'

/**
 * What the deltas of a reply amount to. A block that says nothing is not there. Faults and closing marks are not part of
 * an answer: whoever folds decides beforehand what a reply that failed is worth.
 */
export function fold(deltas: Iterable<Delta>): Answer {
  const folding = new Folding()
  for (const delta of deltas) folding.add(delta)
  return folding.answer()
}

class Folding {
  #answer: Omit<Answer, 'choices'> = {}
  readonly #choices: Map<number, ChoiceFolding> = new Map()

  add(delta: Delta): void {
    if (isOfChoice(delta)) this.#choice(delta.choice ?? 0).add(delta)
    else this.#hear(delta)
  }

  #hear(delta: ReplyDelta): void {
    switch (delta.type) {
      case 'start': {
        const { id, model, created } = this.#answer
        this.#answer = {
          ...this.#answer,
          id: id ?? delta.id,
          model: model ?? delta.model,
          created: created ?? delta.created,
        }
        break
      }
      case 'usage':
        this.#answer = { ...this.#answer, usage: delta.usage, tier: delta.tier ?? this.#answer.tier }
        break
      case 'extras': {
        const before = this.#answer.extras?.dialect === delta.dialect ? this.#answer.extras.fields : {}
        this.#answer = { ...this.#answer, extras: { dialect: delta.dialect, fields: { ...before, ...delta.fields } } }
        break
      }
      case 'fault':
      case 'done':
        break
      default:
        delta satisfies never
    }
  }

  answer(): Answer {
    const known = Object.entries(this.#answer).filter(([, value]) => value !== undefined)
    const last = Math.max(-1, ...this.#choices.keys())
    const choices = Array.from(
      { length: last + 1 },
      (_, index): Choice => this.#choices.get(index)?.choice() ?? { parts: [] },
    )
    return { ...Object.fromEntries(known), choices }
  }

  #choice(index: number): ChoiceFolding {
    const there = this.#choices.get(index)
    if (there) return there
    const made = new ChoiceFolding()
    this.#choices.set(index, made)
    return made
  }
}

class ChoiceFolding {
  readonly #blocks: Map<number, Block> = new Map()
  #stop: Choice['stop']
  #logprobs: TokenLogprob[] | undefined

  add(delta: ChoiceDelta): void {
    if (delta.type === 'stop') {
      this.#stop ??= {
        reason: delta.reason,
        ...(delta.raw === undefined ? {} : { raw: delta.raw }),
        ...(delta.sequence === undefined ? {} : { sequence: delta.sequence }),
      }
    } else if (delta.type === 'logprobs') {
      this.#logprobs = [...(this.#logprobs ?? []), ...delta.tokens]
    } else {
      const block = this.#blocks.get(delta.at) ?? { texts: [], citations: [] }
      this.#blocks.set(delta.at, block)
      addTo(block, delta)
    }
  }

  choice(): Choice {
    const blocks = [...this.#blocks.entries()].sort(([a], [b]) => a - b)
    return {
      parts: blocks.flatMap(([, block]) => partOf(block)),
      ...(this.#stop && { stop: this.#stop }),
      ...(this.#logprobs && { logprobs: this.#logprobs }),
    }
  }
}

/** A block as far as it was said. */
type Block = {
  /** The delta that says what kind of block it is. */
  opening?: BlockDelta
  readonly texts: string[]
  readonly citations: Citation[]
  seal?: Sealed
}

function addTo(block: Block, delta: BlockDelta): void {
  switch (delta.type) {
    case 'seal':
      block.seal = block.seal ? { ...block.seal, value: block.seal.value + delta.seal.value } : delta.seal
      break
    case 'citation':
      block.citations.push(delta.citation)
      break
    case 'input':
      block.texts.push(delta.text)
      break
    case 'text':
    case 'reasoning':
    case 'refusal':
      block.opening ??= delta
      block.texts.push(delta.text)
      break
    case 'media':
      block.opening = block.opening?.type === 'media' ? moreMedia(block.opening, delta) : delta
      break
    case 'tool':
    case 'opaque':
      block.opening ??= delta
      break
    default:
      delta satisfies never
  }
}

type MediaDelta = Extract<Delta, { readonly type: 'media' }>

/** Audio comes in pieces of base64, each decodable by itself or the whole only when joined: they are joined as text. */
function moreMedia(one: MediaDelta, more: MediaDelta): MediaDelta {
  const source =
    one.source.from === 'data' && more.source.from === 'data'
      ? { ...one.source, data: one.source.data + more.source.data }
      : more.source
  const transcript = [one.transcript, more.transcript].filter(text => text !== undefined).join('')
  return { ...one, source, ...(transcript === '' ? {} : { transcript }) }
}

function partOf({ opening, texts, citations, seal }: Block): Part[] {
  const text = texts.join('')
  const sealed = seal ? { seal } : {}
  switch (opening?.type) {
    case undefined:
      return seal ? [{ type: 'reasoning', text: '', seal }] : []
    case 'text': {
      const cited = citations.length > 0 ? { citations } : {}
      return text === '' && !seal ? [] : [{ type: 'text', text, ...cited, ...sealed }]
    }
    case 'reasoning': {
      const summary = opening.summary ? { summary: true } : {}
      return text === '' && !seal ? [] : [{ type: 'reasoning', text, ...summary, ...sealed }]
    }
    case 'refusal':
      return text === '' ? [] : [{ type: 'refusal', text }]
    case 'tool': {
      const custom = opening.custom ? { custom: true } : {}
      return [{ type: 'tool-call', id: opening.id, name: opening.name, input: text, ...custom, ...sealed }]
    }
    case 'media':
      return [{ ...mediaPart(opening), ...sealed }]
    case 'opaque':
      return [{ type: 'opaque', label: opening.label, seal: opening.seal }]
    // These go on with a block, and begin none.
    case 'input':
    case 'citation':
    case 'seal':
      return []
    default:
      return opening satisfies never
  }
}

const mediaPart = ({ kind, source, transcript }: MediaDelta): MediaPart => ({
  type: 'media',
  kind,
  source,
  ...(transcript === undefined ? {} : { transcript }),
})

/** A whole reply, told as the deltas that amount to it. */
export function unfold(answer: Answer): Delta[] {
  const { id, model, created, usage, tier, extras } = answer
  const deltas: Delta[] = [{ type: 'start', id, model, created }]
  answer.choices.forEach((choice, index) => {
    deltas.push(...choice.parts.flatMap((part, at) => unfoldPart(part, at, index)))
    if (choice.logprobs) deltas.push({ type: 'logprobs', choice: index, tokens: choice.logprobs })
    if (choice.stop) deltas.push({ type: 'stop', choice: index, ...choice.stop })
  })
  if (extras) deltas.push({ type: 'extras', ...extras })
  if (usage) deltas.push({ type: 'usage', usage, ...(tier === undefined ? {} : { tier }) })
  deltas.push({ type: 'done' })
  return deltas
}

function unfoldPart(part: Part, at: number, choice: number): Delta[] {
  const place = { at, choice }
  const sealed: Delta[] = 'seal' in part && part.seal ? [{ type: 'seal', ...place, seal: part.seal }] : []
  switch (part.type) {
    case 'text': {
      const cited = (part.citations ?? []).map((citation): Delta => ({ type: 'citation', ...place, citation }))
      return [{ type: 'text', ...place, text: part.text }, ...cited, ...sealed]
    }
    case 'reasoning': {
      const summary = part.summary ? { summary: true } : {}
      return [
        ...(part.text === '' ? [] : [{ type: 'reasoning', ...place, text: part.text, ...summary } as const]),
        ...sealed,
      ]
    }
    case 'refusal':
      return [{ type: 'refusal', ...place, text: part.text }]
    case 'tool-call': {
      const custom = part.custom ? { custom: true } : {}
      return [
        { type: 'tool', ...place, id: part.id, name: part.name, ...custom },
        { type: 'input', ...place, text: part.input },
        ...sealed,
      ]
    }
    case 'media': {
      const transcript = part.transcript === undefined ? {} : { transcript: part.transcript }
      return [{ type: 'media', ...place, kind: part.kind, source: part.source, ...transcript }, ...sealed]
    }
    case 'opaque':
      return [{ type: 'opaque', ...place, label: part.label, seal: part.seal }]
    case 'tool-result':
      // A model does not answer tools; a reply has none.
      return []
    default:
      return part satisfies never
  }
}
