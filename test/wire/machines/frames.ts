import { createParser } from 'eventsource-parser'

/** What the state machines of streams have in common: they judge text, and are not the code that they judge. */

// biome-ignore lint/suspicious/noExplicitAny: what is judged here may be of any shape.
export type Loose = any

/** The value that a text is in JSON; undefined if it is none. */
export function parse(text: string): Loose {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export type Complain = (words: string) => void

/** Reads a stream of server-sent events with a parser that is not ours. */
function eachEvent(
  text: string,
  complain: Complain,
  next: (event: { readonly event?: string | undefined; readonly data: string }) => void,
): void {
  const parser = createParser({ onEvent: next, onError: error => complain(error.message) })
  parser.feed(text)
}

/** Events of JSON that are called by their type. */
export function eachTyped(text: string, complain: Complain, next: (event: Loose) => void): void {
  eachEvent(text, complain, ({ event, data }) => {
    const parsed = parse(data)
    if (parsed === undefined) complain(`no JSON: ${data.slice(0, 60)}`)
    else if (event !== parsed.type) complain(`an event named ${event} has the type ${parsed.type}`)
    else next(parsed)
  })
}

/** Events without names, of one line of data each. */
export function eachUnnamed(text: string, lineEnd: string, complain: Complain, next: (data: string) => void): void {
  eachEvent(text, complain, ({ event, data }) => {
    if (event !== undefined) complain(`an event has a name: ${event}`)
    next(data)
  })
  if (!new RegExp(`^(?:data: [^\\r\\n]*(?:${lineEnd}){2})*$`).test(text))
    complain('not all is lines of data with blank lines between')
}
