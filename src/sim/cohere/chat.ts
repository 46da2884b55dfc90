/** `/v2/chat`: writes the answer whole, field for field as Cohere does, or has it streamed. */

import type { Desk, Dialect } from '../dialect.ts'
import { perform } from '../perform.ts'
import { placedBlocks } from '../recite.ts'
import { type Answer, textOf } from '../script.ts'
import { spoken } from '../spoken.ts'
import { readAsk } from './ask.ts'
import { cohere } from './manners.ts'
import { callBody, finishOf, idOf, isPlan, usageOf } from './parts.ts'
import { chatPen } from './pen.ts'

export const cohereChat: Dialect = {
  ...cohere,
  use: 'chat',
  summons: body => ({ model: body.model, stream: body.stream === true }),
  read(body, desk) {
    const { behaving } = desk
    const script = perform(desk.model, readAsk(body, behaving.think !== undefined), behaving, desk.recall)
    const letter = { desk, script }
    const [answer] = script.answers
    const whole = () =>
      JSON.stringify({
        id: idOf(desk),
        message: { role: 'assistant', ...(answer === undefined ? {} : saidOf(answer, desk)) },
        ...finishOf(desk, answer),
        ...usageOf(letter),
      })
    return spoken({ desk, script, stream: body.stream === true, whole, pen: () => chatPen(letter) })
  },
}

function saidOf(answer: Answer, desk: Desk) {
  const text = textOf(answer)
  const thinking = answer.blocks
    .filter(({ type }) => type === 'thinking')
    .map(block => ({ type: 'thinking', thinking: block.text }))
  const placed = placedBlocks(answer, 0, desk.behaving).filter(({ block }) => block.type === 'call')
  const calls = placed.map(each => callBody(each, desk, each.block.text))
  if (isPlan(answer))
    return {
      ...(text === '' ? {} : { tool_plan: text }),
      tool_calls: calls,
      ...(thinking.length === 0 ? {} : { content: thinking }),
    }
  return { content: [...thinking, ...(text === '' ? [] : [{ type: 'text', text }])] }
}
