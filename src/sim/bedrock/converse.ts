/** `/model/{id}/converse` and `/converse-stream`: writes the answer whole, or has it streamed. */

import type { Dialect } from '../dialect.ts'
import { perform, promptTokens } from '../perform.ts'
import { placedBlocks } from '../recite.ts'
import { spoken } from '../spoken.ts'
import { readAsk, readCounted } from './ask.ts'
import { bedrock } from './manners.ts'
import { blockBody, type Letter, stopOf, usageOf } from './parts.ts'
import { conversePen } from './pen.ts'

/** The model is in the path. */
export const bedrockConverse = (model: string, stream: boolean): Dialect => ({
  ...bedrock,
  use: 'chat',
  summons: () => ({ model, stream }),
  read(body, desk) {
    const { behaving } = desk
    const wishes = {
      think: behaving.think !== undefined,
      secret: behaving.redacted !== undefined,
      signed: behaving.signed !== undefined,
    }
    const script = perform(desk.model, readAsk(body, wishes), behaving, desk.recall)
    const letter = { desk, script }
    return spoken({
      desk,
      script,
      stream,
      whole: () => JSON.stringify(wholeBody(letter)),
      pen: () => conversePen(letter),
    })
  },
})

function wholeBody(letter: Letter) {
  const { desk, script } = letter
  const [answer] = script.answers
  const placed = answer === undefined ? [] : placedBlocks(answer, 0, desk.behaving)
  return {
    metrics: { latencyMs: 1 },
    output: { message: { content: placed.map(each => blockBody(each, desk)), role: 'assistant' } },
    ...stopOf(desk, answer),
    ...usageOf(letter),
  }
}

/** `/model/{id}/count-tokens` */
export const bedrockCount = (model: string): Dialect => ({
  ...bedrock,
  use: 'chat',
  summons: () => ({ model, stream: false }),
  read(body) {
    const inputTokens = promptTokens([readCounted(body)])
    return {
      stream: false,
      tokens: inputTokens,
      said: 1,
      whole: () => JSON.stringify({ inputTokens }),
      notes: () => [],
    }
  },
})
