import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import type { JsonObject } from '../../src/model/json.ts'
import { anchorIn, askedOf, type Caller, callers, understood } from './callers.ts'
import { type Line, type Provider, type Told, told } from './rig.ts'
import { framesOf, speakers } from './speakers.ts'

/**
 * A stream that breaks off is gone on with by another target, of any dialect, for a caller of any: one reply, with not one
 * character repeated or missing, wherever it broke and however the other goes on.
 */

/** How the second target goes on. */
const manners: Readonly<Record<string, (said: string, rest: string, anchor: string) => string>> = {
  'repeats the last words': (_, rest, anchor) => anchor + rest,
  'goes on at once': (_, rest) => rest,
  'repeats more than the last words': (said, rest) => said.slice(-150) + rest,
  'begins the whole reply anew': (said, rest) => said + rest,
  'puts white space before the last words': (_, rest, anchor) => `\n\n ${anchor}${rest}`,
  'changes the white space of the last words': (_, rest, anchor) => anchor.replace(/\s+/g, '\n') + rest,
  'repeats the marks as well': (_, rest, anchor) => `<<<${anchor}>>>${rest}`,
  'makes a remark': (_, rest, anchor) => `Sure, it goes on like this:\n\n${anchor}${rest}`,
}

type Case = {
  readonly caller: Caller
  readonly primary: string
  readonly second: string
  readonly text: string
  /** Where the first breaks off, as a share of its frames. */
  readonly cut: number
  readonly manner: string
  readonly ending: Line['ending']
  readonly pieces: readonly number[]
  readonly reads: readonly number[]
  readonly thoughts: readonly string[]
}

const half = /[\uD800-\uDBFF]$/

async function played(story: Case) {
  const { caller, primary, second, text, cut, manner, ending, pieces, reads, thoughts } = story
  const array = caller.array === true && primary === 'gemini-generate'
  const texts = inPieces(text, pieces)
  const frames = framesOf(primary, { texts, thoughts }, { array })
  const first = frames.all.length - texts.length - (frames.all.length - frames.spoken)
  // At least one piece of the text, and one read that brings it, so that the caller has begun to listen.
  const kept = first + 1 + Math.floor(cut * texts.length)
  const whole = Buffer.concat(frames.all.slice(0, Math.min(kept, frames.spoken)))
  const next = frames.all[Math.min(kept, frames.spoken)] ?? new Uint8Array(0)
  const half = next.subarray(0, Math.floor(next.length * (cut * 7.3 - Math.floor(cut * 7.3))))
  const said = texts.slice(0, Math.min(kept, frames.spoken) - first).join('')
  const head = Buffer.concat(frames.all.slice(0, first + 1))
  const rest = [...inReads(Buffer.concat([whole.subarray(head.length), half]), reads)]
  const goesOn = (body: JsonObject): Line => {
    const anchor = anchorIn(body)
    const rest = text.slice(wellFormed(said).length)
    const more = anchor === undefined ? rest : (manners[manner]?.(wellFormed(said), rest, anchor) ?? '')
    const all = framesOf(second, { texts: inPieces(more, pieces), usage: { input: 30, output: 20 } })
    return { contentType: all.contentType, reads: [...inReads(Buffer.concat(all.all), reads)], ending: 'ends' }
  }
  const providers: Provider[] = [
    {
      name: 'a',
      dialect: primary,
      answers: () => ({ contentType: frames.contentType, reads: [head, ...rest], ending }),
    },
    { name: 'b', dialect: second, answers: goesOn },
  ]
  return { said, outcome: await told({ ...askedOf(caller), providers }) }
}

const wellFormed = (said: string): string => said.replace(half, '')

function inPieces(text: string, sizes: readonly number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, n = 0; at < text.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}

function* inReads(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = (sizes[n % sizes.length] ?? 1) * 17
    yield bytes.subarray(at, at + size)
    at += size
  }
}

/** Where the first has told its caller, in its own bytes, that the text is over, nothing can be put behind it. */
const isOver = ({ caller, primary }: Case, text: string): boolean =>
  caller.dialect === primary && /"type":"(?:content_block_stop|response\.output_text\.done)"/.test(text)

