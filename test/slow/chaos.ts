import { parseArgs } from 'node:util'
import { chaos } from './chaos/run.ts'

/** `npm run chaos`: providers that fail and die, a relay that dies, hundreds of callers, and what is true afterwards. */

const usage = `Usage: npm run chaos -- [--minutes N] [--callers N] [--quick]

  --minutes N   how long callers come (default: 10)
  --callers N   how many at once (default: 300)
  --quick       one minute, the start and the verdict included

Exit status: 0 what callers saw is what the ledger says · 1 it is not · 2 wrong usage`

/** What comes before and after takes ten to twenty more. */
const quickSeconds = 48

function read(args: readonly string[]): { readonly seconds: number; readonly callers: number } | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '10' },
        callers: { type: 'string', default: '300' },
        quick: { type: 'boolean', default: false },
      },
    })
    const asked = {
      seconds: values.quick ? quickSeconds : 60 * Number(values.minutes),
      callers: Number(values.callers),
    }
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
  const checks = await chaos({ ...asked, say: line => console.error(line) })
  for (const { ok, what, value } of checks) console.log(`${ok ? 'ok  ' : 'FAIL'} ${what.padEnd(42)} ${value}`)
  return checks.every(({ ok }) => ok) ? 0 : 1
}

process.exitCode = await main()
