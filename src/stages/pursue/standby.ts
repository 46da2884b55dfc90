import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Happening } from '../../model/happening.ts'
import type { Target } from '../../model/plan.ts'
import type { Batch, StreamSource } from '../../model/source.ts'
import { verdictOf } from '../../policy/verdict.ts'
import type { Begun, Handover } from './begun.ts'
import { Failed } from './failed.ts'
import { anchorOf } from './splice.ts'
import type { Telling } from './telling.ts'

export type Standby = {
  /** Asks the targets that are left to go on. Throws a Fault if nobody does. */
  goOn(handover: Handover): Promise<Begun>
  tell(happening: Happening): void
}

type Handed = StreamSource & { readonly handover: Handover }

const isHanded = (source: Begun): source is Handed => source.type === 'stream' && source.handover !== undefined

/**
 * A stream that another target continues when the one that tells it falls silent or dies. The caller sees one stream, in
 * which nothing is repeated and nothing is missing. Where that cannot be done safely, it ends with an error.
 */
export function withStandby(first: Begun, standby: Standby): Begun {
  if (!isHanded(first)) return first
  let current: Handed = first
  let broken: Fault | undefined

  async function next(): Promise<Batch | undefined> {
    if (broken) return takeOver(broken)
    try {
      const batch = await current.next()
      return batch && sound(batch)
    } catch (error) {
      return takeOver(Fault.from(error))
    }
  }

  /** What came before an error in the same read is the caller's. */
  function sound(batch: Batch): Batch | Promise<Batch | undefined> {
    const fault = batch.events.find(event => event.type === 'fault')?.fault
    if (!fault) return batch
    broken = fault
    return { bytes: batch.bytes, events: batch.events.filter(event => event.type !== 'fault') }
  }

  async function takeOver(fault: Fault): Promise<Batch | undefined> {
    broken = undefined
    const { handover } = current
    if (fault.code === 'client_closed') throw fault
    current.close()
    const about = { type: 'standby', from: handover.from, reason: reasonOf(fault) } as const
    if (!handover.telling.open) {
      standby.tell({ ...about, result: 'unsafe' })
      throw fault
    }
    current = await continued(handover, fault, about)
    return current.next().catch(error => takeOver(Fault.from(error)))
  }

  async function continued(handover: Handover, fault: Fault, about: About): Promise<Handed> {
    handover.handOn()
    try {
      const source = await standby.goOn(handover)
      if (!isHanded(source)) throw new Fault('upstream_failed', 'It answered with no stream.')
      standby.tell({ ...about, to: source.handover.from, result: 'continued' })
      return source
    } catch (error) {
      standby.tell({ ...about, result: 'failed' })
      const why = Fault.from(error)
      if (why.code === 'client_closed') throw why
      throw new Fault(fault.code, `${fault.message} Nobody could go on with it: ${why.message}`, { cause: why })
    }
  }

  return {
    type: 'stream',
    dialect: first.dialect,
    next,
    fail: (fault, requestId) => current.fail(fault, requestId),
    close: () => current.close(),
    drain: first.drain && (async () => (await current.drain?.()) ?? []),
  }
}

type About = { readonly type: 'standby'; readonly from: Target; readonly reason: string }

const reasonOf = (fault: Fault): string => (fault instanceof Failed ? verdictOf(fault.kind).kind : fault.code)

/** Four characters are about a token; of what a reply may have, what was said is gone. */
const charactersPerToken = 4

/** Whether what follows can be put behind what was said: one reply, of free text. */
export const canContinue = ({ format, candidates, logprobs }: Chat): boolean =>
  (format === undefined || format.type === 'text') && (candidates ?? 1) === 1 && logprobs === undefined

/** The same request, with what was said so far and the wish to go on. */
export function continuedChat(chat: Chat, { said }: Telling): Chat {
  const used = Math.ceil(said.length / charactersPerToken)
  const { maxTokens } = chat
  return {
    ...chat,
    messages: [
      ...chat.messages,
      { role: 'assistant', parts: [{ type: 'text', text: said }] },
      { role: 'user', parts: [{ type: 'text', text: wish(anchorOf(said)) }] },
    ],
    ...(maxTokens === undefined ? {} : { maxTokens: Math.max(1, maxTokens - used) }),
  }
}

/** To begin with the last words once more is what makes the seam exact: in the middle of a word, too. */
const wish = (anchor: string): string =>
  `Your reply was cut off by a technical failure. Go on with it exactly where it stops, in the same language and form, without any remark. Begin by repeating its last words exactly as they stand between the marks, without the marks: <<<${anchor}>>>`
