/** `/v1/responses`: writes the answer whole, or has it streamed, and keeps it unless told not to. */

import type { Dialect, Manners } from '../dialect.ts'
import { openai, page } from '../openai/manners.ts'
import { perform, promptTokens } from '../perform.ts'
import { spoken } from '../spoken.ts'
import { keepThread } from '../threads.ts'
import { readAsk, readCounted } from './ask.ts'
import { errorNote, failingNotes, numberedEvents, responsePen } from './pen.ts'
import { finished, responseBody, responseId } from './response.ts'

export const responsesManners: Manners = {
  ...openai,
  framing: numberedEvents,
  errorNotes: refusal => [errorNote(refusal)],
}

export const openaiResponses: Dialect = {
  ...responsesManners,
  use: 'chat',
  summons: body => ({ model: body.model, stream: body.stream === true }),
  read(body, desk) {
    const { behaving, threads } = desk
    const wishes = { think: behaving.think !== undefined, signed: behaving.signed !== undefined }
    const { ask, input } = readAsk(body, threads, wishes)
    const script = perform(desk.model, ask, behaving, desk.recall)
    const letter = { desk, script, body }
    const waiting = body.background === true && body.stream !== true
    if (body.store !== false) keepThread(threads, responseId(desk), { response: finished(letter), input, waiting })
    const said = () => (waiting ? responseBody(letter, { status: 'queued', output: [] }) : finished(letter))
    const stream = body.stream === true
    return {
      ...spoken({ desk, script, stream, whole: () => page(said()), pen: () => responsePen(letter) }),
      failing: refusal => failingNotes(letter, refusal),
    }
  },
}

/** `/v1/responses/input_tokens` */
export const openaiInputTokens: Dialect = {
  ...responsesManners,
  use: 'chat',
  summons: body => ({ model: body.model, stream: false }),
  read(body, { threads }) {
    const tokens = promptTokens([readCounted(body, threads)])
    return {
      stream: false,
      tokens,
      said: 1,
      whole: () => page({ object: 'response.input_tokens', input_tokens: tokens }),
      notes: () => [],
    }
  },
}
