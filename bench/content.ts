/**
 * What the mock upstream says, in whichever dialect, and what a reply that came through a gateway must still say. Both
 * ends read this file, so a gateway that loses a word is found out and not merely fast.
 */
export const MODEL = 'gpt-bench'

/** The length of a whole reply's text by the model's name; in OpenAI's chat it makes 0.9, 10 and 100 KB of JSON. */
export const TEXT_LENGTHS: Readonly<Record<string, number>> = {
  [MODEL]: 595,
  [`${MODEL}-10k`]: 9695,
  [`${MODEL}-100k`]: 99_695,
}

/** The text of a whole reply: a model that is not listed says as much as the first. */
export const textOf = (model: string): string => filler(TEXT_LENGTHS[model] ?? TEXT_LENGTHS[MODEL] ?? 0)

/** A stream under this name sends an event every so many milliseconds. */
export function pacedModel(everyMs: number): string {
  return `${MODEL}-paced-${everyMs}`
}

export function paceOf(model: string): number | undefined {
  const [, every] = /-paced-(\d+)/.exec(model) ?? []
  return every === undefined ? undefined : Number(every)
}

/** Text of exactly so many characters, all one byte each and none of them escaped in JSON. */
export function filler(length: number): string {
  const words = 'The relay hears every signal, weighs it, and passes on what belongs where it belongs. '
  return words.repeat(Math.ceil(length / words.length)).slice(0, length)
}

/** What a stream says, an event each. */
export const WORDS: readonly string[] = Array.from({ length: 18 }, (_, place) => ` word-${place}`)

/** What every reply says that it used. */
export const USED = { input: 60, output: 20 } as const

/** When every reply says that it was made, in seconds since 1970. */
export const BORN = 1_750_000_000

/** A wall clock that two processes share, to the microsecond, in a fixed width: a reply's length must not vary. */
export function stampNow(): string {
  return `@${clock().toFixed(3)}@`
}

export function stampIn(text: string): number | undefined {
  const [, stamp] = /@(\d+\.\d{3})@/.exec(text) ?? []
  return stamp === undefined ? undefined : Number(stamp)
}

export function clock(): number {
  return performance.timeOrigin + performance.now()
}
