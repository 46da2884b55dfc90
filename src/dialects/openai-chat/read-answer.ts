import type { Answer } from '../../model/answer.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
export function readAnswer(_body: JsonObject, _wire: string, _maker: string): Answer {
  throw new Fault('internal', 'not yet')
}
