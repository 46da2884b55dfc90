/** A script with its two ways of being written down. */

import type { Desk, Spoken } from './dialect.ts'
import { type Pen, recite } from './recite.ts'
import type { Script } from './script.ts'

type Writing = {
  readonly desk: Desk
  readonly script: Script
  readonly stream: boolean
  whole(): string
  pen(): Pen
}

export const spoken = ({ desk, script, stream, whole, pen }: Writing): Spoken => ({
  stream,
  tokens: script.usage.prompt + script.usage.completion,
  said: script.usage.completion,
  whole,
  notes: () => recite(script, pen(), desk.behaving),
})
