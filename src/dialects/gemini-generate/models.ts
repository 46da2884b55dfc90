import type { Effort } from '../../model/chat.ts'
import { generation } from './generation.ts'

/**
 * How a model of Google's can be told to think, for requests in another dialect: the caller's own words were meant for
 * another model. Who speaks this dialect said what it meant, and nothing here is applied to it.
 * From ai.google.dev/gemini-api/docs/generate-content/thinking and docs.cloud.google.com/vertex-ai/generative-ai/docs/thinking
 * (levels and budgets of each model), and from what the API refused: "Thinking level MEDIUM is not supported for this model",
 * "Budget 0 is invalid. This model only works in thinking mode", "Thinking is not enabled for models/…".
 */
export type Traits = {
  /** By a budget in tokens, by a level, or not at all. */
  readonly thinks: 'no' | 'budget' | 'level'
  /** A budget of 0 keeps it from thinking. */
  readonly off: boolean
  /** What a budget may be, beside 0 and as much as the model likes. */
  readonly least: number
  readonly most: number
  /** The levels that it takes, in their order. */
  readonly levels: readonly Effort[]
}

const upToHigh: readonly Effort[] = ['low', 'medium', 'high']
const all: readonly Effort[] = ['minimal', ...upToHigh]

/** Aliases, tuned models, and whoever else speaks this dialect. */
const unknown: Traits = { thinks: 'budget', off: true, least: 1, most: Infinity, levels: all }

type Row = { readonly from: number; readonly family?: string; readonly traits: Partial<Traits> }

/** Each row says what is different from this generation on; the rows before it go on being true. */
const rows: readonly Row[] = [
  { from: 0, traits: { thinks: 'no' } },
  { from: 2.5, traits: { thinks: 'budget' } },
  { from: 2.5, family: 'pro', traits: { off: false, least: 128, most: 32_768 } },
  { from: 2.5, family: 'flash', traits: { most: 24_576 } },
  { from: 2.5, family: 'flash-lite', traits: { least: 512 } },
  { from: 2.5, family: 'image', traits: { thinks: 'no' } },
  { from: 3, traits: { thinks: 'level', off: false, least: 1, most: Infinity } },
  { from: 3, family: 'pro', traits: { levels: ['low', 'high'] } },
  { from: 3, family: 'pro-image', traits: { levels: [] } },
  { from: 3.1, family: 'pro', traits: { levels: upToHigh } },
  { from: 3.1, family: 'image', traits: { levels: ['minimal', 'high'] } },
  { from: 3.7, family: 'flash', traits: { levels: upToHigh } },
  { from: 3.7, family: 'flash-lite', traits: { levels: all } },
  { from: 2.5, family: 'tts', traits: { thinks: 'no' } },
]

export function traitsOf(model: string): Traits {
  const version = generation(model)
  if (version === 0) return unknown
  const reached = rows.filter(({ from, family }) => from <= version && (!family || model.includes(`-${family}`)))
  return Object.assign({}, unknown, ...reached.map(row => row.traits)) as Traits
}
