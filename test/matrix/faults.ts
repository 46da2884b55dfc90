/**
 * What a provider can do to a relay, as a table: how it is brought about, where in a reply it can strike, and how the
 * ledger calls it. `+name=PLACE` is asked of the simulated provider; the vandal does what no HTTP server will.
 */

/** Where a fault strikes: after so much of the reply as the word says. */
export type Position =
  | 'before the headers'
  | 'after the headers'
  | 'after the start'
  | 'after the first token'
  | 'in a tool call'
  | 'before the usage'
  | 'before the last event'

/** Who stands at the first target's address. */
export type Stand = 'sim' | 'vandal' | 'nobody' | 'nowhere' | 'no TLS'

export type Fault = {
  readonly name: string
  readonly stand: Stand
  readonly at: readonly Position[]
  /** What is asked of the sim behind the model's name; of the vandal as the first part of its path. */
  readonly how: (place: string) => string
  /** What the ledger may call it, where the second target had to be asked. */
  readonly reasons: readonly string[]
  /** Only a timer notices it. */
  readonly timed?: true
  /** Strikes a stream or a whole reply alone, or one dialect. */
  readonly only?: { readonly stream?: boolean; readonly dialect?: string }
  /** Nothing that matters is missing. In a stream, or only in a reply that is one JSON text. */
  readonly harmless?: 'always' | 'in wholes'
  /** In a reply that is handed on as it came, what is odd is the caller's to have. */
  readonly handedOn?: true
}

/** What the sim calls a position. */
export const placeOf: Readonly<Record<Position, string>> = {
  'before the headers': '',
  'after the headers': 'headers',
  'after the start': 'start',
  'after the first token': '2',
  'in a tool call': 'call',
  'before the usage': 'usage',
  'before the last event': 'end',
}

const before = ['before the headers'] as const
const inside = [
  'after the headers',
  'after the start',
  'after the first token',
  'in a tool call',
  'before the usage',
  'before the last event',
] as const

/** A reply that is no stream has a beginning, a middle and an end, and no more places. */
export const ofWholes: ReadonlySet<Position> = new Set([
  'before the headers',
  'after the headers',
  'after the first token',
  'before the last event',
])

/** The body of a reply has begun, and something of it has reached the caller. */
export const afterContent: ReadonlySet<Position> = new Set(inside.slice(2))

const at = (name: string, how: string, more: Partial<Fault> = {}): Fault => ({
  name,
  stand: 'sim',
  at: before,
  how: () => how,
  reasons: [],
  ...more,
})

const striking = (name: string, how: string, more: Partial<Fault> = {}): Fault =>
  at(name, how, { at: inside, how: place => `${how}=${place}`, ...more })

const vandal = (name: string, how: string, more: Partial<Fault> = {}): Fault =>
  at(name, how, { stand: 'vandal', ...more })

const network = { reasons: ['network'] }
const limited = { reasons: ['rate_limited'] }
const told = { reasons: ['server_error', 'overloaded'] }
const cut = { reasons: ['network', 'cut_short', 'unreadable', 'server_error'] }
const garbled = { reasons: ['unreadable', 'server_error', 'cut_short'] }
/** Nothing that matters is missing. */
const end = ['before the last event'] as const

export const faults: readonly Fault[] = [
  at('refuses the connection', '', { stand: 'nobody', ...network }),
  at('has no address', '', { stand: 'nowhere', ...network }),
  at('does not speak TLS', '', { stand: 'no TLS', ...network }),
  at('accepts and never answers', 'silent', { reasons: ['timeout'], timed: true }),
  vandal('answers one byte a second', 'trickle', { reasons: ['timeout'], timed: true }),
  at('resets the connection', 'reset', network),
  vandal('closes its half', 'half-close', network),
  vandal('sends 100 MB of headers', 'headers', { reasons: ['network', 'unreadable'] }),
  at('200 with a page of HTML', 'html', { reasons: ['unreadable', 'cut_short', 'server_error'] }),
  at('200 with nothing', 'empty', { reasons: ['unreadable', 'cut_short'] }),
  at('200 with an error inside', 'error200', told),
  at('429 for a second', '429=1', limited),
  at('429 without a word', '429-bare', limited),
  vandal('429, Retry-After of a year', '429-year', limited),
  vandal('429, Retry-After negative', '429-negative', limited),
  vandal('429, Retry-After as a date', '429-date', limited),
  vandal('429, Retry-After as a date gone by', '429-past', limited),
  vandal('429, Retry-After that is nonsense', '429-nonsense', limited),
  at('500', '500', { reasons: ['server_error'] }),
  at('503', '503', { reasons: ['overloaded'] }),
  at('529', 'status=529', { reasons: ['overloaded'] }),
  at('408', 'status=408', { reasons: ['timeout'] }),
  at('409', 'status=409', { reasons: ['conflict'] }),
  at('401 for our key', 'auth', { reasons: ['key_refused', 'forbidden'] }),
  at('402 for our key', 'status=402', { reasons: ['key_spent'] }),
  at('403 for our key', 'status=403', { reasons: ['forbidden'] }),
  at('404 for the model', 'status=404', { reasons: ['not_found'] }),
  striking('stalls', 'stall', { reasons: ['timeout'], timed: true }),
  vandal('goes on with one byte a second', 'trickle', {
    at: inside,
    how: place => `trickle-${place}`,
    reasons: ['timeout'],
    timed: true,
  }),
  striking('is reset', 'cut', cut),
  striking('is closed in its middle', 'drop', cut),
  striking('ends too soon', 'close', cut),
  striking('ends in the middle of an event', 'half-frame', { ...cut, harmless: 'in wholes', handedOn: true }),
  striking('tells an error', 'error-after', { ...told, only: { stream: true } }),
  striking('tells an error beside an event', 'error-chunk', { ...told, only: { dialect: 'openai-chat' } }),
  striking('is no JSON', 'malformed', { ...garbled, handedOn: true }),
  striking('is no UTF-8', 'bad-utf8', { ...garbled, handedOn: true }),
  striking('has a wrong checksum', 'bad-crc', { ...garbled, only: { stream: true, dialect: 'bedrock-converse' } }),
  at('has no last event', 'no-done', { at: end, only: { stream: true } }),
  at('has no finish', 'no-finish', { at: end, harmless: 'in wholes', handedOn: true, reasons: ['cut_short'] }),
  at('has no usage', 'no-usage', { at: end, harmless: 'always', handedOn: true }),
]
