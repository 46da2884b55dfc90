/** What Claude takes for a budget of thoughts at the least. */
const leastBudget = 1024

/**
 * The budget of thoughts that a reply of this length has room for; undefined if it has none. Thoughts count towards the
 * length, and the budget has to be "≥1024 and less than `max_tokens`" (platform.claude.com/docs/en/api/messages/create): where
 * they would fill it they leave a quarter for the answer.
 */
export function fittingBudget(budget: number, length: number | undefined): number | undefined {
  const wanted = Math.max(leastBudget, budget)
  if (length === undefined || wanted < length) return wanted
  const share = Math.max(leastBudget, Math.floor((length * 3) / 4))
  return share < length ? share : undefined
}
