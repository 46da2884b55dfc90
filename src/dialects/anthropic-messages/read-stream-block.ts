import type { Delta } from '../../model/delta.ts'
import { isObject, type Json, type JsonObject, objectIn } from '../../model/json.ts'
import { jsonOf } from '../../model/numbers.ts'
import { say } from '../../model/sentence.ts'
import { odd, unreadable } from '../provider-fault.ts'
import { fromWireId } from './call-ids.ts'
import { readCitation } from './citations.ts'
import { type Origin, redacted, signed } from './seals.ts'

/** One content block of a stream, from its beginning to its end. What has no noun is gathered, and told whole. */
export class Block {
  readonly type: string
  readonly #next: () => number
  #place: number | undefined
  readonly #origin: Origin
  #wire: JsonObject
  /** The pieces of a JSON text that a call's arguments came in. */
  #input = ''

  constructor(wire: JsonObject, next: () => number, origin: Origin) {
    this.type = needText(wire, 'type')
    this.#next = next
    this.#origin = origin
    this.#wire = wire
  }

  /** Its place among those that have said something: one that is told whole begins at its end. */
  get #at(): number {
    this.#place ??= this.#next()
    return this.#place
  }

  start(): readonly Delta[] {
    switch (this.type) {
      case 'text':
        return [{ type: 'text', at: this.#at, text: textIn(this.#wire, 'text') }, ...this.#citations()]
      case 'thinking':
        return [
          { type: 'reasoning', at: this.#at, text: textIn(this.#wire, 'thinking') },
          ...this.#sign(this.#wire.signature),
        ]
      case 'redacted_thinking':
        return [{ type: 'seal', at: this.#at, seal: this.#origin(redacted(needText(this.#wire, 'data'))) }]
      case 'tool_use':
        return this.#call()
      default:
        return []
    }
  }

  #citations(): readonly Delta[] {
    const { citations } = this.#wire
    return Array.isArray(citations) ? citations.filter(isObject).map(wire => this.#cite(wire)) : []
  }

  #cite(wire: JsonObject): Delta {
    return { type: 'citation', at: this.#at, citation: readCitation(wire, this.#origin) }
  }

  #sign(signature: Json | undefined): readonly Delta[] {
    const seal = typeof signature === 'string' ? signed(signature, this.#origin) : undefined
    return seal ? [{ type: 'seal', at: this.#at, seal }] : []
  }

  #call(): readonly Delta[] {
    const at = this.#at
    const { caller } = this.#wire
    const byProgram = isObject(caller) && caller.type !== 'direct'
    return [
      { type: 'tool', at, id: fromWireId(needName(this.#wire, 'id')), name: needName(this.#wire, 'name') },
      ...(byProgram ? [{ type: 'seal' as const, at, seal: this.#origin(JSON.stringify({ caller })) }] : []),
    ]
  }

  continue(delta: JsonObject): readonly Delta[] {
    const type = needText(delta, 'type')
    const holder = holders.get(type)
    if (holder !== undefined && holder !== this.type && nouns.has(this.type))
      throw unreadable(say`its stream has a '${type}' in a block of the type '${this.type}'.`)
    if (type === 'input_json_delta') return this.#moreInput(needText(delta, 'partial_json'))
    if (holder === this.type) return this.#say(type, delta)
    this.#gather(delta)
    return []
  }

  #say(type: string, delta: JsonObject): readonly Delta[] {
    if (type === 'text_delta') return [{ type: 'text', at: this.#at, text: needText(delta, 'text') }]
    if (type === 'thinking_delta') return [{ type: 'reasoning', at: this.#at, text: needText(delta, 'thinking') }]
    if (type === 'signature_delta') return this.#sign(needText(delta, 'signature'))
    return isObject(delta.citation) ? [this.#cite(delta.citation)] : []
  }

  #moreInput(text: string): readonly Delta[] {
    this.#input += text
    return this.type === 'tool_use' && text !== '' ? [{ type: 'input', at: this.#at, text }] : []
  }

  /** A delta of a kind without a noun (`compaction_delta`): its fields are more of the block's. */
  #gather(delta: JsonObject): void {
    const fields = Object.entries(delta).filter(([name]) => name !== 'type')
    const more = fields.map(([name, value]) => {
      const before = this.#wire[name]
      const joins = typeof before === 'string' && typeof value === 'string'
      return [name, joins ? before + value : (value ?? before)]
    })
    this.#wire = { ...this.#wire, ...(Object.fromEntries(more) as JsonObject) }
  }

  end(): readonly Delta[] {
    switch (this.type) {
      case 'text':
      case 'thinking':
      case 'redacted_thinking':
        return []
      case 'tool_use':
        // The arguments may have come whole at the beginning, or not at all.
        return this.#input === '' ? [{ type: 'input', at: this.#at, text: jsonOf(this.#wire.input ?? {}) }] : []
      default:
        return [{ type: 'opaque', at: this.#at, label: this.type, seal: this.#origin(JSON.stringify(this.#whole())) }]
    }
  }

  #whole(): JsonObject {
    const input = objectIn(this.#input)
    return input ? { ...this.#wire, input } : this.#wire
  }
}

/** The blocks that have a noun, and which kind of delta belongs to which of them. */
const nouns: ReadonlySet<string> = new Set(['text', 'thinking', 'redacted_thinking', 'tool_use'])
const holders: ReadonlyMap<string, string> = new Map([
  ['text_delta', 'text'],
  ['citations_delta', 'text'],
  ['thinking_delta', 'thinking'],
  ['signature_delta', 'thinking'],
  ['input_json_delta', 'tool_use'],
])

const textIn = (object: JsonObject, name: string): string => {
  const value = object[name]
  return value === undefined || value === null ? '' : needText(object, name)
}

function needText(object: JsonObject, name: string): string {
  const value = object[name]
  if (typeof value !== 'string') throw odd(name, value)
  return value
}

function needName(object: JsonObject, name: string): string {
  const value = needText(object, name)
  if (value === '') throw odd(name, value)
  return value
}
