import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { page } from '../test/translation/page.ts'

/** Prints how many recordings each pair of dialects is proved by, and keeps it in the documentation. */
const path = join(import.meta.dir, '../docs/translation-matrix.md')
if (existsSync(join(import.meta.dir, '../../shared/corpus'))) {
  const text = await page()
  writeFileSync(path, text)
  process.stdout.write(text)
} else {
  process.stderr.write('The recordings do not lie beside this repository: ../shared/corpus.\n')
  process.exitCode = 1
}
