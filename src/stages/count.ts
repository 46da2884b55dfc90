import type { Visit } from '../line.ts'
import type { Letter } from '../model/call.ts'
import { Fault } from '../model/fault.ts'
import type { Source } from '../model/source.ts'
import { type Weight, weigh } from '../policy/weigh.ts'

/** What counting needs of the house. */
export type CountWorld = {
  /** Asks the provider, where it has an endpoint for it; undefined where its dialect has none. */
  readonly ask: (() => Promise<Source>) | undefined
  readonly tokens: (texts: readonly string[]) => Promise<number>
}

/**
 * How many tokens a request has: the provider's own count, or an estimate, marked as one, where the provider has no
 * endpoint for it or could not say. Refuses only what is no request at all, and what the provider itself refuses.
 */
export async function count(letter: Letter, visit: Visit, { ask, tokens }: CountWorld): Promise<Source> {
  try {
    if (ask) return await ask()
  } catch (error) {
    if (!couldNotSay(error)) throw error
  }
  const chat = visit.dialect.request.understand(letter.body)
  return estimated(await total(weigh(chat), tokens), visit)
}

/** No endpoint (404, 405) or no answer; a refusal of what was asked is the caller's to know. */
const couldNotSay = (error: unknown): boolean =>
  error instanceof Fault && !['client_closed', 'invalid_request', 'too_large'].includes(error.code)

const total = async (weight: Weight, tokens: CountWorld['tokens']): Promise<number> =>
  weight.tokens + (await tokens(weight.texts))

function estimated(tokens: number, { dialect }: Visit): Source {
  const body = { ...dialect.answer.count?.(tokens), thalamus: { estimate: true } }
  return {
    type: 'whole',
    dialect: dialect.id,
    contentType: 'application/json',
    bytes: new TextEncoder().encode(JSON.stringify(body)),
    events: [{ type: 'content' }],
  }
}
