/** `/v1/messages`: writes the answer whole, field for field as Anthropic does, or has it streamed. */

import type { Dialect } from '../dialect.ts'
import { perform, promptTokens } from '../perform.ts'
import { placedBlocks } from '../recite.ts'
import { spoken } from '../spoken.ts'
import { readAsk, readCounted } from './ask.ts'
import { anthropic } from './manners.ts'
import { blockBody, type Letter, messageBody, stopOf, usageBody } from './parts.ts'
import { messagePen } from './pen.ts'

export const anthropicMessages: Dialect = {
  ...anthropic,
  use: 'chat',
  summons: body => ({ model: body.model, stream: body.stream === true }),
  read(body, desk) {
    const { behaving } = desk
    const wishes = {
      think: behaving.think !== undefined,
      secret: behaving.redacted !== undefined,
      signed: behaving.signed !== undefined,
    }
    const script = perform(desk.model, readAsk(body, wishes), behaving, desk.recall)
    const letter = { desk, script }
    const stream = body.stream === true
    return spoken({
      desk,
      script,
      stream,
      whole: () => JSON.stringify(wholeBody(letter)),
      pen: () => messagePen(letter),
    })
  },
}

function wholeBody(letter: Letter) {
  const { desk, script } = letter
  const [answer] = script.answers
  return {
    ...messageBody(desk),
    content: answer === undefined ? [] : placedBlocks(answer, 0, desk.behaving).map(each => blockBody(each, desk)),
    ...stopOf(desk, answer),
    ...usageBody(letter),
  }
}

/** `/v1/messages/count_tokens` */
export const anthropicCount: Dialect = {
  ...anthropic,
  use: 'chat',
  summons: body => ({ model: body.model, stream: false }),
  read(body) {
    const tokens = promptTokens([readCounted(body)])
    return {
      stream: false,
      tokens,
      said: 1,
      whole: () => JSON.stringify({ input_tokens: tokens }),
      notes: () => [],
    }
  },
}
