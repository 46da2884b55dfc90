import { join } from 'node:path'
import { cruiseFloors } from './cruise.ts'

/**
 * `npm run floors`: says which import breaks which rule, and exits 1 if one does. So it does when no module was
 * seen: without a parser for TypeScript the cruiser finds nothing and calls that a success.
 */
const { modules, violations } = await cruiseFloors(process.argv[2] ?? join(import.meta.dir, '..'))

for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} imports ${to}`)
if (modules === 0) console.error('no module was cruised: is @swc/core installed?')
if (modules === 0 || violations.length > 0) process.exit(1)
console.log(`floors: ${modules} modules, every import goes down.`)
