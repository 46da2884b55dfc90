import type { Permit, Visit } from './line.ts'
import type { Letter } from './model/call.ts'
import type { Caller } from './model/caller.ts'
import { Fault } from './model/fault.ts'
import type { Plan } from './model/plan.ts'
import type { Source } from './model/source.ts'

/** What is asked, by whom, and what will be done for it. */
type Asked = { readonly plan: Plan; readonly letter: Letter; readonly caller: Caller; readonly visit: Visit }

/** The rooms a request walks through. `house.ts` furnishes them; tests furnish them with fakes. */
export interface Rooms {
  authenticate(request: Request): Caller | Promise<Caller>
  open(visit: Visit): Promise<Letter>
  /** Puts before the letter what was said in earlier turns, if it continues a reply that was kept. */
  resume(letter: Letter, caller: Caller, visit: Visit): Letter
  plan(letter: Letter, caller: Caller): Plan
  admit(caller: Caller): Permit | Promise<Permit>
  /** Answers with the reply that this very request was given before, or is being given; or asks for one. */
  recall(asked: Asked, ask: (visit: Visit) => Promise<Source>): Promise<Source>
  pursue(plan: Plan, letter: Letter, visit: Visit): Promise<Source>
  /** Keeps the reply if its caller asked for that. */
  remember(source: Source, letter: Letter, visit: Visit): Source
  reply(source: Source, permit: Permit, visit: Visit): Response | Promise<Response>
  /** Answers with the fault in the caller's dialect. */
  refuse(fault: Fault, permit: Permit | undefined, visit: Visit): Response
  /** Writes the one row, whatever happened. Never rejects; called again, it does nothing. */
  settle(visit: Visit): Promise<unknown>
}

/**
 * One request, from the door to the ledger. This function is the map of the house: every room appears once, in the
 * order in which it is visited, and no room calls another. A reply settles by itself before its last byte leaves.
 */
export async function serve(rooms: Rooms, visit: Visit): Promise<Response> {
  const { diary } = visit
  let permit: Permit | undefined
  try {
    const caller = await rooms.authenticate(visit.request)
    diary.caller = caller
    const letter = rooms.resume(await rooms.open(visit), caller, visit)
    diary.call = letter.call
    const plan = rooms.plan(letter, caller)
    diary.reason = plan.reason
    permit = await rooms.admit(caller)
    const asked = { plan, letter, caller, visit }
    const source = await rooms.recall(asked, visit => rooms.pursue(plan, letter, visit))
    return await rooms.reply(rooms.remember(source, letter, visit), permit, visit)
  } catch (error) {
    const fault = diary.ended(Fault.from(error))
    await rooms.settle(visit)
    return rooms.refuse(fault, permit, visit)
  }
}
