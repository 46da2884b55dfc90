import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { JsonObject } from '../../model/json.ts'
import type { RequestReader } from '../dialect.ts'
export const nouns: RequestReader['nouns'] = {}
export function understand(_body: JsonObject): Chat {
  throw new Fault('internal', 'not yet')
}
