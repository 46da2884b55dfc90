import type { Clock } from '../../lib/clock.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Plan } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import { attempt } from './attempt.ts'
import type { FetchFile } from './files.ts'
import type { Route } from './route.ts'

/** Walks the plan's legs until a provider has begun to answer. */
export async function pursue(
  plan: Plan,
  letter: Letter,
  visit: Visit,
  world: {
    readonly clock: Clock
    readonly fetchFile: FetchFile
    readonly route: (provider: string, dialect: string) => Route | undefined
  },
): Promise<Source> {
  const leg = plan.legs[0]
  const route = leg && world.route(leg.target.provider, visit.dialect.id)
  if (!leg || !route) throw new Fault('no_target', 'No provider is configured for this model.')
  const chat = (): Chat => visit.dialect.request.understand(letter.body)
  return attempt({
    target: leg.target,
    route,
    letter,
    chat,
    waits: plan.waits,
    visit,
    clock: world.clock,
    fetchFile: world.fetchFile,
  })
}
