import { TEXT_LENGTHS, textOf, WORDS } from '../content.ts'
import { SPOKEN } from '../dialects/all.ts'
import type { Spoken } from '../dialects/dialect.ts'
import { chunk, LAST_CHUNK, sized, streamHead } from './http.ts'

/** Everything that the mock says at once, in every dialect, as bytes: made before anybody asks. */
export type Replies = {
  readonly spoken: Spoken
  whole(model: string): Buffer
  /** In two writes, as a provider's last events come. */
  halves(usage: boolean): readonly [Buffer, Buffer]
}

export const REPLIES: readonly Replies[] = SPOKEN.map(spoken => {
  const wholes = new Map(
    Object.keys(TEXT_LENGTHS).map(model => [model, sized(JSON.stringify(spoken.whole(textOf(model))))]),
  )
  const usual = sized(JSON.stringify(spoken.whole(textOf(''))))
  const [plain, withUsage] = [false, true].map(usage => halvesOf(spoken, usage))
  return {
    spoken,
    whole: model => wholes.get(model) ?? usual,
    halves: usage => (usage ? withUsage : plain) ?? [LAST_CHUNK, LAST_CHUNK],
  }
})

function halvesOf(spoken: Spoken, usage: boolean): readonly [Buffer, Buffer] {
  const { opening, words, closing } = spoken.frames(WORDS, { usage })
  const chunks = [...opening, ...words, ...closing].map(chunk)
  return [
    Buffer.concat([streamHead(spoken.contentType), ...chunks.slice(0, 10)]),
    Buffer.concat([...chunks.slice(10), LAST_CHUNK]),
  ]
}
