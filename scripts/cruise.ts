import { join } from 'node:path'
import { cruise, type IViolation } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'

export type Cruise = { readonly modules: number; readonly violations: readonly IViolation[] }

/** The options in .dependency-cruiser.cjs, which every other tool that reads that file sees too. */
export const floors = await extractOptions(join(import.meta.dir, '../.dependency-cruiser.cjs'))

/** Follows every import below `root`/src and lists those that break the floors' rules. */
export async function cruiseFloors(root: string): Promise<Cruise> {
  const { output } = await cruise(['src'], { ...floors, baseDir: root })
  if (typeof output === 'string') throw new Error(`dependency-cruiser answered with text: ${output}`)
  return { modules: output.summary.totalCruised, violations: output.summary.violations }
}
