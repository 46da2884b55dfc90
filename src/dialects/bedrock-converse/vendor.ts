import type { JsonObject } from '../../model/json.ts'

/**
 * What differs between the makers of Bedrock's models: a model's id names its maker (`us.anthropic.claude-…`). Of a model
 * whose maker cannot be seen (an application's own profile) nothing is known, and nothing extra is asked of it.
 */
export type Vendor = {
  readonly start: string
  /** Refuses white space at the end of the beginning of its reply ("final assistant content cannot end with trailing whitespace"). */
  readonly trimmed?: boolean
  /** Keeps prompts up to a mark; others refuse the marks. */
  readonly caches?: boolean
  /** Its own name for sampling among so many tokens. */
  readonly topK?: (k: number) => JsonObject
  /** Tools that it runs itself, by what they do. */
  readonly systemTools?: Readonly<Record<string, string>>
}

const vendors: readonly Vendor[] = [
  { start: 'anthropic.', trimmed: true, caches: true, topK: k => ({ top_k: k }) },
  {
    start: 'amazon.nova',
    caches: true,
    topK: k => ({ inferenceConfig: { topK: k } }),
    systemTools: { 'code-execution': 'nova_code_interpreter', 'web-search': 'nova_grounding' },
  },
  { start: 'amazon.titan' },
  { start: 'ai21.' },
  { start: 'cohere.', topK: k => ({ k }) },
  { start: 'deepseek.' },
  { start: 'google.' },
  { start: 'meta.' },
  { start: 'mistral.', topK: k => ({ top_k: k }) },
  { start: 'openai.' },
  { start: 'qwen.' },
]

const unseen: Vendor = { start: '', caches: true }

/** The maker of a model, whether it is named by an id, a profile across regions or an ARN that repeats the id. */
export const vendorOf = (model: string): Vendor => vendors.find(({ start }) => names(model, start)) ?? unseen

/** Whether a model's id, behind a region or in an ARN, begins so. */
export const names = (model: string, start: string): boolean =>
  model.startsWith(start) || model.includes(`.${start}`) || model.includes(`/${start}`)
