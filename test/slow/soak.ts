import { parseArgs } from 'node:util'
import { soak } from './soak/run.ts'

/** `npm run soak`: hours of mixed callers against a relay of their own, and what is left of them. */

const usage = `Usage: npm run soak -- [--minutes N] [--callers N] [--quick]

  --minutes N   how long callers come (default: 60)
  --callers N   how many at once (default: 100)
  --quick       45 seconds

Exit status: 0 nothing was lost or left behind · 1 something was · 2 wrong usage`

function read(args: readonly string[]): { readonly seconds: number; readonly callers: number } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '60' },
        callers: { type: 'string', default: '100' },
        quick: { type: 'boolean', default: false },
      },
    })
    const asked = { seconds: values.quick ? 45 : 60 * Number(values.minutes), callers: Number(values.callers) }
    return asked.seconds > 0 && Number.isInteger(asked.callers) && asked.callers > 0 ? asked : undefined
  } catch {
    // What the parser says of an unknown option is said by the usage too.
    return undefined
  }
}

async function main(): Promise<number> {
  const asked = read(process.argv.slice(2))
  if (!asked) {
    console.error(usage)
    return 2
  }
  const checks = await soak({ ...asked, say: line => console.error(line) })
  for (const { ok, what, value } of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${what.padEnd(38)} ${value}`)
  return checks.every(({ ok }) => ok) ? 0 : 1
}

process.exitCode = await main()
