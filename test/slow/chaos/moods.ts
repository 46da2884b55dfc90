import type { Behaviour } from '../../../src/sim/behave.ts'
import { nameOf } from './asks.ts'

/** What a provider does, by chance: mostly its work. */

type Chance = () => number
type Mood = { readonly weight: number; readonly does: (chance: Chance) => string }

const plainly = (what: string) => () => what

const places = ['headers', 'start', 'usage', 'end']

/** After some words, or at a place that every reply has. */
const somewhere = (what: string) => (chance: Chance) => {
  const at = Math.floor(chance() * 80)
  return `${what}=${at < 40 ? at : places[at % places.length]},pace=2`
}

export const moods: readonly Mood[] = [
  { weight: 440, does: plainly('') },
  { weight: 80, does: plainly('pace=4') },
  { weight: 60, does: plainly('pace=15') },
  { weight: 40, does: chance => `delay=${Math.floor(chance() * 200)}` },
  { weight: 20, does: chance => `first=${Math.floor(chance() * 400)}` },
  { weight: 5, does: plainly('slow=1500') },
  { weight: 20, does: plainly('500') },
  { weight: 20, does: plainly('503') },
  { weight: 10, does: plainly('status=529') },
  { weight: 10, does: plainly('status=408') },
  { weight: 5, does: plainly('status=404') },
  { weight: 5, does: plainly('status=422') },
  { weight: 10, does: plainly('429=1') },
  { weight: 10, does: plainly('429-bare') },
  { weight: 5, does: plainly('remaining=0') },
  { weight: 20, does: plainly('reset') },
  { weight: 10, does: plainly('html') },
  { weight: 10, does: plainly('empty') },
  { weight: 10, does: plainly('error200') },
  { weight: 5, does: plainly('silent') },
  { weight: 30, does: somewhere('cut') },
  { weight: 20, does: somewhere('drop') },
  { weight: 20, does: somewhere('close') },
  { weight: 15, does: somewhere('half-frame') },
  { weight: 15, does: somewhere('error-after') },
  { weight: 10, does: somewhere('error-chunk') },
  // Whoever gives it up has to close it: by itself it never ends.
  { weight: 10, does: chance => `${somewhere('error-chunk')(chance)},heartbeat=50` },
  { weight: 10, does: somewhere('malformed') },
  { weight: 8, does: somewhere('stall') },
  { weight: 8, does: somewhere('bad-crc') },
  { weight: 10, does: plainly('no-done') },
  { weight: 10, does: plainly('no-usage') },
  { weight: 10, does: plainly('no-finish') },
  { weight: 10, does: plainly('usage-twice') },
  { weight: 10, does: plainly('start-twice') },
  { weight: 10, does: plainly('role-every') },
  { weight: 10, does: plainly('index-gaps') },
  { weight: 10, does: plainly('comments') },
  { weight: 5, does: plainly('heartbeat=20') },
  { weight: 10, does: plainly('crlf') },
  { weight: 10, does: plainly('split=7') },
  { weight: 5, does: plainly('think') },
  { weight: 5, does: plainly('redacted') },
  { weight: 5, does: plainly('filtered') },
]

/** What else the sim can do, and why nobody is asked to do it here. */
export const untried: { readonly [name in Behaviour]?: string } = {
  auth: 'the key would be left alone for longer than the callers come: nobody would be left to ask',
  'bad-utf8': 'what a provider spells wrongly is repeated as it is, and callers here are strict',
  big: 'another text than the one that callers wait for',
  fail: '500 as well',
  flaky: 'what it does is here by itself',
  'no-ids': 'nobody calls a tool here',
  parallel: 'nobody calls a tool here',
  preface: 'nobody calls a tool here',
  rounds: 'nobody calls a tool here',
  signed: 'nobody sends thoughts back here',
  'string-numbers': 'callers here count with numbers',
}

const total = moods.reduce((sum, { weight }) => sum + weight, 0)

/** Asked each time anew. */
export const moodOf =
  (chance: Chance): (() => string) =>
  () => {
    let left = chance() * total
    for (const { weight, does } of moods) {
      left -= weight
      if (left < 0) return does(chance)
    }
    return ''
  }

/** The names of what can come. */
export const behavioursOf = ({ does }: Mood): readonly string[] =>
  does(() => 0)
    .split(',')
    .map(nameOf)
    .filter(name => name !== '')
