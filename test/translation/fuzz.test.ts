import { expect, test } from 'bun:test'
import { tryOut } from '../slow/fuzz/run.ts'
import { stock } from '../slow/fuzz/stock.ts'

/** The short form of `npm run fuzz`, with another seed each time. */
test('of what is damaged nothing comes but refusals and explicit errors, in every pair of dialects', async () => {
  const seed = Date.now() % 1_000_000
  const whole = await stock(seed)
  const findings = Array.from({ length: 600 }, (_, number) => tryOut(whole, seed, number)).flat()
  expect({ seed, findings }).toEqual({ seed, findings: [] })
}, 60_000)
