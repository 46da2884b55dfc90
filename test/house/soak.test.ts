import { expect, test } from 'bun:test'
import { soak } from '../slow/soak/run.ts'

test.skipIf(process.platform !== 'linux')(
  'after ten seconds of a mixed crowd nothing is lost, left behind or told otherwise than it was',
  async () => {
    const checks = await soak({ seconds: 10, callers: 60, say: () => undefined })
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
  },
  120_000,
)
