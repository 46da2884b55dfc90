import { Fault } from '../model/fault.ts'

/** The fault with which something is refused. */
export function faultOf(act: () => unknown): Fault {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}