function expectFailure({ caller, text }: Case, { bytes, record, happened }: Told): void {
  expect(caller.complaints(Buffer.from(bytes).toString())).toEqual([])
  const heard = understood(caller, bytes)
  expect([text.startsWith(heard.text), heard.faults.length > 0, heard.finish]).toEqual([true, true, undefined])
  expect(record).toMatchObject({ status: 200, provider: 'a', tries: [{}] })
  expect(record.code).not.toBe('ok')
  expect(happened).toMatchObject([{ type: 'standby', result: 'unsafe' }])
}

function expectOneReply({ caller, text }: Case, { bytes, record, happened, waiting, health }: Told): void {
  const raw = Buffer.from(bytes).toString()
  expect(caller.complaints(raw)).toEqual([])
  const heard = understood(caller, bytes)
  expect({ text: heard.text, faults: heard.faults, finish: heard.finish }).toEqual({ text, faults: [], finish: 'stop' })
  expect(record).toMatchObject({
    code: 'ok',
    provider: 'b',
    usage: { input: 30, output: 20 },
    tries: [
      { target: { provider: 'a' }, part: true },
      { target: { provider: 'b' }, why: 'standby', usage: { input: 30, output: 20 } },
    ],
  })
  expect(happened).toMatchObject([{ type: 'standby', result: 'continued' }])
  expect([waiting, health.inFlight()]).toEqual([0, 0])
}

const word = fc.oneof(
  fc.stringMatching(/^[a-z]{1,9}$/),
  fc.constantFrom(
    'Füße',
    'naïve',
    '狐は',
    '👩‍💻',
    '😀',
    'e\u0301té',
    '**bold**',
    '`x = 1`',
    '“quoted”',
    '—',
    '\\n',
    '"',
    '<b>',
  ),
)
const gap = fc.constantFrom(' ', ' ', ' ', ' ', '\n', '\n\n', '\n- ', '\n```js\n', '\n```\n', '\t', '  ')
const text = fc
  .array(fc.tuple(word, gap), { minLength: 8, maxLength: 60 })
  .map(words => `${words.map(([each, space], n) => `${each}${n}${space}`).join('')}end.`)
const sizes = fc.array(fc.integer({ min: 1, max: 23 }), { minLength: 1, maxLength: 6 })

const story = (caller: Caller, primary: string): fc.Arbitrary<Case> =>
  fc
    .record({
      caller: fc.constant(caller),
      primary: fc.constant(primary),
      second: fc.constantFrom(...speakers),
      text,
      cut: fc.double({ min: 0, max: 0.999, noNaN: true }),
      manner: fc.constantFrom(...Object.keys(manners)),
      ending: fc.constantFrom<Line['ending']>('ends', 'breaks', 'is silent'),
      pieces: sizes,
      reads: sizes,
      // Items of thoughts are known by their ids there: they count as signed.
      thoughts: primary === 'openai-responses' ? fc.constant([]) : fc.constantFrom([], [], ['hm, ', 'foxes']),
    })
    .filter(hasBegun)

/** Who has said half a character has not begun where that is told again: another is asked, as it would be at first. */
const hasBegun = ({ text, pieces, cut }: Case): boolean => {
  const texts = inPieces(text, pieces)
  return wellFormed(texts.slice(0, 1 + Math.floor(cut * texts.length)).join('')) !== ''
}

const bare = (text: string): string => text.replace(/\s/g, '')

/** A few characters that are alike are no repetition for certain, and a remark is one only before words that are known. */
function isClear({ manner, text }: Case, said: string): boolean {
  if (manner === 'makes a remark') return bare(said).length >= 30
  if (manner !== 'goes on at once') return bare(said) !== ''
  return bare(said).length > 8 || !bare(text.slice(said.length)).startsWith(bare(said))
}

const runs = 25

describe.each(callers.map(caller => [caller.name, caller] as const))('a caller of %s', (_, caller) => {
  test.each([...speakers])('of a stream of %s that breaks off hears one reply', async primary => {
    await fc.assert(
      fc.asyncProperty(story(caller, primary), async each => {
        const { said, outcome } = await played(each)
        if (!isClear(each, said)) return
        if (isOver(each, Buffer.from(outcome.bytes).toString()) && outcome.asked.length === 1)
          expectFailure(each, outcome)
        else expectOneReply(each, outcome)
      }),
      { numRuns: runs },
    )
  })
})
