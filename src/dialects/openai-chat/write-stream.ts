import { Fault } from '../../model/fault.ts'
import type { Making, StreamWriter } from '../dialect.ts'
export function writer(_making: Making): StreamWriter {
  throw new Fault('internal', 'not yet')
}
