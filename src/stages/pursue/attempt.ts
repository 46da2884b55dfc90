import type { Clock } from '../../lib/clock.ts'
import { type Heard, send, type Wire } from '../../lib/http.ts'
import { Leash } from '../../lib/leash.ts'
import type { Visit } from '../../line.ts'
import type { Letter } from '../../model/call.ts'
import type { Chat } from '../../model/chat.ts'
import type { Fault } from '../../model/fault.ts'
import type { Target, Waits } from '../../model/plan.ts'
import type { Source } from '../../model/source.ts'
import { faultOf } from './fault-of.ts'
import type { FetchFile } from './files.ts'
import { listen } from './listen.ts'
import { readWhole, refusal } from './read-whole.ts'
import type { Route } from './route.ts'
import { type Voice, voiceOf } from './voice.ts'

/** One try at one target. */
export type Attempt = {
  readonly target: Target
  readonly route: Route
  readonly letter: Letter
  /** The letter, understood; asked for only where it has to be told again. */
  readonly chat: () => Chat
  readonly fetchFile: FetchFile
  readonly waits: Waits
  readonly visit: Visit
  readonly clock: Clock
}

/** What became of a call before its reply began. */
type Heading = { status: number | undefined; headersAt: number | undefined }

/**
 * Asks one target, and resolves when it has said something that a caller can use: the point of no return. Whatever goes
 * wrong before is thrown as a Fault, and noted as a try that failed.
 */
export async function attempt(one: Attempt): Promise<Source> {
  const { clock, visit, target } = one
  const began = clock.now()
  const heading: Heading = { status: undefined, headersAt: undefined }
  const leash = new Leash(clock, visit.signal)
  const note = (outcome: 'ok' | Fault['code']): void => {
    const now = clock.now()
    visit.diary.waited += now - began
    visit.diary.target = target
    visit.diary.tried({
      target,
      startedMs: began - visit.diary.arrived,
      status: heading.status,
      headersMs: heading.headersAt === undefined ? undefined : heading.headersAt - began,
      outcome,
    })
  }
  try {
    const source = await ask(one, leash, heading, began)
    note('ok')
    return source
  } catch (error) {
    leash.free()
    const fault = faultOf(error, leash, target.provider)
    note(fault.code)
    throw fault
  }
}

async function ask(one: Attempt, leash: Leash, heading: Heading, began: number): Promise<Source> {
  const { route, letter, waits, visit, clock } = one
  const { call } = letter
  leash.within(call.stream ? Math.min(waits.firstToken, waits.total) : waits.total, 'the first of the reply')
  const spoken = voiceOf({ ...one, signal: leash.signal, created: Math.floor(clock.wall() / 1000) })
  const voice = spoken instanceof Promise ? await spoken : spoken
  visit.diary.lost = voice.wording.lost
  const heard = await send(wireOf(one, voice), leash.signal)
  heading.status = heard.status
  heading.headersAt = clock.now()
  if (heard.status >= 300 || heard.status < 200) throw await refusal(heard, route)
  if (!call.stream || isWhole(heard)) {
    const whole = await readWhole(heard, route, voice)
    leash.free()
    return whole
  }
  return listen({ heard, leash, route, waits, voice, until: began + waits.total, clock })
}

function wireOf({ route, target, letter: { call }, visit }: Attempt, { wording }: Voice): Wire {
  const url = route.url({ ...call, model: target.model })
  const body = wording.text
  return { url, headers: route.headers(visit.request, call.stream, { url, body }), body }
}

/** Some providers answer a stream's request with one JSON text, mostly an error. */
const isWhole = (heard: Heard): boolean => heard.contentType.startsWith('application/json')
