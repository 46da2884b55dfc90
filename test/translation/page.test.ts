import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chatExchanges } from './exchanges.ts'
import { page } from './page.ts'

const path = join(import.meta.dir, '../../docs/translation-matrix.md')

test.skipIf(chatExchanges().length === 0)(
  'docs/translation-matrix.md is what `npm run matrix` makes (skipped where ../shared/corpus is absent)',
  async () => {
    expect(readFileSync(path, 'utf8')).toBe(await page())
  },
)
