import type { Effort } from '../../model/chat.ts'

/**
 * What a request for a Claude model must heed that is told in another dialect: the caller's own words were meant for
 * another model. Who speaks this dialect said what it meant, and nothing here is applied to it.
 * From platform.claude.com/docs/en/about-claude/models and its pages on thinking, effort and each model's changes.
 */
export type Traits = {
  /** The most tokens that a reply may have; undefined if not known. */
  readonly most: number | undefined
  /** By a budget in tokens, by an effort, by either, or not at all. */
  readonly thinks: 'no' | 'budget' | 'either' | 'effort'
  /** How it is kept from thinking: by saying so, by not asking for it, or not at all. */
  readonly off: 'said' | 'unasked' | 'never'
  readonly efforts: readonly Effort[]
  /** Whether temperature, top_p and top_k may be chosen; `one`: not temperature and top_p together. */
  readonly samples: 'all' | 'one' | 'none'
  /** A tool may be forced upon it. */
  readonly forced: boolean
  /** Takes messages of the system in the middle of a conversation. */
  readonly midSystem: boolean
  /** Knows schemas of the output, and strict tools. */
  readonly schemas: boolean
  /** Goes on with a message of its own that stands last; newer ones refuse it. */
  readonly prefills: boolean
}

const upToHigh: readonly Effort[] = ['low', 'medium', 'high']
const upToMax: readonly Effort[] = [...upToHigh, 'max']
const all: readonly Effort[] = [...upToHigh, 'xhigh', 'max']

/** Others than Anthropic that speak this dialect, and models without a version in their name. */
const unknown: Traits = {
  most: undefined,
  thinks: 'budget',
  off: 'said',
  efforts: [],
  samples: 'all',
  forced: true,
  midSystem: false,
  schemas: true,
  prefills: false,
}

type Row = { readonly from: number; readonly family?: string; readonly traits: Partial<Traits> }

/** Each row says what is different from this version on; the rows before it go on being true. */
const rows: readonly Row[] = [
  { from: 0, traits: { most: 4096, thinks: 'no', off: 'unasked', schemas: false, prefills: true } },
  { from: 3.5, traits: { most: 8192 } },
  { from: 3.7, traits: { most: 64_000, thinks: 'budget', off: 'said' } },
  { from: 4, family: 'opus', traits: { most: 32_000 } },
  { from: 4.1, traits: { samples: 'one', schemas: true } },
  { from: 4.5, traits: { most: 64_000, efforts: upToHigh } },
  { from: 4.6, traits: { most: 128_000, thinks: 'either', efforts: upToMax, prefills: false } },
  { from: 4.7, traits: { thinks: 'effort', off: 'unasked', efforts: all, samples: 'none' } },
  { from: 4.8, traits: { midSystem: true } },
  { from: 5, traits: { off: 'said' } },
  { from: 5, family: 'fable', traits: { off: 'never' } },
  { from: 5, family: 'mythos', traits: { off: 'never' } },
  { from: 5.1, traits: { off: 'never', forced: false } },
  { from: 5.5, family: 'haiku', traits: { off: 'said' } },
]

/** `claude-opus-4-1-20250805`, `claude-3-7-sonnet-latest`, `anthropic.claude-sonnet-4-5-v1:0`, `claude-haiku-4.5`. */
const named = /claude-(?:(?<family>[a-z]+)-)?(?<major>\d)(?:[-.](?<minor>\d)(?!\d))?/

export function traitsOf(model: string): Traits {
  const groups = named.exec(model)?.groups
  if (!groups?.major) return unknown
  const version = Number(`${groups.major}.${groups.minor ?? 0}`)
  const reached = rows.filter(({ from, family }) => from <= version && (!family || model.includes(family)))
  return Object.assign({}, unknown, ...reached.map(row => row.traits)) as Traits
}
