import type { Chat } from '../../model/chat.ts'
import { Fault } from '../../model/fault.ts'
import type { Aim, Composed } from '../dialect.ts'
export function compose(_chat: Chat, _aim: Aim): Composed {
  throw new Fault('internal', 'not yet')
}
export const takesUrls = (kind: 'image' | 'document' | 'audio' | 'video'): boolean => kind === 'image'
