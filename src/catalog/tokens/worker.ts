import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { cut } from './cut.ts'

/** Counts beside the event loop: loading the vocabulary alone takes several hundred milliseconds. */

declare const self: Worker

/** What a user writes is text, also where it looks like a mark of the tokenizer's own. */
const plain = { disallowedSpecial: new Set<string>() }

self.onmessage = ({ data }: MessageEvent<{ readonly id: number; readonly texts: readonly string[] }>) => {
  let tokens = 0
  for (const text of data.texts) for (const piece of cut(text)) tokens += countTokens(piece, plain)
  self.postMessage({ id: data.id, tokens })
}
