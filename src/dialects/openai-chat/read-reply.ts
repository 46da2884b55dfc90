import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject } from '../../model/json.ts'
import { odd } from '../provider-fault.ts'
import { choiceAt, moment, word } from '../told.ts'
import { readSources } from './citations.ts'
import { faultInside, faultOfChoice } from './fault.ts'
import { dialectId } from './id.ts'
import { ChoiceReader } from './read-choice.ts'
import { readUsage } from './usage.ts'

/**
 * Reads a reply, chunk by chunk; a whole reply is a single chunk. Throws the fault that a chunk tells, and one of its own
 * where it cannot be understood.
 */
export class ReplyReader {
  readonly #maker: string
  readonly #whole: boolean
  readonly #choices: Map<number, ChoiceReader> = new Map()
  readonly #told: Map<string, string> = new Map()
  #started = false
  #id: string | undefined

  constructor(maker: string, whole: boolean) {
    this.#maker = maker
    this.#whole = whole
  }

  /** As the provider calls the reply. */
  get id(): string | undefined {
    return this.#id
  }

  read(chunk: JsonObject, wire: string): Delta[] {
    const fault = faultInside(chunk, wire)
    if (fault) throw fault
    const out: Delta[] = []
    this.#start(chunk, out)
    const sources = readSources(chunk)
    for (const choice of choicesIn(chunk)) this.#choice(choice).read(choice, sources, out)
    this.#extras(chunk, out)
    usageIn(chunk, out)
    return out
  }

  /** What is still to be said when nothing more comes. */
  end(): Delta[] {
    const out: Delta[] = []
    for (const choice of this.#choices.values()) choice.end(out)
    return out
  }

  /** Azure's first chunk has no name and no choices yet. */
  #start({ id, model, created, choices }: JsonObject, out: Delta[]): void {
    if (this.#started || !(word(id) || (Array.isArray(choices) && choices.length > 0))) return
    this.#started = true
    this.#id = word(id)
    out.push({ type: 'start', id: this.#id, model: word(model), created: moment(created) })
  }

  #choice(choice: JsonObject): ChoiceReader {
    const fault = faultOfChoice(choice)
    if (fault) throw fault
    const index = choiceAt(choice.index, 0)
    const there = this.#choices.get(index)
    if (there) return there
    const made = new ChoiceReader({ choice: index, maker: this.#maker, whole: this.#whole })
    this.#choices.set(index, made)
    return made
  }

  /** Facts without a noun, each when it is new: many stand in every chunk. */
  #extras(chunk: JsonObject, out: Delta[]): void {
    const fields: Record<string, Json> = {}
    for (const name of Object.keys(chunk)) {
      const value = chunk[name]
      if (read.has(name) || value === undefined || value === null) continue
      const text = JSON.stringify(value)
      if (this.#told.get(name) === text) continue
      this.#told.set(name, text)
      fields[name] = value
    }
    if (Object.keys(fields).length > 0) out.push({ type: 'extras', dialect: dialectId, fields })
  }
}

/** Fields that are read here, and noise: `p` and `obfuscation` only hide a chunk's length. */
const read: ReadonlySet<string> = new Set([
  ...['id', 'object', 'created', 'model', 'choices', 'usage', 'service_tier', 'error'],
  ...['citations', 'search_results', 'obfuscation', 'p', 'padding'],
])

function choicesIn({ choices }: JsonObject): readonly JsonObject[] {
  if (choices === undefined || choices === null) return []
  if (Array.isArray(choices) && choices.every(isObject)) return choices
  throw odd('choices', choices)
}

/** Groq tells its usage in `x_groq` too, Moonshot in the choice. */
function usageIn({ usage, x_groq: groq, choices, service_tier: tier }: JsonObject, out: Delta[]): void {
  const inside = Array.isArray(choices) && isObject(choices[0]) ? choices[0].usage : undefined
  const found = readUsage(usage) ?? readUsage(isObject(groq) ? groq.usage : undefined) ?? readUsage(inside)
  if (found) out.push({ type: 'usage', usage: found, tier: word(tier) })
}
