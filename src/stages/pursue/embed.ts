import type { CallerEmbeddings } from '../../dialects/dialect.ts'
import type { Embed, Vectors } from '../../model/embed.ts'
import type { Event } from '../../model/event.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import { Failed } from './failed.ts'
import type { Speaking, Voice } from './speaking.ts'
import { aimOf, told } from './translate.ts'

/** Asks a provider of another dialect for embeddings; undefined where one of the two has no words for them. */
export function embedded(speaking: Speaking): Voice | undefined {
  const { letter, route, visit } = speaking
  const caller = visit.dialect.embeddings
  const provider = route.dialect.embeddings
  if (!caller || !provider) return undefined
  const embed = understood(caller, letter.body)
  const [apart] = embed.apart
  if (apart !== undefined) throw oneForAll(speaking, apart)
  return told(speaking, provider.compose(embed, aimOf(speaking)), ({ body, wire }, making) => {
    const vectors = provider.read(body, wire, embed.inputs.length)
    return { reply: caller.write(vectors, making), events: eventsOf(vectors) }
  })
}

/** What is malformed is the caller's fault, whichever target it was for. */
function understood(caller: CallerEmbeddings, body: JsonObject): Embed {
  try {
    return caller.understand(body)
  } catch (error) {
    throw error instanceof Fault ? new Failed(error, 'callers_fault') : error
  }
}

const eventsOf = ({ usage }: Vectors): readonly Event[] => [
  { type: 'content' },
  ...(usage ? [{ type: 'usage', usage } as const] : []),
]

const oneForAll = ({ target, route }: Speaking, param: string): Fault =>
  new Fault(
    'invalid_request',
    `'${param}' differs from what the first request says, and ${target.provider} speaks ${route.dialect.id}, where a request wants the same of all. Send them one by one, or ask another model.`,
    { param },
  )
