import { type Delta, isOfChoice, type ReplyDelta } from '../../model/delta.ts'
import type { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { modelOf } from '../../model/sealed.ts'
import type { Usage } from '../../model/usage.ts'
import type { Making, StreamWriter } from '../dialect.ts'
import { fault as faults } from './fault.ts'
import { element, lastElement, sse } from './framing.ts'
import { dialectId } from './id.ts'
import { ReplyExtras } from './reply-extras.ts'
import { writeUsage } from './usage.ts'
import { CandidateWriter } from './write-candidate.ts'

const nothing = new Uint8Array(0)

/**
 * A stream for a caller of this dialect: each chunk is a whole response, and the last one tells why it stopped, what it cost
 * and what it rests on. Every chunk has a part, if an empty one, for Google's SDK forgets a reply that had a chunk without.
 */
class ReplyWriter implements StreamWriter {
  readonly #array: boolean
  readonly #extras: ReplyExtras = new ReplyExtras()
  readonly #candidates: Map<number, CandidateWriter> = new Map()
  #id: string
  #model: string
  #usage: Usage | undefined
  #tier: string | undefined
  #first = true

  constructor(making: Making) {
    this.#array = making.call.array === true
    this.#id = making.id
    this.#model = modelOf(making.maker)
  }

  write(deltas: readonly Delta[]): Uint8Array {
    const frames: Uint8Array[] = []
    // Citations are told at the end, so they do not stand between a part and its signature.
    const [cited, said] = [deltas.filter(isCitation), deltas.filter(delta => !isCitation(delta))]
    said.forEach((delta, i) => {
      if (isAbsorbed(delta, said[i - 1])) return
      for (const chunk of this.#take(delta, said[i + 1])) frames.push(this.#frame(chunk))
    })
    for (const delta of cited) this.#take(delta, undefined)
    const [only = nothing, ...more] = frames
    return more.length === 0 ? only : Buffer.concat(frames)
  }

  end(): Uint8Array {
    if (this.#candidates.size === 0 && !this.#extras.blocked()) this.#candidate(0)
    const chunk = this.#chunk(this.#extras.blocked() ? [] : this.#lastCandidates())
    const usageMetadata = writeUsage(this.#usage, this.#tier, this.#extras.under('usageMetadata.'))
    const last = { ...chunk, ...(usageMetadata && { usageMetadata }), ...this.#extras.top() }
    return this.#array ? lastElement(last, this.#first) : sse(last)
  }

  fail(fault: Fault, requestId: string): Uint8Array {
    return this.#array ? lastElement(faults.write(fault, requestId), this.#first) : faults.frame(fault, requestId)
  }

  #take(delta: Delta, next: Delta | undefined): readonly JsonObject[] {
    if (isOfChoice(delta)) {
      const seal = isAbsorbed(next, delta) ? next.seal : undefined
      const candidates = this.#candidate(delta.choice ?? 0).take(delta, seal)
      return candidates.map(each => this.#chunk([each]))
    }
    this.#note(delta)
    return []
  }

  /** What concerns the whole reply is told with the chunks, or in the last. */
  #note(delta: ReplyDelta): void {
    switch (delta.type) {
      // All responses of a stream have the same name, so one that comes late is left out.
      case 'start':
        if (!this.#first) break
        this.#id = delta.id ?? this.#id
        this.#model = delta.model ?? this.#model
        break
      case 'usage':
        this.#usage = delta.usage
        this.#tier = delta.tier ?? this.#tier
        break
      case 'extras':
        this.#extras.add(delta)
        break
      // What ends or fails is told by `end` and `fail`.
      case 'fault':
      case 'done':
        break
      default:
        delta satisfies never
    }
  }

  #candidate(choice: number): CandidateWriter {
    const there = this.#candidates.get(choice)
    if (there) return there
    const made = new CandidateWriter(choice)
    this.#candidates.set(choice, made)
    return made
  }

  #lastCandidates(): readonly JsonObject[] {
    const sorted = [...this.#candidates.entries()].sort(([a], [b]) => a - b)
    return sorted.map(([choice, candidate]) => candidate.last(this.#extras.under(`candidates[${choice}].`)))
  }

  #chunk(candidates: readonly JsonObject[]): JsonObject {
    const { createTime } = this.#extras.top()
    return {
      ...(candidates.length > 0 ? { candidates } : {}),
      modelVersion: this.#model,
      responseId: this.#id,
      ...(createTime === undefined ? {} : { createTime }),
    }
  }

  #frame(chunk: JsonObject): Uint8Array {
    const bytes = this.#array ? element(chunk, this.#first) : sse(chunk)
    this.#first = false
    return bytes
  }
}

const isCitation = ({ type }: Delta): boolean => type === 'citation'

const signable: ReadonlySet<Delta['type']> = new Set<Delta['type']>(['text', 'reasoning', 'media'])

/**
 * A signature of Gemini's stands in the part that it signs, as it came. Another's comes when all is said, mostly in a read of
 * its own: it stands in the next part, however the network cut what it came in. But media come at once with theirs.
 */
function isAbsorbed(delta: Delta | undefined, before: Delta | undefined): delta is Extract<Delta, { type: 'seal' }> {
  if (delta?.type !== 'seal' || before === undefined || !signable.has(before.type)) return false
  if (!('at' in before) || (delta.seal.dialect !== dialectId && before.type !== 'media')) return false
  const { at, choice } = before
  return at === delta.at && (choice ?? 0) === (delta.choice ?? 0)
}

export const writer = (making: Making): StreamWriter => new ReplyWriter(making)
