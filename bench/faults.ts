import { WORDS } from './content.ts'
import type { Asked } from './dialects/dialect.ts'

/** What is wrong with a whole reply, in a few words; undefined when it says all that the mock said. */
export function faultOfWhole(asked: Asked, body: string, text: string): string | undefined {
  return asked.text(JSON.parse(body)) === text ? undefined : `another content: ${body.slice(0, 300)}`
}

/** What is wrong with a stream: its end is missing, or a word is missing, changed, out of place or told too often. */
export function faultOfStream(asked: Asked, body: string): string | undefined {
  if (!asked.ends.test(body)) return `no end: ${body.slice(-300)}`
  const said = body.match(/ word-\d+/g) ?? []
  const wanted = Array.from({ length: asked.tells }, () => WORDS).flat()
  return said.join() === wanted.join() ? undefined : `other words: ${said.join()}`
}
