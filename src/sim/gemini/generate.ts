/** `:generateContent` and `:streamGenerateContent`: writes the answer whole, or has it streamed. */

import type { Dialect } from '../dialect.ts'
import { perform, promptTokens } from '../perform.ts'
import { placedBlocks } from '../recite.ts'
import type { Answer } from '../script.ts'
import { spoken } from '../spoken.ts'
import { readAsk, readCounted } from './ask.ts'
import { geminiManners, type Shape } from './manners.ts'
import { allOf, besides, finishOf, type Letter, partOf, sealPart } from './parts.ts'
import { contentPen } from './pen.ts'

/** The model and the shape are in the path. */
export const geminiGenerate = (model: string, shape: Shape): Dialect => ({
  ...geminiManners(shape),
  use: 'chat',
  summons: () => ({ model, stream: shape !== 'whole' }),
  read(body, desk) {
    const { behaving } = desk
    const ask = readAsk(body, { think: behaving.think !== undefined, signed: behaving.signed !== undefined })
    const script = perform(desk.model, ask, behaving, desk.recall)
    const letter = { desk, script }
    const whole = () => JSON.stringify(wholeBody(letter))
    return spoken({ desk, script, stream: shape !== 'whole', whole, pen: () => contentPen(letter) })
  },
})

const wholeBody = (letter: Letter) => ({
  candidates: letter.script.answers.map((answer, index) => candidate(letter, answer, index)),
  ...besides(letter, allOf(letter.script.usage)),
})

function candidate({ desk }: Letter, answer: Answer, index: number) {
  const parts = placedBlocks(answer, index, desk.behaving).map(each => partOf(each, desk))
  const content = { parts: [...parts.filter(part => part !== undefined), ...sealPart(answer)], role: 'model' }
  return { content, ...finishOf(desk, answer), index }
}

/** `:countTokens` */
export const geminiCount = (model: string): Dialect => ({
  ...geminiManners('whole', 'countTokens'),
  use: 'chat',
  summons: () => ({ model, stream: false }),
  read(body) {
    const totalTokens = promptTokens([readCounted(body)])
    const details = { promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] }
    return {
      stream: false,
      tokens: totalTokens,
      said: 1,
      whole: () => JSON.stringify({ totalTokens, ...details }),
      notes: () => [],
    }
  },
})
