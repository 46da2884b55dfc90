import type { Chat, Effort } from '../../model/chat.ts'
import { effortOf } from '../../model/effort.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Aim } from '../dialect.ts'
import { type Claude, claude } from './claude.ts'
import { names } from './vendor.ts'

/** How a wish to think is put to a model: in a field of the model's own, and for Claude by an effort of Converse's. */
export type Thinking = Omit<Claude, 'unsampled'> & Partial<Pick<Claude, 'unsampled'>>

const unheard: Thinking = { unheard: 'reasoning' }

/** What the target makes of `reasoning`, and of the sampling that does not go together with it. */
export function think(chat: Chat, aim: Aim): Thinking {
  const { model } = aim
  if (names(model, 'anthropic.')) return claude(chat, aim)
  if (chat.reasoning === undefined) return {}
  const effort = effortOf(chat.reasoning)
  if (names(model, 'amazon.nova-2')) return nova(effort)
  return names(model, 'openai.gpt-oss') ? gptOss(effort) : unheard
}

const threeSteps: Readonly<Record<Exclude<Effort, 'none'>, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
}

/** docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html */
function nova(effort: Effort | undefined): Thinking {
  if (effort === 'none') return { fields: { reasoningConfig: { type: 'disabled' } } }
  const asked: JsonObject = effort === undefined ? {} : { maxReasoningEffort: threeSteps[effort] }
  return { fields: { reasoningConfig: { type: 'enabled', ...asked } } }
}

/** It cannot be kept from thinking. */
const gptOss = (effort: Effort | undefined): Thinking =>
  effort === undefined || effort === 'none' ? unheard : { fields: { reasoning_effort: threeSteps[effort] } }
