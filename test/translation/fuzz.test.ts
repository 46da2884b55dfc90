import { expect, setDefaultTimeout, test } from 'bun:test'
import { findingsIn } from '../slow/fuzz/outcome.ts'
import { closeRelay, isRelayed, openRelay, tryRelayed } from '../slow/fuzz/relayed.ts'
import { tryOut } from '../slow/fuzz/run.ts'
import { stock } from '../slow/fuzz/stock.ts'

/** The short form of `npm run fuzz`, with another seed each time. */

setDefaultTimeout(60_000)

const seed = Date.now() % 1_000_000
const whole = stock(seed)
const numbers = Array.from({ length: 660 }, (_, number) => number)

test('of what is damaged nothing comes but refusals and explicit errors, in every pair of dialects', () => {
  const findings = numbers
    .filter(number => !isRelayed(number))
    .flatMap(number => findingsIn(tryOut(whole, seed, number)))
  expect({ seed, findings }).toEqual({ seed, findings: [] })
})

test('nor through the running relay', async () => {
  const relay = await openRelay(whole)
  const findings = []
  try {
    for (const number of numbers.filter(isRelayed)) findings.push(...findingsIn(await tryRelayed(relay, seed, number)))
  } finally {
    findings.push(...(await closeRelay(relay)))
  }
  expect({ seed, findings }).toEqual({ seed, findings: [] })
})

test('the same seed hurts the same things in the same way', () => {
  const again = stock(seed)
  for (const number of numbers.slice(0, 60)) expect(tryOut(again, seed, number)).toEqual(tryOut(whole, seed, number))
})

test('another seed hurts others', () => {
  const inputs = (of: number) => numbers.slice(0, 60).map(number => tryOut(whole, of, number).input)
  expect(inputs(seed + 1)).not.toEqual(inputs(seed))
})
