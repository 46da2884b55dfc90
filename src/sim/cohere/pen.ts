/** An answer of Cohere's in events: content with a start and an end, calls likewise, and the plan before them bare. */

import { done } from '../openai/manners.ts'
import type { Pen, Placed } from '../recite.ts'
import type { Kind, Note } from '../steps.ts'
import { callBody, finishOf, idOf, isPlan, type Letter, usageOf } from './parts.ts'

type Event = { readonly type: string; readonly [name: string]: unknown }

const event = (kind: Kind, body: Event): Note => ({ kind, event: body.type, data: JSON.stringify(body) })

const message = (kind: Kind, type: string, index: number | undefined, body: object): Note =>
  event(kind, { type, ...(index === undefined ? {} : { index }), delta: { message: body } })

export function chatPen(letter: Letter): Pen {
  const { desk, script } = letter
  const [answer] = script.answers
  const planned = answer !== undefined && isPlan(answer)
  const kindOf = ({ block }: Placed) => (block.type === 'text' && planned ? 'plan' : block.type)
  return {
    open: () => [
      event('open', {
        id: idOf(desk),
        type: 'message-start',
        delta: { message: { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] } },
      }),
    ],
    begin(placed) {
      switch (kindOf(placed)) {
        case 'text':
          return [message('open', 'content-start', placed.index, { content: { type: 'text', text: '' } })]
        case 'thinking':
          return [message('open', 'content-start', placed.index, { content: { type: 'thinking', thinking: '' } })]
        case 'call':
          return [message('open', 'tool-call-start', placed.call, { tool_calls: callBody(placed, desk, '') })]
        case 'plan':
        case 'secret':
          return []
      }
    },
    piece(placed, token) {
      switch (kindOf(placed)) {
        case 'text':
          return [message('token', 'content-delta', placed.index, { content: { text: token } })]
        case 'thinking':
          return [message('token', 'content-delta', placed.index, { content: { thinking: token } })]
        case 'plan':
          return [message('token', 'tool-plan-delta', undefined, { tool_plan: token })]
        case 'call':
          return [
            message('argument', 'tool-call-delta', placed.call, { tool_calls: { function: { arguments: token } } }),
          ]
        case 'secret':
          return []
      }
    },
    end(placed) {
      switch (kindOf(placed)) {
        case 'text':
        case 'thinking':
          return [event('open', { type: 'content-end', index: placed.index })]
        case 'call':
          return [event('open', { type: 'tool-call-end', index: placed.call })]
        case 'plan':
        case 'secret':
          return []
      }
    },
    finish: said =>
      desk.behaving['no-done'] === undefined
        ? [event('usage', { type: 'message-end', delta: { ...finishOf(desk, said), ...usageOf(letter) } })]
        : [],
    close: () => (desk.behaving['no-done'] === undefined ? [done] : []),
  }
}
