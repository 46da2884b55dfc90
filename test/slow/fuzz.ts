import { parseArgs } from 'node:util'
import { type Asked, fuzz, retry, type Verdict } from './fuzz/watch.ts'

/** `npm run fuzz`: requests, replies and streams that are damaged in every way, through every pair of dialects. */

const usage = `Usage: npm run fuzz -- [--cases N] [--seed N] [--case N]

  --cases N   how many (default: 100000)
  --seed N    the same seed hurts the same things in the same way (default: another each time)
  --case N    this one alone, and what it was made of

One case in ten goes through the running relay, over sockets.

Exit status: 0 nothing but refusals and explicit errors came of it · 1 something else did · 2 wrong usage`

type Wish = Asked & { readonly alone: number | undefined }

function read(args: readonly string[]): Wish | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { cases: { type: 'string' }, seed: { type: 'string' }, case: { type: 'string' } },
    })
    const cases = Number(values.cases ?? 100_000)
    const seed = Number(values.seed ?? Date.now() % 1_000_000)
    const alone = values.case === undefined ? undefined : Number(values.case)
    return [cases, seed, alone ?? 0].every(each => Number.isInteger(each) && each >= 0)
      ? { cases, seed, alone }
      : undefined
  } catch {
    // What the parser says of an unknown option is said by the usage too.
    return undefined
  }
}

const say = (line: string): void => console.error(line)

async function again(seed: number, number: number): Promise<Verdict> {
  const { tried, ...verdict } = await retry(seed, number)
  say(tried.input)
  return verdict
}

async function main(): Promise<number> {
  const wish = read(process.argv.slice(2))
  if (!wish) {
    console.error(usage)
    return 2
  }
  const { seed, alone } = wish
  const { findings, tally } = alone === undefined ? await fuzz(wish, say) : await again(seed, alone)
  for (const [name, cases] of [...tally].toSorted(([one], [other]) => one.localeCompare(other)))
    console.log(`${String(cases).padStart(7)} ${name}`)
  for (const { number, what, complaint } of findings)
    console.log(`FAIL ${what}: ${complaint}\n     again: npm run fuzz -- --seed ${seed} --case ${number}`)
  console.log(
    `${findings.length === 0 ? 'ok  ' : 'FAIL'} ${alone === undefined ? `${wish.cases} cases` : `case ${alone}`} of seed ${seed}`,
  )
  return findings.length === 0 ? 0 : 1
}

process.exitCode = await main()
