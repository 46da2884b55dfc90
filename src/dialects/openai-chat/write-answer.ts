import type { Answer } from '../../model/answer.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Making } from '../dialect.ts'
export function writeAnswer(_answer: Answer, _making: Making): JsonObject {
  throw new Fault('internal', 'not yet')
}
