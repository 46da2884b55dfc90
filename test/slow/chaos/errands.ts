import { lineOf } from '../../matrix/cells.ts'
import { type Endpoint, endpoints } from '../../matrix/endpoints.ts'

/** What a caller wants: a text said, in a dialect and a form, of a model, and how it is asked for. */
export type Errand = {
  /** Which text. Providers know the request by it. */
  readonly mark: number
  readonly endpoint: Endpoint
  readonly model: string
  readonly stream: boolean
  /** With this `idempotency-key` it is asked for again until it is there. */
  readonly key: string | undefined
  /** Others ask for the same, to the byte, at the same time, and chance has no part in it. */
  readonly alike: boolean
}

/** The dialects of callers, each with an SDK of its own. */
export const talks: readonly Endpoint[] = endpoints.filter(({ sdk }) => sdk !== undefined)

/** Of those who come, so many insist on their reply, and so many come in twos and threes. */
const insisting = 0.15
const flocking = 0.1
const streaming = 0.6

/** Any errand; `shared` are the models that give those who ask alike one reply. */
export function errandOf(mark: number, models: readonly string[], shared: readonly string[]): Errand {
  const how = Math.random()
  const alike = how < flocking
  return {
    mark,
    endpoint: any(talks),
    model: any(alike ? shared : models),
    stream: Math.random() < streaming,
    key: !alike && how < flocking + insisting ? `key-${mark}` : undefined,
    alike,
  }
}

const any = <Value>(values: readonly Value[]): Value => {
  const value = values[Math.floor(Math.random() * values.length)]
  if (value === undefined) throw new Error('There is nothing to choose from.')
  return value
}

export const pathOf = ({ endpoint, model, stream }: Errand): string => endpoint.tongue.path(model, stream)

export function bodyOf({ mark, endpoint: { tongue }, model, stream, alike }: Errand): string {
  const said = lineOf(mark)
  return JSON.stringify(tongue.body(model, stream, alike ? { said, extra: certain[tongue.id] ?? {} } : { said }))
}

/** How each dialect is told that chance has no part in it. */
const certain: Readonly<Record<string, object>> = {
  'openai-chat': { temperature: 0 },
  'openai-responses': { temperature: 0 },
  'anthropic-messages': { temperature: 0 },
  'gemini-generate': { generationConfig: { temperature: 0 } },
}
