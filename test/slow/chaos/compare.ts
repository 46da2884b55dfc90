import type { Row } from '../../fakes/ledger.ts'
import type { Story, Tokens } from './story.ts'

/**
 * In what a row differs from what its caller saw, and what it saw from what is right: a sentence each. `asked` is what
 * providers did when they were asked for it.
 */
export function complaintsOf(story: Story, row: Row, asked: readonly string[]): readonly string[] {
  const { wrong, lacks } = story
  return [
    ...(wrong === undefined ? [] : [wrong]),
    ...(lacks === undefined || asked.some(does => leavesOut[lacks].test(does)) ? [] : [`its end has no ${lacks}`]),
    ...ofItsEnding(story, row),
  ]
}

/** What a provider does not say is not made up where its bytes are handed on. */
const leavesOut = {
  reason: /(^|,)no-finish/,
  mark: /(^|,)(no-done|no-finish|heartbeat|close|half-frame|cut|drop|stall|malformed)/,
} as const

function ofItsEnding(story: Story, row: Row): readonly string[] {
  switch (story.ending) {
    case 'whole':
      return [...ofThoseWhoWaited(story, row), ...ofWhole(story, row)]
    case 'failed':
      // The event that tells of the failure is not counted, the provider's own is.
      return [...ofThoseWhoWaited(story, row), ...ofFailure(story, row), ...atMost('bytes', row.bytes_out, story.bytes)]
    case 'refused':
      return [...ofThoseWhoWaited(story, row), ...ofFailure(story, row)]
    case 'left':
    case 'broke':
      // Some bytes were still on their way. A status is told before the row's is known.
      return story.status === 200 ? atMost('bytes', story.closedAt ?? story.bytes, row.bytes_out) : []
  }
}

const ofThoseWhoWaited = (story: Story, row: Row): readonly string[] => [
  ...differs('status', story.status, row.status),
  ...differs('dialect', story.errand.endpoint.tongue.id, row.dialect),
  // Who is turned away before the body is read is not known to have wanted a stream.
  ...(row.attempts.length === 0 ? [] : differs('a stream', story.errand.stream, row.stream)),
  ...(row.attempts.length === 0 ? [] : differs('model', story.errand.model, row.model_asked)),
  ...(row.attempts.length > 0 || mayBeWithoutTry(story, row) ? [] : ['no try is told']),
  ...(row.attempts.some(({ outcome }) => outcome === 'client_closed')
    ? ['a try was not stopped, or not told how']
    : []),
]

/** For want of a place, or because another's reply was to be its own. */
const mayBeWithoutTry = ({ errand: { key, alike } }: Story, { code }: Row): boolean =>
  key !== undefined || alike || code === 'overloaded' || code === 'no_target'

/** A provider's own words, in its caller's dialect, are repeated as they are and name no code of ours. */
const ofFailure = ({ code }: Story, row: Row): readonly string[] => [
  ...(row.code === 'ok' ? ['the row says that all is well'] : []),
  ...(code === '' ? [] : differs('code', code, row.code)),
  ...(row.code === 'client_closed' ? ['the row says that its caller left'] : []),
]

const ofWhole = (story: Story, row: Row): readonly string[] => [
  ...differs('code', 'ok', row.code),
  // The row is written before the closing mark leaves: comments behind it are not in it.
  ...atMost('bytes', story.closedAt ?? story.bytes, row.bytes_out),
  ...atMost('bytes', row.bytes_out, story.bytes),
  ...(row.attempts.length === 0 ? ofShared(story, row) : ofOwn(story, row)),
]

/** Nobody was asked for it: it is another's reply, and costs nothing. */
const ofShared = ({ errand: { key }, replayed }: Story, { usage, cost_usd }: Row): readonly string[] => [
  ...(key === undefined || replayed ? [] : ['nobody was asked, and it was not told whose reply that is']),
  ...(usage === null ? [] : ["another's tokens are in the row"]),
  ...differs('a cost', 'of 0', `of ${cost_usd}`),
]

function ofOwn({ tokens, replayed }: Story, row: Row): readonly string[] {
  return [
    ...(replayed ? ["it was told that this is another's reply"] : []),
    ...(row.attempts.some(({ outcome }) => outcome === 'ok') ? [] : ['no try was answered']),
    ...ofTokens(tokens, row),
    ...ofCost(row),
  ]
}

function ofTokens(tokens: Tokens | undefined, { usage, attempts }: Row): readonly string[] {
  const inRow = usage && {
    prompt: usage.input + usage.cache_read + usage.cache_write,
    completion: usage.output + usage.reasoning,
  }
  // Of a reply that was told in parts the whole is unknown, and so is the row's, where the last part did not say.
  if (!inRow && attempts.some(({ part }) => part)) return []
  return [
    ...countDiffers('prompt', tokens?.prompt, inRow?.prompt),
    ...countDiffers('reply', tokens?.completion, inRow?.completion),
  ]
}

/** A dialect that must have a number says 0 where nobody knows. */
const countDiffers = (of: string, told: number | undefined, written: number | undefined): readonly string[] =>
  (told ?? 0) === (written ?? 0) ? [] : [`tokens of the ${of}: ${told} to the caller, ${written} in the row`]

/** Dollars for a million tokens, of every provider here. */
export const price = { input: 1, output: 2 }

/** What it cost cannot be less than its tokens do; it is more where tries were paid for that nobody heard. */
function ofCost({ usage, cost_usd, attempts }: Row): readonly string[] {
  if (usage === null || cost_usd === null) return usage === null ? [] : ['its tokens are known, and not their cost']
  const tokens = usage.input + usage.cache_read + usage.cache_write
  const least = (tokens * price.input + (usage.output + usage.reasoning) * price.output) / 1e6
  const beside = attempts.some(each => each.usage !== null && !each.part && each.outcome !== 'ok')
  const more = Number(cost_usd) - least
  return more > -1e-10 && (beside || more < 1e-10) ? [] : [`tokens for ${least} dollars, and a cost of ${cost_usd}`]
}

const differs = (what: string, callers: unknown, rows: unknown): readonly string[] =>
  callers === rows ? [] : [`${what}: ${String(callers)} to the caller, ${String(rows)} in the row`]

const atMost = (what: string, less: number, more: number): readonly string[] =>
  less <= more ? [] : [`${what}: ${less}, where there were ${more} at most`]
