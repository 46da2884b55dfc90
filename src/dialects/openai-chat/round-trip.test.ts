import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { answers, chats, takesAll } from '../../../test/wire/arbitrary/openai-chat.ts'
import { complaintsAbout } from '../../../test/wire/machines/openai-chat.ts'
import { FrameCutter } from '../../lib/sse.ts'
import type { Answer } from '../../model/answer.ts'
import type { Delta } from '../../model/delta.ts'
import { fold, unfold } from '../../model/fold.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Part } from '../../model/part.ts'
import type { Making } from '../dialect.ts'
import { openaiChat } from './index.ts'

const { request, answer, stream } = openaiChat

const making = (wantsUsage = true): Making => ({
  id: 'req_0001',
  created: 1_700_000_000,
  maker: 'p/m',
  call: { operation: 'chat', model: 'm', stream: true, wantsUsage },
  body: {},
})

/** Without places, reasons in the provider's words, and annotations as they were told. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, function (this: unknown, key, each: unknown) {
      const cited = typeof this === 'object' && this !== null && 'url' in this && 'title' in this
      return key === 'at' || key === 'raw' || (cited && key === 'seal') ? undefined : each
    }),
  )

const written = (deltas: readonly Delta[], wantsUsage = true): string => {
  const writer = stream.writer(making(wantsUsage))
  return Buffer.concat([...deltas.map(delta => writer.write([delta])), writer.end()]).toString()
}

const read = (text: string): Answer => fold(stream.reader('p/m').read(Buffer.from(text)))

test('a chat that is told to a provider of the same dialect says the same', () => {
  fc.assert(
    fc.property(chats, chat => {
      const { body, lost } = request.compose(chat, { provider: 'p', model: 'm', quirks: takesAll, stream: false })
      const again = request.understand(JSON.parse(JSON.stringify(body)) as JsonObject)
      expect(plain(again)).toEqual(plain(chat))
      expect(lost).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('an answer that is written and read says the same', () => {
  fc.assert(
    fc.property(answers, said => {
      const body = JSON.parse(JSON.stringify(answer.write(said, making()))) as JsonObject
      expect(plain(answer.read(body, '', 'p/m'))).toEqual(plain(said))
    }),
    { numRuns: 500 },
  )
})

test('a stream of an answer is well formed and amounts to the answer', () => {
  fc.assert(
    fc.property(answers, said => {
      const text = written(unfold(said))
      expect(complaintsAbout(text)).toEqual([])
      expect(plain(read(text))).toEqual(plain(said))
    }),
    { numRuns: 500 },
  )
})

test('a stream is the same however its deltas are batched', () => {
  fc.assert(
    fc.property(answers, said => {
      const writer = stream.writer(making())
      const together = Buffer.concat([writer.write(unfold(said)), writer.end()]).toString()
      expect(together).toBe(written(unfold(said)))
    }),
    { numRuns: 50 },
  )
})

test('a stream says the same byte by byte', () => {
  fc.assert(
    fc.property(answers, said => {
      const text = written(unfold(said))
      const cutter = new FrameCutter()
      const reader = stream.reader('p/m')
      const frames = Array.from(Buffer.from(text), byte => cutter.push(Uint8Array.of(byte))).filter(each => each.length)
      expect(fold(frames.flatMap(each => reader.read(each)))).toEqual(read(text))
    }),
    { numRuns: 30 },
  )
})

test('the usage is reported where it was asked for, and nowhere else', () => {
  fc.assert(
    fc.property(answers, said => {
      expect(written(unfold(said), false)).not.toContain('"usage"')
      expect(complaintsAbout(written(unfold(said), false))).toEqual([])
    }),
    { numRuns: 50 },
  )
})

const foreign = { dialect: 'anthropic-messages', maker: 'anthropic/claude', value: 'sig==' }
const turn: readonly Part[] = [
  { type: 'reasoning', text: 'Hm.', seal: foreign },
  { type: 'reasoning', text: '', seal: { ...foreign, value: 'redacted' } },
  { type: 'text', text: 'Hi', seal: { ...foreign, dialect: 'gemini-generate' } },
  { type: 'tool-call', id: 'call_1', name: 'f', input: '{}', seal: { ...foreign, dialect: 'gemini-generate' } },
]

/** What a client of ours sends back of the reply. */
const echoed = (message: JsonObject): readonly Part[] =>
  request.understand({ model: 'm', messages: [{ role: 'user', content: 'x' }, message] }).messages[1]?.parts ?? []

test('what another dialect sealed comes back from the caller as it was', () => {
  const { choices } = answer.write({ choices: [{ parts: turn }] }, making()) as unknown as {
    choices: readonly [{ message: JsonObject }]
  }
  expect(plain(echoed(choices[0].message))).toEqual(plain(turn))
})

test('what another dialect sealed is for nobody else, and its loss is told', () => {
  const chat = request.understand({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
  const { body, lost } = request.compose(
    { ...chat, messages: [{ role: 'assistant', parts: turn.map((part, n) => ({ ...part, at: `parts[${n}]` })) }] },
    { provider: 'p', model: 'm', quirks: { thoughtsIn: 'reasoning_content' }, stream: false },
  )
  expect(body.messages).toEqual([
    {
      role: 'assistant',
      content: 'Hi',
      reasoning_content: 'Hm.',
      tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
  ])
  expect(lost).toEqual(['parts[0].signature', 'parts[1]', 'parts[3].signature', 'parts[2].signature'])
})
