import type { Effort, HalfNoun, Noun, Reasoning } from '../model/chat.ts'
import { effortOf } from '../model/effort.ts'

/**
 * How much OpenAI's models can be told to think: any other effort is a 400 that names the ones they know. From the pages of
 * the models and of reasoning at developers.openai.com/api/docs, and from what the API said of each
 * (community.openai.com/t/1371738, openai/codex#6647, egoist/chatwise-releases#1257, anomalyco/opencode#26273 and #36141).
 */
type Row = { readonly named: RegExp; readonly efforts: readonly Effort[] }

const thinking: readonly Effort[] = ['low', 'medium', 'high']

/** The first row that fits. What none fits is unknown, and is told what the caller wishes. */
const rows: readonly Row[] = [
  { named: /^(?:ft:)?(?:gpt-[34]|chatgpt-)/, efforts: [] },
  { named: /^gpt-5-(?:chat|search-api)/, efforts: [] },
  { named: /^gpt-5\.[12]-chat/, efforts: ['medium'] },
  { named: /^gpt-5-pro/, efforts: ['high'] },
  { named: /^gpt-5\.[24]-pro/, efforts: ['medium', 'high', 'xhigh'] },
  { named: /^gpt-5(?:\.1)?-codex(?!-max)/, efforts: thinking },
  { named: /^gpt-5\.[123]-codex/, efforts: [...thinking, 'xhigh'] },
  { named: dated('gpt-5(?:-mini|-nano)?'), efforts: ['minimal', ...thinking] },
  { named: dated('gpt-5\\.1'), efforts: ['none', ...thinking] },
  { named: dated('gpt-5\\.[245](?:-mini|-nano)?'), efforts: ['none', ...thinking, 'xhigh'] },
  { named: dated('gpt-5\\.6(?:-sol|-terra|-luna)?'), efforts: ['none', ...thinking, 'xhigh', 'max'] },
  { named: /^o1-(?:mini|preview)/, efforts: [] },
  { named: /^o\d(?:-mini)?-deep-research/, efforts: ['medium'] },
  { named: /^(?:ft:)?(?:o[134](?:-mini|-pro)?(?:-\d|$|:)|codex-mini-latest)/, efforts: thinking },
]

/** The name itself, or that of one of its dated versions. */
function dated(name: string): RegExp {
  return new RegExp(`^${name}(?:-\\d{4}-\\d\\d-\\d\\d)?$`)
}

/** The efforts that a model knows, `[]` if it does not think; undefined if it is not known here. Routers name the maker first. */
export function effortsOf(model: string): readonly Effort[] | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return rows.find(({ named }) => named.test(name))?.efforts
}

/** What a model is told of a wish to think, and what of the wish is told otherwise or not at all. */
export type Fitted = { readonly effort: Effort | undefined; readonly lost: readonly (Noun | HalfNoun)[] }

/** The effort that a wish amounts to for this model: itself, or the nearest that the model knows. */
export function fittedEffort(reasoning: Reasoning, model: string): Fitted {
  const wished = effortOf(reasoning)
  const known = effortsOf(model)
  if (known?.length === 0) return { effort: undefined, lost: asksToThink(reasoning) ? [halfOf(reasoning)] : [] }
  if (wished === undefined || known === undefined || known.includes(wished)) return { effort: wished, lost: [] }
  return { effort: nearest(wished, known), lost: [halfOf(reasoning)] }
}

/** Who does not think has nothing to be kept from. */
const asksToThink = ({ effort, budget }: Reasoning): boolean =>
  effort === undefined ? budget !== undefined && budget !== 0 : effort !== 'none'

/** Other dialects have a word of its own for not thinking at all, which is no effort there. */
const halfOf = ({ effort }: Reasoning): Noun | HalfNoun =>
  effort === undefined ? 'reasoning.budget' : effort === 'none' ? 'reasoning' : 'reasoning.effort'

const ladder: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']

/** The next lower one that the model knows, or its lowest. Who wishes for some thinking is not told none. */
function nearest(wished: Effort, known: readonly Effort[]): Effort | undefined {
  const lower = ladder.slice(0, ladder.indexOf(wished)).findLast(each => each !== 'none' && known.includes(each))
  return lower ?? ladder.find(each => each !== 'none' && known.includes(each))
}
