/** The models: which there are, and how they behave unasked. */

import type { Behaving } from './behave.ts'
import { Refusal } from './refusal.ts'

export type Model = {
  readonly name: string
  readonly use: 'chat' | 'embed'
  readonly behaves: Behaving
  /** Calls a tool when it may, not only when it must. */
  readonly callsTools: boolean
  readonly says: 'echo' | 'lorem'
}

const chat = { use: 'chat', behaves: {}, callsTools: false, says: 'lorem' } as const

export const models: readonly Model[] = [
  { ...chat, name: 'echo', says: 'echo' },
  { ...chat, name: 'lorem' },
  { ...chat, name: 'tools', callsTools: true, says: 'echo' },
  { ...chat, name: 'slow', behaves: { slow: 2000 } },
  { ...chat, name: 'flaky', behaves: { flaky: 1 } },
  { ...chat, name: 'embed', use: 'embed' },
]

/** By the name before the first `+`; refused by the whole name that was asked for. */
export function findModel(base: string, name: string): Model {
  const model = models.find(each => each.name === base)
  if (model !== undefined) return model
  throw new Refusal(404, `The model \`${name}\` does not exist or you do not have access to it.`, {
    code: 'model_not_found',
    reason: 'unknown-model',
    about: name,
  })
}

/** The largest limit that can be asked for. */
export const longest = 131_072
