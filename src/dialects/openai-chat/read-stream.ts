import { Fault } from '../../model/fault.ts'
import type { StreamReader } from '../dialect.ts'
export function reader(_maker: string): StreamReader {
  throw new Fault('internal', 'not yet')
}
