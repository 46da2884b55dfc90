import type { Chat, Effort, Message } from '../../model/chat.ts'
import { budgetOf, effortOf } from '../../model/effort.ts'
import type { JsonObject } from '../../model/json.ts'
import { opened } from '../../model/sealed.ts'
import { fittingBudget } from '../claude-budget.ts'
import type { Aim } from '../dialect.ts'
import { dialectId } from './id.ts'

/** What a Claude model is told of a wish to think, and what may not stand beside it. */
export type Claude = {
  readonly fields?: JsonObject
  readonly effort?: string
  /** What of the wish has no place in this request. */
  readonly unheard?: 'reasoning' | 'reasoning.budget'
  /** Sampling that the model refuses. */
  readonly unsampled: readonly ('temperature' | 'topP' | 'topK')[]
}

/** From here on Claude decides by itself how much to think, and is only told an effort. */
const adaptiveSince = 4.06
/** From here on it takes no sampling (platform.claude.com/docs/en/api/messages/create, "temperature"). */
const unsampledSince = 4.07
/** From here on it takes a temperature or a `top_p`, not both. */
const eitherSince = 4.01

/**
 * The longest replies, from which version on: who asks for more is refused ("The maximum tokens you requested exceeds the
 * model limit of 4096"). As at Anthropic (platform.claude.com/docs/en/about-claude/models), but for 3.7, which goes up to
 * 128K on Bedrock (docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-37.html).
 */
const lengths: readonly { readonly from: number; readonly family?: string; readonly most: number }[] = [
  { from: 3, most: 4096 },
  { from: 3.05, most: 8192 },
  { from: 3.07, most: 131_072 },
  { from: 4, most: 64_000 },
  { from: 4, family: 'opus', most: 32_000 },
  { from: 4.05, most: 64_000 },
  { from: 4.06, most: 128_000 },
]

/** The longest reply of a Claude model; undefined where its name has no version. */
export function longestOf(model: string): number | undefined {
  const version = versionOf(model)
  if (!Number.isFinite(version)) return undefined
  return lengths.findLast(({ from, family = '' }) => from <= version && model.includes(family))?.most
}

/**
 * Claude's own rules, which Bedrock passes on as refusals: thoughts need a budget below the reply's length, cannot begin
 * in the middle of a tool's turn, and go together neither with a forced tool nor with sampling.
 */
export function claude(chat: Chat, aim: Aim): Claude {
  const version = versionOf(aim.model)
  const wish = wishOf(chat, version, aim)
  const thinks = wish.type === 'enabled' || wish.type === 'adaptive'
  const unsampled = version >= unsampledSince || thinks ? sampling(chat) : version >= eitherSince ? bothOf(chat) : []
  if (wish.type === 'silent') return { unsampled }
  if (wish.type === 'unheard') return { unsampled, unheard: 'reasoning' }
  const { effort, ...thinking } = wish
  const fewer = wish.type === 'enabled' && wish.budget_tokens < (chat.reasoning?.budget ?? 0)
  return {
    unsampled,
    fields: { thinking },
    ...(effort === undefined ? {} : { effort }),
    ...(fewer ? { unheard: 'reasoning.budget' } : {}),
  }
}

/**
 * `claude-opus-4-5-20251101` is 4.05, and so on; a date is no version. What has none is newer than this table, but for the
 * oldest, which cannot think anyway.
 */
function versionOf(model: string): number {
  const [, major, minor = '0'] = /claude-(?:[a-z]+-)?(\d+)(?:-(\d{1,2}))?(?!\d)/.exec(model) ?? []
  return major === undefined ? Number.POSITIVE_INFINITY : Number(major) + Number(minor) / 100
}

type Wish =
  | { readonly type: 'silent' | 'unheard' | 'disabled'; readonly effort?: undefined }
  | { readonly type: 'adaptive'; readonly effort?: string; readonly display?: string }
  | { readonly type: 'enabled'; readonly effort?: undefined; readonly budget_tokens: number }

function wishOf(chat: Chat, version: number, { provider, model }: Aim): Wish {
  const { reasoning } = chat
  const budget = reasoning && budgetOf(reasoning)
  if (reasoning === undefined) return { type: 'silent' }
  if (budget === 0) return { type: version >= adaptiveSince ? 'disabled' : 'silent' }
  if (isForced(chat) || isMidway(chat.messages, `${provider}/${model}`)) return { type: 'unheard' }
  if (version >= adaptiveSince) return adaptive(chat, version)
  return budget === undefined ? { type: 'silent' } : budgeted(budget, chat.maxTokens ?? longestOf(model))
}

const isForced = ({ toolChoice }: Chat): boolean =>
  toolChoice?.type === 'required' || toolChoice?.type === 'tool' || (toolChoice?.type === 'only' && toolChoice.required)

/** A tool was called and has answered, and the call came without this model's thoughts: its turn cannot go on with any. */
function isMidway(messages: readonly Message[], maker: string): boolean {
  const last = messages.findLast(({ role }) => role === 'assistant')
  const after = last && messages.slice(messages.indexOf(last) + 1)
  const answered = after?.some(({ parts }) => parts.some(({ type }) => type === 'tool-result'))
  const thought = last?.parts.some(
    part => part.type === 'reasoning' && opened(part.seal, dialectId, maker) !== undefined,
  )
  return answered === true && thought !== true
}

function adaptive({ reasoning }: Chat, version: number): Wish {
  const effort = reasoning && effortOf(reasoning)
  const display = reasoning?.shown === false ? 'omitted' : wantsThoughts(reasoning) ? 'summarized' : undefined
  return {
    type: 'adaptive',
    ...(effort === undefined ? {} : { effort: effortName(effort, version) }),
    ...(display === undefined ? {} : { display }),
  }
}

const wantsThoughts = (reasoning: Chat['reasoning']): boolean =>
  reasoning?.shown === true || reasoning?.summary !== undefined

function effortName(effort: Effort, version: number): string {
  if (effort === 'minimal' || effort === 'none') return 'low'
  return effort === 'xhigh' && version < unsampledSince ? 'high' : effort
}

/** "As much as it likes" has to be a number here; what `high` amounts to. */
function budgeted(budget: number, length: number | undefined): Wish {
  const wanted = budget < 0 ? (budgetOf({ effort: 'high' }) ?? 0) : budget
  const budget_tokens = fittingBudget(wanted, length)
  return budget_tokens === undefined ? { type: 'unheard' } : { type: 'enabled', budget_tokens }
}

/** A temperature of 1 and a `top_p` of 1 are what it does anyway, and are taken. */
function sampling({ temperature = 1, topP = 1, topK }: Chat): Claude['unsampled'] {
  return [
    ...(temperature === 1 ? [] : (['temperature'] as const)),
    ...(topP === 1 ? [] : (['topP'] as const)),
    ...(topK === undefined ? [] : (['topK'] as const)),
  ]
}

const bothOf = ({ temperature, topP }: Chat): Claude['unsampled'] =>
  temperature === undefined || topP === undefined ? [] : ['topP']
