import { stampNow, WORDS } from '../content.ts'
import type { Frame, Frames, Spoken } from '../dialects/dialect.ts'
import { chunk, LAST_CHUNK, streamHead } from './http.ts'
import type { Line } from './line.ts'

/** A stream that is told event by event: how fast, from which word on, and what befalls it in the middle. */
export type Pace = {
  readonly everyMs: number
  /** The first of the words that it says: what comes before was said by another. */
  readonly from: number
  /** What it does in the middle instead of going on. */
  readonly ending: 'dies' | 'stalls' | undefined
  /** Each word tells when it was sent, and not only the first. */
  readonly stampAll: boolean
}

/** After so many words a stream that is to break off does. */
export const BREAKS_AFTER = 9

export function play(line: Line, spoken: Spoken, pace: Pace, usage: boolean, over: () => void): void {
  const [first, ...rest] = stepsOf(spoken, pace, usage)
  let timer: Timer | undefined
  const close = (): void => {
    clearTimeout(timer)
    if (line.onClose.delete(close)) over()
  }
  line.onClose.add(close)
  line.out.send(Buffer.concat([streamHead(spoken.contentType), first?.() ?? LAST_CHUNK]))

  function step(place: number): void {
    const next = rest[place]
    if (next === undefined) finish(line, pace, close)
    else {
      line.out.send(next())
      timer = setTimeout(step, pace.everyMs, place + 1)
    }
  }
  timer = setTimeout(step, pace.everyMs, 0)
}

function finish(line: Line, { ending }: Pace, close: () => void): void {
  if (ending === 'stalls') return
  if (ending === 'dies') line.kill()
  else line.out.send(LAST_CHUNK)
  close()
}

/** The pieces in their order, made when they are due if they tell the time. The first word comes with what opens it. */
function stepsOf(spoken: Spoken, pace: Pace, usage: boolean): readonly (() => Buffer)[] {
  const words = WORDS.slice(pace.from, pace.ending === undefined ? undefined : BREAKS_AFTER)
  const steps = pace.stampAll ? stamped(spoken, words, usage) : made(spoken, words, usage)
  return pace.ending === undefined ? steps : steps.slice(0, words.length)
}

function made(spoken: Spoken, [first = '', ...rest]: readonly string[], usage: boolean): readonly (() => Buffer)[] {
  const { opening, words, closing } = spoken.frames([stampNow() + first, ...rest], { usage })
  const [word = '', ...others] = words
  return [chunks([...opening, word]), ...[...others, ...closing].map(chunk)].map(bytes => () => bytes)
}

/** Some dialects repeat at the end what was said, so each frame is made by telling all of it again. */
function stamped(spoken: Spoken, words: readonly string[], usage: boolean): readonly (() => Buffer)[] {
  const said: string[] = []
  const now = (): Frames => spoken.frames(said, { usage })
  const tell = words.map((word, place) => () => {
    said.push(stampNow() + word)
    const { opening, words: frames } = now()
    return chunks([...(place === 0 ? opening : []), ...frames.slice(-1)])
  })
  return [...tell, () => chunks(now().closing)]
}

const chunks = (frames: readonly Frame[]): Buffer => Buffer.concat(frames.map(chunk))
