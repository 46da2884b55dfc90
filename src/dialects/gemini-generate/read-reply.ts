import { momentOf } from '../../lib/clock.ts'
import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { odd } from '../provider-fault.ts'
import { choiceAt, moment, word } from '../told.ts'
import { faultInside } from './fault.ts'
import { dialectId } from './id.ts'
import { CandidateReader } from './read-candidate.ts'
import { readTier, readUsage, usageDetails } from './usage.ts'

/**
 * One reply, read chunk by chunk; a whole reply is a single chunk. `joins`: texts that follow each other are one text, as
 * in a stream, where they are pieces of it.
 */
export class ReplyReader {
  readonly #maker: string
  readonly #joins: boolean
  readonly #candidates: Map<number, CandidateReader> = new Map()
  #started = false
  #calls = 0
  #id = ''

  constructor(maker: string, joins: boolean) {
    this.#maker = maker
    this.#joins = joins
  }

  /** All that a chunk says. Throws the fault that it tells, and one of its own where it cannot be understood. */
  read(chunk: JsonObject, wire: string): readonly Delta[] {
    const fault = faultInside(chunk, wire)
    if (fault) throw fault
    const { candidates } = chunk
    if (candidates !== undefined && candidates !== null && !Array.isArray(candidates))
      throw odd('candidates', candidates)
    const start = this.#start(chunk)
    const said = (candidates ?? []).flatMap((candidate: Json, i: number) => this.#candidate(candidate, i))
    return [...start, ...extras(chunk), ...said, ...blocked(chunk), ...usage(chunk)]
  }

  #start(chunk: JsonObject): readonly Delta[] {
    if (this.#started) return []
    this.#started = true
    const { responseId, modelVersion, createTime } = chunk
    const id = word(responseId)
    this.#id = id ?? ''
    const ms = typeof createTime === 'string' ? momentOf(createTime) : undefined
    return [{ type: 'start', id, model: word(modelVersion), created: ms === undefined ? ms : moment(ms / 1000) }]
  }

  #candidate(candidate: Json, place: number): readonly Delta[] {
    if (!isObject(candidate)) throw odd(`candidates[${place}]`, candidate)
    const choice = choiceAt(candidate.index, place)
    let reader = this.#candidates.get(choice)
    if (!reader) {
      reader = new CandidateReader(choice, this.#maker, this.#joins, () => this.#inventedId())
      this.#candidates.set(choice, reader)
    }
    return reader.read(candidate)
  }

  /** Calls mostly have no ids. Those made for them are stable, and unlike those of the conversation's other replies. */
  #inventedId(): string {
    const reply = this.#id.replace(/[^\w-]/g, '').slice(0, 40)
    return `call_${reply === '' ? '' : `${reply}_`}${this.#calls++}`
  }
}

/** A prompt that was refused has no candidates. */
function blocked({ promptFeedback, candidates }: JsonObject): readonly Delta[] {
  const raw = isObject(promptFeedback) ? promptFeedback.blockReason : undefined
  const answered = Array.isArray(candidates) && candidates.length > 0
  return typeof raw === 'string' && !answered ? [{ type: 'stop', choice: 0, reason: 'filtered', raw }] : []
}

/** What has a place in the model; the rest is for this dialect's own callers. */
const known: ReadonlySet<string> = new Set(['candidates', 'responseId', 'modelVersion', 'usageMetadata'])

function extras(chunk: JsonObject): readonly Delta[] {
  const details = Object.entries(usageDetails(chunk.usageMetadata)).map(([name, value]) => [
    `usageMetadata.${name}`,
    value,
  ])
  const fields = Object.fromEntries([...Object.entries(chunk).filter(([name]) => !known.has(name)), ...details])
  return Object.keys(fields).length > 0 ? [{ type: 'extras', dialect: dialectId, fields }] : []
}

function usage({ usageMetadata }: JsonObject): readonly Delta[] {
  const read = readUsage(usageMetadata)
  if (!read) return []
  const tier = isObject(usageMetadata) ? readTier(usageMetadata.serviceTier) : undefined
  return [{ type: 'usage', usage: read, ...(tier === undefined ? {} : { tier }) }]
}
