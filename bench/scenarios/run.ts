import { textOf } from '../content.ts'
import { openaiChat } from '../dialects/openai-chat.ts'
import { faultOfStream, faultOfWhole } from '../faults.ts'
import type { Gateway } from '../house.ts'
import type { Sample as Reply } from '../load/judge.ts'
import type { Peer } from '../peers.ts'
import type { Ask } from '../requests.ts'
import type { Settings } from '../settings.ts'
import type { Load, Mock } from '../talk.ts'

/** What every scenario is given, and what it gives back: figures, each with its name and whose it is. */
export type Run = {
  readonly settings: Settings
  readonly peers: readonly Peer[]
  readonly mock: Mock
  readonly load: Load
  readonly say: (text: string) => void
}

export type Figure = { readonly peer: string; readonly measure: string; readonly value: number }

export function figure(gateway: Gateway | 'direct', measure: string, value: number): Figure {
  return { peer: gateway === 'direct' ? gateway : gateway.peer.name, measure, value }
}

export const isGateway = ({ yardstick }: Peer): boolean => yardstick !== true

/** A wrong answer ends the run: what a gateway does wrong fast is not worth a figure. */
export function mustBeRight(who: string, ask: Ask, result: Judged): void {
  const fault = result.sample === undefined ? undefined : faultOf(ask, result.sample)
  if (fault !== undefined) throw new Error(`${who} answers ${ask.model} wrongly: ${fault}`)
  const wrong = Object.entries(result.wrong).map(([what, count]) => `${count} x ${what}`)
  if (wrong.length > 0) throw new Error(`${who} answered ${ask.model} wrongly: ${wrong.join(', ')}`)
}

type Judged = { readonly sample?: Reply; readonly wrong: Readonly<Record<string, number>> }

function faultOf(ask: Ask, reply: Reply): string | undefined {
  if (reply.status !== 200) return `status ${reply.status}: ${reply.body.slice(0, 300)}`
  const asked = ask.in ?? openaiChat
  return ask.stream ? faultOfStream(asked, reply.body) : faultOfWhole(asked, reply.body, textOf(ask.model))
}
