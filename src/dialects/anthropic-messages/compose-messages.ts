import type { Message } from '../../model/chat.ts'
import type { JsonObject } from '../../model/json.ts'
import { writePart } from './compose-parts.ts'
import { refuse, type Telling } from './telling.ts'

/** A message on Anthropic's wire. No two of the same role follow each other. */
type Turn = { readonly role: 'user' | 'assistant' | 'system'; readonly content: JsonObject[] }

export type Turns = { readonly system: readonly JsonObject[]; readonly turns: readonly Turn[] }

/**
 * The system's words before the conversation, and the conversation in turns. Words of the system within it keep their
 * place where the model allows it, which is behind the user's turn that they stand in or before; otherwise they join
 * those at the beginning, so that they keep their weight. Where they have moved, their place is told.
 */
export function writeTurns(messages: readonly Message[], telling: Telling): Turns {
  const taking = new Taking(telling)
  for (const message of messages) taking.take(message)
  return finished(taking.end(), messages, telling)
}

class Taking {
  readonly #telling: Telling
  readonly #system: JsonObject[] = []
  readonly #turns: Turn[] = []
  /** The system's words that wait for the end of the user's turn. */
  #waiting: { readonly at: string; readonly content: readonly JsonObject[] }[] = []

  constructor(telling: Telling) {
    this.#telling = telling
  }

  take(message: Message): void {
    if (message.name !== undefined) this.#telling.lose(`${message.at ?? message.role}.name`)
    if (message.role === 'system' || message.role === 'developer') this.#takeSystem(message)
    else this.#takeTurn(message.role, message)
  }

  end(): Turns {
    this.#place()
    return { system: this.#system, turns: this.#turns }
  }

  #takeSystem(message: Message): void {
    const content = blocksOf(message, 'system', this.#telling)
    const at = message.at ?? message.role
    if (this.#turns.length === 0) this.#system.push(...content)
    else if (this.#telling.traits.midSystem || this.#telling.own) this.#waiting.push({ at, content })
    else this.#hoist(at, content)
  }

  #hoist(at: string, content: readonly JsonObject[]): void {
    this.#system.push(...content)
    this.#telling.lose(at)
  }

  #takeTurn(role: 'user' | 'assistant', message: Message): void {
    const content = blocksOf(message, role, this.#telling)
    if (content.length === 0) return
    if (role === 'assistant') this.#place()
    else for (const { at } of this.#waiting) this.#telling.lose(at)
    this.#add(role, content)
  }

  /** What waits goes behind the user's turn. Behind the assistant's it would be refused, unless the caller knows better. */
  #place(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const behindUser = this.#turns.at(-1)?.role === 'user' || this.#telling.own
    for (const { at, content } of waiting) {
      if (behindUser) this.#add('system', content)
      else this.#hoist(at, content)
    }
  }

  #add(role: Turn['role'], content: readonly JsonObject[]): void {
    if (content.length === 0) return
    const last = this.#turns.at(-1)
    if (last?.role === role) last.content.push(...content)
    else this.#turns.push({ role, content: [...content] })
  }
}

function blocksOf({ parts }: Message, role: Turn['role'], telling: Telling): readonly JsonObject[] {
  return parts.flatMap(part => {
    if (role !== 'system' || part.type === 'text' || part.type === 'opaque') return writePart(part, role, telling)
    // The system speaks in text alone.
    telling.lose(part.at ?? part.type)
    return []
  })
}

function finished({ system, turns }: Turns, messages: readonly Message[], telling: Telling): Turns {
  const last = turns.at(-1)
  if (!last) return systemAlone(system, messages, telling)
  if (last.role === 'assistant' && !telling.own) trimEnd(last.content)
  const said = turns.filter(({ content }) => content.length > 0)
  return { system, turns: said.map(turn => (turn.role === 'user' ? resultsFirst(turn) : turn)) }
}

/** A conversation has to have a first word: where only the system speaks, it is told as the user's. */
function systemAlone(system: readonly JsonObject[], messages: readonly Message[], { lose }: Telling): Turns {
  if (system.length === 0) throw refuse('messages', 'there is nothing in them that can be sent.')
  for (const { at, role } of messages) lose(`${at ?? role}.role`)
  return { system: [], turns: [{ role: 'user', content: [...system] }] }
}

/** The results of tools have to stand before whatever else the user says. */
function resultsFirst({ role, content }: Turn): Turn {
  const isResult = (block: JsonObject): boolean => block.type === 'tool_result'
  return { role, content: [...content.filter(isResult), ...content.filter(block => !isResult(block))] }
}

/** A beginning of the reply that ends in white space is refused. */
function trimEnd(content: JsonObject[]): void {
  const last = content.at(-1)
  if (last?.type !== 'text' || typeof last.text !== 'string') return
  const text = last.text.trimEnd()
  if (text === '') content.pop()
  else content[content.length - 1] = { ...last, text }
}
