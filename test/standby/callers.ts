import type { JsonObject } from '../../src/model/json.ts'
import { type Event, eventsOf, type Tongue, tongues } from '../fakes/tongues.ts'
import { complaintsAbout as aboutAnthropic } from '../wire/machines/anthropic-messages.ts'
import { complaintsAbout as aboutGemini, complaintsAboutArray } from '../wire/machines/gemini-generate.ts'
import { complaintsAbout as aboutChat } from '../wire/machines/openai-chat.ts'
import { complaintsAbout as aboutResponses } from '../wire/machines/openai-responses.ts'
import type { Wish } from './rig.ts'

/** Those who ask for streams: how they ask, what they understand, and what is wrong with what they get. */

export type Caller = {
  readonly name: string
  readonly dialect: string
  readonly array?: true
  readonly complaints: (text: string) => string[]
}

export const callers: readonly Caller[] = [
  { name: 'openai-chat', dialect: 'openai-chat', complaints: aboutChat },
  { name: 'openai-responses', dialect: 'openai-responses', complaints: aboutResponses },
  { name: 'anthropic-messages', dialect: 'anthropic-messages', complaints: aboutAnthropic },
  { name: 'gemini-generate', dialect: 'gemini-generate', complaints: aboutGemini },
  { name: 'gemini-generate as an array', dialect: 'gemini-generate', array: true, complaints: complaintsAboutArray },
]

const tongueOf = (dialect: string): Tongue => {
  const tongue = tongues.find(({ id }) => id === dialect)
  if (!tongue) throw new Error(`Nobody speaks ${dialect}.`)
  return tongue
}

function eventsIn({ dialect, array }: Caller, bytes: Uint8Array): readonly Event[] {
  if (!array) return eventsOf(tongueOf(dialect), bytes)
  const chunks = JSON.parse(Buffer.from(bytes).toString()) as object[]
  return chunks.map(chunk => ({ event: '', data: JSON.stringify(chunk) }))
}

const faultIn = ({ dialect }: Caller, { data }: Event): string | undefined =>
  data === '[DONE]' ? undefined : tongueOf(dialect).fault(JSON.parse(data))

/** The errors that a caller is told in a stream. */
export const faultsIn = (caller: Caller, bytes: Uint8Array): readonly string[] =>
  eventsIn(caller, bytes).flatMap(event => faultIn(caller, event) ?? [])

/** What a caller understands of a stream. */
export function understood(caller: Caller, bytes: Uint8Array) {
  const good = eventsIn(caller, bytes).filter(event => faultIn(caller, event) === undefined)
  return { ...tongueOf(caller.dialect).hear(good), faults: faultsIn(caller, bytes) }
}

export const askedOf = (
  { dialect, array }: Caller,
  extra: JsonObject = {},
): Pick<Wish, 'dialect' | 'body' | 'address'> => ({
  dialect,
  body: tongueOf(dialect).body('both', true, { said: 'Tell me of foxes.', extra }) as JsonObject,
  ...(dialect === 'gemini-generate' && {
    address: { operation: 'chat', model: 'both', stream: true, ...(array && { array: true }) },
  }),
})

/** The last words that the second was shown; all of what was said, where it was not asked for any. */
export const anchorIn = (body: JsonObject): string | undefined => {
  const found = /<<<((?:[^"\\]|\\.)*)>>>"/.exec(JSON.stringify(body))?.[1]
  return found === undefined ? undefined : (JSON.parse(`"${found}"`) as string)
}
