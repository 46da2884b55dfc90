import { expect, test } from 'bun:test'
import type { Row } from '../../fakes/ledger.ts'
import { complaintsOf } from './compare.ts'
import type { Errand } from './errands.ts'
import type { Story } from './story.ts'

const errand = {
  mark: 1,
  endpoint: { tongue: { id: 'openai-chat' } },
  model: 'm',
  stream: true,
  key: undefined,
  alike: false,
} as Errand
const story = {
  id: 'chaos-1',
  errand,
  ending: 'whole',
  status: 200,
  code: 'ok',
  wrong: undefined,
  lacks: undefined,
  closedAt: 90,
  replayed: false,
  bytes: 90,
  print: '',
  tokens: { prompt: 7, completion: 5 },
  began: 0,
  ended: 9,
} as const satisfies Story
const usage = { input: 4, cache_read: 2, cache_write: 1, output: 3, reasoning: 2 }
const tried = { outcome: 'ok', part: false, usage: null } as Row['attempts'][number]
const row = {
  id: 'chaos-1',
  status: 200,
  code: 'ok',
  dialect: 'openai-chat',
  model_asked: 'm',
  stream: true,
  bytes_out: 90,
  usage,
  cost_usd: '0.000017',
  attempts: [tried],
} as unknown as Row

const keyed = { ...errand, key: 'key-1' }
const free: Partial<Row> = { attempts: [], usage: null, cost_usd: '0' }
const lost = { ...tried, outcome: 'lost', usage } as Row['attempts'][number]

const right: readonly (readonly [string, Partial<Story>, Partial<Row>, string])[] = [
  ['a reply', {}, {}, ''],
  ['comments behind the closing mark', { bytes: 120 }, {}, ''],
  ['usage that nobody told', { tokens: { prompt: 0, completion: undefined } }, { usage: null, cost_usd: null }, ''],
  ['a reply whose provider does not say why it ends', { lacks: 'reason' }, {}, 'no-finish'],
  ['a reply whose provider does not say that it ends', { lacks: 'mark' }, {}, 'close=usage,pace=2'],
  ['a reply that was given again', { errand: keyed, replayed: true }, free, ''],
  ['a reply that others asked for', { errand: { ...errand, alike: true } }, free, ''],
  ['a try beside that was paid for', {}, { attempts: [lost, tried], cost_usd: '0.0001' }, ''],
  ['a failure', { ending: 'failed', code: 'upstream_failed', bytes: 120 }, { code: 'upstream_failed' }, ''],
  ['a refusal', { ending: 'refused', code: 'no_target', status: 503 }, { ...free, code: 'no_target', status: 503 }, ''],
  [
    'one who left',
    { ending: 'left', code: '', bytes: 80, closedAt: undefined },
    { status: 499, code: 'client_closed' },
    '',
  ],
  ['one who left after the closing mark', { ending: 'left', bytes: 120 }, {}, ''],
  ['one who left before it was told anything', { ending: 'left', status: 0, bytes: 0 }, { status: 499 }, ''],
]
test.each([...right])('%s and its row give no cause for complaint', (_, told, written, did) => {
  expect(complaintsOf({ ...story, ...told }, { ...row, ...written }, [did])).toEqual([])
})

const failed: Partial<Story> = { ending: 'failed', code: 'upstream_failed' }
const wrong: readonly (readonly [string, Partial<Story>, Partial<Row>])[] = [
  ['what is not right', { wrong: 'it was told "x"' }, {}],
  ['a part that is not right', { ending: 'left', wrong: 'it was told "x"' }, {}],
  ['an end without a reason', { lacks: 'reason' }, {}],
  ['an end without a mark', { lacks: 'mark' }, {}],
  ['another dialect', {}, { dialect: 'gemini-generate' }],
  ['another model', {}, { model_asked: 'n' }],
  ['another status', {}, { status: 502 }],
  ['another code', {}, { code: 'client_closed' }],
  ['bytes that never came', {}, { bytes_out: 91 }],
  ['bytes that are not in the row', {}, { bytes_out: 89 }],
  ['other tokens of the reply', {}, { usage: { ...usage, reasoning: 3 } }],
  ['other tokens of the prompt', {}, { usage: { ...usage, cache_write: 0 } }],
  ['tokens that are not in the row', {}, { usage: null }],
  ['tokens without a cost', {}, { cost_usd: null }],
  ['too low a cost', {}, { cost_usd: '0.000016' }],
  ['too high a cost', {}, { cost_usd: '0.000018' }],
  ['no stream', {}, { stream: false }],
  ['no try', {}, free],
  ['no try that was answered', {}, { attempts: [lost] }],
  ['a try that nobody stopped', {}, { attempts: [{ ...lost, outcome: 'client_closed' }, tried], cost_usd: '0.0001' }],
  ["another's reply that was asked for", { errand: keyed, replayed: true }, {}],
  ["another's reply that is not called so", { errand: keyed }, free],
  ["another's reply that costs something", { errand: keyed, replayed: true }, { ...free, cost_usd: '0.1' }],
  ["another's tokens", { errand: keyed, replayed: true }, { ...free, usage }],
  ['a failure that the row does not know', failed, {}],
  ['a failure of another kind', failed, { code: 'upstream_timeout' }],
  ['a failure with fewer bytes than the row has', failed, { code: 'upstream_failed', bytes_out: 91 }],
  ['a refusal that the row does not know', { ending: 'refused', code: '', status: 502 }, { status: 502 }],
  ['one who waited, and is said to have left', { ...failed, code: 'client_closed' }, { code: 'client_closed' }],
  [
    'one who left with more bytes than the row has',
    { ending: 'left', bytes: 91, closedAt: undefined },
    { code: 'client_closed' },
  ],
]
test.each([...wrong])('%s is complained of', (_, told, written) => {
  expect(complaintsOf({ ...story, ...told }, { ...row, ...written }, [''])).not.toEqual([])
})
